// Dense layers on tensor cores, as cuBLAS and cuDNN run them (GEMM, convolution as implicit GEMM),
// and with weights of which two in every four are zero, as cuSPARSELt runs them: "Exploiting NVIDIA
// Ampere Structured Sparsity with cuSPARSELt", developer.nvidia.com/blog. They compute in fewer
// bits than the other kernels, so they serve by name only.

import { invariant } from '../../../workloads/base/errors.js';
import type { ConvolutionDemand, Demand } from '../../../workloads/demand.js';
import type { LayerTask } from '../../../workloads/network.js';
import { tapsOf } from '../../../workloads/operators/window.js';
import type { Kernel } from '../../contract.js';
import { secondsOf } from '../../cost.js';
import { isWeighted, rightWordBytes, weightShapeOf } from '../../work.js';
import type { GpuConfig } from '../config.js';
import { depthwise, implicitGemm } from './convolution.js';
import { type Arithmetic, costOf, type Footprint, footprintOf } from './cost.js';
import { fastest } from './dense.js';
import { costElementwise } from './elementwise.js';
import { type Gemm, gemmOf, isTwoOfFour, keptWeights } from './gemm.js';
import { MAX_VECTORS, planGemv } from './gemv.js';
import { briefly, type Engine, planProduct } from './plan.js';

interface Precision {
  readonly name: 'half' | 'int8' | 'fp8';
  readonly wordBytes: 1 | 2;
  /** Of a weight in memory, its share of a scale included; as an activation where left out. */
  readonly weightBits?: number;
  /** Channels of a tap that a slice of a tensor-core kernel takes at the least. */
  readonly channels: number;
  readonly note: string;
  /** Whether everything runs on ordinary lanes. */
  readonly onLanes?: boolean;
}

const half: Precision = {
  name: 'half',
  wordBytes: 2,
  channels: 8,
  note: 'half precision on tensor cores, 32-bit sums',
};
const int8: Precision = {
  name: 'int8',
  wordBytes: 1,
  channels: 16,
  note: 'costed as if quantised to 8-bit integers at the same accuracy, on tensor cores',
};

const fp8: Precision = {
  name: 'fp8',
  wordBytes: 1,
  channels: 16,
  note: 'costed as if rounded to 8-bit floats at the same accuracy, on tensor cores',
};

/** Weights that share a scale, a half float (ggml's Q8_0 and Q4_0, ggml-common.h). */
const BLOCK = 32;
const narrow = (bits: 8 | 4): Precision => ({
  ...half,
  weightBits: bits + 16 / BLOCK,
  note: `weights of ${bits} bits in blocks of ${BLOCK} with a scale, widened to halves while others load; half precision on tensor cores`,
});

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
  accepts: isServed,
  cost: costWith('tensor', half, everyWeight, [half.note]),
};

/** Halves on ordinary lanes, two at a time, where there are no tensor cores for them. */
export const halfLanes: Kernel<GpuConfig> = {
  name: 'half',
  precision: 'fp16',
  available: ({ sm }) => sm.halfRate !== undefined,
  accepts: isServed,
  cost: costWith('half', { ...half, onLanes: true }, everyWeight, [
    'half precision on ordinary lanes',
  ]),
};

export const tensorInt8: Kernel<GpuConfig> = {
  name: 'tensor-int8',
  precision: 'int8',
  available: (config) => config.tensor !== undefined,
  accepts: isServed,
  cost: costWith('tensor-int8', int8, everyWeight, [int8.note]),
};

/** On tensor cores that multiply 8-bit floats: Ada and Hopper. */
export const tensorFp8: Kernel<GpuConfig> = {
  name: 'tensor-fp8',
  precision: 'fp8',
  available: (config) => config.tensor?.macsPerCycle.fp8 !== undefined,
  accepts: isServed,
  cost: costWith('tensor-fp8', fp8, everyWeight, [fp8.note]),
};

const narrowKernel = (bits: 8 | 4): Kernel<GpuConfig> => ({
  name: `tensor-w${bits}`,
  precision: `w${bits}`,
  available: (config) => config.tensor !== undefined,
  accepts: isServed,
  cost: costWith(`tensor-w${bits}`, narrow(bits), everyWeight, [narrow(bits).note]),
});

