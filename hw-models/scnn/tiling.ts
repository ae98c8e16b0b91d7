// Maps a convolution to the PEs (planar tiling) and to the accumulators (output-channel groups).
// SCNN, Sections 3 and 4: each PE holds the same tile of all input channels and multiplies it with
// the weights of one output-channel group after another. Its products reach outputs beyond its tile
// (output halos), for which it has accumulators too. Strides are not in the paper: channels are
// split by phase, as Yang et al. split convolutions by their stride, so that every weight of a
// phase meets every activation of it and the Cartesian product holds.

import type { ConvolutionDemand } from '../../workloads/demand.js';
import { reachOf } from '../../workloads/operators/window.js';
import type { ScnnConfig } from './config.js';

export interface Tiling {
  /**
   * Horizontal bands of the plane, one after another, where a tile's sums exceed the accumulators.
   */
  readonly bands: number;
  readonly bandRows: number;
  readonly tileRows: number;
  readonly tileColumns: number;
  /** Outputs of one channel that a tile's products reach. */
  readonly reachedRows: number;
  readonly reachedColumns: number;
  /** Output channels in a group. */
  readonly groupChannels: number;
  readonly groups: number;
  /** Phases of the stride, vertical times horizontal. */
  readonly phases: number;
}

export function tilingOf(demand: ConvolutionDemand, config: ScnnConfig): Tiling {
  const [, height, width] = demand.input;
  const [outputs] = demand.output;
  const { stride } = demand;
  const reach = reachOf(demand);
  const room = config.pe.banks * config.pe.bankEntries;
  const reached = (extent: number, axis: 0 | 1) =>
    Math.floor((extent + reach[axis] - 2) / stride[axis]) + 1;
  const tileColumns = Math.ceil(width / config.peColumns);
  const reachedColumns = reached(tileColumns, 1);
  const tileRowsIn = (bands: number) => Math.ceil(Math.ceil(height / bands) / config.peRows);
  let bands = 1;
  while (reached(tileRowsIn(bands), 0) * reachedColumns > room && tileRowsIn(bands) > 1) bands++;
  const tileRows = tileRowsIn(bands);
  const reachedRows = reached(tileRows, 0);
  const held = Math.max(1, Math.floor(room / (reachedRows * reachedColumns)));
  const groupChannels = Math.min(config.groupChannels, held, outputs);
  return {
    ...{ bands, tileRows, tileColumns, reachedRows, reachedColumns, groupChannels },
    bandRows: Math.ceil(height / bands),
    groups: Math.ceil(outputs / groupChannels),
    phases: stride[0] * stride[1],
  };
}

/** The phase of a position along both axes: what meets in an output has the same one. */
export const phaseOf = (
  { stride }: ConvolutionDemand,
  vertical: number,
  horizontal: number,
): number => (vertical % stride[0]) * stride[1] + (horizontal % stride[1]);
