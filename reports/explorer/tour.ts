// "EIE in seven steps": each turns one dial of EIE on one layer, says what its authors chose, and
// explains what is seen. Every number of the model is worked out when the step is opened; the
// papers' figures come from the published tables.

import { type Draft, produce } from 'immer';
import type { ExplorerQuestion } from '../../sim/explore.js';
import type { PublishedFigure } from '../../sim/published.js';
import type { Row } from '../../sim/result.js';
import { percent, quantity, ratio } from '../quantity.js';
import type { Offer } from './offer.js';
import { balanceOf, loadOf } from './outcome.js';
import { designSliders, type Slider, workloadSliders } from './sliders.js';
import { designOf, type ExplorerState } from './state.js';

/** What a level comes to. */
export interface TourPoint {
  readonly level: number;
  /** As the slider writes it. */
  readonly text: string;
  readonly row: Row;
}

export interface TourMeasure {
  readonly name: string;
  readonly of: (row: Row) => number;
  readonly shown: (value: number) => string;
}

export interface TourStep {
  readonly id: string;
  readonly title: string;
  readonly question: string;
  readonly workload: string;
  /** The slider that is turned. */
  readonly slider: string;
  readonly levels: readonly number[];
  /** The one that EIE has. */
  readonly chosen: number;
  /** The first one is drawn, the others stand beside it. */
  readonly measures: readonly [TourMeasure, ...TourMeasure[]];
  /** Sentences about what is seen. */
  readonly explain: (points: readonly TourPoint[]) => readonly string[];
  /** Names of the published figures beside. */
  readonly paper: readonly string[];
}

export const PRESET = 'eie-64';

const seconds: TourMeasure = {
  name: 'time',
  of: (row) => row.seconds,
  shown: (value) => quantity(value, 's'),
};
const joules: TourMeasure = {
  name: 'energy',
  of: (row) => row.joules ?? 0,
  shown: (value) => quantity(value, 'J'),
};
const share = (name: string, of: (row: Row) => number): TourMeasure => ({
  ...{ name, of },
  shown: percent,
});
const component = (name: string, words: string): TourMeasure => ({
  name: words,
  of: (row) => row.layers.reduce((sum, { energy }) => sum + (energy?.[name] ?? 0), 0),
  shown: (value) => quantity(value, 'J'),
});

/** Share of the time in which PEs wait: for the fullest queue, or past an empty column. */
const idleShare = ({ layers }: Row) => {
  let [idle, all] = [0, 0];
  for (const { time } of layers) {
    for (const [cause, cycles] of Object.entries(time ?? {})) {
      all += cycles;
      if (cause === 'starvation') idle += cycles;
    }
  }
  return all > 0 ? idle / all : 0;
};
const dramShare = (row: Row) => component('dram', '').of(row) / (row.joules || 1);
const balance = (row: Row) => {
  const load = loadOf(row);
  return load ? balanceOf(load) : 1;
};

const at = (points: readonly TourPoint[], level: number): Row | undefined =>
  points.find((point) => point.level === level)?.row;
const over = (a: number, b: number) => ratio(b === 0 ? null : a / b);
const lowest = (points: readonly TourPoint[], { of }: TourMeasure): TourPoint =>
  points.reduce((a, b) => (of(b.row) < of(a.row) ? b : a));

/** What a step says of two of its levels; nothing while one of them is missing. */
function compared(
  points: readonly TourPoint[],
  levels: readonly [number, number],
  say: (a: Row, b: Row) => string,
): readonly string[] {
  const [a, b] = [at(points, levels[0]), at(points, levels[1])];
  return a && b ? [say(a, b)] : [];
}

/** The slider's place for 'as published'. */
const AS_PUBLISHED = 0;
const spmat = component('spmat_read', 'energy of reading weights');

/** Share of the entries that only bridge a run of zeros. */
const paddingShare = ({ layers }: Row) => {
  const sum = (meter: string) =>
    layers.reduce((all, { counters }) => all + (counters[meter] ?? 0), 0);
  return sum('padding_zeros') / (sum('entries') || 1);
};

