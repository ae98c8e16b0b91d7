// Dense layers on tensor cores, as cuBLAS and cuDNN run them (GEMM, convolution as implicit GEMM),
// and with weights of which two in every four are zero, as cuSPARSELt runs them: "Exploiting NVIDIA
// Ampere Structured Sparsity with cuSPARSELt", developer.nvidia.com/blog. They compute in fewer
// bits than the other kernels, so they serve by name only.

import { invariant } from '../../../workloads/base/errors.js';
import type { Kernel } from '../../contract.js';
import { isWeighted, weightShapeOf } from '../../work.js';
import type { GpuConfig } from '../config.js';
import { MATRIX_INSTRUCTION, tensorTile } from '../launch.js';
import { costOf, footprintOf } from './cost.js';
import { gemmOf, isTwoOfFour, keptWeights } from './gemm.js';

interface Precision {
  readonly name: 'half' | 'int8';
  readonly wordBytes: number;
  readonly note: string;
}

const half: Precision = {
  name: 'half',
  wordBytes: 2,
  note: 'half precision on tensor cores, 32-bit sums',
};
const int8: Precision = {
  name: 'int8',
  wordBytes: 1,
  note: 'costed as if quantised to 8-bit integers at the same accuracy, on tensor cores',
};

/** What a kernel stores and multiplies of the `depth` weights of a row. */
interface Pattern {
  /** Weights kept of a row, at most. */
  readonly kept: (depth: number) => number;
  /** Bits beside each kept weight that say where it belongs. */
  readonly indexBits: number;
  /** How many times a row's depth a matrix instruction spans beyond its own. */
  readonly reach: number;
  /** Of the kept weights' rate against the rate of dense ones. */
  readonly rate: (config: NonNullable<GpuConfig['tensor']>) => number;
}

const everyWeight: Pattern = { kept: (depth) => depth, indexBits: 0, reach: 1, rate: () => 1 };

/** Two weights of every four along a row, each with a 2-bit place. */
const twoOfFour: Pattern = {
  kept: (depth) => Math.min(depth, 2 * Math.ceil(depth / 4)),
  indexBits: 2,
  reach: 2,
  rate: ({ structuredSpeedup = 1 }) => structuredSpeedup / 2,
};

export const tensor: Kernel<GpuConfig> = {
  name: 'tensor',
  precision: 'fp16',
  available: (config) => config.tensor !== undefined,
  accepts: isWeighted,
  cost: costWith('tensor', half, everyWeight, [half.note]),
};

export const tensorInt8: Kernel<GpuConfig> = {
  name: 'tensor-int8',
  precision: 'int8',
  available: (config) => config.tensor !== undefined,
  accepts: isWeighted,
  cost: costWith('tensor-int8', int8, everyWeight, [int8.note]),
};

const costStructured = costWith('structured', half, twoOfFour, [half.note]);

/** Of weights that are sparse enough, but lie otherwise. */
const REPRUNED = 'costed as if pruned to two weights in every four at the same accuracy';

/**
 * Layers with more than half of their weights cannot be pruned so without losing some, and
 * activations cannot be pruned ahead of time: they run on `tensor`, with a note.
 */
export const structured: Kernel<GpuConfig> = {
  name: 'structured',
  optIn: true,
  precision: 'fp16',
  available: (config) => config.tensor?.structuredSpeedup !== undefined,
  accepts: isWeighted,
  cost(task, config, residency) {
    const hasWeights = weightShapeOf(task.demand) !== null;
    const fits = hasWeights && 2 * task.macs.keptWeights <= task.macs.dense;
    if (fits) {
      const cost = costStructured(task, config, residency);
      return isTwoOfFour(task) ? cost : { ...cost, notes: [REPRUNED, ...cost.notes] };
    }
    const cost = tensor.cost(task, config, residency);
    const reason = hasWeights
      ? 'denser than two weights in every four'
      : 'multiplies activations with each other';
    return { ...cost, notes: [`${reason}: runs dense`, ...cost.notes] };
  },
};

function costWith(
  kernel: string,
  precision: Precision,
  { kept, indexBits, reach, rate }: Pattern,
  notes: readonly string[],
): Kernel<GpuConfig>['cost'] {
  return (task, config, residency) => {
    const cores = config.tensor;
    invariant(cores !== undefined, () => `kernel ${kernel} without tensor cores`);
    const { wordBytes } = precision;
    const { rows, depth, columns, count, weights } = gemmOf(task);
    const keptDepth = kept(depth);
    const weightBytes = weights === 0 ? 0 : rows * count * keptDepth * (wordBytes + indexBits / 8);
    const footprint = footprintOf(task, weightBytes, config, residency, wordBytes);
    const matrixBytes = weightBytes + footprint.rightBytes;

    const tile = tensorTile(rows, columns, wordBytes);
    const tilesDown = Math.ceil(rows / tile.rows);
    const tilesAcross = Math.ceil(columns / tile.columns);
    const blocks = tilesDown * tilesAcross * count;
    const stepDepth = MATRIX_INSTRUCTION.depthBytes / wordBytes;
    const macSlots =
      blocks * tile.rows * tile.columns * Math.ceil(depth / (reach * stepDepth)) * stepDepth;
    const macsPerCycle = cores.macsPerCycle[precision.name] * rate(cores);
    const launch = {
      blocks,
      block: tile.block,
      instructions:
        (macSlots / (MATRIX_INSTRUCTION.outputs * stepDepth)) * MATRIX_INSTRUCTION.instructions,
      issueEfficiency: 1,
      gatherSectors: 0,
      coalescedBytes: 0,
      tensorCycles: macSlots / (macsPerCycle * cores.efficiency),
      l2Bytes:
        matrixBytes * tilesAcross +
        count * depth * columns * tilesDown * wordBytes +
        footprint.outputBytes,
      dramBytes: footprint.dramWeightBytes + footprint.dramActivationBytes,
      dependentLoads: Math.ceil(depth / (tile.depth * tile.slicesInFlight)),
    };
    const macs = rows * count * keptDepth * columns;
    const nonzeros = keptWeights(task);
    const arithmetic = { macsPerCycle, macJoules: cores.macJoules[precision.name] };
    return costOf(
      { kernel, arithmetic, notes, launch, footprint, macs, macSlots, nonzeros },
      config,
    );
  };
}
