// A network on its way from a file: what rewriting passes take and give.

import type { LayerWeights, NamedTensor, Tensor, TensorType } from '../network.js';
import type { TrainedLayerSpec } from '../spec.js';

/** Layers with their inputs told, in an order in which every layer follows its inputs. */
export interface Draft {
  readonly inputs: readonly NamedTensor[];
  readonly outputs: readonly string[];
  readonly layers: readonly TrainedLayerSpec[];
  readonly constants: ReadonlyMap<string, Tensor>;
  readonly weights: ReadonlyMap<string, LayerWeights>;
  /** Of every tensor. */
  readonly types: ReadonlyMap<string, TensorType>;
}

/** Results stay the same within rounding: 1e-5 of the largest output. */
export type Pass = (draft: Draft) => Draft;

/**
 * The names of a layer's results; only the first one is known where the layer does not tell them.
 */
export function resultsOf({
  name,
  resultNames,
}: Pick<TrainedLayerSpec, 'name' | 'resultNames'>): readonly string[] {
  return resultNames ?? [name];
}
