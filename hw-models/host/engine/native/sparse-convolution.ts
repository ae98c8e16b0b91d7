// The row for sparse convolutions of any stride, dilation and groups
// (native/c/sparse-convolution.c).

import type { LayerOf } from '../../../../workloads/network.js';
import { activationRange } from '../../../../workloads/operators/relu.js';
import { tapsOf } from '../../../../workloads/operators/window.js';
import { nonzerosOf } from '../../../../workloads/weights/entries.js';
import { type CsrMatrix, toCsr } from '../../../../workloads/weights/store.js';
import { inputImage, notOneImage } from '../../fits.js';
import { placeBias } from '../convolution.js';
import type { Heap, HostKernel } from '../kernel.js';
import { cutByWork, cutEvenly, eachFrame, only, type Part, weightedRow } from '../rows.js';
import { planeBytesOf } from '../tensor.js';
import { nativeCall, nativeRow } from './native.js';
import { cutsTiles, layerNumbers, rowBytes, type Tiling, tilingOf } from './tiling.js';
import { nativeWinogradConvolution } from './winograd.js';

type Convolution = LayerOf<'conv2d'>;

/**
 * Up to this share of weights, and up to that one where Winograd serves as well (Zen 5 with
 * AVX-512, SqueezeNet's, AlexNet's and ResNet-50's layers).
 */
const PAYS_UP_TO = 0.55;
const PAYS_UP_TO_BESIDE_WINOGRAD = 0.25;

/** What a tile's part of the input may take of the first-level cache. */
const SEGMENT_BYTES = 32 * 1024;
/** Weights of a row of a segment, below which its sums would be moved too often. */
const MIN_WEIGHTS = 8;
/** Vectors of a tile and rows together whose sums stay in registers. */
function maxVectors(vectorFloats: number): number {
  return vectorFloats === 8 ? 6 : 8;
}

function rowsTogether({ vectors }: Tiling): number {
  return vectors > 2 ? 2 : 4;
}

/** Numbers of a segment in native/c/sparse-convolution.c. */
const SEGMENT_NUMBERS = 8;

export const nativeSparseConvolution: HostKernel = nativeRow(
  weightedRow(
    'conv2d',
    'native-sparse-convolution',
    {
      refusal: notOneImage,
      pays(layer, weights) {
        const { refusal, pays } = nativeWinogradConvolution;
        const isTransformed = refusal(layer, weights) === null && pays(layer, weights);
        const max = isTransformed ? PAYS_UP_TO_BESIDE_WINOGRAD : PAYS_UP_TO;
        const { store } = weights;
        const isDepthwise = layer.groups > 1 && layer.groups === inputImage(layer)[0];
        return !isDepthwise && nonzerosOf(store) <= max * store.rows * store.columns;
      },
    },
    (layer, weights, heap) => {
      const { threads, vectorFloats } = heap;
      const csr = toCsr(weights.store);
      const tiling = tilingOf(layer, vectorFloats, maxVectors(vectorFloats));
      const biasAt = placeBias(weights, heap);
      // Where there are too few tiles each thread makes some of the rows of all.
      const byTiles = cutsTiles(tiling, threads);
      const rowParts = byTiles ? [{ first: 0, end: csr.rows }] : cutByWork(workOf(csr), threads);
      const parts = rowParts.flatMap((rows) => {
        const segments = placeSegments(layer, tiling, csr, rows, heap);
        const tileParts = cutEvenly(tiling.tiles, byTiles ? threads : 1);
        return tileParts.map((tiles) => ({ ...segments, tiles }));
      });
      const { min, max } = activationRange(layer.activation);
      return {
        isClipped: true,
        plan(inputs, outputs, batch, scratch) {
          const [input, output] = [only(inputs), only(outputs)];
          const rooms = parts.map(({ packed }, thread) => [
            scratch.take(csr.rows * tiling.vectors * tiling.vectorBytes, thread),
            scratch.take(packed * tiling.channelBytes + rowBytes(layer, vectorFloats), thread),
          ]);
          return eachFrame(batch, (frame) => {
            const numbers = layerNumbers(layer, tiling, input, output, frame);
            return [
              parts.map(({ tiles, count, at }, part) =>
                nativeCall(
                  'zs_sparse_convolution',
                  ...numbers,
                  ...[tiling.inPlace ? 1 : 0, tiles.first, tiles.end, rowsTogether(tiling)],
                  ...[count, at, biasAt, ...(rooms[part] ?? []), min, max],
                ),
              ),
            ];
          });
        },
      };
    },
  ),
);

/** Before each row, the weights of those above it and the rows themselves. */
function workOf({ pointers }: CsrMatrix): Uint32Array {
  return pointers.map((weights, row) => weights + row);
}

interface Segments {
  readonly at: number;
  readonly count: number;
  /** Channels of the largest. */
  readonly packed: number;
}

