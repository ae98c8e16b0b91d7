// A layer as matrix products, and each dataflow's folds of them over the array. Samajdar et al., "A
// Systematic Methodology for Characterizing Scalability of DNN Accelerators using SCALE-Sim",
// ISPASS 2020: spatial rows, spatial columns and steps in time of each dataflow, folds over an
// array that is smaller.

import type { ConvolutionDemand, ProductDemand } from '../../workloads/demand.js';
import { tapsOf } from '../../workloads/operators/window.js';
import { pixelsOf } from '../work.js';
import type { Dataflow, SystolicConfig } from './config.js';

/** What the array multiplies. */
export type Multiplied = ProductDemand | ConvolutionDemand;

/** `groups` products of [pixels × depth] inputs with [depth × outputs] weights. */
export interface Gemm {
  readonly groups: number;
  readonly pixels: number;
  readonly depth: number;
  readonly outputs: number;
}

/**
 * The products of a layer, of `frames` frames at a time: a convolution's pixels, unfolded (im2col),
 * or a product's rows. Frames share weights; where both factors are activations, each has matrices
 * of its own.
 */
export function gemmOf(demand: Multiplied, frames: number): Gemm {
  if (demand.kind === 'convolution') {
    const { input, output, groups } = demand;
    const depth = (input[0] / groups) * tapsOf(demand);
    return { groups, pixels: pixelsOf(demand) * frames, depth, outputs: output[0] / groups };
  }
  const { matrices, rows, depth, columns } = demand;
  const [groups, pixels] =
    demand.right === 'weights' ? [matrices, rows * frames] : [matrices * frames, rows];
  return { groups, pixels, depth, outputs: columns };
}

/** How a product lies on the array. */
export interface Folding {
  /** Folds along the array's rows and columns, for one group. */
  readonly rowFolds: number;
  readonly columnFolds: number;
  /** Groups that share a fold, on its diagonal; 1 where they lie one after another. */
  readonly groupsAtOnce: number;
  /** All folds that take `steps` cycles of streaming each: one row for each length. */
  readonly runs: readonly { readonly folds: number; readonly steps: number }[];
  /**
   * Pieces that the steps are cut into, because the accumulators hold no more sums; each repeats
   * all folds.
   */
  readonly pieces: number;
}

const axes: Readonly<
  Record<Dataflow, (gemm: Gemm) => readonly [rows: number, columns: number, steps: number]>
> = {
  os: ({ pixels, outputs, depth }) => [pixels, outputs, depth],
  ws: ({ depth, outputs, pixels }) => [depth, outputs, pixels],
  is: ({ depth, pixels, outputs }) => [depth, pixels, outputs],
};

/** Extents along the array's rows, its columns, and in time. */
export const axesOf = (gemm: Gemm, dataflow: Dataflow) => axes[dataflow](gemm);

type Array2d = Pick<SystolicConfig, 'rows' | 'columns' | 'sram' | 'accumulatorBits'>;

export function foldingOf(gemm: Gemm, dataflow: Dataflow, config: Array2d): Folding {
  const [rows, columns, steps] = axesOf(gemm, dataflow);
  const rowFolds = Math.ceil(rows / config.rows);
  const columnFolds = Math.ceil(columns / config.columns);
  const groupsAtOnce = dataflow === 'os' ? 1 : diagonal(gemm.groups, [rows, columns], config);
  const folds = Math.ceil(gemm.groups / groupsAtOnce) * rowFolds * columnFolds;
  // Sums that folds along the depth share wait in accumulators; an output-stationary PE keeps its
  // own.
  const max = dataflow === 'os' || rowFolds === 1 ? steps : Math.min(steps, sumsPerColumn(config));
  const whole = Math.floor(steps / max);
  const rest = steps - whole * max;
  const runs = [
    { folds: folds * whole, steps: max },
    { folds: rest > 0 ? folds : 0, steps: rest },
  ].filter((run) => run.folds > 0);
  return { rowFolds, columnFolds, groupsAtOnce, runs, pieces: whole + (rest > 0 ? 1 : 0) };
}

/** A product whose pixels run in `strips`, one after another: each folds anew. */
export function inStrips(gemm: Gemm, strips: number, dataflow: Dataflow, config: Array2d): Folding {
  const count = Math.min(strips, gemm.pixels);
  const one = foldingOf({ ...gemm, pixels: Math.ceil(gemm.pixels / count) }, dataflow, config);
  const anew = {
    ws: { pieces: one.pieces * count },
    os: { rowFolds: one.rowFolds * count },
    is: { columnFolds: one.columnFolds * count },
  }[dataflow];
  return { ...one, ...anew, runs: one.runs.map((run) => ({ ...run, folds: run.folds * count })) };
}

/**
 * Groups side by side, each with its own rows and columns and zeros elsewhere. Possible where what
 * stays is a matrix of depth × columns; where outputs stay, all columns of a row share one stream,
 * which belongs to one group.
 */
function diagonal(
  groups: number,
  [rows, columns]: readonly [number, number],
  config: Array2d,
): number {
  return Math.max(
    1,
    Math.min(groups, Math.floor(config.rows / rows), Math.floor(config.columns / columns)),
  );
}

/** Sums that wait for their next fold in each column's half of the accumulators. */
function sumsPerColumn({ sram, accumulatorBits, columns }: Array2d): number {
  return Math.floor((sram.accumulatorBytes * 8) / accumulatorBits / columns / 2);
}
