// Winograd convolution on planes: inputs of a block of tile rows are transformed, position by
// position a matrix of transformed weights (dense, or sparse with its zeros left out) is multiplied
// with them, and the products are transformed back. Lanes are tiles. Addresses and strides are in
// bytes, a vector is 4 floats. V [position][channel][tile] and M [position][row][tile] hold `tiles`
// padded to whole vectors.

import { inputColumns, inputRows, outputColumns, outputRows } from './generated/winograd-transforms';
import { multiplyAdd } from './shared/vector';

const VECTOR: usize = 16;
const FLOAT: usize = 4;
/** A weight of a sparse row: its input's offset (u32), its value (f32). */
const ENTRY: usize = 8;

/**
 * Where four tiles begin: the last four are moved back over those before, so that they end with the
 * row.
 */
// @ts-ignore: decorator
@inline
function groupStart(tile: i32, tilesX: i32): i32 {
  return max(0, min(tile, tilesX - 4));
}

/**
 * Transforms `tileRows` rows of `tilesX` tiles of `channels` planes into V. `scratch`: one line of
 * zeros and as many lines of `lineBytes` as a tile has rows.
 */
export function transformInputs(
  outputs: i32,
  taps: i32,
  input: usize,
  planeBytes: usize,
  channels: i32,
  height: i32,
  width: i32,
  pad: i32,
  firstTileRow: i32,
  tileRows: i32,
  tilesX: i32,
  to: usize,
  channelBytes: usize,
  positionBytes: usize,
  scratch: usize,
  lineBytes: usize,
): void {
  const size = outputs + taps - 1;
  const rowBytes = <usize>width * FLOAT;
  const copiedBytes = (rowBytes + VECTOR - 1) & ~(VECTOR - 1);
  const lines = scratch + lineBytes;
  const afterImage = lines + (<usize>(pad + width) << 2);
  memory.fill(scratch, 0, <usize>(size + 1) * lineBytes);
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < tileRows; row++) {
      const first = (firstTileRow + row) * outputs - pad;
      const target = lines + (<usize>pad << 2);
      inputColumns(outputs, taps, input, rowBytes, target, lineBytes, copiedBytes, scratch, first, height);
      // Whole vectors were copied: what follows a row in memory is no part of the image.
      for (let line = 0; line < size; line++) v128.store(afterImage + <usize>line * lineBytes, f32x4.splat(0));
      const rowTo = to + (<usize>(row * tilesX) << 2);
      for (let tile = 0; tile < tilesX; tile += 4) {
        const start = <usize>groupStart(tile, tilesX) << 2;
        inputRows(outputs, taps, lines + start * <usize>outputs, lineBytes, rowTo + start, positionBytes);
      }
    }
    input += planeBytes;
    to += channelBytes;
  }
}

// @ts-ignore: decorator
@inline
function finish(to: usize, from: usize, shift: v128, floor: v128): void {
  v128.store(to, f32x4.pmax(f32x4.add(v128.load(from), shift), floor));
}

