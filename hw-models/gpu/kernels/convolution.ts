// Convolutions on ordinary lanes by the algorithms of cuDNN: implicit GEMM, Winograd in one kernel,
// Winograd and Fourier transforms with products between them in memory, and one filter to a
// channel.

import type { ConvolutionDemand } from '../../../workloads/demand.js';
import { reachOf, tapsOf } from '../../../workloads/operators/window.js';
import type { GpuConfig } from '../config.js';
import { ELEMENTWISE, type Launch, nothing } from '../launch.js';
import { residentBlocks } from '../occupancy.js';
import { type Footprint, spillOf } from './cost.js';
import type { Gemm } from './gemm.js';
import { briefly, lanes, type Planned, planProduct } from './plan.js';

/** A convolution's launches by one algorithm. */
export interface Way {
  readonly algorithm: 'implicit-gemm' | 'winograd' | 'fft' | 'depthwise';
  readonly launches: readonly Launch[];
  readonly macSlots: number;
  /**
   * Of real numbers; fewer than the layer's multiply-accumulates where the algorithm saves some.
   */
  readonly multiplications: number;
}

export interface Question {
  readonly demand: ConvolutionDemand;
  readonly gemm: Gemm;
  readonly footprint: Footprint;
  readonly batch: number;
  /** Of an activation or weight. */
  readonly wordBytes: 1 | 2 | 4;
  readonly config: GpuConfig;
}

/** Every way to compute it that libraries have. */
export function waysOf(question: Question): readonly Way[] {
  const { demand, config } = question;
  const isDepthwise = demand.groups > 1 && demand.groups === demand.input[0];
  const plain = implicitGemm(question, config.convolution.gemm);
  if (isDepthwise) return [depthwise(question)];
  const isSmallStep = demand.stride[0] === 1 && demand.stride[1] === 1;
  const isPlain = demand.dilation[0] === 1 && demand.dilation[1] === 1 && demand.groups === 1;
  if (!(isSmallStep && isPlain)) return [plain];
  const [height, width] = demand.kernel;
  const { winograd, fft } = config.convolution;
  const has = winograd !== undefined && height === width;
  // Kepler's shared memory has no room for a block of this kernel.
  const isFused = has && height === 3 && residentBlocks(FUSED_BLOCK, config.sm) >= 1;
  const fused = isFused ? [winogradFused(question, winograd)] : [];
  const apart = has && (height === 3 || height === 5) ? [winogradApart(question)] : [];
  const fourier = fft !== undefined && tapsOf(demand) > 1 ? fourierWays(question, fft) : [];
  return [plain, ...fused, ...apart, ...fourier];
}

function dramBytesOf({ dramWeightBytes, dramActivationBytes }: Footprint): number {
  return dramWeightBytes + dramActivationBytes;
}

/** Filters of the narrowest tile of kernels that pad the channels. */
const PADDED_ROWS = 64;

/** `padded`: channels of a tap that the kernel takes at the least, a multiple of so many. */
export function implicitGemm(
  { demand, gemm, footprint, wordBytes, config }: Question,
  efficiency: number,
  padded = 1,
  rate = 1,
): Way {
  const { rows, columns, count } = gemm;
  const channels = Math.ceil(demand.input[0] / demand.groups / padded) * padded;
  const depth = channels * tapsOf(demand);
  const engine = lanes(config, efficiency);
  const planned = planProduct(
    {
      ...{ rows, depth, columns, count },
      leftBytes: footprint.weightBytes,
      rightBytes: count * depth * columns * wordBytes,
      outputBytes: footprint.outputBytes,
      dramBytes: dramBytesOf(footprint),
      isConvolution: true,
      minRows: padded > 1 ? PADDED_ROWS : 1,
    },
    { ...engine, macsPerCycle: engine.macsPerCycle * rate },
    config,
  );
  return {
    // cuDNN computes where the pixels of each tap lie in a kernel of its own (PRECOMP_GEMM).
    ...{ algorithm: 'implicit-gemm', launches: [briefly(1), planned.launch] },
    macSlots: planned.macSlots,
    multiplications: rows * gemm.depth * columns * count,
  };
}

/** Outputs along a side of the tiles of F(2 × 2, 3 × 3), and multiplications of each tile. */
const FUSED = { outputs: 2, products: 16 } as const;
const FUSED_BLOCK = { threads: 256, registersPerThread: 120, sharedBytes: 2 * 64 * 16 * 8 * 4 };

/**
 * F(2 × 2, 3 × 3) in one kernel (Lavin and Gray, "Fast algorithms for convolutional neural
 * networks"): a block transforms its tiles on the way in and out, 32 filters of 32 tiles.
 */
function winogradFused(question: Question, efficiency: number): Way {
  const { demand, footprint, batch, config } = question;
  const [filters, height, width] = demand.output;
  const tiles =
    demand.images * batch * Math.ceil(height / FUSED.outputs) * Math.ceil(width / FUSED.outputs);
  const [down, across] = [Math.ceil(filters / 32), Math.ceil(tiles / 32)];
  const blocks = down * across;
  const channels = demand.input[0];
  const macSlots = blocks * 32 * 32 * FUSED.products * channels;
  const { sm } = config;
  const slices = Math.ceil(channels / 8);
  const launch: Launch = {
    ...nothing,
    blocks,
    block: FUSED_BLOCK,
    // Transforms of both operands and of the outputs besides.
    instructions: (macSlots / sm.warpLanes) * (1 + 1 / 8),
    issueEfficiency: efficiency,
    l2Bytes:
      footprint.weightBytes * (FUSED.products / 9) * across +
      tiles * FUSED.products * channels * question.wordBytes * down +
      footprint.outputBytes,
    dramBytes: dramBytesOf(footprint),
    dependentLoads: slices + 1,
    isPipelined: true,
    sharedBytes: macSlots * (1 / 32 + 1 / 32) * 4,
    registerBytes: macSlots * 16,
  };
  const multiplications = tiles * filters * channels * FUSED.products;
  return { algorithm: 'winograd', launches: [launch], macSlots, multiplications };
}

