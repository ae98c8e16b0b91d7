// Colours of charts and pages as CSS variables with a value for light and one for dark, so that one
// drawing serves both. Hues of parts (p) and of named things (d) were searched for: any two of one
// kind differ by a CIEDE2000 of 12 or more, also as seen with protanopia, deuteranopia and
// tritanopia (Machado, Oliveira and Fernandes, IEEE TVCG 15(6), 2009). A part and a name, which stand
// in charts side by side, differ by 9.5 or more, with each of the three by 4 or more. All have a
// contrast of 3 : 1 with what is behind them. The tests hold them to it.

export const themes = ['light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const tokens = {
  ink: ['#1a2027', '#e8ebef'],
  muted: ['#56616d', '#a3aeba'],
  grid: ['#e2e7ec', '#2b333c'],
  panel: ['#ffffff', '#151a20'],
  accent: ['#0b62a4', '#7cbcf2'],
  alert: ['#c23b00', '#ff9a5c'],
  measured: ['#00775a', '#35b892'],
  modelled: ['#0b62a4', '#5aa9ec'],
  p0: ['#4548dc', '#5b59ea'],
  p1: ['#ab1709', '#ffbb7e'],
  p2: ['#066e3b', '#0d8c52'],
  p3: ['#1b84a7', '#16fcff'],
  p4: ['#970777', '#b74290'],
  p5: ['#bd66ec', '#ca7de3'],
  p6: ['#d0516a', '#fc6b8a'],
  p7: ['#7e8619', '#a6a231'],
  p8: ['#3e3e41', '#afb2b1'],
  d0: ['#151b9b', '#3784a1'],
  d1: ['#c93642', '#d57063'],
  d2: ['#286005', '#cdff73'],
  d3: ['#d24bb0', '#ab63fe'],
  d4: ['#be8b14', '#d7ab21'],
  d5: ['#008c65', '#15efad'],
  d6: ['#4d8cff', '#ccabff'],
  d7: ['#8b003e', '#d3002e'],
  d8: ['#939499', '#7b7877'],
} as const satisfies Readonly<Record<string, readonly [light: string, dark: string]>>;

export type Token = keyof typeof tokens;

/** Hues of what a whole consists of: causes of time, components of energy. */
export const partHues = ['p0', 'p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7', 'p8'] as const;
/** Hues of what a document names: devices, kernels, axes. */
export const nameHues = ['d0', 'd1', 'd2', 'd3', 'd4', 'd5', 'd6', 'd7'] as const;
/** The hue of what was measured: grey. */
export const MEASURED_HUE = 'd8' as const;

/** The nearest to a part's hue among the sixteen colours of terminals. */
export const ansi: Readonly<Record<(typeof partHues)[number], Ansi>> = {
  ...{ p0: 'blueBright', p1: 'yellow', p2: 'green', p3: 'cyan', p4: 'magenta' },
  ...{ p5: 'blue', p6: 'red', p7: 'yellowBright', p8: 'gray' },
};

type Ansi =
  | 'blueBright'
  | 'yellow'
  | 'green'
  | 'cyan'
  | 'magenta'
  | 'blue'
  | 'red'
  | 'yellowBright'
  | 'gray';

/** A colour as drawings name it; a page defines it, a drawing by itself has it replaced. */
export const color = (token: Token) => `var(--${token})`;

/** CSS declarations of every colour for one theme. */
export function declarations(theme: Theme): string {
  return Object.entries(tokens)
    .map(([token, values]) => `--${token}:${values[themes.indexOf(theme)]}`)
    .join(';');
}

/** `text` with every `var(--token)` replaced by its colour in one theme. */
export function resolveColors(text: string, theme: Theme): string {
  return text.replace(/var\(--([\w-]+)\)/g, (whole, token: string) => {
    const values = Object.hasOwn(tokens, token) ? tokens[token as Token] : undefined;
    return values ? (values[themes.indexOf(theme)] ?? whole) : whole;
  });
}