/** Transforms M back into `rows` planes of the output, adds the bias and cuts off below `lower`. */
function transformOutputs(
  outputs: i32,
  taps: i32,
  from: usize,
  positionBytes: usize,
  rowsBytes: usize,
  rows: i32,
  output: usize,
  planeBytes: usize,
  height: i32,
  width: i32,
  firstTileRow: i32,
  tileRows: i32,
  tilesX: i32,
  bias: usize,
  lower: f32,
  scratch: usize,
  lineBytes: usize,
): void {
  const size = outputs + taps - 1;
  const rowBytes = <usize>width * FLOAT;
  const lines = scratch + (<usize>(outputs * size) << 4);
  const floor = f32x4.splat(lower);
  for (let plane = 0; plane < rows; plane++) {
    const shift = v128.load32_splat(bias + (<usize>plane << 2));
    for (let row = 0; row < tileRows; row++) {
      const rowFrom = from + (<usize>(row * tilesX) << 2);
      for (let tile = 0; tile < tilesX; tile += 4) {
        const start = <usize>groupStart(tile, tilesX) << 2;
        outputColumns(outputs, taps, rowFrom + start, positionBytes, scratch);
        outputRows(outputs, taps, scratch, lines + start * <usize>outputs, lineBytes);
      }
      const y = (firstTileRow + row) * outputs;
      let to = output + <usize>y * rowBytes;
      let line = lines;
      for (let k = min(outputs, height - y); k > 0; k--) {
        if (width < 4) {
          for (let x: usize = 0; x < rowBytes; x += FLOAT) {
            store<f32>(to + x, max<f32>(load<f32>(line + x) + f32x4.extract_lane(shift, 0), lower));
          }
        } else {
          for (let x: usize = 0; x + VECTOR <= rowBytes; x += VECTOR) finish(to + x, line + x, shift, floor);
          // The last vector goes back over the one before, not beyond the row.
          finish(to + rowBytes - VECTOR, line + rowBytes - VECTOR, shift, floor);
        }
        to += rowBytes;
        line += lineBytes;
      }
    }
    from += rowsBytes;
    output += planeBytes;
  }
}

/**
 * Four rows by `width` ≤ 3 vectors of tiles, a constant where this is called; three are all that
 * registers hold.
 */
// @ts-ignore: decorator
@inline
function denseTile(width: i32, values: usize, weights: usize, channels: i32, to: usize, tileBytes: usize): void {
  let a0 = f32x4.splat(0);
  let b0 = f32x4.splat(0);
  let c0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let b1 = f32x4.splat(0);
  let c1 = f32x4.splat(0);
  let a2 = f32x4.splat(0);
  let b2 = f32x4.splat(0);
  let c2 = f32x4.splat(0);
  let a3 = f32x4.splat(0);
  let b3 = f32x4.splat(0);
  let c3 = f32x4.splat(0);
  const step = <usize>width * VECTOR;
  for (let end = weights + (<usize>channels << 4); weights < end; weights += VECTOR) {
    const a = v128.load(values);
    const b = width > 1 ? v128.load(values, 16) : a;
    const c = width > 2 ? v128.load(values, 32) : a;
    const w0 = v128.load32_splat(weights);
    a0 = multiplyAdd(a, w0, a0);
    if (width > 1) b0 = multiplyAdd(b, w0, b0);
    if (width > 2) c0 = multiplyAdd(c, w0, c0);
    const w1 = v128.load32_splat(weights, 4);
    a1 = multiplyAdd(a, w1, a1);
    if (width > 1) b1 = multiplyAdd(b, w1, b1);
    if (width > 2) c1 = multiplyAdd(c, w1, c1);
    const w2 = v128.load32_splat(weights, 8);
    a2 = multiplyAdd(a, w2, a2);
    if (width > 1) b2 = multiplyAdd(b, w2, b2);
    if (width > 2) c2 = multiplyAdd(c, w2, c2);
    const w3 = v128.load32_splat(weights, 12);
    a3 = multiplyAdd(a, w3, a3);
    if (width > 1) b3 = multiplyAdd(b, w3, b3);
    if (width > 2) c3 = multiplyAdd(c, w3, c3);
    values += step;
  }
  v128.store(to, a0);
  if (width > 1) v128.store(to, b0, 16);
  if (width > 2) v128.store(to, c0, 32);
  to += tileBytes;
  v128.store(to, a1);
  if (width > 1) v128.store(to, b1, 16);
  if (width > 2) v128.store(to, c1, 32);
  to += tileBytes;
  v128.store(to, a2);
  if (width > 1) v128.store(to, b2, 16);
  if (width > 2) v128.store(to, c2, 32);
  to += tileBytes;
  v128.store(to, a3);
  if (width > 1) v128.store(to, b3, 16);
  if (width > 2) v128.store(to, c3, 32);
}


