// Rows of the engine's table: convolutions with binary, ternary and 8-bit weights
// (asm/lowprecision-convolution.ts). As lowprecision.ts for fully connected layers: they serve by
// name only. Scales are a filter's, and of activations an image's.

import { balanceOf, binarize } from '../../../workloads/compress/binary.js';
import { quantize } from '../../../workloads/compress/int8.js';
import { ternarize } from '../../../workloads/compress/ternary.js';
import type { LayerOf } from '../../../workloads/network.js';
import { isPointwise, tapsOf } from '../../../workloads/operators/window.js';
import { type DenseMatrix, toDense } from '../../../workloads/weights/store.js';
import { inputImage, notOneImage, outputImage } from '../fits.js';
import { relaxed, wasm } from '../lowprecision-convolution.wasm.js';
import { denseConvolution, sparseConvolution } from './convolution.js';
import type { Call, Heap, HostKernel, PreparedLayer, Scratch, Tensor } from './kernel.js';
import { MAX_INT8_COLUMNS } from './lowprecision.js';
import {
  callerOf,
  cutEvenly,
  eachFrame,
  lowerBound,
  only,
  planeOf,
  roomsByThread,
  weightedRow,
} from './rows.js';
import { FLOAT, VECTOR } from './tensor.js';

const call = callerOf({ name: 'lowprecision-convolution', wasm, relaxed });

/** Rows of weights that share the loads of a patch. */
const ROWS_TOGETHER = 4;
/** What patches made together may take of the first-level cache. */
const PATCHES_BYTES = 16 * 1024;
/** What may be written behind the last patch. */
const BEYOND = VECTOR;
/** A scale and an offset. */
const STATISTICS_BYTES = 2 * FLOAT;
const WORD_BITS = 64;
const WORD_BYTES = 8;

/** How a layer's image lies once it is coded: [group][pixel][channels of the group]. */
interface Coding {
  readonly layer: LayerOf<'conv2d'>;
  readonly groupChannels: number;
  readonly groupRows: number;
  /** Of a group's pixel. */
  readonly pixelBytes: number;
  readonly patchBytes: number;
  /** Output pixels whose patches are made together. */
  readonly block: number;
}

function codingOf(
  layer: LayerOf<'conv2d'>,
  pixelBytesOf: (channels: number) => number,
  multiple: number,
): Coding {
  const groupChannels = inputImage(layer)[0] / layer.groups;
  const pixelBytes = pixelBytesOf(groupChannels);
  const patchBytes = Math.ceil((tapsOf(layer) * pixelBytes) / multiple) * multiple;
  return {
    ...{ layer, groupChannels, groupRows: layer.channels / layer.groups, pixelBytes, patchBytes },
    block: Math.max(2, 2 * Math.floor(PATCHES_BYTES / patchBytes / 2)),
  };
}

/** What asm/lowprecision-convolution.ts is told of a layer, in its order. */
function placeGeometry({ layer, pixelBytes, patchBytes, block }: Coding, heap: Heap): number {
  const [, height, width] = inputImage(layer);
  const [, , outputWidth] = outputImage(layer);
  const { stride, dilation, pad, kernel } = layer;
  const window = [...stride, ...dilation, pad[0], pad[1], ...kernel];
  return heap.place(
    Int32Array.of(width, height, pixelBytes, outputWidth, ...window, patchBytes, block),
  );
}

interface Addresses {
  readonly image: number;
  readonly statistics: number;
  /** The first of the pixels that a call makes. */
  readonly output: number;
  readonly outputPlaneBytes: number;
}

interface Phases {
  readonly coding: Coding;
  readonly statistics: 'findStep' | 'meanOf';
  readonly code: 'quantizePixels' | 'binarizePixels';
  /**
   * Makes `count` output pixels of a group from number `first` on; `lane`: whose room it may use.
   */
  readonly pixels: (
    group: number,
    first: number,
    count: number,
    addresses: Addresses,
    lane: number,
  ) => Call;
}

