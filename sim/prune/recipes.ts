// The pipelines that have a name, each a list of stages made from a few settings.

import type { PrunePattern } from '../../workloads/compress/pattern.js';
import type { Initialisation } from '../../workloads/compress/share.js';
import type { Network } from '../../workloads/network.js';
import { elementTypes } from '../../workloads/tensor.js';
import { geometricDensity, ruleAt } from './schedule.js';
import type { Allocation, Criterion, PruneRule, Stage, TrainStage } from './stages.js';

/** What can be chosen. Each pipeline uses what it has use for. */
export interface Settings {
  readonly epochs: number;
  readonly rate: number;
  /** Share of the first epoch over which the rate rises. */
  readonly warmUp: number;
  readonly optimizer: TrainStage['optimizer'];
  readonly batch: number;
  readonly momentum: number;
  readonly l1: number;
  readonly l2: number;
  readonly dropout: number;
  readonly shift: number;
  /** Prunings, each followed by retraining. */
  readonly iterations: number;
  readonly schedule: Schedule;
  readonly retrainEpochs: number;
  /** In place of those after the last pruning; of a gradual schedule those after them all. */
  readonly finalEpochs: number;
  readonly retrainRate: number;
  /** Share of all weights to keep. */
  readonly density: number;
  readonly allocation: Allocation;
  /** Shares by layer name, in place of `density`. */
  readonly densities: Readonly<Record<string, number>> | null;
  /** Thresholds in standard deviations, in place of both. */
  readonly quality: number | Readonly<Record<string, number>> | null;
  readonly pattern: PrunePattern;
  readonly criterion: Criterion;
  /** Layers that stay dense. */
  readonly except: readonly string[];
  /** Outputs of a Winograd tile along an edge. */
  readonly tile: number;
  /** Of a shared weight or of one in a group, by layer name or kind. */
  readonly bits: Readonly<Record<string, number>>;
  /** Weights of a group along a row. */
  readonly group: number;
  readonly initialisation: Initialisation;
  /** Of the centroids. */
  readonly tuneEpochs: number;
  readonly tuneRate: number;
  /** Densities of the sensitivity scan; none: no scan. */
  readonly scan: readonly number[];
  /** Epochs of training at each point of a second scan; 0: no such scan. */
  readonly scanEpochs: number;
  /** Trains the dense network as long, for comparison. */
  readonly control: boolean;
}

/**
 * Stepwise: after each pruning the learning rate falls anew (Han et al., NIPS 2015). Gradual: it
 * falls once over all prunings and what follows them, and most weights go early (Zhu and Gupta, "To
 * prune, or not to prune", 2017).
 */
export type Schedule = 'stepwise' | 'gradual';

export interface Recipe {
  readonly title: string;
  /** What differs from the general settings. */
  readonly settings?: Partial<Settings>;
  stages(settings: Settings): readonly Stage[];
}

/** Names under which networks are kept and tested. */
export const MARKS = {
  dense: 'dense',
  oneShot: 'pruned at once, not retrained',
  pruned: 'pruned and retrained',
  redense: 'dense again',
  shared: 'shared',
  rounded: 'rounded and retrained',
  grouped: 'in groups and retrained',
  groupedAtOnce: 'in groups at once, not retrained',
  control: 'dense, trained as long',
} as const;

const free: PrunePattern = { kind: 'free' };

/** Whether a network reads numbers of characters or tokens. */
export const readsText = ({ inputs }: Network): boolean =>
  inputs.some(({ type }) => !elementTypes[type].isFloat);

/**
 * For networks of fully connected layers, with convolutions, and over text; docs/pruning.md says
 * how they were chosen.
 */
export function defaultSettings(network: Network): Settings {
  return readsText(network) ? textSettings(network) : pictureSettings(network);
}

/** Embedding and last layer stay dense, as SparseGPT and Wanda leave them. */
function textSettings(network: Network): Settings {
  const { layers } = network;
  const last = layers.filter(({ kind }) => kind === 'dense').at(-1);
  const embeddings = layers.filter(({ kind }) => kind === 'embedding');
  return {
    ...pictureSettings(network),
    ...{ epochs: 3, rate: 0.004, warmUp: 0.15, optimizer: 'adam', batch: 16, l2: 0 },
    ...{ iterations: 1, schedule: 'stepwise', finalEpochs: 2, retrainRate: 0.002 },
    ...{ density: 0.5, allocation: 'uniform', tuneEpochs: 1, scan: [], bits: { dense: 4 } },
    except: [...embeddings, ...(last ? [last] : [])].map(({ name }) => name),
  };
}