// The tiles are functions of their own, which their export ensures: within the loops around them V8
// spills registers.
export function denseTile1(values: usize, weights: usize, channels: i32, to: usize, tileBytes: usize): void {
  denseTile(1, values, weights, channels, to, tileBytes);
}
export function denseTile2(values: usize, weights: usize, channels: i32, to: usize, tileBytes: usize): void {
  denseTile(2, values, weights, channels, to, tileBytes);
}
export function denseTile3(values: usize, weights: usize, channels: i32, to: usize, tileBytes: usize): void {
  denseTile(3, values, weights, channels, to, tileBytes);
}

/**
 * Lays `width` ≤ 3 vectors of tiles of all channels together, so that they stay in L1 for all rows.
 */
function pack(width: i32, from: usize, to: usize, channels: i32, tileBytes: usize): void {
  for (let channel = 0; channel < channels; channel++) {
    v128.store(to, v128.load(from));
    if (width > 1) v128.store(to, v128.load(from, 16), 16);
    if (width > 2) v128.store(to, v128.load(from, 32), 32);
    to += <usize>width * VECTOR;
    from += tileBytes;
  }
}

/**
 * Dense products and their way back for `rows` output planes, `chunk` (a multiple of 4) at a time.
 * `weights`: [position][⌈rows / 4⌉][channel][4], positions `weightPositionBytes` apart. `scratch`:
 * M of `chunk` rows, its positions `productBytes` apart, three vectors a channel, then what
 * transformOutputs needs.
 */
export function dense(
  outputs: i32,
  taps: i32,
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
  firstTileRow: i32,
  tileRows: i32,
  tilesX: i32,
  tileBytes: usize,
  bias: usize,
  lower: f32,
  productBytes: usize,
  scratch: usize,
  lineBytes: usize,
): void {
  const size = outputs + taps - 1;
  const positions = size * size;
  const quadBytes = <usize>channels << 4;
  const packed = scratch + <usize>positions * productBytes;
  const rest = packed + <usize>(channels * 3) * VECTOR;
  for (let row = 0; row < rows; row += chunk) {
    const count = min(chunk, rows - row);
    for (let position = 0; position < positions; position++) {
      const first = weights + <usize>position * weightPositionBytes + <usize>(row >> 2) * quadBytes;
      let from = values + <usize>position * positionBytes;
      let to = scratch + <usize>position * productBytes;
      let left = vectors;
      // Spans of nearly equal width: narrow ones use fewer of the registers.
      for (let spans = (vectors + 2) / 3; spans > 0; spans--) {
        const span = (left + spans - 1) / spans;
        pack(span, from, packed, channels, tileBytes);
        let weight = first;
        let product = to;
        for (let quad = 0; quad < count; quad += 4) {
          if (span == 3) denseTile3(packed, weight, channels, product, tileBytes);
          else if (span == 2) denseTile2(packed, weight, channels, product, tileBytes);
          else denseTile1(packed, weight, channels, product, tileBytes);
          weight += quadBytes;
          product += tileBytes << 2;
        }
        left -= span;
        from += <usize>span * VECTOR;
        to += <usize>span * VECTOR;
      }
    }
    transformOutputs(
      outputs, taps, scratch, productBytes, tileBytes, count, output, planeBytes, height, width,
      firstTileRow, tileRows, tilesX, bias, lower, rest, lineBytes,
    );
    output += <usize>count * planeBytes;
    bias += <usize>count * FLOAT;
  }
}

/** One row of sparse weights over `width` ≤ 7 vectors of tiles, a constant where this is called. */
// @ts-ignore: decorator
@inline
function sparseTile(width: i32, values: usize, to: usize, entry: usize, end: usize): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let a4 = a0;
  let a5 = a0;
  let a6 = a0;
  for (; entry < end; entry += ENTRY) {
    const from = values + <usize>load<u32>(entry);
    const weight = v128.load32_splat(entry, 4);
    a0 = multiplyAdd(v128.load(from), weight, a0);
    if (width > 1) a1 = multiplyAdd(v128.load(from, 16), weight, a1);
    if (width > 2) a2 = multiplyAdd(v128.load(from, 32), weight, a2);
    if (width > 3) a3 = multiplyAdd(v128.load(from, 48), weight, a3);
    if (width > 4) a4 = multiplyAdd(v128.load(from, 64), weight, a4);
    if (width > 5) a5 = multiplyAdd(v128.load(from, 80), weight, a5);
    if (width > 6) a6 = multiplyAdd(v128.load(from, 96), weight, a6);
  }
  v128.store(to, a0);
  if (width > 1) v128.store(to, a1, 16);
  if (width > 2) v128.store(to, a2, 32);
  if (width > 3) v128.store(to, a3, 48);
  if (width > 4) v128.store(to, a4, 64);
  if (width > 5) v128.store(to, a5, 80);
  if (width > 6) v128.store(to, a6, 96);
}