export const tour: readonly TourStep[] = [
  {
    id: 'weights',
    title: 'Zeros among the weights',
    question: 'Why is a network pruned before it is laid out?',
    ...{ workload: 'alex-6', slider: 'weightDensity' },
    levels: [AS_PUBLISHED, 0.2, 0.3, 0.5, 0.7],
    chosen: AS_PUBLISHED,
    measures: [joules, seconds, share('DRAM, of the energy', dramShare)],
    explain: (points) => [
      ...compared(points, [0.2, AS_PUBLISHED], (many, few) => {
        const [energy, time] = [
          over(joules.of(many), joules.of(few)),
          over(many.seconds, few.seconds),
        ];
        return `With 20 % of the weights left AlexNet's fc6 takes ${time} the time and ${energy} the energy of the pruned layer: work follows the weights that are left.`;
      }),
      ...points
        .filter(({ row }) => dramShare(row) > 0.01)
        .slice(0, 1)
        .map(
          ({ text, row }) =>
            `From ${text} on the weights no longer fit on the chip. They pass from DRAM for every frame, which takes ${percent(dramShare(row))} of the energy.`,
        ),
    ],
    paper: ['Sparsity energy saving', 'DRAM to SRAM energy saving', 'AlexNet pruning ratio'],
  },
  {
    id: 'activations',
    title: 'Zeros among the activations',
    question: 'Why does the control unit look for non-zero activations?',
    ...{ workload: 'alex-6', slider: 'activationDensity' },
    levels: [AS_PUBLISHED, 0.5, 0.7, 1],
    chosen: AS_PUBLISHED,
    measures: [seconds, joules],
    explain: (points) =>
      compared(
        points,
        [1, AS_PUBLISHED],
        (all, some) =>
          `A zero activation is never sent, and no PE reads its column: sending all of them would take ${over(all.seconds, some.seconds)} the time and ${over(joules.of(all), joules.of(some))} the energy.`,
      ),
    paper: ['Zero-activation skipping energy saving'],
  },
  {
    id: 'pes',
    title: '64 PEs',
    question: 'Why 64 PEs, and not 16 or 256?',
    ...{ workload: 'alex-7', slider: 'dial-0-pes' },
    levels: [16, 32, 64, 128, 256],
    chosen: 64,
    measures: [
      seconds,
      share('load balance', balance),
      {
        name: 'area',
        of: ({ areaMm2 }) => areaMm2 ?? 0,
        shown: (mm2) => `${mm2.toPrecision(3)} mm²`,
      },
    ],
    explain: (points) => [
      ...compared(
        points,
        [16, 64],
        (few, chosen) =>
          `Four times 16 PEs are ${over(few.seconds, chosen.seconds)} as fast; with 64 the layers that the authors measure fit on the chip.`,
      ),
      ...compared(
        points,
        [64, 256],
        (chosen, many) =>
          `Four times as many again are ${over(chosen.seconds, many.seconds)} as fast for ${over(many.areaMm2 ?? 0, chosen.areaMm2 ?? 0)} the area: each PE has fewer entries of a column, and PEs are busy ${percent(balance(many))} of the time instead of ${percent(balance(chosen))}.`,
      ),
    ],
    paper: ['PEs', 'EIE area 64 PE', 'EIE power 64 PE'],
  },
  {
    id: 'queue',
    title: 'Queues of 8',
    question: 'Why does each PE have a queue of 8 activations?',
    ...{ workload: 'alex-6', slider: 'dial-0-queueDepth' },
    levels: [1, 2, 4, 8, 16, 32, 64],
    chosen: 8,
    measures: [share('PEs wait', idleShare), seconds],
    explain: (points) => [
      ...compared(
        points,
        [1, 8],
        (one, eight) =>
          `Columns are uneven. Without room to run ahead all PEs wait for the slowest one at every activation: ${percent(idleShare(one))} of the time with a queue of 1, ${percent(idleShare(eight))} with 8.`,
      ),
      ...compared(
        points,
        [8, 16],
        (eight, sixteen) =>
          `Twice as many gain no more than ${percent(1 - sixteen.seconds / eight.seconds)} of the time. The tab Machine plays it cycle by cycle.`,
      ),
    ],
    paper: ['idle share with a queue of 1', 'queue depth'],
  },
  {
    id: 'word',
    title: 'Words of 64 bits',
    question: 'Why are 64 bits of the sparse matrix read at a time?',
    ...{ workload: 'alex-6', slider: 'dial-0-spmat.widthBits' },
    levels: [32, 64, 128, 256, 512],
    chosen: 64,
    measures: [
      spmat,
      {
        name: 'reads',
        of: ({ layers }) =>
          layers.reduce((sum, { counters }) => sum + (counters.spmat_reads ?? 0), 0),
        shown: (value) => `${(value / 1e3).toFixed(0)} k`,
      },
      joules,
    ],
    explain: (points) => {
      const best = lowest(points, spmat);
      return [
        `A wide word is read less often and costs more each time. Here ${best.text} take the least energy.`,
        ...compared(
          points,
          [512, 64],
          (wide, chosen) =>
            `512 bits take ${over(spmat.of(wide), spmat.of(chosen))} the energy of 64: a column has few entries on a PE, and the rest of the word is read for nothing.`,
        ),
      ];
    },
    paper: ['word of the least energy', 'entries of a column on a PE'],
  },
  {
    id: 'codes',
    title: '4 bits for a weight',
    question: 'Why are weights shared, 16 values for all of them?',
    ...{ workload: 'alex-6', slider: 'dial-0-codeBits' },
    levels: [2, 3, 4, 5, 6, 8],
    chosen: 4,
    measures: [spmat, joules],
    explain: (points) => [
      ...compared(
        points,
        [8, 4],
        (eight, four) =>
          `Codes of 8 bits fill the words sooner: reading weights takes ${over(spmat.of(eight), spmat.of(four))} the energy of 4 bits. Fewer would save more, and cost accuracy.`,
      ),
      'The model counts energy and time; what a code costs in accuracy only training can tell, as the figures beside do.',
    ],
    paper: [
      'Weight sharing energy saving',
      'AlexNet top-1 error with 32 bits',
      'AlexNet top-1 error with 4 bits in fully connected layers',
      'AlexNet top-1 error with 2 bits in fully connected layers',
    ],
  },
  {
    id: 'runs',
    title: '4 bits for a run of zeros',
    question: 'Why does each entry count the zeros before it in 4 bits?',
    ...{ workload: 'alex-6', slider: 'dial-0-indexBits' },
    levels: [2, 3, 4, 5, 6, 8],
    chosen: 4,
    measures: [spmat, share('entries that only bridge a run', paddingShare), seconds],
    explain: (points) => {
      const best = lowest(points, spmat);
      return [
        ...compared(
          points,
          [2, 4],
          (two, four) =>
            `A run longer than the bits can say takes an entry of its own, and a cycle: ${percent(paddingShare(two))} of all entries with 2 bits, ${percent(paddingShare(four))} with 4.`,
        ),
        `More bits leave fewer entries in a word. Reading takes the least energy with ${best.text}${best.level === 4 ? '' : ', of which 4 is next to it'}.`,
      ];
    },
    paper: ['bits of a run of zeros', 'bits of a weight'],
  },
];