/** The segments that make rows `rows`, group by group. */
function placeSegments(
  layer: Convolution,
  tiling: Tiling,
  csr: CsrMatrix,
  rows: Part,
  heap: Heap,
): Segments {
  const taps = tapsOf(layer);
  const channels = csr.columns / taps;
  const groupRows = csr.rows / layer.groups;
  const descriptors: number[] = [];
  const cuts = cutEvenly(channels, Math.ceil(channels / segmentChannels(layer, tiling, csr)));
  for (let group = 0; group < layer.groups; group++) {
    const own = {
      first: Math.max(rows.first, group * groupRows),
      end: Math.min(rows.end, (group + 1) * groupRows),
    };
    if (own.first >= own.end) continue;
    // Where each row's next weight lies.
    const next = csr.pointers.slice(own.first, own.end);
    for (const { first, end } of cuts) {
      const offsets = offsetsOf(layer, tiling, group * channels, { first, end });
      const lists = placeLists(csr, own, next, first * taps, offsets, rowsTogether(tiling), heap);
      const place = [group * channels + first, group * channels + end];
      descriptors.push(...place, first === 0 ? 1 : 0, end === channels ? 1 : 0, ...lists);
    }
  }
  return {
    at: heap.place(Float64Array.from(descriptors)),
    count: descriptors.length / SEGMENT_NUMBERS,
    packed: cuts.reduce((max, { first, end }) => Math.max(max, end - first), 0),
  };
}

/** Channels whose part of a tile stays in the first-level cache, but not too few weights. */
function segmentChannels(layer: Convolution, tiling: Tiling, csr: CsrMatrix): number {
  const bytes = tiling.inPlace ? tiling.vectors * tiling.vectorBytes : tiling.channelBytes;
  const channels = csr.columns / tapsOf(layer);
  const weights = csr.indices.length / (csr.rows * channels);
  const own = Math.max(1, Math.floor(SEGMENT_BYTES / bytes), Math.ceil(MIN_WEIGHTS / weights));
  return Math.min(channels, own);
}

/** Where the taps of a segment's channels read, in the order of the weight matrix's columns. */
function offsetsOf(
  layer: Convolution,
  tiling: Tiling,
  before: number,
  channels: Part,
): Uint32Array {
  const [, height, width] = inputImage(layer);
  const planeBytes = planeBytesOf(height * width);
  const offsets: number[] = [];
  for (let channel = channels.first; channel < channels.end; channel++) {
    if (tiling.inPlace) offsets.push((before + channel) * planeBytes);
    else {
      for (let ky = 0; ky < layer.kernel[0]; ky++) {
        for (let kx = 0; kx < layer.kernel[1]; kx++)
          offsets.push(tiling.offsetOf(channel - channels.first, ky, kx));
      }
    }
  }
  return Uint32Array.from(offsets);
}

/**
 * The weights of some rows in the columns from `column` on, as many as there are offsets, whose
 * first lie at `next`, which moves on: numbers of groups of `together` rows and where their rows,
 * counts and entries lie. Rows with equally many weights are neighbours, so that few of a group's
 * entries are filled up with zeros and loops are as long as the ones before.
 */
function placeLists(
  { indices, values, pointers }: CsrMatrix,
  rows: Part,
  next: Uint32Array,
  column: number,
  offsets: Uint32Array,
  together: number,
  heap: Heap,
): readonly [groups: number, rowsAt: number, countsAt: number, entriesAt: number] {
  const starts = next.slice();
  const end = column + offsets.length;
  for (let row = 0; row < next.length; row++) {
    const last = pointers[rows.first + row + 1] as number;
    let at = next[row] as number;
    while (at < last && (indices[at] as number) < end) at++;
    next[row] = at;
  }
  const countOf = (row: number) => (next[row] as number) - (starts[row] as number);
  const order = Array.from(next, (_, row) => row).sort((a, b) => countOf(b) - countOf(a));
  // The last group is filled up with its last row, which is then made twice.
  while (order.length % together > 0) order.push(order.at(-1) as number);
  const groups = order.length / together;
  const counts = Uint32Array.from({ length: groups }, (_, group) =>
    countOf(order[group * together] as number),
  );
  const total = counts.reduce((sum, count) => sum + count, 0);
  const words = new Uint32Array(2 * together * total);
  const floats = new Float32Array(words.buffer);
  let base = 0;
  for (let group = 0; group < groups; group++) {
    const count = counts[group] as number;
    for (let lane = 0; lane < together; lane++) {
      const row = order[group * together + lane] as number;
      const start = starts[row] as number;
      const own = countOf(row);
      let offset = 0;
      for (let at = 0, to = base + 2 * lane; at < count; at++, to += 2 * together) {
        // Zeros behind the last weight meet its own input once more.
        if (at < own) {
          offset = offsets[(indices[start + at] as number) - column] as number;
          floats[to + 1] = values[start + at] as number;
        }
        words[to] = offset;
      }
    }
    base += 2 * together * count;
  }
  const rowNumbers = Uint32Array.from(order, (row) => rows.first + row);
  return [groups, heap.place(rowNumbers), heap.place(counts), heap.place(words)];
}
