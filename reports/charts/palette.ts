// Colours of charts and pages as CSS variables with a value for light and one for dark, so that one
// drawing serves both. Hues of parts (p) and of named things (d) were searched for: any two of one
// kind differ by a CIEDE2000 of 12 or more, also as seen with protanopia, deuteranopia and
// tritanopia (Machado, Oliveira and Fernandes, IEEE TVCG 15(6), 2009), a part and a name by 9.5 or
// more, and all have a contrast of 3 : 1 with what is behind them. The tests hold them to it.

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
  p0: ['#445ed0', '#5163e6'],
  p1: ['#b93808', '#feb567'],
  p2: ['#007d41', '#088e4c'],
  p3: ['#0094ae', '#03f4fe'],
  p4: ['#881d79', '#b94392'],
  p5: ['#a376fe', '#cc87dc'],
  p6: ['#eb4a78', '#f9637d'],
  p7: ['#889b00', '#9f9b00'],
  p8: ['#4c4c4c', '#a8a8a8'],
  d0: ['#1e38af', '#217ea7'],
  d1: ['#bd5249', '#ec7366'],
  d2: ['#1e6200', '#aff576'],
  d3: ['#a959aa', '#996cf7'],
  d4: ['#b68700', '#cdaf02'],
  d5: ['#00a37b', '#19f6bf'],
  d6: ['#667bf6', '#bb9eff'],
  d7: ['#9a124a', '#cd3841'],
  d8: ['#88929d', '#7c7c7c'],
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
