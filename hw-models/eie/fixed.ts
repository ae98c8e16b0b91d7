// Computes a whole layer as EIE does, bit for bit: shared weights, fixed point, each term rounded
// (datapath.ts). Formats are chosen so that nothing saturates, so sums do not depend on their
// order. A convolution is summed tap by tap over whole planes instead of pixel by pixel. A fully
// connected layer is a convolution with one pixel per vector.

import { invariant } from '../../workloads/base/errors.js';
import type { ConvolutionDemand, Demand, ProductDemand } from '../../workloads/demand.js';
import type { Layer, LayerWeights } from '../../workloads/network.js';
import { insideRange, tapsOf } from '../../workloads/operators/window.js';
import { inputElements, isImageConvolution, pixelsOf } from '../work.js';
import {
  type Fractions,
  finestFraction,
  fixActivations,
  fixedRange,
  fixTable,
  MAX_SHIFT,
} from './datapath.js';
import { shareCodes } from './encode.js';

/** The widths that values depend on. */
export interface Precision {
  readonly codeBits: number;
  readonly fixedPointBits: number;
}

type FixedDemand = ProductDemand | ConvolutionDemand;

/**
 * Whether a layer is one matrix of weights, multiplied with vectors or with the pixels of one
 * image.
 */
export function isFixed(demand: Demand | null): demand is FixedDemand {
  if (demand?.kind === 'product') return demand.matrices === 1 && demand.right === 'weights';
  return demand !== null && isImageConvolution(demand);
}

/** A layer's shared weights row by row, the bias last in its row. */
export interface FixedLayer {
  readonly demand: FixedDemand;
  readonly bits: number;
  readonly rows: number;
  readonly columns: number;
  readonly pointers: Uint32Array;
  readonly indices: Uint32Array;
  readonly codes: Uint8Array;
  readonly table: Float32Array;
  readonly hasBias: boolean;
}

/**
 * Shares the layer's weights and biases into one table. @throws InputError where a weight is not
 * finite.
 */
export function prepareFixed(
  { name, demand }: Pick<Layer, 'name' | 'demand'>,
  weights: LayerWeights,
  precision: Precision,
): FixedLayer {
  invariant(isFixed(demand), () => `layer ${name} is no product with weights`);
  const coded = shareCodes(weights, precision.codeBits);
  const pointers = new Uint32Array(coded.rows + 1);
  for (const row of coded.indices) pointers[row + 1] = (pointers[row + 1] as number) + 1;
  for (let row = 0; row < coded.rows; row++)
    pointers[row + 1] = (pointers[row + 1] as number) + (pointers[row] as number);
  const next = pointers.slice();
  const indices = new Uint32Array(coded.indices.length);
  const codes = new Uint8Array(coded.indices.length);
  for (let column = 0; column < coded.columns; column++) {
    for (
      let at = coded.pointers[column] as number;
      at < (coded.pointers[column + 1] as number);
      at++
    ) {
      const row = coded.indices[at] as number;
      const to = next[row] as number;
      next[row] = to + 1;
      indices[to] = column;
      codes[to] = coded.codes[at] as number;
    }
  }
  const { rows, columns, table, hasBias } = coded;
  return {
    demand,
    bits: precision.fixedPointBits,
    rows,
    columns,
    pointers,
    indices,
    codes,
    table,
    hasBias,
  };
}

/**
 * One frame's output, [rows · pixels] of a convolution and [vectors · rows] of a product, with
 * `fractions.output` fraction bits.
 */
export interface FixedOutput {
  readonly values: Int16Array;
  readonly fractions: Fractions;
}

/** Multiplies one frame, in the finest formats that cannot saturate with it, and applies its ReLU. */
export function multiplyFixed(fixed: FixedLayer, input: Float32Array): FixedOutput {
  const { demand, bits, table, hasBias } = fixed;
  const weight = finestFraction(largestOf(table), bits);
  const activation = finestFraction(Math.max(largestOf(input), hasBias ? 1 : 0), bits);
  const weights = Int32Array.from(fixTable(table, { weight, bits }));
  const inputs = Int32Array.from(fixActivations(input, hasBias, { activation, bits }));
  const shift = shiftFor(fixed, weights, inputs);
  const fractions = { bits, weight, activation, output: weight + activation - shift };
  const { min, max } = fixedRange(demand.activation, fractions);
  const half = shift > 0 ? 2 ** (shift - 1) : 0;
  const pixels = pixelsOf(demand);
  const [ofRow, ofPixel] = demand.kind === 'convolution' ? [pixels, 1] : [1, fixed.rows];
  const sums = new Int32Array(pixels);
  const values = new Int16Array(fixed.rows * pixels);
  forEachRow(fixed, (row, visit) => {
    sums.fill(0);
    visit((code, from, to, count, stride) => {
      addTerms(sums, inputs, weights[code] as number, from, to, count, stride, half, shift);
    });
    for (let pixel = 0; pixel < pixels; pixel++) {
      values[row * ofRow + pixel * ofPixel] = Math.min(Math.max(sums[pixel] as number, min), max);
    }
  });
  return { values, fractions };
}

