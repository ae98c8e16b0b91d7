// Convolution by minimal filtering along rows, F(4, r) (asm/filtering.ts): for layers that keep
// most of their weights, at any stride. A stride s makes s phases of ⌈kernel / s⌉ taps each, whose
// products add up before they are transformed back. Only rows are filtered, not columns: half the
// multiplications at little cost of transforming.

import type { LayerOf } from '../../../workloads/network.js';
import { tapsOf } from '../../../workloads/operators/window.js';
import { cookToom, type Matrix, toFloat } from '../../../workloads/transforms/cook-toom.js';
import { nonzerosOf } from '../../../workloads/weights/entries.js';
import { toDense } from '../../../workloads/weights/store.js';
import { wasm as convolutionWasm, relaxed as relaxedConvolution } from '../convolution.wasm.js';
import { wasm as filteringWasm, relaxed as relaxedFiltering } from '../filtering.wasm.js';
import { notOneImage, outputImage } from '../fits.js';
import {
  BLOCK_BYTES,
  filledUpRows,
  packRows,
  phaseArguments,
  placeBias,
  ROWS_TOGETHER,
} from './convolution.js';
import type { HostKernel } from './kernel.js';
import {
  callerOf,
  cutEvenly,
  dealSequences,
  denseMacs,
  eachFrame,
  lowerBound,
  only,
  planeOf,
  roomsByThread,
  weightedRow,
} from './rows.js';
import { FLOAT, VECTOR, vectorsOf } from './tensor.js';

const convolution = callerOf({
  name: 'convolution',
  wasm: convolutionWasm,
  relaxed: relaxedConvolution,
});
const filtering = callerOf({ name: 'filtering', wasm: filteringWasm, relaxed: relaxedFiltering });

/**
 * Outputs of a tile, and the columns that matrices are filled up to: what asm/filtering.ts is
 * written for.
 */
const TILE = 4;
const MATRIX_COLUMNS = 8;
/**
 * Times fewer multiplications than the weights that are left need, from which on transforming pays.
 */
const PAYS_FROM = 1.25;

interface Geometry {
  /** Taps of a phase along a row, and products of a tile. */
  readonly taps: number;
  readonly positions: number;
  readonly tiles: number;
  readonly phaseHeight: number;
  readonly pitch: number;
}

function geometryOf(layer: LayerOf<'conv2d'>): Geometry {
  const [, outHeight, outWidth] = outputImage(layer);
  const taps = Math.ceil(layer.kernel[1] / layer.stride[1]);
  const tiles = Math.ceil(outWidth / TILE);
  return {
    taps,
    positions: taps + TILE - 1,
    tiles,
    phaseHeight: outHeight + Math.floor((layer.kernel[0] - 1) / layer.stride[0]),
    pitch: tiles * TILE + taps - 1,
  };
}

/** Multiplications of a direct convolution over those of its tiles. */
function gainOf(layer: LayerOf<'conv2d'>): number {
  const { positions, tiles } = geometryOf(layer);
  const [, , outWidth] = outputImage(layer);
  return (layer.kernel[1] * outWidth) / (layer.stride[1] * positions * tiles);
}

