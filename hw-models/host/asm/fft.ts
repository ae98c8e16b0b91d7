// Convolution by Fourier transforms on planes: a block of tiles is transformed (shared/fourier.ts),
// frequency by frequency a matrix of complex weights (dense, or sparse with its zeros left out) is
// multiplied with them, and the products are transformed back. Lanes are tiles. Addresses and
// strides are in bytes, a vector is 4 floats. V [fx][fy][channel][real, imaginary][tile] and M
// [fx][fy][row][real, imaginary][tile] hold tiles in whole vectors.

import { transformOutputs } from './shared/fourier';
import { multiplyAdd, multiplySubtract } from './shared/vector';

export { transformInputs } from './shared/fourier';

const VECTOR: usize = 16;
const FLOAT: usize = 4;
/** A vector of real parts, then one of imaginary parts. */
const COMPLEX: usize = 32;
/** A weight of a sparse row: its input's offset (u32), its real and its imaginary part (f32). */
const ENTRY: usize = 12;

/** Two rows of complex weights by `width` ≤ 2 vectors of tiles, a constant where this is called. */
// @ts-ignore: decorator
@inline
function denseTile(width: i32, values: usize, weights: usize, channels: i32, to: usize, tileBytes: usize): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let b0 = a0;
  let b1 = a0;
  let c0 = a0;
  let c1 = a0;
  let d0 = a0;
  let d1 = a0;
  const step = <usize>width * COMPLEX;
  for (const end = weights + (<usize>channels << 4); weights < end; weights += VECTOR) {
    const re0 = v128.load(values);
    const im0 = v128.load(values, 16);
    const re1 = width > 1 ? v128.load(values, 32) : re0;
    const im1 = width > 1 ? v128.load(values, 48) : im0;
    const p = v128.load32_splat(weights);
    a0 = multiplyAdd(re0, p, a0);
    b0 = multiplyAdd(im0, p, b0);
    if (width > 1) a1 = multiplyAdd(re1, p, a1);
    if (width > 1) b1 = multiplyAdd(im1, p, b1);
    const q = v128.load32_splat(weights, 4);
    a0 = multiplySubtract(im0, q, a0);
    b0 = multiplyAdd(re0, q, b0);
    if (width > 1) a1 = multiplySubtract(im1, q, a1);
    if (width > 1) b1 = multiplyAdd(re1, q, b1);
    const r = v128.load32_splat(weights, 8);
    c0 = multiplyAdd(re0, r, c0);
    d0 = multiplyAdd(im0, r, d0);
    if (width > 1) c1 = multiplyAdd(re1, r, c1);
    if (width > 1) d1 = multiplyAdd(im1, r, d1);
    const s = v128.load32_splat(weights, 12);
    c0 = multiplySubtract(im0, s, c0);
    d0 = multiplyAdd(re0, s, d0);
    if (width > 1) c1 = multiplySubtract(im1, s, c1);
    if (width > 1) d1 = multiplyAdd(re1, s, d1);
    values += step;
  }
  v128.store(to, a0);
  if (width > 1) v128.store(to, a1, 16);
  to += tileBytes;
  v128.store(to, b0);
  if (width > 1) v128.store(to, b1, 16);
  to += tileBytes;
  v128.store(to, c0);
  if (width > 1) v128.store(to, c1, 16);
  to += tileBytes;
  v128.store(to, d0);
  if (width > 1) v128.store(to, d1, 16);
}

// Functions of their own, which their export ensures: within the loops around them V8 spills
// registers.
export function denseTile1(values: usize, weights: usize, channels: i32, to: usize, tileBytes: usize): void {
  denseTile(1, values, weights, channels, to, tileBytes);
}
export function denseTile2(values: usize, weights: usize, channels: i32, to: usize, tileBytes: usize): void {
  denseTile(2, values, weights, channels, to, tileBytes);
}

/**
 * Lays `width` ≤ 2 vectors of tiles of all channels together, so that they stay in L1 for all rows.
 */
function pack(width: i32, from: usize, to: usize, channels: i32, tileBytes: usize): void {
  for (let channel = 0; channel < channels; channel++) {
    for (let vector: i32 = 0; vector < width; vector++, to += COMPLEX) {
      v128.store(to, v128.load(from + <usize>vector * VECTOR));
      v128.store(to, v128.load(from + tileBytes + <usize>vector * VECTOR), 16);
    }
    from += tileBytes << 1;
  }
}

/**
 * Dense products and their way back for `rows` output planes, `chunk` (a multiple of 2) at a time.
 * `weights`: [position][⌈rows / 2⌉][channel][2][real, imaginary], positions `weightPositionBytes`
 * apart. `scratch`: M of `chunk` rows, its positions `productBytes` apart, two complex vectors a
 * channel, then what transformOutputs needs.
 */
export function dense(
  size: i32,
  step: i32,
  values: usize,
  positionBytes: usize,
  channels: i32,
  vectors: i32,
  weights: usize,
  weightPositionBytes: usize,
  rows: i32,
  chunk: i32,
  output: usize,
  planeBytes: usize,
  height: i32,
  width: i32,
  firstTile: i32,
  endTile: i32,
  tilesX: i32,
  tileBytes: usize,
  bias: usize,
  lower: f32,
  productBytes: usize,
  turns: usize,
  places: usize,
  scratch: usize,
): void {
  const positions = size * ((size >> 1) + 1);
  const pairBytes = <usize>channels << 4;
  const packed = scratch + <usize>positions * productBytes;
  const rest = packed + <usize>(channels * 2) * COMPLEX;
  for (let row = 0; row < rows; row += chunk) {
    const count = min(chunk, rows - row);
    for (let position = 0; position < positions; position++) {
      const first = weights + <usize>position * weightPositionBytes + <usize>(row >> 1) * pairBytes;
      let from = values + <usize>position * positionBytes;
      let to = scratch + <usize>position * productBytes;
      for (let left = vectors; left > 0; left -= 2) {
        pack(min(left, 2), from, packed, channels, tileBytes);
        let weight = first;
        let product = to;
        for (let pair = 0; pair < count; pair += 2) {
          if (left > 1) denseTile2(packed, weight, channels, product, tileBytes);
          else denseTile1(packed, weight, channels, product, tileBytes);
          weight += pairBytes;
          product += tileBytes << 2;
        }
        from += 2 * VECTOR;
        to += 2 * VECTOR;
      }
    }
    transformOutputs(
      size, step, scratch, productBytes, count, output, planeBytes, height, width,
      firstTile, endTile, tilesX, tileBytes, bias, lower, turns, places, rest,
    );
    output += <usize>count * planeBytes;
    bias += <usize>count * FLOAT;
  }
}