/** Narrow weights, halves all else. */
export const narrowKernels: readonly Kernel<GpuConfig>[] = [narrowKernel(8), narrowKernel(4)];

const costStructured = costWith('structured', half, twoOfFour, [half.note]);

/** Of weights that are sparse enough, but lie otherwise. */
const REPRUNED = 'costed as if pruned to two weights in every four at the same accuracy';

/**
 * Layers with more than half of their weights cannot be pruned so without losing some, and
 * activations cannot be pruned ahead of time: they run on `tensor`, with a note.
 */
export const structured: Kernel<GpuConfig> = {
  name: 'structured',
  precision: 'fp16',
  optIn: true,
  available: (config) => config.tensor?.structuredSpeedup !== undefined,
  accepts: isServed,
  cost(task, config, residency) {
    if (task.demand.kind === 'stream') return costStructured(task, config, residency);
    const hasWeights = weightShapeOf(task.demand) !== null;
    const fits = hasWeights && 2 * task.macs.keptWeights <= task.macs.dense;
    const cost = tensor.cost(task, config, residency);
    if (fits) {
      const pruned = costStructured(task, config, residency);
      // Rows of a few weights gain nothing from the pattern but its places.
      if (secondsOf(pruned) <= secondsOf(cost))
        return isTwoOfFour(task) ? pruned : { ...pruned, notes: [REPRUNED, ...pruned.notes] };
      return { ...cost, notes: ['no faster with two weights in every four', ...cost.notes] };
    }
    const reason = hasWeights
      ? 'denser than two weights in every four'
      : 'multiplies activations with each other';
    return { ...cost, notes: [`${reason}: runs dense`, ...cost.notes] };
  },
};

/** Streams too: activations have the kernel's own precision everywhere. */
export function isServed(demand: Demand): boolean {
  return isWeighted(demand) || demand.kind === 'stream';
}

function costWith(
  kernel: string,
  precision: Precision,
  pattern: Pattern,
  notes: readonly string[],
): Kernel<GpuConfig>['cost'] {
  return (task, config, residency) => {
    const { wordBytes, weightBits = 8 * wordBytes } = precision;
    const { demand } = task;
    if (demand.kind === 'stream') return costElementwise(task, config, residency, wordBytes);
    const gemm = gemmOf(task);
    const keptDepth = pattern.kept(gemm.depth);
    const weightBytes =
      gemm.weights === 0
        ? 0
        : (gemm.rows * gemm.count * keptDepth * (weightBits + pattern.indexBits)) / 8;
    const order = precision.onLanes ? 'channels-first' : 'channels-last';
    const footprint = footprintOf(task, weightBytes, config, residency, wordBytes, order);
    const work = {
      ...{ kernel, footprint, nonzeros: keptWeights(task) },
      macs: gemm.rows * gemm.count * keptDepth * gemm.columns,
    };
    const onLanes = laneWay(task, gemm, footprint, precision, config);
    if (onLanes) {
      const macs = task.macs.dense * task.batch;
      return costOf({ ...work, ...onLanes, macs, notes: [...notes, LANES] }, config);
    }
    return costOf(
      { ...work, notes, ...tensorWay(task, gemm, footprint, precision, pattern, config) },
      config,
    );
  };
}

const LANES = 'too few channels for tensor cores: on ordinary lanes';

/** Channels that a kernel on lanes pads a tap to. */
const LANE_CHANNELS = 4;

/** Depthwise layers, and first ones where the library has no kernel for them; null for all else. */
function laneWay(
  { demand, batch }: LayerTask,
  gemm: Gemm,
  footprint: Footprint,
  { name, wordBytes, onLanes }: Precision,
  config: GpuConfig,
) {
  if (demand.kind !== 'convolution') return null;
  const channels = demand.input[0] / demand.groups;
  const isDepthwise = channels === 1 && demand.groups > 1;
  const { minChannels = 1 } = onLanes ? {} : (config.tensor ?? {});
  if (!isDepthwise && channels >= minChannels) return null;
  const laneRate = name === 'int8' && !isDepthwise ? (config.tensor?.laneRateInt8 ?? 1) : 1;
  const question = { demand, gemm, footprint, batch, wordBytes, config };
  const way = isDepthwise
    ? depthwise(question)
    : implicitGemm(question, config.convolution.gemm, LANE_CHANNELS, laneRate);
  const arithmetic: Arithmetic = {
    macsPerCycle: config.sm.lanes * laneRate,
    macJoules: ({ energy }) => energy.macJoules / laneRate,
  };
  return { ...way, arithmetic };
}

