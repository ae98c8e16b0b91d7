// Rows for convolutions, sparse and dense, both over shifted planes (asm/convolution.ts). A stride
// s cuts the input into s² phases, in each of which a tap is a plain shift (of more pixels where
// the kernel is dilated); padding becomes a halo of zeros.

import type { LayerOf, LayerWeights } from '../../../workloads/network.js';
import { reachOf, tapsOf } from '../../../workloads/operators/window.js';
import { nonzerosOf } from '../../../workloads/weights/entries.js';
import { type CsrMatrix, toCsr, toDense } from '../../../workloads/weights/store.js';
import { relaxed, wasm } from '../convolution.wasm.js';
import { inputImage, notOneImage, outputImage } from '../fits.js';
import type { Call, Heap, HostKernel, PreparedLayer } from './kernel.js';
import {
  callerOf,
  cutByWork,
  cutEvenly,
  dealSequences,
  denseMacs,
  eachFrame,
  lowerBound,
  only,
  type Part,
  planeOf,
  roomsByThread,
  weightedRow,
} from './rows.js';
import { FLOAT, planeBytesOf, VECTOR, vectorsOf } from './tensor.js';

const call = callerOf({ name: 'convolution', wasm, relaxed });

/**
 * Weights and sums of a block of rows that stay in the second-level cache while its tiles are made.
 */
export const BLOCK_BYTES = 256 * 1024;
/** Rows of dense weights that share the loads of an input. */
export const ROWS_TOGETHER = 4;

/** How a layer's input is laid out for the taps, and its output before rows are closed up. */
interface Geometry {
  /** Whether the taps read the input as it lies. */
  readonly inPlace: boolean;
  /** Whether an output's rows lie as far apart as the input's, without a gap. */
  readonly isGapless: boolean;
  readonly phaseHeight: number;
  readonly pitch: number;
  readonly phaseBytes: number;
  /** Vectors of sums of one output channel. */
  readonly vectors: number;
  /** The input's offset, in bytes, of a tap of output (0, 0). */
  offsetOf(channel: number, ky: number, kx: number): number;
}

function geometryOf(layer: LayerOf<'conv2d'>): Geometry {
  const input = inputImage(layer);
  const [, outHeight, outWidth] = outputImage(layer);
  const { stride, dilation, pad } = layer;
  const inPlace = phasesOf(layer) === 1 && pad.every((pixels) => pixels === 0);
  const reach = reachOf(layer);
  const [phaseHeight, pitch] = inPlace
    ? [input[1], input[2]]
    : [
        outHeight + Math.floor((reach[0] - 1) / stride[0]),
        outWidth + Math.floor((reach[1] - 1) / stride[1]),
      ];
  const phaseBytes = planeBytesOf(phaseHeight * pitch);
  return {
    inPlace,
    isGapless: pitch === outWidth,
    phaseHeight,
    pitch,
    phaseBytes,
    vectors: vectorsOf((outHeight - 1) * pitch + outWidth),
    offsetOf(channel, ky, kx) {
      const [y, x] = [ky * dilation[0], kx * dilation[1]];
      const phase = (channel * stride[0] + (y % stride[0])) * stride[1] + (x % stride[1]);
      return (
        phase * phaseBytes + (Math.floor(y / stride[0]) * pitch + Math.floor(x / stride[1])) * FLOAT
      );
    },
  };
}

function phasesOf({ stride }: LayerOf<'conv2d'>): number {
  return stride[0] * stride[1];
}

/** The offset of every column of the weight matrix, for each group. */
function tapOffsets(layer: LayerOf<'conv2d'>, geometry: Geometry, group: number): Uint32Array {
  const channels = inputImage(layer)[0] / layer.groups;
  const [height, width] = layer.kernel;
  return Uint32Array.from({ length: channels * height * width }, (_, tap) => {
    const channel = group * channels + Math.floor(tap / (height * width));
    return geometry.offsetOf(channel, Math.floor(tap / width) % height, tap % width);
  });
}

/** What the gathering function is told of a layer's phases. */
export function phaseArguments({ stride, pad: [top, left] }: LayerOf<'conv2d'>): readonly number[] {
  return [...stride, top, left];
}

/** The calls that make the sums of a block of output channels from `input` at `output`. */
type Sums = (
  block: Part,
  input: number,
  output: number,
  outputPlaneBytes: number,
) => readonly Call[];

/**
 * A layer's steps. Unless sums are made `inPlace`, at the output itself, their rows are closed up.
 */