export const filteredConvolution: HostKernel = weightedRow(
  'conv2d',
  'filtered-convolution',
  {
    refusal(layer) {
      const several = notOneImage(layer);
      if (several) return several;
      if (Math.max(...layer.dilation) > 1)
        return 'is dilated: neighbouring outputs share no inputs';
      const { taps, positions } = geometryOf(layer);
      return positions <= MATRIX_COLUMNS
        ? null
        : `has ${taps} taps a phase, more than ${MATRIX_COLUMNS + 1 - TILE}`;
    },
    pays: (layer, { store }) =>
      (nonzerosOf(store) / (filledUpRows(layer) * store.columns)) * gainOf(layer) >= PAYS_FROM,
    minMacs: (layer, weights) => denseMacs(layer, weights) / gainOf(layer),
  },
  (layer, weights, heap) => {
    const { kernel, stride, groups } = layer;
    const { taps, positions, tiles, phaseHeight, pitch } = geometryOf(layer);
    const matrices = toFloat(cookToom(TILE, taps));
    const inputMatrixAt = heap.place(filledUp(matrices.inputMatrix));
    // Column by column: each holds what one product adds to a tile's four outputs.
    const outputColumns = matrices.inputMatrix.map((_, position) => {
      return matrices.outputMatrix.map((row) => row[position] as number);
    });
    const outputMatrixAt = heap.place(Float32Array.from(outputColumns.flat()));
    const { rows, values, columns } = toDense(weights.store);
    const channels = columns / tapsOf(layer);
    const groupRows = rows / groups;
    // A plane of one product of all tiles, with room for the lanes beyond its last tile.
    const planeBytes = vectorsOf(phaseHeight * tiles + 3) * VECTOR;
    const offsets = new Uint32Array(channels * kernel[0] * stride[1]);
    for (let channel = 0, at = 0; channel < channels; channel++) {
      for (let ky = 0; ky < kernel[0]; ky++) {
        for (let px = 0; px < stride[1]; px++) {
          const plane = (channel * stride[0] + (ky % stride[0])) * stride[1] + px;
          offsets[at++] = plane * planeBytes + Math.floor(ky / stride[0]) * tiles * FLOAT;
        }
      }
    }
    const offsetsAt = heap.place(offsets);
    const biasAt = placeBias(weights, heap);
    const zerosAt = heap.place(new Float32Array(rows + ROWS_TOGETHER));
    const panels = Array.from({ length: groups }, (_, group) =>
      matrices.tapMatrix.map((taps) => {
        const own = values.subarray(group * groupRows * columns, (group + 1) * groupRows * columns);
        return heap.place(
          packRows(transformWeights(own, taps, kernel[1], stride[1]), groupRows, offsets.length),
        );
      }),
    );
    const min = lowerBound(layer);
    return {
      plan(inputs, outputs, batch, scratch) {
        const output = only(outputs);
        const input = only(inputs);
        const phases = stride[0] * stride[1];
        const phaseBytes = vectorsOf(phaseHeight * pitch) * VECTOR;
        const gathered = scratch.take(input.channels * phases * phaseBytes);
        const positionBytes = input.channels * phases * planeBytes;
        const products = scratch.take(positions * positionBytes);
        const vectors = vectorsOf(output.height * tiles);
        const sumBytes = vectors * VECTOR;
        // As many rows at a time as stay in the cache, whole fours, one thread's after another's.
        const blockRows =
          ROWS_TOGETHER *
          Math.max(1, Math.floor(BLOCK_BYTES / (ROWS_TOGETHER * positions * sumBytes)));
        const roomOf = roomsByThread(scratch, {
          sums: positions * blockRows * sumBytes,
          transform: 8 * VECTOR,
        });
        const channelParts = cutEvenly(input.channels, scratch.threads);
        return eachFrame(batch, (frame) => {
          const gathers = channelParts.map(({ first, end }) => {
            const image = [end - first, input.height, input.width, input.planeBytes];
            const to = gathered + first * phases * phaseBytes;
            const phase = [...phaseArguments(layer), phaseHeight, pitch, phaseBytes];
            return convolution('gather', planeOf(input, frame, first), to, ...image, ...phase);
          });
          const transforms = channelParts.map(({ first, end }, part) => {
            const [from, to] = [
              gathered + first * phases * phaseBytes,
              products + first * phases * planeBytes,
            ];
            const planes = [
              (end - first) * phases,
              phaseBytes,
              planeBytes,
              phaseHeight,
              pitch * FLOAT,
            ];
            const own = [tiles, positions, positionBytes, inputMatrixAt, roomOf(part).transform];
            return filtering('transformRows', from, to, ...planes, ...own);
          });
          const sequences = panels.flatMap((panel, group) => {
            const blocks = cutEvenly(Math.ceil(groupRows / blockRows), groupRows);
            return blocks.map(({ first: block }) => {
              const first = block * blockRows;
              return { group, panel, first, end: Math.min(groupRows, first + blockRows) };
            });
          });
          const calls = sequences.map(({ group, panel, first, end }, at) => {
            const { sums, transform } = roomOf(at);
            const row = group * groupRows + first;
            const from = products + group * channels * phases * planeBytes;
            const made = panel.map((weightsAt, position) => {
              const [input, output] = [
                from + position * positionBytes,
                sums + position * blockRows * sumBytes,
              ];
              const weightAt = weightsAt + first * offsets.length * FLOAT;
              const extent = [offsets.length, end - first, vectors, sumBytes];
              return convolution(
                'dense',
                input,
                output,
                offsetsAt,
                weightAt,
                zerosAt,
                ...extent,
                Number.NEGATIVE_INFINITY,
              );
            });
            const image = [
              end - first,
              sumBytes,
              positions,
              blockRows * sumBytes,
              output.height,
              output.width,
            ];
            const own = [
              tiles,
              output.planeBytes,
              outputMatrixAt,
              biasAt + row * FLOAT,
              min,
              transform,
            ];
            return [
              ...made,
              filtering('transformBack', sums, planeOf(output, frame, row), ...image, ...own),
            ];
          });
          return [gathers, transforms, ...dealSequences(calls, scratch.threads)];
        });
      },
    };
  },
);

/**
 * G g: taps along each row of a kernel, phase by phase, for one product: [rows, channels, ky,
 * phase].
 */
function transformWeights(
  values: Float32Array,
  taps: readonly number[],
  kernel: number,
  stride: number,
): Float32Array {
  const lines = values.length / kernel;
  const transformed = new Float32Array(lines * stride);
  for (let line = 0; line < lines; line++) {
    for (let phase = 0; phase < stride; phase++) {
      let sum = 0;
      for (let tap = 0, kx = phase; kx < kernel; tap++, kx += stride) {
        sum += (taps[tap] as number) * (values[line * kernel + kx] as number);
      }
      transformed[line * stride + phase] = sum;
    }
  }
  return transformed;
}

/** Row after row, each filled up with zeros. */
function filledUp(matrix: Matrix<number>): Float32Array {
  const values = new Float32Array(matrix.length * MATRIX_COLUMNS);
  for (const [row, entries] of matrix.entries()) values.set(entries, row * MATRIX_COLUMNS);
  return values;
}
