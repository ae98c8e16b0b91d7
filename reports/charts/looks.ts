// How charts, pages and terminals tell things apart: a hue and a pattern each.

import {
  color,
  MEASURED_HUE,
  nameHues,
  partHues,
  resolveColors,
  type Theme,
  type Token,
} from './palette.js';

/** From plain to busy: each is told from the others at the height of a bar. */
export const patterns = ['solid', 'rising', 'dots', 'upright', 'falling', 'level'] as const;
/** Of what passes between parts: no part has them. */
export const trafficPatterns = ['grid', 'rings'] as const;
export type Pattern = (typeof patterns)[number] | (typeof trafficPatterns)[number];

export interface Look {
  readonly hue: Token;
  readonly pattern: Pattern;
}

export const solid = (hue: Token): Look => ({ hue, pattern: 'solid' });

/** Begins the id of every pattern's definition. */
const PREFIX = 'look-';

/** What a mark's `fill` says; a page or file defines its patterns ({@link patternDefs}). */
export const fillOf = ({ hue, pattern }: Look): string =>
  pattern === 'solid' ? color(hue) : `url(#${PREFIX}${hue}-${pattern})`;

/** Dashes of a line, which has no room for a pattern. */
export const dashOf = ({ pattern }: Look): readonly number[] => dashes[pattern];

const dashes: Readonly<Record<Pattern, readonly number[]>> = {
  solid: [1, 0],
  rising: [6, 2],
  dots: [2, 2],
  upright: [9, 3],
  falling: [6, 2, 2, 2],
  level: [9, 2, 2, 2, 2, 2],
  grid: [4, 2],
  rings: [2, 4],
};

/** The shape of a mark that is too small for a pattern. */
export const shapeOf = ({ pattern }: Look): string => shapes[pattern];

const shapes: Readonly<Record<Pattern, string>> = {
  solid: 'circle',
  rising: 'diamond',
  dots: 'square',
  upright: 'triangle-up',
  falling: 'cross',
  level: 'triangle-down',
  grid: 'triangle-right',
  rings: 'triangle-left',
};

/** Pixels of a tile's sides. */
const TILE = 6;
const WIDE = 1.5;

/** What is left out of the hue, in the colour behind the chart. */
const gaps: Readonly<Record<Patterned, string>> = {
  rising: lines('M-1,1L1,-1M0,6L6,0M5,7L7,5'),
  falling: lines('M-1,5L1,7M0,0L6,6M5,-1L7,1'),
  upright: lines('M3,0V6'),
  level: lines('M0,3H6'),
  dots: `<circle cx="3" cy="3" r="1.5" fill="${color('panel')}"/>`,
  grid: lines('M0,3H6M3,0V6'),
  rings: `<circle cx="3" cy="3" r="2" fill="none" stroke="${color('panel')}" stroke-width="1.2"/>`,
};

function lines(path: string): string {
  return `<path d="${path}" stroke="${color('panel')}" stroke-width="${WIDE}"/>`;
}

type Patterned = Exclude<Pattern, 'solid'>;

/** Definitions of the patterns to which fills in `svg` point, for a `<defs>`; each once. */
export function patternDefs(svg: string): string {
  const used = svg.matchAll(/url\(#look-(\w+)-(\w+)\)/g);
  const byId = new Map([...used].map(([fill, hue, pattern]) => [fill, [hue, pattern]]));
  return [...byId.values()]
    .map(([hue, pattern]) => definition(hue as Token, pattern as Patterned))
    .join('');
}

const everyFill = (): string =>
  [...partHues, ...nameHues, MEASURED_HUE, 'muted' as const]
    .flatMap((hue) => patterns.map((pattern) => fillOf({ hue, pattern })))
    .join('');

/** What a page has once, so that its pictures find their patterns: those in `svg`, or all. */
export function patternSheet(svg?: string): string {
  const content = patternDefs(svg ?? everyFill());
  return content === ''
    ? ''
    : `<svg class="patterns" width="0" height="0" aria-hidden="true"><defs>${content}</defs></svg>`;
}

/** Of the panel's colour in what stands for each pattern where there are none. */
const TINTS: Readonly<Record<Patterned, number>> = {
  rising: 0.2,
  dots: 0.35,
  upright: 0.5,
  falling: 0.6,
  level: 0.7,
  grid: 0.28,
  rings: 0.45,
};

/** `text` in one theme's colours, with a tint of the hue for each pattern: for Vega-Lite files. */
export function resolveTints(text: string, theme: Theme): string {
  const mixed = (hue: string, share: number) => {
    const [front, back] = [hue, 'panel'].map((token) => resolveColors(`var(--${token})`, theme));
    const part = (of: string | undefined, at: number) =>
      Number.parseInt((of ?? '').slice(at, at + 2), 16);
    const hex = [1, 3, 5].map((at) =>
      Math.round(part(front, at) * (1 - share) + part(back, at) * share)
        .toString(16)
        .padStart(2, '0'),
    );
    return `#${hex.join('')}`;
  };
  const tinted = text.replace(/url\(#look-(\w+)-(\w+)\)/g, (_, hue: string, pattern: Patterned) =>
    mixed(hue, TINTS[pattern]),
  );
  return resolveColors(tinted, theme);
}

/**
 * Style for paper: tints in place of the patterns in `svg`, or of all. A browser prints every mark
 * with a pattern as a picture of its own: a hundred megabytes of one report.
 */
export function printTints(svg?: string): string {
  const fills = new Set((svg ?? everyFill()).match(/url\(#look-\w+-\w+\)/g));
  const rules = [...fills].map((fill) => `[fill="${fill}"]{fill:${resolveTints(fill, 'light')}}`);
  return rules.length > 0 ? `@media print{${rules.join('')}}` : '';
}

function definition(hue: Token, pattern: Patterned): string {
  const id = `${PREFIX}${hue}-${pattern}`;
  return (
    `<pattern id="${id}" width="${TILE}" height="${TILE}" patternUnits="userSpaceOnUse">` +
    `<rect width="${TILE}" height="${TILE}" fill="${color(hue)}"/>${gaps[pattern]}</pattern>`
  );
}

/** The next free look from `hue` on; all patterns of a hue before those of the next one. */
export function freeLook(hue: Token, hues: readonly Token[], taken: ReadonlySet<string>): Look {
  const from = hues.indexOf(hue);
  for (let step = 0; step < hues.length; step++) {
    const own = hues[(from + step) % hues.length] as Token;
    const pattern = patterns.find((each) => !taken.has(fillOf({ hue: own, pattern: each })));
    if (pattern) return { hue: own, pattern };
  }
  return solid(hue);
}

/** A number for a name that is the same everywhere: FNV-1a of its UTF-16 units, 32 bits. */
export function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < name.length; at++)
    hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193) >>> 0;
  return hash;
}