/** The explorer at the start of a step: EIE as it is, on the step's layer. */
export function stateOfStep(offer: Offer, before: ExplorerState, { workload }: TourStep) {
  const preset = offer.presets.find(({ name }) => name === PRESET);
  if (!preset) return null;
  return produce(before, (draft) => {
    const own: Draft<ExplorerState> = draft;
    Object.assign(own, { workload, batch: 1, seed: 0, precision: null });
    Object.assign(own, { weightDensity: null, activationDensity: null });
    own.designs = [structuredClone(designOf(preset)) as Draft<ReturnType<typeof designOf>>];
  });
}

/** The slider that a step turns. */
export const sliderOf = (offer: Offer, state: ExplorerState, step: TourStep): Slider | undefined =>
  [...workloadSliders(offer, state), ...designSliders(offer, state, 0)].find(
    ({ id }) => id === step.slider,
  );

/** The state with the step's slider at a level. */
export const turned = (state: ExplorerState, slider: Slider, level: number): ExplorerState =>
  produce(state, (draft) => slider.turn(draft, level));

/** What a step asks: its design on its layer, at each level. */
export function questionsOf(
  offer: Offer,
  before: ExplorerState,
  step: TourStep,
): readonly ExplorerQuestion[] {
  const state = stateOfStep(offer, before, step);
  const slider = state && sliderOf(offer, state, step);
  if (!state || !slider) return [];
  return step.levels.map((level) => {
    const { designs, beside: _, ...workload } = turned(state, slider, level);
    return { workload, designs: designs.slice(0, 1) };
  });
}

/** The figures that stand beside a step, as they are printed. */
export function paperOf({ figures }: Offer, { paper }: TourStep) {
  return paper.flatMap((name) => {
    const figure = figures[name];
    return figure ? [{ name, text: printed(figure), source: figure.source }] : [];
  });
}

const printed = ({ value, unit }: PublishedFigure) =>
  unit === 'x' || unit === 'ratio' ? `${value}×` : `${value} ${unit.replace('mm2', 'mm²')}`.trim();
