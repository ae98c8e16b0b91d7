// Rows of the engine's table: fully connected layers with binary, ternary and 8-bit weights. Each
// computes another function than the layer's weights say, so it runs only where it is asked for;
// docs/convolution.md states by how much each is off.

import { invariant } from '../../../workloads/base/errors.js';
import { balanceOf, binarize } from '../../../workloads/compress/binary.js';
import { quantize } from '../../../workloads/compress/int8.js';
import { ternarize } from '../../../workloads/compress/ternary.js';
import type { Layer, LayerOf, LayerWeights } from '../../../workloads/network.js';
import { toDense } from '../../../workloads/weights/store.js';
import { relaxed, wasm } from '../lowprecision.wasm.js';
import { apart, eachVector, rowsOf } from './close-up.js';
import { placeBias } from './convolution.js';
import type { Call, HostKernel, Scratch, Step, Tensor } from './kernel.js';
import {
  callerOf,
  cutEvenly,
  cutInMultiples,
  eachFrame,
  lowerBound,
  type Part,
  planeOf,
  weightedRow,
} from './rows.js';
import { FLOAT, VECTOR } from './tensor.js';

const call = callerOf({ name: 'lowprecision', wasm, relaxed });

/** The largest sum of 8-bit products that an i32 holds: 127² a column. */
export const MAX_INT8_COLUMNS = Math.floor((2 ** 31 - 1) / 127 ** 2);
const ROWS_TOGETHER = 4;
const CODE_WEIGHTS = 5;
const CODES_TOGETHER = 8;

/**
 * What happens once a frame, and what each part of the rows then does. Addresses are of one frame's
 * features.
 */
interface Phases {
  /** Bytes of scratch memory for a frame's activations. */
  readonly activationBytes: number;
  readonly activations: (input: number, to: number) => Call | null;
  readonly rows: (
    part: Part,
    partNumber: number,
    input: number,
    activations: number,
    output: number,
  ) => Call;
}

/** One call for a vector's activations, then one for each part of the rows. */
function plan(
  layer: LayerOf<'dense'>,
  { activationBytes, activations, rows }: Phases,
  parts: readonly Part[],
) {
  return (
    inputs: readonly (Tensor | null)[],
    outputs: readonly Tensor[],
    batch: number,
    scratch: Scratch,
  ): readonly Step[] => {
    const at = scratch.take(activationBytes);
    return eachVector(
      rowsOf(layer, layer.outputs),
      inputs,
      outputs,
      batch,
      scratch,
      (from, to, count) =>
        eachFrame(count, (vector): readonly Step[] => {
          const input = planeOf(from, vector);
          const first = activations(input, at);
          const made = parts.map((part, number) =>
            rows(part, number, input, at, planeOf(to, vector, part.first)),
          );
          return first ? [[first], made] : [made];
        }),
    );
  };
}

/** Binary weights and activations: words of 64 signs, exclusive or and bit count (XNOR-Net). */
export const binaryFullyConnected: HostKernel = weightedRow(
  'dense',
  'binary',
  { optIn: true, refusal: apart },
  (layer, weights, heap) => {
    const matrix = binarize(toDense(weights.store));
    const words = Math.ceil(matrix.columns / 64);
    const signs = heap.place(paddedRows(matrix.signs, matrix.rows, 8 * words));
    const scales = heap.place(matrix.scales);
    const balances = heap.place(balanceOf(matrix));
    const bias = placeBias(weights, heap);
    const bitsBytes = 8 * words;
    const phases: Phases = {
      activationBytes: bitsBytes + 2 * FLOAT,
      activations: (input, to) =>
        call('binarizeActivations', input, matrix.columns, to, to + bitsBytes),
      rows({ first, end }, _number, _input, bits, output) {
        const own = [scales, balances, bias].map((address) => address + first * FLOAT);
        const of = [
          signs + first * bitsBytes,
          ...own,
          output,
          end - first,
          matrix.columns,
          words,
          lowerBound(layer),
        ];
        return call('binary', bits, bits + bitsBytes, ...of);
      },
    };
    return { plan: plan(layer, phases, cutEvenly(matrix.rows, heap.threads)) };
  },
);

/**
 * Ternary weights, five in a byte, that choose among sums of float activations (Ternary Weight
 * Networks).
 */
export const ternaryFullyConnected: HostKernel = weightedRow(
  'dense',
  'ternary',
  { optIn: true, refusal: apart },
  (layer, weights, heap) => {
    const matrix = ternarize(toDense(weights.store));
    const parts = cutEvenly(matrix.rows, heap.threads);
    const codes = parts.map((part) => heap.place(codesOf(matrix.values, matrix.columns, part)));
    const scales = heap.place(matrix.scales);
    const bias = placeBias(weights, heap);
    const tableBytes = CODES_TOGETHER * 3 ** CODE_WEIGHTS * FLOAT;
    const phases: Phases = {
      activationBytes: parts.length * tableBytes,
      activations: () => null,
      rows({ first, end }, number, input, tables, output) {
        const own = [
          scales + first * FLOAT,
          bias + first * FLOAT,
          output,
          end - first,
          matrix.columns,
        ];
        const groupBytes = CODES_TOGETHER * (end - first);
        const table = tables + number * tableBytes;
        return call(
          'ternary',
          input,
          codes[number] as number,
          groupBytes,
          ...own,
          table,
          lowerBound(layer),
        );
      },
    };
    return { plan: plan(layer, phases, parts) };
  },
);