// @ts-ignore: decorator
@inline
function sparseRows(width: i32, values: usize, to: usize, pointers: usize, entries: usize, rows: i32, tileBytes: usize): void {
  let entry = entries + <usize>load<u32>(pointers) * ENTRY;
  for (let row = 0; row < rows; row++) {
    pointers += FLOAT;
    const end = entries + <usize>load<u32>(pointers) * ENTRY;
    sparseTile(width, values, to, entry, end);
    entry = end;
    to += tileBytes;
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
export function sparseRows4(values: usize, to: usize, pointers: usize, entries: usize, rows: i32, tileBytes: usize): void {
  sparseRows(4, values, to, pointers, entries, rows, tileBytes);
}
export function sparseRows5(values: usize, to: usize, pointers: usize, entries: usize, rows: i32, tileBytes: usize): void {
  sparseRows(5, values, to, pointers, entries, rows, tileBytes);
}
export function sparseRows6(values: usize, to: usize, pointers: usize, entries: usize, rows: i32, tileBytes: usize): void {
  sparseRows(6, values, to, pointers, entries, rows, tileBytes);
}
export function sparseRows7(values: usize, to: usize, pointers: usize, entries: usize, rows: i32, tileBytes: usize): void {
  sparseRows(7, values, to, pointers, entries, rows, tileBytes);
}

/**
 * The same with sparse weights: entries of row r at a position are pointers[r] … pointers[r + 1] −
 * 1, the pointers of a position `pointerPositionBytes` apart.
 */
export function sparse(
  outputs: i32,
  taps: i32,
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
  firstTileRow: i32,
  tileRows: i32,
  tilesX: i32,
  tileBytes: usize,
  bias: usize,
  lower: f32,
  productBytes: usize,
  scratch: usize,
  lineBytes: usize,
): void {
  const size = outputs + taps - 1;
  const positions = size * size;
  const rest = scratch + <usize>positions * productBytes;
  for (let row = 0; row < rows; row += chunk) {
    const count = min(chunk, rows - row);
    for (let position = 0; position < positions; position++) {
      const first = pointers + <usize>position * pointerPositionBytes + (<usize>row << 2);
      let from = values + <usize>position * positionBytes;
      let to = scratch + <usize>position * productBytes;
      let left = vectors;
      // Spans of nearly equal width: a span of one vector takes as long as one of five.
      for (let spans = (vectors + 6) / 7; spans > 0; spans--) {
        const span = (left + spans - 1) / spans;
        if (span == 7) sparseRows7(from, to, first, entries, count, tileBytes);
        else if (span == 6) sparseRows6(from, to, first, entries, count, tileBytes);
        else if (span == 5) sparseRows5(from, to, first, entries, count, tileBytes);
        else if (span == 4) sparseRows4(from, to, first, entries, count, tileBytes);
        else if (span == 3) sparseRows3(from, to, first, entries, count, tileBytes);
        else if (span == 2) sparseRows2(from, to, first, entries, count, tileBytes);
        else sparseRows1(from, to, first, entries, count, tileBytes);
        left -= span;
        from += <usize>span * VECTOR;
        to += <usize>span * VECTOR;
      }
    }
    transformOutputs(
      outputs, taps, scratch, productBytes, tileBytes, count, output, planeBytes, height, width,
      firstTileRow, tileRows, tilesX, bias, lower, rest, lineBytes,
    );
    output += <usize>count * planeBytes;
    bias += <usize>count * FLOAT;
  }
}