function pictureSettings(network: Network): Settings {
  const convolutional = network.layers.some(({ kind }) => kind === 'conv2d');
  const rate = convolutional ? 0.02 : 0.1;
  return {
    epochs: convolutional ? 8 : 30,
    ...{ rate, warmUp: 0, optimizer: 'sgd' },
    batch: convolutional ? 64 : 128,
    ...{ momentum: 0.9, l1: 0, l2: 1e-4, dropout: 0, shift: 2 },
    iterations: convolutional ? 12 : 60,
    schedule: 'gradual',
    retrainEpochs: 1,
    finalEpochs: convolutional ? 24 : 60,
    retrainRate: convolutional ? 2 * rate : rate,
    density: 1 / 12,
    allocation: convolutional ? 'global' : 'published',
    ...{ densities: null, quality: null, pattern: free, tile: 2 },
    ...{ criterion: 'magnitude', except: [], group: 32 },
    bits: { conv2d: 8, dense: 5 },
    ...{ initialisation: 'linear', tuneEpochs: convolutional ? 2 : 10, tuneRate: rate / 100 },
    ...{ scan: [0.8, 0.6, 0.4, 0.3, 0.2, 0.15, 0.1, 0.05, 0.02], scanEpochs: 0, control: false },
  };
}

export const recipes: Readonly<Record<string, Recipe>> = {
  han2015: {
    title: 'train, prune by magnitude, retrain, step by step (Han et al., NIPS 2015)',
    settings: { schedule: 'stepwise', iterations: 3 },
    stages: (settings) => [
      ...dense(settings),
      ...scans(settings),
      ...pruning(settings),
      { kind: 'test' },
    ],
  },
  'deep-compression': {
    title:
      'pruning, then shared weights with trained centroids, then Huffman coding (Han et al., ICLR 2016)',
    stages: (settings) => [
      ...dense(settings),
      ...scans(settings),
      ...pruning(settings),
      ...sharing(settings),
      { kind: 'test' },
    ],
  },
  dsd: {
    title: 'dense, sparse, dense again (Han et al., ICLR 2017)',
    settings: { density: 0.5, allocation: 'uniform', schedule: 'stepwise', iterations: 1 },
    stages: (settings) => [
      ...dense(settings),
      ...pruning(settings),
      { kind: 'densify', title: 'every weight again' },
      training('dense again', settings, settings.finalEpochs, settings.retrainRate / 5),
      { kind: 'mark', name: MARKS.redense },
      { kind: 'test' },
    ],
  },
  ternary: {
    title: 'weights −1, 0 and 1 times a scale, straight-through retraining (Li et al., 2016)',
    stages: (settings) => [...dense(settings), ...rounding('ternary', settings), { kind: 'test' }],
  },
  binary: {
    title:
      'weights −1 and 1 times a scale, straight-through retraining (Courbariaux et al., 2015; Rastegari et al., 2016)',
    stages: (settings) => [...dense(settings), ...rounding('binary', settings), { kind: 'test' }],
  },
  '2:4': {
    title: 'two of each four neighbours, as sparse tensor cores take them (Mishra et al., 2021)',
    settings: {
      ...{ pattern: { kind: 'n-of-m', keep: 2, of: 4 }, density: 1, allocation: 'uniform' },
      ...{ schedule: 'stepwise', iterations: 1 },
    },
    stages: (settings) => [...dense(settings), ...pruning(settings), { kind: 'test' }],
  },
  winograd: {
    title:
      "3×3 convolutions pruned and retrained in Winograd's domain (Li et al., 2017; Liu et al., ICLR 2018)",
    settings: { density: 0.3, allocation: 'uniform' },
    stages: (settings) => {
      const transform: Stage = {
        kind: 'transform',
        title: `in Winograd's domain`,
        tile: settings.tile,
      };
      return [...dense(settings), ...pruning(settings, [transform]), { kind: 'test' }];
    },
  },
  structured: {
    title: 'zeros in a pattern, then weights of few bits in groups, retrained after each',
    settings: { schedule: 'stepwise', iterations: 1, allocation: 'uniform', bits: {} },
    stages: (settings) => [
      ...dense(settings),
      ...(prunesAny(settings) ? pruning(settings) : []),
      ...(Object.keys(settings.bits).length > 0 ? grouping(settings) : []),
      { kind: 'test' },
    ],
  },
  block: {
    title: 'whole blocks of 4×4 weights',
    settings: { pattern: { kind: 'block', rows: 4, columns: 4 }, density: 0.25 },
    stages: (settings) => [
      ...dense(settings),
      ...scans(settings),
      ...pruning(settings),
      { kind: 'test' },
    ],
  },
};

/** The whole pipeline, the dense control at its end where it is wanted. */
export function stagesOf(recipe: Recipe, settings: Settings): readonly Stage[] {
  const stages = recipe.stages(settings);
  return settings.control ? withControl(stages) : stages;
}

function training(
  title: string,
  settings: Settings,
  epochs: number,
  rate: number,
  dropout = settings.dropout,
): TrainStage {
  const { warmUp, optimizer, momentum, batch, l1, l2, shift } = settings;
  return {
    ...{ kind: 'train', title, epochs, rate, warmUp, optimizer, momentum, batch, l1, l2 },
    ...{ dropout, shift, thinning: null },
  };
}

function dense(settings: Settings): readonly Stage[] {
  return [
    training('dense', settings, settings.epochs, settings.rate),
    { kind: 'mark', name: MARKS.dense },
  ];
}

