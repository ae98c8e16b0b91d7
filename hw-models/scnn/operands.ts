// The compressed operands of a convolution as its PEs meet them: weights by output-channel group,
// activations by band of the plane.

import type { ConvolutionDemand } from '../../workloads/demand.js';
import type { LayerWeights } from '../../workloads/network.js';
import { activationBlocks, type Blocks, weightBlocks } from './compressed.js';
import { pesOf, type ScnnConfig } from './config.js';
import { groupsToRun } from './sampling.js';
import { type Tiling, tilingOf } from './tiling.js';
import type { Band } from './timing.js';

export interface Operands {
  readonly tiling: Tiling;
  /** The groups that are run, by number. */
  readonly chosen: readonly number[];
  readonly filters: Blocks;
  /** By band. */
  readonly inputs: readonly Blocks[];
  /** The same for every band. */
  readonly band: Required<Band>;
}

/** `mayBeSampled`: where it is too much, on some output-channel groups that stand for all. */
export function operandsOf(
  demand: ConvolutionDemand,
  values: Float32Array,
  weights: LayerWeights,
  config: ScnnConfig,
  mayBeSampled = false,
): Operands {
  const tiling = tilingOf(demand, config);
  const { bands, groups, groupChannels, phases, reachedRows, reachedColumns } = tiling;
  const blocks = demand.input[0] * phases * bands * pesOf(config);
  const chosen = groupsToRun(groups, blocks, mayBeSampled);
  return {
    ...{ tiling, chosen },
    filters: weightBlocks(demand, weights, tiling, chosen, config),
    inputs: Array.from({ length: bands }, (_, band) =>
      activationBlocks(demand, values, band, tiling, config),
    ),
    band: {
      ...{ groups: chosen.length, phases, share: groups / chosen.length },
      sumsPerGroup: groupChannels * reachedRows * reachedColumns,
    },
  };
}
