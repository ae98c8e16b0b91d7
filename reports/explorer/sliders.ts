// The sliders as data: the ones that the page draws, and the designs that may be requested next.

import { type Draft, produce } from 'immer';
import { inUnit, numberAt, toSi } from '../../hw-models/dials.js';
import type { ExplorerQuestion } from '../../sim/explore.js';
import { percent } from '../quantity.js';
import { networkOf } from './networks.js';
import type { Offer } from './offer.js';
import { askedDesigns } from './outcome.js';
import { designOf, type ExplorerState, initialState, presetOf } from './state.js';

export interface Slider {
  readonly id: string;
  readonly label: string;
  /** Where the number comes from. */
  readonly title: string;
  /** From small to large. */
  readonly levels: readonly number[];
  readonly value: number;
  readonly shown: (level: number) => string;
  /** True where it no longer stands as it began. */
  readonly turned: boolean;
  /** Sets a level. */
  readonly turn: (draft: Draft<ExplorerState>, level: number) => void;
}

const BATCHES = [1, 2, 4, 8, 16, 32, 64, 128, 256];
const DENSITIES = [0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1];
const SEEDS = Array.from({ length: 10 }, (_, seed) => seed);
/** Non-zero weights that a page has the memory for together. */
const MAX_WEIGHTS = 30e6;
/** The slider's place for 'as published', below all shares. */
const AS_PUBLISHED = 0;

/** How many weights a state's network has, zeros included. */
export const weightsOf = (offer: Offer, { workload }: ExplorerState) =>
  networkOf(offer, workload).offered?.weights ?? 0;

/** Sliders of what all designs run: the batch, the densities, the seed. */
export function workloadSliders(offer: Offer, state: ExplorerState): readonly Slider[] {
  const { offered, pattern } = networkOf(offer, state.workload);
  // What a file brings is not drawn.
  const isFixed = offered?.own?.hasWeights === true;
  const density = (
    id: 'weightDensity' | 'activationDensity',
    label: string,
    levels: readonly number[],
  ): Slider => ({
    ...{ id, label, levels: [AS_PUBLISHED, ...levels], value: state[id] ?? AS_PUBLISHED },
    title: 'Drawn from the seed, the same share in every layer; furthest left: as published',
    shown: (level) => (level === AS_PUBLISHED ? 'as published' : percent(level)),
    turned: state[id] !== null,
    turn(draft, level) {
      draft[id] = level === AS_PUBLISHED ? null : level;
    },
  });
  const whole = (
    id: 'batch' | 'seed',
    label: string,
    levels: readonly number[],
    title: string,
  ): Slider => ({
    ...{ id, label, title, value: state[id] },
    levels: [...new Set([...levels, state[id]])].sort((a, b) => a - b),
    shown: (level) => `${level}`,
    turned: state[id] !== offer.start[id],
    turn(draft, level) {
      draft[id] = level;
    },
  });
  return [
    whole('batch', 'batch', BATCHES, 'Frames at a time'),
    // Zeros in a pattern bring their share with them.
    ...(pattern === null && !isFixed
      ? [
          density(
            'weightDensity',
            'weights ≠ 0',
            DENSITIES.filter((share) => share * (offered?.drawnTogether ?? 0) <= MAX_WEIGHTS),
          ),
        ]
      : []),
    ...(isFixed ? [] : [density('activationDensity', 'activations ≠ 0', DENSITIES)]),
    whole('seed', 'seed', SEEDS, 'Of the weights and activations that are drawn'),
  ];
}

/** Sliders of one design: its family's dials. */
export function designSliders(
  offer: Offer,
  { designs }: ExplorerState,
  at: 0 | 1,
): readonly Slider[] {
  const design = designs[at];
  const preset = design && presetOf(offer, design);
  return (preset?.dials ?? []).flatMap(({ path, label, unit, levels }): readonly Slider[] => {
    const value = numberAt(design?.config ?? {}, path);
    if (value === null) return [];
    return [
      {
        ...{ id: `dial-${at}-${path}`, label, levels, value: inUnit(value, unit) },
        title: `${path}; ${preset?.name} has it from ${preset?.sources[path] ?? 'nowhere'}`,
        shown: (level) => levelText(level, unit),
        turned: value !== numberAt(preset?.config ?? {}, path),
        turn: (draft, level) => setAt(draft, at, path, toSi(level, unit)),
      },
    ];
  });
}

/** Digits that levels are told apart by. */
const LEVEL_DIGITS = 6;
const LEVELS = new Intl.NumberFormat('en-US', { maximumSignificantDigits: LEVEL_DIGITS });
/** Units as people write them. */
const WRITTEN: Readonly<Record<string, string>> = {
  count: '',
  ratio: '',
  us: 'µs',
  percent: '%',
  mm2: 'mm²',
  um2: 'µm²',
};

/** A level in its unit: '1,070 MHz', '70 %'. */
export function levelText(level: number, unit: string): string {
  const number = Number(level.toPrecision(LEVEL_DIGITS));
  const isSmall = number !== 0 && Math.abs(number) < 1e-3;
  const text = isSmall ? `${number}` : LEVELS.format(number);
  return `${text} ${WRITTEN[unit] ?? unit}`.trim();
}

/** Sets what stands at `path` of a design's config. */
export function setAt(draft: Draft<ExplorerState>, at: 0 | 1, path: string, value: unknown): void {
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let map: object | undefined = draft.designs[at]?.config;
  for (const key of keys) map = Reflect.get(map ?? {}, key);
  if (map) Reflect.set(map, last, value);
}

/** The place of a slider's value among its levels: that of the nearest one below. */
export const placeOf = ({ levels, value }: Pick<Slider, 'levels' | 'value'>) =>
  Math.max(
    0,
    levels.findLastIndex((level) => level <= value),
  );

/** What a state asks of the simulator: its designs, and the presets that they were turned from. */
export function questionOf(offer: Offer, state: ExplorerState): ExplorerQuestion {
  const { designs: _, beside: __, ...workload } = state;
  return { workload, designs: askedDesigns(offer, state) };
}

/** What one move of one slider would ask, the nearest levels of all sliders first. */
export function nextQuestions(offer: Offer, state: ExplorerState): readonly ExplorerQuestion[] {
  const sliders = [
    ...workloadSliders(offer, state),
    ...state.designs.flatMap((_, at) => designSliders(offer, state, at === 0 ? 0 : 1)),
  ];
  const moves = sliders.flatMap((slider) => {
    const here = placeOf(slider);
    return slider.levels.map((level, place) => ({ slider, level, steps: Math.abs(place - here) }));
  });
  return moves
    .filter(({ steps }) => steps > 0)
    .sort((a, b) => a.steps - b.steps)
    .map(({ slider, level }) =>
      questionOf(
        offer,
        produce(state, (draft) => slider.turn(draft, level)),
      ),
    );
}

/** Each network that comes with the page, on a preset of each family in turn. */
export function someQuestions(offer: Offer): readonly ExplorerQuestion[] {
  const families = new Map(offer.presets.map((preset) => [preset.family, preset]));
  const presets = [...families.values()];
  return offer.workloads
    .filter(({ own }) => !own)
    .flatMap(({ name }, at) => {
      const preset = presets[at % presets.length];
      if (!preset) return [];
      const designs = [designOf(preset)] as const;
      return [questionOf(offer, { ...initialState(offer), workload: name, designs })];
    });
}