function tensorWay(
  { demand }: LayerTask,
  gemm: Gemm,
  footprint: Footprint,
  precision: Precision,
  pattern: Pattern,
  config: GpuConfig,
) {
  const { wordBytes, channels: min } = precision;
  const { rows, columns, count } = gemm;
  const isConvolution = demand.kind === 'convolution';
  const depth = isConvolution && !precision.onLanes ? paddedDepth(demand, min) : gemm.depth;
  const { weightBits = 8 * wordBytes } = precision;
  const leftBits = (gemm.weights === 0 ? 8 * wordBytes : weightBits) + pattern.indexBits;
  const { engine, arithmetic } = engineFor(precision, pattern, isConvolution, config);
  const { weightBytes, rightBytes, outputBytes } = footprint;
  const tiled = planProduct(
    {
      ...{ rows, depth, columns, count, outputBytes },
      leftBytes: weightBytes + rightBytes,
      rightBytes: count * depth * columns * wordBytes,
      dramBytes: footprint.dramWeightBytes + footprint.dramActivationBytes,
      dramOutputBytes: footprint.dramOutputBytes,
      isConvolution,
    },
    { ...engine, leftWordBytes: leftBits / 8 },
    config,
  );
  const before = isConvolution ? [briefly(1)] : [];
  const launches = [...before, tiled.launch, ...tiled.beside];
  const plans = [{ launches, macSlots: tiled.macSlots }];
  if (!isConvolution && columns <= MAX_VECTORS) {
    const kept = { ...gemm, depth: pattern.kept(gemm.depth) };
    const held = demand.kind === 'product' ? rightWordBytes(demand, wordBytes) : wordBytes;
    const matrixBytes = gemm.weights === 0 ? held : weightBits / 8;
    const { launch, macSlots } = planGemv(kept, footprint, config, wordBytes, matrixBytes);
    plans.push({ launches: [launch], macSlots });
  }
  return { ...fastest(plans, config), arithmetic };
}

/** What multiplies, as a plan and as a cost see it. */
function engineFor(
  { name, wordBytes, onLanes }: Precision,
  { reach, rate }: Pattern,
  isConvolution: boolean,
  config: GpuConfig,
): { readonly engine: Engine; readonly arithmetic: Arithmetic } {
  if (onLanes) {
    const efficiency = isConvolution ? config.convolution.gemm : config.gemmEfficiency;
    const macsPerCycle = config.sm.lanes * (config.sm.halfRate ?? 1);
    const engine: Engine = { cores: 'lanes', wordBytes, macsPerCycle, efficiency, reach };
    // A 16-bit product takes about half the energy of a 32-bit one (Horowitz, ISSCC 2014).
    return {
      engine,
      arithmetic: { macsPerCycle, macJoules: ({ energy }) => energy.macJoules / 2 },
    };
  }
  const cores = config.tensor;
  invariant(cores !== undefined, () => 'tensor cores that are not there');
  const macsPerCycle = (cores.macsPerCycle[name] ?? cores.macsPerCycle.half) * rate(cores);
  const efficiency = isConvolution ? cores.convolutionEfficiency : cores.efficiency;
  // An 8-bit float's product takes about half the energy of a half float's: its multiplier is a
  // quarter as large, its sum the same (Horowitz, ISSCC 2014, by interpolation).
  const macJoules: Arithmetic['macJoules'] = ({ tensor }) =>
    name === 'fp8' ? (tensor?.macJoules.half ?? 0) / 2 : (tensor?.macJoules[name] ?? 0);
  return {
    engine: { cores: 'tensor', wordBytes, macsPerCycle, efficiency, reach },
    arithmetic: { macsPerCycle, macJoules },
  };
}

/** Channels of each tap, padded to what a slice takes; first layers have kernels of four. */
function paddedDepth(demand: ConvolutionDemand, min: number): number {
  const channels = demand.input[0] / demand.groups;
  const unit = channels <= LANE_CHANNELS ? LANE_CHANNELS : min;
  return tapsOf(demand) * Math.ceil(channels / unit) * unit;
}
