// The stages of a pruning pipeline: plain data, so that it can be stored beside a checkpoint and
// compared.

import type { PrunePattern } from '../../workloads/compress/pattern.js';
import type { Initialisation } from '../../workloads/compress/share.js';

/**
 * How a network is trained in one stage. The rate rises over `warmUp` of the first epoch and falls
 * from `rate` to 0 along half a cosine.
 */
export interface TrainStage {
  readonly kind: 'train';
  readonly title: string;
  readonly epochs: number;
  readonly rate: number;
  /** Share of the first epoch. */
  readonly warmUp: number;
  readonly optimizer: 'sgd' | 'adam';
  readonly momentum: number;
  readonly batch: number;
  readonly l1: number;
  readonly l2: number;
  readonly dropout: number;
  /** Pictures are moved by up to this many pixels. */
  readonly shift: number;
  /** Prunes at the start of the stage's first epochs; null: only trains. */
  readonly thinning: Thinning | null;
}

/**
 * Gradual pruning: ever further towards `rule`, along `cubicDensity`, while the rate falls once
 * over the whole stage.
 */
export interface Thinning {
  /** What the last pruning leaves. */
  readonly rule: PruneRule;
  readonly pattern: PrunePattern;
  readonly criterion: Criterion;
  readonly prunings: number;
  /** From one pruning to the next. */
  readonly epochsEach: number;
}

/** How many weights a pruning leaves. */
export type PruneRule =
  /** By layer name, shares of the layer's weights; layers that are not named stay as they are. */
  | { readonly by: 'densities'; readonly densities: Readonly<Record<string, number>> }
  /**
   * Thresholds of so many standard deviations of a layer's weights: Han et al., NIPS 2015. One for
   * all, or by layer.
   */
  | { readonly by: 'quality'; readonly quality: number | Readonly<Record<string, number>> }
  /** A share of the whole network's weights, given to the layers by `allocation`. */
  | {
      readonly by: 'target';
      readonly density: number;
      readonly allocation: Allocation;
      /** Layers that stay as they are. */
      readonly except: readonly string[];
    };

/**
 * How a target is spread over layers: as the papers did (scaled to the target), the same for each,
 * one threshold for all, or so that each layer alone would lose the same accuracy (by the last
 * sensitivity scan).
 */
export type Allocation = 'published' | 'uniform' | 'global' | 'sensitivity';

/**
 * What weights are judged by: their magnitude; magnitude times the size of the input that they meet
 * (Wanda); what zeroing them costs once others made up for it, and these are moved so (SparseGPT).
 */
export type Criterion = 'magnitude' | 'wanda' | 'sparsegpt';

export interface PruneStage {
  readonly kind: 'prune';
  readonly title: string;
  readonly rule: PruneRule;
  readonly pattern: PrunePattern;
  readonly criterion: Criterion;
}

export interface SensitivityStage {
  readonly kind: 'sensitivity';
  readonly title: string;
  /** Shares of a layer's weights, each layer alone. */
  readonly densities: readonly number[];
  /** Trains after each pruning before the accuracy is taken; null to take it at once. */
  readonly retrain: TrainStage | null;
}

/** Weights in clusters: `bits` a weight, zero among the values. */
export interface ShareStage {
  readonly kind: 'share';
  readonly title: string;
  /** By layer name, else by kind of layer; other layers stay as they are. */
  readonly bits: Readonly<Record<string, number>>;
  readonly initialisation: Initialisation;
}

export interface GroupStage {
  readonly kind: 'group';
  readonly title: string;
  /** By layer name, else by kind of layer; other layers stay as they are. */
  readonly bits: Readonly<Record<string, number>>;
  /** Weights of a group along a row. */
  readonly group: number;
}

export type Stage =
  | TrainStage
  | PruneStage
  | SensitivityStage
  | ShareStage
  /**
   * 3×3 convolutions of stride 1 go to Winograd's domain, for tiles of so many outputs along an
   * edge.
   */
  | { readonly kind: 'transform'; readonly title: string; readonly tile: number }
  /** Every weight may be other than zero again. */
  | { readonly kind: 'densify'; readonly title: string }
  /** Weights become a row's scale times −1, 0, 1 or −1, 1; null: every layer. */
  | {
      readonly kind: 'round';
      readonly title: string;
      readonly to: 'ternary' | 'binary';
      readonly layers: readonly string[] | null;
    }
  /** Weights become whole numbers in groups with a scale each. */
  | GroupStage
  /** Keeps the network as it is now under a name; it is tested at the end. */
  | { readonly kind: 'mark'; readonly name: string }
  /** Goes back to a network kept before. */
  | { readonly kind: 'restore'; readonly name: string }
  /** Looks at the test set, once, with every network kept. */
  | { readonly kind: 'test' };