function scans(settings: Settings): readonly Stage[] {
  const { scan, scanEpochs, retrainRate } = settings;
  if (scan.length === 0) return [];
  const densities = [1, ...scan];
  const plain: Stage = { kind: 'sensitivity', title: 'sensitivity', densities, retrain: null };
  if (scanEpochs === 0) return [plain];
  const retrain = training('retraining', settings, scanEpochs, retrainRate);
  return [plain, { kind: 'sensitivity', title: 'sensitivity, retrained', densities, retrain }];
}

/**
 * Prunes once at one go without retraining, then by the schedule; the dense network goes through
 * `before` each time.
 */
function pruning(settings: Settings, before: readonly Stage[] = []): readonly Stage[] {
  const { pattern, criterion } = settings;
  return [
    ...before,
    { kind: 'prune', title: 'all at once', rule: finalRule(settings), pattern, criterion },
    { kind: 'mark', name: MARKS.oneShot },
    { kind: 'restore', name: MARKS.dense },
    ...before,
    ...(settings.schedule === 'gradual' ? gradual(settings) : stepwise(settings)),
    { kind: 'mark', name: MARKS.pruned },
  ];
}

function gradual(settings: Settings): readonly Stage[] {
  const { iterations, pattern, criterion, retrainEpochs, finalEpochs, retrainRate } = settings;
  const { dropout, density } = settings;
  const epochs = iterations * retrainEpochs + finalEpochs;
  const thinning = {
    rule: finalRule(settings),
    ...{ pattern, criterion },
    prunings: iterations,
    epochsEach: retrainEpochs,
  };
  const train = training('retrained', settings, epochs, retrainRate, dropout * dropped(density));
  return [{ ...train, thinning }];
}

/** By the same factor each. */
function stepwise(settings: Settings): readonly Stage[] {
  const { iterations, pattern, criterion, retrainEpochs, finalEpochs, retrainRate } = settings;
  const { dropout, density } = settings;
  const stages: Stage[] = [];
  for (let round = 1; round <= iterations; round++) {
    const share = round / iterations;
    const name = iterations === 1 ? '' : ` ${round}`;
    const epochs = round === iterations ? finalEpochs : retrainEpochs;
    stages.push(
      {
        kind: 'prune',
        title: `pruned${name}`,
        rule: ruleAt(finalRule(settings), share, geometricDensity),
        ...{ pattern, criterion },
      },
      training(
        `retrained${name}`,
        settings,
        epochs,
        retrainRate,
        dropout * dropped(density ** share),
      ),
    );
  }
  return stages;
}

/**
 * As fewer connections are left fewer are dropped: by the root of their share (Han et al., NIPS
 * 2015, Section 3.2).
 */
const dropped = (density: number) => Math.sqrt(density);

/** What pruning leaves in the end. */
function finalRule({ densities, quality, density, allocation, except }: Settings): PruneRule {
  if (quality !== null) return { by: 'quality', quality };
  if (densities !== null) return { by: 'densities', densities };
  return { by: 'target', density, allocation, except };
}

function sharing(settings: Settings): readonly Stage[] {
  const { bits, initialisation, tuneEpochs, tuneRate } = settings;
  return [
    { kind: 'share', title: 'shared', bits, initialisation },
    training('centroids trained', settings, tuneEpochs, tuneRate, 0),
    { kind: 'mark', name: MARKS.shared },
  ];
}

/** Whether any weight goes at all. */
function prunesAny({ pattern, density, densities, quality }: Settings): boolean {
  return pattern.kind !== 'free' || density < 1 || densities !== null || quality !== null;
}

function grouping(settings: Settings): readonly Stage[] {
  const { bits, group, finalEpochs, retrainRate } = settings;
  const widths = [...new Set(Object.values(bits))].sort().join(' and ');
  return [
    { kind: 'group', title: `${widths} bits in groups of ${group}`, bits, group },
    { kind: 'mark', name: MARKS.groupedAtOnce },
    training('in groups, retrained', settings, finalEpochs, retrainRate / 2),
    { kind: 'mark', name: MARKS.grouped },
  ];
}

function rounding(to: 'ternary' | 'binary', settings: Settings): readonly Stage[] {
  return [
    { kind: 'round', title: to, to, layers: null },
    training(`${to}, retrained`, settings, settings.finalEpochs, settings.retrainRate),
    { kind: 'mark', name: MARKS.rounded },
  ];
}

/** Puts a dense network trained as long before the test. */
function withControl(stages: readonly Stage[]): readonly Stage[] {
  const dense = stages.findIndex((stage) => stage.kind === 'mark' && stage.name === MARKS.dense);
  const later = stages.slice(dense + 1).filter((stage) => stage.kind === 'train');
  const control: Stage[] = [
    { kind: 'restore', name: MARKS.dense },
    ...later.map(
      (stage, at): Stage => ({ ...stage, thinning: null, title: `dense control ${at + 1}` }),
    ),
    { kind: 'mark', name: MARKS.control },
  ];
  return [...stages.filter(({ kind }) => kind !== 'test'), ...control, { kind: 'test' }];
}
