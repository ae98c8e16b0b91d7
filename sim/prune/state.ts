// The state of a pipeline: everything needed to continue it, and its results so far.

import type { EncodedSize } from '../../workloads/compress/size.js';
import type { OptimizerState } from '../../workloads/train/optimizer.js';
import type { Parameters } from '../../workloads/train/parameters.js';

export interface Accuracy {
  /** Share of frames whose class came out on top; of a text, of its positions. */
  readonly accuracy: number;
  /** Mean cross-entropy, nats. */
  readonly loss: number;
  readonly frames: number;
}

export interface LayerState {
  readonly name: string;
  readonly weights: number;
  readonly nonzeros: number;
}

/** The network after one stage, judged on the validation part. */
export interface Step {
  readonly title: string;
  readonly kind: string;
  readonly validation: Accuracy;
  readonly layers: readonly LayerState[];
  readonly size: EncodedSize;
}

/** Accuracy against the share of one layer's weights that is kept, the others untouched. */
export interface SensitivityCurve {
  readonly layer: string;
  readonly retrained: boolean;
  readonly points: readonly { readonly density: number; readonly validation: Accuracy }[];
}

/** One kept network on the test part. */
export interface TestResult {
  readonly name: string;
  readonly test: Accuracy;
}

export interface LabState {
  /** The stage to run next, and the unit of it: an epoch, a point of a scan. */
  readonly stage: number;
  readonly unit: number;
  readonly parameters: Parameters;
  /** Of a training stage that is under way. */
  readonly optimizer: OptimizerState | null;
  readonly marks: ReadonlyMap<string, Parameters>;
  readonly steps: readonly Step[];
  readonly curves: readonly SensitivityCurve[];
  readonly tests: readonly TestResult[];
}