/**
 * One row of sparse complex weights over `width` ≤ 3 vectors of tiles, a constant where this is
 * called.
 */
// @ts-ignore: decorator
@inline
function sparseTile(width: i32, values: usize, to: usize, entry: usize, end: usize, tileBytes: usize): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let b0 = a0;
  let b1 = a0;
  let b2 = a0;
  for (; entry < end; entry += ENTRY) {
    const from = values + <usize>load<u32>(entry);
    const p = v128.load32_splat(entry, 4);
    const q = v128.load32_splat(entry, 8);
    const re0 = v128.load(from);
    const im0 = v128.load(from + tileBytes);
    a0 = multiplySubtract(im0, q, multiplyAdd(re0, p, a0));
    b0 = multiplyAdd(re0, q, multiplyAdd(im0, p, b0));
    if (width > 1) {
      const re1 = v128.load(from, 16);
      const im1 = v128.load(from + tileBytes, 16);
      a1 = multiplySubtract(im1, q, multiplyAdd(re1, p, a1));
      b1 = multiplyAdd(re1, q, multiplyAdd(im1, p, b1));
    }
    if (width > 2) {
      const re2 = v128.load(from, 32);
      const im2 = v128.load(from + tileBytes, 32);
      a2 = multiplySubtract(im2, q, multiplyAdd(re2, p, a2));
      b2 = multiplyAdd(re2, q, multiplyAdd(im2, p, b2));
    }
  }
  v128.store(to, a0);
  if (width > 1) v128.store(to, a1, 16);
  if (width > 2) v128.store(to, a2, 32);
  to += tileBytes;
  v128.store(to, b0);
  if (width > 1) v128.store(to, b1, 16);
  if (width > 2) v128.store(to, b2, 32);
}

// @ts-ignore: decorator
@inline
function sparseRows(width: i32, values: usize, to: usize, pointers: usize, entries: usize, rows: i32, tileBytes: usize): void {
  let entry = entries + <usize>load<u32>(pointers) * ENTRY;
  for (let row = 0; row < rows; row++) {
    pointers += FLOAT;
    const end = entries + <usize>load<u32>(pointers) * ENTRY;
    sparseTile(width, values, to, entry, end, tileBytes);
    entry = end;
    to += tileBytes << 1;
  }
}

// Functions of their own for the same reason as the dense tiles.
export function sparseRows1(values: usize, to: usize, pointers: usize, entries: usize, rows: i32, tileBytes: usize): void {
  sparseRows(1, values, to, pointers, entries, rows, tileBytes);
}
export function sparseRows2(values: usize, to: usize, pointers: usize, entries: usize, rows: i32, tileBytes: usize): void {
  sparseRows(2, values, to, pointers, entries, rows, tileBytes);
}
export function sparseRows3(values: usize, to: usize, pointers: usize, entries: usize, rows: i32, tileBytes: usize): void {
  sparseRows(3, values, to, pointers, entries, rows, tileBytes);
}

/**
 * The same with sparse weights: entries of row r at a position are pointers[r] … pointers[r + 1] −
 * 1, the pointers of a position `pointerPositionBytes` apart.
 */
export function sparse(
  size: i32,
  step: i32,
  values: usize,
  positionBytes: usize,
  channels: i32,
  vectors: i32,
  pointers: usize,
  pointerPositionBytes: usize,
  entries: usize,
  rows: i32,
  chunk: i32,
  output: usize,
  planeBytes: usize,
  height: i32,
  width: i32,
  firstTile: i32,
  endTile: i32,
  tilesX: i32,
  tileBytes: usize,
  bias: usize,
  lower: f32,
  productBytes: usize,
  turns: usize,
  places: usize,
  scratch: usize,
): void {
  const positions = size * ((size >> 1) + 1);
  const rest = scratch + <usize>positions * productBytes;
  for (let row = 0; row < rows; row += chunk) {
    const count = min(chunk, rows - row);
    for (let position = 0; position < positions; position++) {
      const first = pointers + <usize>position * pointerPositionBytes + (<usize>row << 2);
      let from = values + <usize>position * positionBytes;
      let to = scratch + <usize>position * productBytes;
      for (let left = vectors; left > 0; left -= 3) {
        if (left > 2) sparseRows3(from, to, first, entries, count, tileBytes);
        else if (left > 1) sparseRows2(from, to, first, entries, count, tileBytes);
        else sparseRows1(from, to, first, entries, count, tileBytes);
        from += 3 * VECTOR;
        to += 3 * VECTOR;
      }
    }
    transformOutputs(
      size, step, scratch, productBytes, count, output, planeBytes, height, width,
      firstTile, endTile, tilesX, tileBytes, bias, lower, turns, places, rest,
    );
    output += <usize>count * planeBytes;
    bias += <usize>count * FLOAT;
  }
}