function planConvolution(
  layer: LayerOf<'conv2d'>,
  geometry: Geometry,
  blocks: readonly Part[],
  inPlace: boolean,
  sums: Sums,
): PreparedLayer['plan'] {
  const { phaseHeight, pitch, phaseBytes, vectors } = geometry;
  const phases = phasesOf(layer);
  const maxRows = blocks.reduce((rows, { first, end }) => Math.max(rows, end - first), 0);
  return (inputs, outputs, batch, scratch) => {
    const [input, output] = [only(inputs), only(outputs)];
    const { threads } = scratch;
    const gathered = geometry.inPlace ? 0 : scratch.take(input.channels * phases * phaseBytes);
    const sumBytes = inPlace ? output.planeBytes : vectors * VECTOR;
    const roomOf = roomsByThread(scratch, { sums: inPlace ? 0 : maxRows * sumBytes });
    return eachFrame(batch, (frame) => {
      const gathers = cutEvenly(geometry.inPlace ? 0 : input.channels, threads).map(
        ({ first, end }) => {
          const to = gathered + first * phases * phaseBytes;
          const image = [end - first, input.height, input.width, input.planeBytes];
          const from = planeOf(input, frame, first);
          return call(
            'gather',
            from,
            to,
            ...image,
            ...phaseArguments(layer),
            phaseHeight,
            pitch,
            phaseBytes,
          );
        },
      );
      const from = geometry.inPlace ? planeOf(input, frame) : gathered;
      // Each thread makes a block's sums, then closes up their rows while they are still in its
      // cache.
      const sequences = blocks.map((block, at) => {
        const to = planeOf(output, frame, block.first);
        if (inPlace) return sums(block, from, to, sumBytes);
        const room = roomOf(at).sums;
        const image = [
          block.end - block.first,
          output.height,
          output.width,
          pitch,
          sumBytes,
          output.planeBytes,
        ];
        return [...sums(block, from, room, sumBytes), call('compact', room, to, ...image)];
      });
      const steps = dealSequences(sequences, threads);
      return gathers.length > 0 ? [gathers, ...steps] : steps;
    });
  };
}

/**
 * Into how many blocks rows are cut: a multiple of the threads, each block within the cache's
 * share.
 */
function blockCount(
  weightBytes: number,
  rows: number,
  { vectors }: Geometry,
  threads: number,
): number {
  return (
    threads * Math.ceil(Math.max(weightBytes, rows * vectors * VECTOR) / (BLOCK_BYTES * threads))
  );
}

/**
 * Up to this share of weights the sparse kernel is the faster one. At 50 % it takes 0.6 to 0.7 of
 * the dense kernel's time on SqueezeNet's 1×1 layers, at 100 % 1.1 to 1.5 times as long (Sapphire
 * Rapids, fused or not).
 */
const SPARSE_UP_TO = 0.7;

/**
 * What a tile may take of the first-level cache, and what a tile of seven vectors takes of each
 * input row it reads.
 */
const TILE_BYTES = 44 * 1024;
const TILE_ROW_BYTES = 7 * VECTOR + 64;
const MAX_TILE_VECTORS = 7;

/**
 * Into how many parts input channels are cut so that a tile's rows of one part stay in the
 * first-level cache.
 */
function segmentCount({ kernel, stride }: LayerOf<'conv2d'>, channels: number): number {
  return Math.ceil(
    (channels * kernel[0] * Math.min(kernel[1], stride[1]) * TILE_ROW_BYTES) / TILE_BYTES,
  );
}

/**
 * Whether tiles follow the output's rows, which then need no closing up: where rows fill whole
 * tiles of six or seven vectors, and what the last one writes too much falls into the plane's
 * filling. Sums of several segments cannot continue from vectors that another row has written into.
 */
function goesByRows(layer: LayerOf<'conv2d'>, { isGapless }: Geometry, segments: number): boolean {
  const [, height, width] = outputImage(layer);
  const vectors = vectorsOf(width);
  const fits = (height - 1) * width + 4 * vectors <= 4 * vectorsOf(height * width);
  const fillsTiles = vectors / Math.ceil(vectors / MAX_TILE_VECTORS) >= MAX_TILE_VECTORS - 1;
  return !isGapless && fits && fillsTiles && (segments === 1 || width % 4 === 0);
}

export const sparseConvolution: HostKernel = weightedRow(
  'conv2d',
  'sparse-convolution',
  {
    refusal: notOneImage,
    pays: (layer, { store }) =>
      nonzerosOf(store) <= SPARSE_UP_TO * filledUpRows(layer) * store.columns,
  },
  (layer, weights, heap) => {
    const geometry = geometryOf(layer);
    const csr = toCsr(weights.store);
    const { rows, columns } = csr;
    const channels = columns / tapsOf(layer);
    const segments = cutEvenly(channels, segmentCount(layer, channels)).map((part) => ({
      ...placeEntries(layer, geometry, csr, part, heap),
      isFirst: part.first === 0,
      isLast: part.end === channels,
    }));
    const biasAt = placeBias(weights, heap);
    const min = lowerBound(layer);
    const byRows = goesByRows(layer, geometry, segments.length);
    const [, height, width] = outputImage(layer);
    const lines = byRows
      ? [height, vectorsOf(width), geometry.pitch * FLOAT, width * FLOAT]
      : [1, geometry.vectors, 0, 0];
    const blocks = cutByWork(
      csr.pointers,
      blockCount(csr.indices.length * ENTRY, rows, geometry, heap.threads),
    );
    const sums: Sums = ({ first, end }, input, output, outputPlaneBytes) =>
      segments.map(({ pointersAt, entriesAt, isFirst, isLast }) => {
        const own = [pointersAt + first * FLOAT, entriesAt, biasAt + first * FLOAT, end - first];
        const floor = isLast ? min : Number.NEGATIVE_INFINITY;
        return call(
          'sparse',
          input,
          output,
          ...own,
          ...lines,
          outputPlaneBytes,
          isFirst ? 0 : 1,
          floor,
        );
      });
    return { plan: planConvolution(layer, geometry, blocks, byRows || geometry.isGapless, sums) };
  },
);