/** Each frame's statistics, then its pixels as codes, then its output. */
function planPhases(
  { coding, statistics, code, pixels }: Phases,
  inputs: readonly (Tensor | null)[],
  output: Tensor,
  batch: number,
  scratch: Scratch,
) {
  const { layer, groupChannels, groupRows, pixelBytes } = coding;
  const input = only(inputs);
  const pixelCount = input.height * input.width;
  const { threads } = scratch;
  const found = scratch.take(STATISTICS_BYTES);
  const groupBytes = pixelCount * pixelBytes;
  const image = scratch.take(layer.groups * groupBytes);
  return eachFrame(batch, (frame) => {
    const first = call(
      statistics,
      planeOf(input, frame),
      input.channels,
      pixelCount,
      input.planeBytes,
      found,
    );
    const perGroup = <Made>(
      count: number,
      make: (group: number, first: number, count: number) => Made,
    ) =>
      Array.from({ length: layer.groups }, (_, group) => group).flatMap((group) =>
        cutEvenly(count, threads).map((part) => make(group, part.first, part.end - part.first)),
      );
    // Vectors of pixels are read, from their beginnings.
    const codes = perGroup(Math.ceil(pixelCount / 4), (group, vector, vectors) => {
      const from = planeOf(input, frame, group * groupChannels) + vector * VECTOR;
      const to = image + group * groupBytes + 4 * vector * pixelBytes;
      const count = Math.min(4 * vectors, pixelCount - 4 * vector);
      return call(code, from, to, groupChannels, count, input.planeBytes, found);
    });
    const made = perGroup(output.height * output.width, (group, pixel, count) => ({
      group,
      pixel,
      count,
    }));
    const calls = made.map(({ group, pixel, count }, at) => {
      const addresses = {
        ...{
          image: image + group * groupBytes,
          statistics: found,
          outputPlaneBytes: output.planeBytes,
        },
        output: planeOf(output, frame, group * groupRows) + pixel * FLOAT,
      };
      return pixels(group, pixel, count, addresses, at % threads);
    });
    return [[first], codes, calls];
  });
}

/** Of each group, rows filled up to whole fours: [group][⌈rows / 4⌉ · 4], `bytes` each. */
function filledRows(rows: number, groups: number, bytes: number) {
  const groupRows = rows / groups;
  const filled = Math.ceil(groupRows / ROWS_TOGETHER) * ROWS_TOGETHER;
  return {
    groupBytes: filled * bytes,
    totalBytes: groups * filled * bytes,
    offsetOf: (row: number) => (Math.floor(row / groupRows) * filled + (row % groupRows)) * bytes,
  };
}

/** A number for each row, in the order of `filledRows`. */
function placeFilled(values: Float32Array | null, { rows, groups, heap }: Rows) {
  const { groupBytes, totalBytes, offsetOf } = filledRows(rows, groups, FLOAT);
  const filled = new Float32Array(totalBytes / FLOAT);
  values?.forEach((value, row) => {
    filled[offsetOf(row) / FLOAT] = value;
  });
  const address = heap.place(filled);
  return (group: number) => address + group * groupBytes;
}

interface Rows {
  readonly rows: number;
  readonly groups: number;
  readonly heap: Heap;
}

/** A matrix's columns, channel by channel, as patches have them: tap by tap. */
function byTaps({ rows, columns, values }: DenseMatrix, taps: number): DenseMatrix {
  const channels = columns / taps;
  const moved = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [channel, tap] = [Math.floor(column / taps), column % taps];
      moved[row * columns + tap * channels + channel] = values[row * columns + column] as number;
    }
  }
  return { format: 'dense', rows, columns, values: moved };
}

export const int8Convolution: HostKernel = weightedRow(
  'conv2d',
  'int8-convolution',
  {
    optIn: true,
    refusal(layer, { store: { columns } }) {
      const tooMany = `has ${columns} weights a filter, whose products 32 bits cannot sum`;
      return notOneImage(layer) ?? (columns <= MAX_INT8_COLUMNS ? null : tooMany);
    },
  },
  (layer, weights, heap): PreparedLayer => {
    const coding = codingOf(layer, (channels) => channels, VECTOR);
    const { patchBytes, pixelBytes, block, groupRows } = coding;
    const { rows, columns, values, scales } = quantize(
      byTaps(toDense(weights.store), tapsOf(layer)),
    );
    const of: Rows = { rows, groups: layer.groups, heap };
    const { groupBytes, totalBytes, offsetOf } = filledRows(rows, layer.groups, patchBytes);
    const filled = new Int8Array(totalBytes);
    for (let row = 0; row < rows; row++)
      filled.set(values.subarray(row * columns, (row + 1) * columns), offsetOf(row));
    const [weightsAt, geometry] = [heap.place(filled), placeGeometry(coding, heap)];
    const [scalesOf, biasOf] = [placeFilled(scales, of), placeFilled(weights.bias, of)];
    // Where a pixel is what a filter sees, nothing needs laying out.
    const isInPlace = isPointwise(layer) && pixelBytes === patchBytes;
    return {
      plan(inputs, outputs, batch, scratch) {
        const output = only(outputs);
        const roomOf = roomsByThread(scratch, {
          patches: isInPlace ? 0 : block * patchBytes + BEYOND,
        });
        const phases: Phases = {
          ...{ coding, statistics: 'findStep', code: 'quantizePixels' },
          pixels(group, first, count, { image, statistics, output: to, outputPlaneBytes }, lane) {
            const own = [
              weightsAt + group * groupBytes,
              scalesOf(group),
              biasOf(group),
              to,
              outputPlaneBytes,
              groupRows,
            ];
            return call(
              'int8',
              image,
              statistics,
              ...own,
              first,
              count,
              roomOf(lane).patches,
              geometry,
              lowerBound(layer),
            );
          },
        };
        return planPhases(phases, inputs, output, batch, scratch);
      },
    };
  },
);

