// A sweep from the page: two or three dials of design A over levels of theirs, what is to be small,
// and the designs that no other one beats.

import { produce } from 'immer';
import type { Precision } from '../../hw-models/contract.js';
import { inUnit, numberAt, toSi } from '../../hw-models/dials.js';
import type { ExploredDesign } from '../../sim/designs.js';
import type { Row } from '../../sim/result.js';
import { ParetoFront } from '../../sim/sweep/pareto.js';
import type { Offer } from './offer.js';
import { levelText, setAt } from './sliders.js';
import { type ExplorerState, presetOf } from './state.js';

export const MAX_DIALS = 3;
/** Designs of one sweep, about: of dials with more levels only some are taken. */
export const MAX_DESIGNS = 300;

/** What can be small, named as `zeroskip sweep` names it. */
export const measures = {
  seconds: { label: 'time', unit: 's', of: ({ seconds }: Row): number | null => seconds },
  joules: { label: 'energy', unit: 'J', of: ({ joules }: Row): number | null => joules },
  area_mm2: { label: 'area', unit: 'mm²', of: ({ areaMm2 }: Row): number | null => areaMm2 },
} as const;
export type MeasureName = keyof typeof measures;

/** Pairs of what is to be small, across and up. */
export const objectives: readonly (readonly [MeasureName, MeasureName])[] = [
  ['seconds', 'joules'],
  ['seconds', 'area_mm2'],
  ['joules', 'area_mm2'],
];

/** A dial and the levels that are tried, in its own unit. */
export interface SweptDial {
  readonly path: string;
  readonly label: string;
  readonly unit: string;
  readonly levels: readonly number[];
}

/** Design A with some dials turned. */
export interface SweptDesign {
  readonly design: ExploredDesign;
  /** The level of each dial, in the dial's unit. */
  readonly levels: readonly number[];
}

/** A design that was costed. */
export interface SweptPoint extends SweptDesign {
  readonly seconds: number;
  readonly joules: number | null;
  readonly areaMm2: number | null;
  /** What most of its time is computed in. */
  readonly precision: Precision | undefined;
}

/** The dials of design A by path, those of `paths`, with as many levels as there is room for. */
export function sweptDials(
  offer: Offer,
  { designs: [design] }: ExplorerState,
  paths: readonly string[],
): readonly SweptDial[] {
  const dials = (presetOf(offer, design)?.dials ?? []).filter(({ path }) => paths.includes(path));
  const all = dials.map(({ path, label, unit, levels }): SweptDial => {
    const value = numberAt(design.config, path);
    const here = value === null ? [] : [inUnit(value, unit)];
    return { path, label, unit, levels: [...new Set([...levels, ...here])].sort((a, b) => a - b) };
  });
  const count = (of: readonly SweptDial[]) =>
    of.reduce((sum, { levels }) => sum * levels.length, 1);
  let kept = all;
  while (count(kept) > MAX_DESIGNS) {
    const most = Math.max(...kept.map(({ levels }) => levels.length));
    if (most <= 2) break;
    const at = kept.findIndex(({ levels }) => levels.length === most);
    kept = kept.map((dial, place) =>
      place === at ? { ...dial, levels: evenly(all[place]?.levels ?? [], most - 1) } : dial,
    );
  }
  return kept;
}

/** `count` of the levels, the first and the last among them. */
const evenly = (levels: readonly number[], count: number): readonly number[] =>
  Array.from(
    { length: count },
    (_, at) => levels[Math.round((at * (levels.length - 1)) / (count - 1))] ?? Number.NaN,
  );

/** Design A at every combination of the dials' levels. */
export function sweptDesigns(
  state: ExplorerState,
  dials: readonly SweptDial[],
): readonly SweptDesign[] {
  const combinations = dials.reduce<readonly (readonly number[])[]>(
    (all, { levels }) => all.flatMap((some) => levels.map((level) => [...some, level])),
    [[]],
  );
  return combinations.map((levels) => {
    const [design] = withLevels(state, dials, levels).designs;
    return { design, levels };
  });
}

/** The state with the dials of A at these levels. */
const withLevels = (
  state: ExplorerState,
  dials: readonly SweptDial[],
  levels: readonly number[],
): ExplorerState =>
  produce(state, (draft) => {
    dials.forEach(({ path, unit }, at) => {
      const level = levels[at];
      if (level !== undefined) setAt(draft, 0, path, toSi(level, unit));
    });
  });

/** What a costed design comes to. */
export const pointOf = (
  swept: SweptDesign,
  { seconds, joules, areaMm2, precisions }: Row,
): SweptPoint => ({
  ...swept,
  ...{ seconds, joules, areaMm2, precision: precisions[0] },
});

/** What `name` is of a point. */
export function measureOf({ seconds, joules, areaMm2 }: SweptPoint, name: MeasureName) {
  if (name === 'seconds') return seconds;
  return name === 'joules' ? joules : areaMm2;
}

/** The points that none beats in both, by the first; those that lack one of them are left out. */
export function frontOf(
  points: readonly SweptPoint[],
  [first, second]: readonly [MeasureName, MeasureName],
): readonly SweptPoint[] {
  const front = new ParetoFront<SweptPoint>();
  for (const point of points) {
    const [a, b] = [measureOf(point, first), measureOf(point, second)];
    if (a !== null && b !== null) front.add(point, [a, b]);
  }
  return front.items();
}

/** 'PEs 128, activation queue 4' */
export const levelsText = (dials: readonly SweptDial[], levels: readonly number[]) =>
  dials
    .map(({ label, unit }, at) => `${label} ${levelText(levels[at] ?? Number.NaN, unit)}`)
    .join(', ');