/** Bytes of an entry: an offset and a value. */
const ENTRY = 8;

/** The weights of some of each group's channels, row by row. */
function placeEntries(
  layer: LayerOf<'conv2d'>,
  geometry: Geometry,
  { pointers, indices, values, rows }: CsrMatrix,
  channels: Part,
  heap: Heap,
) {
  const taps = tapsOf(layer);
  const [first, end] = [channels.first * taps, channels.end * taps];
  const ownPointers = new Uint32Array(rows + 1);
  const entries = new Uint32Array(
    2 * indices.filter((column) => column >= first && column < end).length,
  );
  const floats = new Float32Array(entries.buffer);
  let to = 0;
  for (let group = 0, row = 0; group < layer.groups; group++) {
    const offsets = tapOffsets(layer, geometry, group);
    for (; row < ((group + 1) * rows) / layer.groups; row++) {
      for (let at = pointers[row] as number; at < (pointers[row + 1] as number); at++) {
        const column = indices[at] as number;
        if (column < first || column >= end) continue;
        entries[2 * to] = offsets[column] as number;
        floats[2 * to + 1] = values[at] as number;
        to++;
      }
      ownPointers[row + 1] = to;
    }
  }
  return { pointersAt: heap.place(ownPointers), entriesAt: heap.place(entries) };
}

/** Rows that the dense kernel multiplies: those that fill up each group's last four too. */
export function filledUpRows({ channels, groups }: LayerOf<'conv2d'>): number {
  return groups * Math.ceil(channels / groups / ROWS_TOGETHER) * ROWS_TOGETHER;
}

export const denseConvolution: HostKernel = weightedRow(
  'conv2d',
  'dense-convolution',
  { refusal: notOneImage, minMacs: denseMacs },
  (layer, weights, heap) => {
    const geometry = geometryOf(layer);
    const { values, rows, columns } = toDense(weights.store);
    const groupRows = rows / layer.groups;
    const biasAt = placeBias(weights, heap);
    const min = lowerBound(layer);
    const groups = Array.from({ length: layer.groups }, (_, group) => {
      const own = values.subarray(group * groupRows * columns, (group + 1) * groupRows * columns);
      return {
        offsetsAt: heap.place(tapOffsets(layer, geometry, group)),
        weightsAt: heap.place(packRows(own, groupRows, columns)),
      };
    });
    const count = blockCount(groupRows * columns * FLOAT, groupRows, geometry, heap.threads);
    const work = Uint32Array.from({ length: groupRows + 1 }, (_, row) => row);
    const blocks = groups.flatMap((_, group) =>
      cutByWork(work, count, ROWS_TOGETHER).map(({ first, end }) => ({
        first: group * groupRows + first,
        end: group * groupRows + end,
      })),
    );
    return {
      plan: planConvolution(
        layer,
        geometry,
        blocks,
        geometry.isGapless,
        ({ first, end }, input, output, outputPlaneBytes) => {
          const group = Math.floor(first / groupRows);
          const { offsetsAt, weightsAt } = groups[group] as (typeof groups)[number];
          const weightAt = weightsAt + (first - group * groupRows) * columns * FLOAT;
          const own = [offsetsAt, weightAt, biasAt + first * FLOAT, columns, end - first];
          return [call('dense', input, output, ...own, geometry.vectors, outputPlaneBytes, min)];
        },
      ),
    };
  },
);

/** [rows, columns] → [⌈rows / 4⌉, columns, 4], zeros behind the last row. */
export function packRows(values: Float32Array, rows: number, columns: number): Float32Array {
  const packed = new Float32Array(Math.ceil(rows / ROWS_TOGETHER) * columns * ROWS_TOGETHER);
  for (let row = 0; row < rows; row++) {
    const to = (row - (row % ROWS_TOGETHER)) * columns + (row % ROWS_TOGETHER);
    for (let column = 0; column < columns; column++) {
      packed[to + column * ROWS_TOGETHER] = values[row * columns + column] as number;
    }
  }
  return packed;
}

/** Biases, or zeros where a layer has none. */
export function placeBias({ store, bias }: LayerWeights, heap: Heap): number {
  return heap.place(bias ?? new Float32Array(store.rows));
}