/**
 * The fewest bits to drop from products so that no sum of any pixel can saturate, in whatever order
 * it is made.
 */
function shiftFor(fixed: FixedLayer, weights: Int32Array, inputs: Int32Array): number {
  const limit = 2 ** (fixed.bits - 1) - 1;
  const magnitudes = new Float64Array(pixelsOf(fixed.demand));
  const sizes = Float64Array.from(inputs, Math.abs);
  let shift = 0;
  forEachRow(fixed, (row, visit) => {
    magnitudes.fill(0);
    visit((code, from, to, count, stride) => {
      addMagnitudes(magnitudes, sizes, Math.abs(weights[code] as number), from, to, count, stride);
    });
    // Each term may be rounded up by half a step.
    const rounding = ((fixed.pointers[row + 1] as number) - (fixed.pointers[row] as number)) / 2;
    const max = largestOf(magnitudes);
    while (shift < MAX_SHIFT && max / 2 ** shift + rounding > limit) shift++;
  });
  return shift;
}

/** As shiftProduct, in integers: a product of two 16-bit numbers and half a step fit 32 bits. */
function addTerms(
  sums: Int32Array,
  inputs: Int32Array,
  weight: number,
  from: number,
  to: number,
  count: number,
  stride: number,
  half: number,
  shift: number,
): void {
  for (let i = 0, at = from; i < count; i++, at += stride) {
    sums[to + i] =
      (sums[to + i] as number) + ((Math.imul(weight, inputs[at] as number) + half) >> shift);
  }
}

function addMagnitudes(
  magnitudes: Float64Array,
  sizes: Float64Array,
  weight: number,
  from: number,
  to: number,
  count: number,
  stride: number,
): void {
  for (let i = 0, at = from; i < count; i++, at += stride) {
    magnitudes[to + i] = (magnitudes[to + i] as number) + weight * (sizes[at] as number);
  }
}

/**
 * Takes a weight's terms along one row of output pixels: `count` of them from `to` on, of inputs
 * `stride` apart.
 */
type Terms = (code: number, from: number, to: number, count: number, stride: number) => void;

/** Calls `rowOf` with each row and a function that visits all of its terms. */
function forEachRow(
  fixed: FixedLayer,
  rowOf: (row: number, visit: (each: Terms) => void) => void,
): void {
  const { demand, rows, columns, hasBias, pointers, indices, codes } = fixed;
  const pixels = pixelsOf(demand);
  const biasColumn = hasBias ? columns - 1 : -1;
  const biasAt = inputElements(demand);
  const depth = columns - (hasBias ? 1 : 0);
  const geometry = demand.kind === 'convolution' ? geometryOf(demand) : null;
  for (let row = 0; row < rows; row++) {
    rowOf(row, (each) => {
      for (let entry = pointers[row] as number; entry < (pointers[row + 1] as number); entry++) {
        const column = indices[entry] as number;
        const code = codes[entry] as number;
        if (column === biasColumn) each(code, biasAt, 0, pixels, 0);
        else if (geometry) geometry(row, column, code, each);
        else each(code, column, 0, pixels, depth);
      }
    });
  }
}

/**
 * The terms of a convolution's weight: one run for each row of output pixels that its tap reaches
 * inside the image.
 */
function geometryOf(demand: ConvolutionDemand) {
  const [channels, height, width] = demand.input;
  const [outputs, outHeight, outWidth] = demand.output;
  const { kernel, stride, dilation, pad, groups } = demand;
  const taps = tapsOf(demand);
  return (row: number, column: number, code: number, each: Terms) => {
    const firstChannel = Math.floor((row * groups) / outputs) * (channels / groups);
    const plane = (firstChannel + Math.floor(column / taps)) * height;
    const top = (Math.floor(column / kernel[1]) % kernel[0]) * dilation[0] - pad[0];
    const left = (column % kernel[1]) * dilation[1] - pad[1];
    const [firstRow, endRow] = insideRange(height, outHeight, stride[0], top);
    const [first, end] = insideRange(width, outWidth, stride[1], left);
    for (let y = firstRow; y < endRow; y++) {
      const from = (plane + y * stride[0] + top) * width + first * stride[1] + left;
      each(code, from, y * outWidth + first, end - first, stride[1]);
    }
  };
}

function largestOf(values: Float32Array | Float64Array): number {
  let max = 0;
  for (let at = 0; at < values.length; at++) max = Math.max(max, Math.abs(values[at] as number));
  return max;
}