/** Elements that a block reads or writes: a thread has four. */
const STREAMED = 4 * ELEMENTWISE.block.threads;

/** A kernel that reads so many elements and writes so many, a few operations for each. */
function streaming(reads: number, writes: number, config: GpuConfig): Launch {
  const bytes = 4 * (reads + writes);
  const most = Math.max(1, reads, writes);
  const blocks = Math.ceil(most / STREAMED);
  // The last block issues as much as the others, its idle lanes included.
  const perLane = (blocks * STREAMED * (reads + writes)) / most / 2;
  return {
    ...nothing,
    blocks,
    block: ELEMENTWISE.block,
    instructions: (perLane / config.sm.warpLanes) * ELEMENTWISE.instructionsPerElement,
    l2Bytes: bytes,
    dramBytes: bytes * spillOf(bytes, config),
  };
}

/** Of the whole transformed problem: operands and results in memory, products in between. */
function transformed(
  { demand, batch, config }: Question,
  tile: { readonly tiles: number; readonly points: number; readonly read: number },
  algorithm: 'winograd' | 'fft',
  efficiency: number,
): Way {
  const { tiles, points, read } = tile;
  const [channels, height, width] = demand.input;
  const [filters, outHeight, outWidth] = demand.output;
  const images = demand.images * batch;
  // A complex number is two reals; a product of two takes four multiplications.
  const [reals, count] = algorithm === 'fft' ? [2, points] : [1, points];
  const left = filters * channels * points * reals;
  const right = tiles * channels * points * reals;
  const results = tiles * filters * points * reals;
  const bytes = 4 * (left + right + results);
  const engine = lanes(config, efficiency);
  const planned: Planned = planProduct(
    {
      ...{ rows: filters, depth: channels * reals * reals, columns: tiles, count },
      ...{ leftBytes: 4 * left, rightBytes: 4 * right, outputBytes: 4 * results },
      dramBytes: bytes * spillOf(bytes, config),
      isConvolution: false,
    },
    engine,
    config,
  );
  const inputs = Math.max(channels * images * height * width, tiles * channels * read);
  const launches = [
    streaming(filters * channels * tapsOf(demand), left, config),
    streaming(inputs, right, config),
    planned.launch,
    streaming(results, filters * images * outHeight * outWidth, config),
  ];
  const multiplications = filters * channels * tiles * points * reals * reals;
  return { algorithm, launches, macSlots: planned.macSlots, multiplications };
}

/** F(4 × 4) of 3 × 3 or 5 × 5 taps, each of its points a product of matrices. */
function winogradApart(question: Question): Way {
  const { demand, batch, config } = question;
  const [, height, width] = demand.output;
  const side = APART_OUTPUTS + demand.kernel[0] - 1;
  const tiles =
    demand.images * batch * Math.ceil(height / APART_OUTPUTS) * Math.ceil(width / APART_OUTPUTS);
  const tile = { tiles, points: side * side, read: side * side };
  return transformed(question, tile, 'winograd', config.gemmEfficiency);
}

const APART_OUTPUTS = 4;

/** Sides of the transforms that libraries have. */
const FOURIER_SIDES = [8, 16, 32, 64, 128] as const;

/** Whole images, or tiles of them, of every side that has room for more than the taps. */
function fourierWays(question: Question, efficiency: number): readonly Way[] {
  const { demand, batch } = question;
  const [, height, width] = demand.output;
  const [reachDown, reachAcross] = reachOf(demand);
  const sides = FOURIER_SIDES.filter((side) => side >= 2 * Math.max(reachDown, reachAcross) - 1);
  return sides.map((side) => {
    const [down, across] = [side - reachDown + 1, side - reachAcross + 1];
    const tiles = demand.images * batch * Math.ceil(height / down) * Math.ceil(width / across);
    // Real numbers' transforms: the other half of the points follows.
    const tile = { tiles, points: side * (side / 2 + 1), read: side * side };
    return transformed(question, tile, 'fft', efficiency);
  });
}

/** A thread for each output, its filter in registers; neighbours share what they read. */
export function depthwise({ demand, gemm, footprint, wordBytes, config }: Question): Way {
  const { rows, columns, count, depth } = gemm;
  const macs = rows * columns * count * depth;
  const outputs = rows * columns * count;
  const { sm, convolution } = config;
  const block = ELEMENTWISE.block;
  const launch: Launch = {
    ...nothing,
    blocks: Math.max(1, Math.ceil(outputs / block.threads)),
    block,
    // A load and a multiply-add for each tap.
    instructions: (2 * macs + 4 * outputs) / sm.warpLanes,
    issueEfficiency: convolution.depthwise,
    coalescedBytes: macs * wordBytes,
    l2Bytes: footprint.inputBytes * DEPTHWISE_READS + footprint.weightBytes + footprint.outputBytes,
    dramBytes: dramBytesOf(footprint),
    dependentLoads: 1 + Math.ceil(tapsOf(demand) / 8),
    registerBytes: macs * 16,
  };
  return { algorithm: 'depthwise', launches: [launch], macSlots: macs, multiplications: macs };
}

/** Halos of neighbouring blocks are read by both. */
const DEPTHWISE_READS = 1.5;