/** In words why sums of 8-bit products cannot make a layer, or null where they can. */
export function refusalOfInt8(layer: Layer, { store: { columns } }: LayerWeights): string | null {
  const tooMany = `has ${columns} inputs, whose products 32 bits cannot sum`;
  return apart(layer) ?? (columns <= MAX_INT8_COLUMNS ? null : tooMany);
}

/** 8-bit weights with 8-bit activations, summed in 32 bits. */
export const int8FullyConnected: HostKernel = weightedRow(
  'dense',
  'int8',
  { optIn: true, refusal: refusalOfInt8 },
  (layer, weights, heap) => {
    const matrix = quantize(toDense(weights.store));
    const rowBytes = Math.ceil(matrix.columns / VECTOR) * VECTOR;
    const values = heap.place(inFours(matrix.values, matrix.rows, rowBytes));
    const scales = heap.place(matrix.scales);
    const bias = placeBias(weights, heap);
    const phases: Phases = {
      activationBytes: rowBytes + 2 * FLOAT,
      activations: (input, to) =>
        call('quantizeActivations', input, matrix.columns, to, to + rowBytes),
      rows({ first, end }, _number, _input, activations, output) {
        const own = [
          scales + first * FLOAT,
          bias + first * FLOAT,
          output,
          end - first,
          lowerBound(layer),
        ];
        return call(
          'int8',
          activations,
          activations + rowBytes,
          values + first * rowBytes,
          rowBytes,
          ...own,
        );
      },
    };
    return { plan: plan(layer, phases, cutInMultiples(matrix.rows, ROWS_TOGETHER, heap.threads)) };
  },
);

/** The rows by what a person asks for. */
export const lowPrecisionKernels: Readonly<Record<'binary' | 'ternary' | 'int8', HostKernel>> = {
  binary: binaryFullyConnected,
  ternary: ternaryFullyConnected,
  int8: int8FullyConnected,
};

/** The bytes of `rows` rows of the same length, each filled with zeros up to `rowBytes`. */
function paddedRows(values: Uint32Array, rows: number, rowBytes: number): Uint8Array {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const from = bytes.length / rows;
  invariant(from <= rowBytes, () => `rows of ${from} bytes in ${rowBytes}`);
  const padded = new Uint8Array(rows * rowBytes);
  for (let row = 0; row < rows; row++)
    padded.set(bytes.subarray(row * from, (row + 1) * from), row * rowBytes);
  return padded;
}

/** [⌈rows / 4⌉][rowBytes / 16][4][16]: four rows are one stream from memory. Filled with zeros. */
function inFours(values: Int8Array, rows: number, rowBytes: number): Int8Array {
  const columns = values.length / rows;
  const packed = new Int8Array(Math.ceil(rows / ROWS_TOGETHER) * ROWS_TOGETHER * rowBytes);
  for (let row = 0; row < rows; row++) {
    const to = (row - (row % ROWS_TOGETHER)) * rowBytes + (row % ROWS_TOGETHER) * VECTOR;
    for (let column = 0; column < columns; column += VECTOR) {
      const part = values.subarray(
        row * columns + column,
        row * columns + Math.min(columns, column + VECTOR),
      );
      packed.set(part, to + column * ROWS_TOGETHER);
    }
  }
  return packed;
}

/**
 * [group of 40 columns][row of the part][8]: codes Σ (wₖ + 1) 3ᵏ of five weights each, zeros behind
 * the last column.
 */
function codesOf(values: Int8Array, columns: number, { first, end }: Part): Uint8Array {
  const rows = end - first;
  const groups = Math.ceil(columns / (CODES_TOGETHER * CODE_WEIGHTS));
  const codes = new Uint8Array(groups * rows * CODES_TOGETHER);
  for (let row = 0; row < rows; row++) {
    for (let at = 0; at < groups * CODES_TOGETHER; at++) {
      let code = 0;
      for (let k = CODE_WEIGHTS - 1; k >= 0; k--) {
        const column = at * CODE_WEIGHTS + k;
        const weight = column < columns ? (values[(first + row) * columns + column] as number) : 0;
        code = 3 * code + weight + 1;
      }
      codes[
        (Math.floor(at / CODES_TOGETHER) * rows + row) * CODES_TOGETHER + (at % CODES_TOGETHER)
      ] = code;
    }
  }
  return codes;
}
