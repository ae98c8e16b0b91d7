// Colours of charts and pages as CSS variables with a value for light and one for dark, so that one
// drawing serves both. Hues after Okabe and Ito, "Color Universal Design" (2008): told apart with
// any common colour blindness. A hue's soft tone is for a device's first kernel, outlined in the
// strong one, so that bars differ in lightness too.

export const themes = ['light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const tokens = {
  ink: ['#1a2027', '#e8ebef'],
  muted: ['#56616d', '#a3aeba'],
  grid: ['#e2e7ec', '#2b333c'],
  panel: ['#ffffff', '#151a20'],
  's0-strong': ['#0b62a4', '#5aa9ec'],
  's0-soft': ['#a9cdec', '#1d4568'],
  's1-strong': ['#00775a', '#35b892'],
  's1-soft': ['#a4dccb', '#12493b'],
  's2-strong': ['#86398c', '#cf86d5'],
  's2-soft': ['#e0bfe2', '#4f2653'],
  's3-strong': ['#c94f00', '#f58a3c'],
  's3-soft': ['#f7c9a4', '#6b3208'],
  's4-strong': ['#8a6a00', '#d9b43a'],
  's4-soft': ['#ecd893', '#54440d'],
  's5-strong': ['#007f99', '#45c0da'],
  's5-soft': ['#a5dde8', '#0e4855'],
  's6-strong': ['#4b525b', '#a9b2bd'],
  's6-soft': ['#c9cfd6', '#3c434b'],
  p0: ['#0b62a4', '#4b97d8'],
  p1: ['#e69f00', '#e69f00'],
  p2: ['#56b4e9', '#8fd0f5'],
  p3: ['#d55e00', '#e0752a'],
  p4: ['#009e73', '#20ab84'],
  p5: ['#cc79a7', '#d893b9'],
  p6: ['#c9b800', '#e3d54a'],
  p7: ['#7a828b', '#8b949e'],
  p8: ['#5d3a9b', '#9a7fd1'],
} as const satisfies Readonly<Record<string, readonly [light: string, dark: string]>>;

export type Token = keyof typeof tokens;

/** A colour as drawings name it; a page defines it, a drawing by itself has it replaced. */
export const color = (token: Token) => `var(--${token})`;

const SERIES = 7;
const PARTS = 9;

/**
 * Colours of a device's bars: a hue by the device, a tone by whether it is the device's first
 * of several rows.
 */
export function seriesColor(
  hue: number,
  soft: boolean,
): { readonly fill: string; readonly stroke: string } {
  const name = `s${hue % SERIES}` as 's0';
  const stroke = color(`${name}-strong`);
  return { stroke, fill: soft ? color(`${name}-soft`) : stroke };
}

/** Colours of what a whole consists of, in the order in which the parts are named. */
export const partColor = (at: number) => color(`p${at % PARTS}` as 'p0');

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