/**
 * Bytes of a pixel's bits: 1, 2, 4 or whole words of 8, so that images of few channels make short
 * patches.
 */
function signBytesOf(channels: number): number {
  const narrow = [1, 2, 4].find((bytes) => 8 * bytes >= channels);
  return narrow ?? Math.ceil(channels / WORD_BITS) * WORD_BYTES;
}

export const binaryConvolution: HostKernel = weightedRow(
  'conv2d',
  'binary-convolution',
  { optIn: true, refusal: notOneImage },
  (layer, weights, heap): PreparedLayer => {
    const coding = codingOf(layer, signBytesOf, WORD_BYTES);
    const { patchBytes, pixelBytes, block, groupRows, groupChannels } = coding;
    const taps = tapsOf(layer);
    const matrix = byTaps(toDense(weights.store), taps);
    const { rows } = matrix;
    const { scales } = binarize(matrix);
    const of: Rows = { rows, groups: layer.groups, heap };
    // Each tap's signs by themselves, so that they begin with a byte as a pixel does.
    const apart = binarize({ ...matrix, rows: rows * taps, columns: groupChannels });
    const signBytes = new Uint8Array(apart.signs.buffer);
    const tapBytes = signBytes.length / apart.rows;
    const balances = balanceOf(apart);
    const signRows = filledRows(rows, layer.groups, patchBytes);
    const signs = new Uint8Array(signRows.totalBytes);
    // How many signs of a row's taps are set, and of all of them.
    const tableRows = filledRows(rows, layer.groups, (taps + 1) * FLOAT);
    const tables = new Int32Array(tableRows.totalBytes / FLOAT);
    for (let row = 0; row < rows; row++) {
      const filled = signRows.offsetOf(row) / patchBytes;
      const table = (filled - (filled % ROWS_TOGETHER)) * (taps + 1) + (filled % ROWS_TOGETHER);
      let all = 0;
      for (let tap = 0; tap < taps; tap++) {
        const at = row * taps + tap;
        const own = signBytes.subarray(
          at * tapBytes,
          at * tapBytes + Math.min(tapBytes, pixelBytes),
        );
        signs.set(own, signRows.offsetOf(row) + tap * pixelBytes);
        const set = (groupChannels - (balances[at] as number)) / 2;
        tables[table + tap * ROWS_TOGETHER] = set;
        all += set;
      }
      tables[table + taps * ROWS_TOGETHER] = all;
    }
    const [signsAt, tablesAt, geometry] = [
      heap.place(signs),
      heap.place(tables),
      placeGeometry(coding, heap),
    ];
    const [scalesOf, biasOf] = [placeFilled(scales, of), placeFilled(weights.bias, of)];
    return {
      plan(inputs, outputs, batch, scratch) {
        const output = only(outputs);
        const roomOf = roomsByThread(scratch, {
          patches: block * patchBytes + BEYOND,
          missing: block * (taps + 1) * FLOAT,
        });
        const phases: Phases = {
          ...{ coding, statistics: 'meanOf', code: 'binarizePixels' },
          pixels(group, first, count, { image, statistics, output: to, outputPlaneBytes }, lane) {
            const own = [
              signsAt + group * signRows.groupBytes,
              tablesAt + group * tableRows.groupBytes,
            ];
            const lines = [
              scalesOf(group),
              biasOf(group),
              to,
              outputPlaneBytes,
              groupRows,
              groupChannels,
            ];
            const { patches, missing } = roomOf(lane);
            return call(
              'binary',
              image,
              statistics,
              ...own,
              ...lines,
              first,
              count,
              patches,
              missing,
              geometry,
              lowerBound(layer),
            );
          },
        };
        return planPhases(phases, inputs, output, batch, scratch);
      },
    };
  },
);

/**
 * The exact kernels with ternary weights: beside fused multiply-add an addition saves nothing, and
 * the zeros are skipped where enough of them are left.
 */
export const ternaryConvolution: HostKernel = weightedRow(
  'conv2d',
  'ternary-convolution',
  { optIn: true, refusal: notOneImage },
  (layer, weights, heap) => {
    const { rows, columns, values, scales } = ternarize(toDense(weights.store));
    const scaled = Float32Array.from(
      values,
      (value, at) => value * (scales[Math.floor(at / columns)] as number),
    );
    const ternary = {
      ...weights,
      store: { format: 'dense', rows, columns, values: scaled } as const,
    };
    const kernel = sparseConvolution.pays(layer, ternary) ? sparseConvolution : denseConvolution;
    return kernel.prepare(layer, ternary, heap);
  },
);
