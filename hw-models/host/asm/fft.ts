// Convolution by Fourier transforms on planes: a block of tiles is transformed, frequency by frequency a matrix of
// complex weights (dense, or sparse with its zeros left out) is multiplied with them, and the products are transformed
// back. Lanes are tiles. Tiles are real, so only frequencies fx ≤ size / 2 are kept; along fy they stand in bit-reversed
// order, as the transforms leave them. Addresses and strides are in bytes, a vector is 4 floats.
// V [fx][fy][channel][real, imaginary][tile] and M [fx][fy][row][real, imaginary][tile] hold tiles in whole vectors.

import { multiplyAdd, multiplySubtract } from './shared/vector';

const VECTOR: usize = 16;
const FLOAT: usize = 4;
/** A vector of real parts, then one of imaginary parts. */
const COMPLEX: usize = 32;
/** Cosine and sine of an angle. */
const TURN: usize = 8;
/** A weight of a sparse row: its input's offset (u32), its real and its imaginary part (f32). */
const ENTRY: usize = 12;

/** In place: `size` complex vectors, in their order before, in bit-reversed order after. `turns`: exp(−2πi k / size). */
function forward(at: usize, size: i32, turns: usize): void {
  const end = at + <usize>size * COMPLEX;
  let turnStep = TURN;
  for (let span = <usize>(size >> 1) * COMPLEX; span >= COMPLEX; span >>= 1, turnStep <<= 1) {
    let turn = turns;
    for (let first = at; first < at + span; first += COMPLEX, turn += turnStep) {
      const cosine = v128.load32_splat(turn);
      const sine = v128.load32_splat(turn, 4);
      for (let low = first; low < end; low += 2 * span) {
        const high = low + span;
        const re = v128.load(low);
        const im = v128.load(low, 16);
        const otherRe = v128.load(high);
        const otherIm = v128.load(high, 16);
        v128.store(low, f32x4.add(re, otherRe));
        v128.store(low, f32x4.add(im, otherIm), 16);
        const apartRe = f32x4.sub(re, otherRe);
        const apartIm = f32x4.sub(im, otherIm);
        if (first == at) {
          v128.store(high, apartRe);
          v128.store(high, apartIm, 16);
        } else {
          v128.store(high, multiplySubtract(apartIm, sine, f32x4.mul(apartRe, cosine)));
          v128.store(high, multiplyAdd(apartRe, sine, f32x4.mul(apartIm, cosine)), 16);
        }
      }
    }
  }
}

/** The way back, `size` times as large: in bit-reversed order before, in their order after. */
function inverse(at: usize, size: i32, turns: usize): void {
  const end = at + <usize>size * COMPLEX;
  let turnStep = TURN * <usize>(size >> 1);
  for (let span = COMPLEX; span < end - at; span <<= 1, turnStep >>= 1) {
    let turn = turns;
    for (let first = at; first < at + span; first += COMPLEX, turn += turnStep) {
      const cosine = v128.load32_splat(turn);
      const sine = v128.load32_splat(turn, 4);
      for (let low = first; low < end; low += 2 * span) {
        const high = low + span;
        const re = v128.load(low);
        const im = v128.load(low, 16);
        let otherRe = v128.load(high);
        let otherIm = v128.load(high, 16);
        if (first != at) {
          const turnedRe = multiplyAdd(otherIm, sine, f32x4.mul(otherRe, cosine));
          otherIm = multiplySubtract(otherRe, sine, f32x4.mul(otherIm, cosine));
          otherRe = turnedRe;
        }
        v128.store(low, f32x4.add(re, otherRe));
        v128.store(low, f32x4.add(im, otherIm), 16);
        v128.store(high, f32x4.sub(re, otherRe));
        v128.store(high, f32x4.sub(im, otherIm), 16);
      }
    }
  }
}

/** Four vectors, `step` apart, from the four lanes' rows of four values. */
// @ts-ignore: decorator
@inline
function spread(a: v128, b: v128, c: v128, d: v128, to: usize, step: usize): void {
  const lowAb = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const highAb = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const lowCd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const highCd = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(lowAb, lowCd, 0, 1, 4, 5));
  v128.store(to + step, v128.shuffle<f32>(lowAb, lowCd, 2, 3, 6, 7));
  v128.store(to + 2 * step, v128.shuffle<f32>(highAb, highCd, 0, 1, 4, 5));
  v128.store(to + 3 * step, v128.shuffle<f32>(highAb, highCd, 2, 3, 6, 7));
}

/** Where a tile begins in a plane: tiles are numbered row by row. */
// @ts-ignore: decorator
@inline
function tileStart(tile: i32, tilesX: i32, step: i32, rowBytes: usize): usize {
  return <usize>((tile / tilesX) * step) * rowBytes + (<usize>((tile % tilesX) * step) << 2);
}

/**
 * Transforms tiles `firstTile` … `endTile` − 1, `step` apart along each axis, of `channels` padded planes into V, twice as
 * large. `places`: the offset of each frequency in bit-reversed order; `work`: size · (size / 2 + 2) complex vectors.
 */
export function transformInputs(
  size: i32,
  step: i32,
  input: usize,
  planeBytes: usize,
  rowBytes: usize,
  channels: i32,
  firstTile: i32,
  endTile: i32,
  tilesX: i32,
  to: usize,
  tileBytes: usize,
  positionBytes: usize,
  turns: usize,
  places: usize,
  work: usize,
): void {
  const line = work;
  const lineBytes = <usize>size * COMPLEX;
  const columns = work + lineBytes;
  const half = size >> 1;
  for (let channel = 0; channel < channels; channel++) {
    let target = to;
    for (let tile = firstTile; tile < endTile; tile += 4, target += VECTOR) {
      const last = endTile - 1;
      const a = input + tileStart(tile, tilesX, step, rowBytes);
      const b = input + tileStart(min(tile + 1, last), tilesX, step, rowBytes);
      const c = input + tileStart(min(tile + 2, last), tilesX, step, rowBytes);
      const d = input + tileStart(min(tile + 3, last), tilesX, step, rowBytes);
      // Two rows at a time, one as the real part, one as the imaginary part.
      for (let y: i32 = 0; y < size; y += 2) {
        for (let x: i32 = 0; x < size; x += 4) {
          const at = <usize>y * rowBytes + (<usize>x << 2);
          const next = at + rowBytes;
          const cell = line + <usize>x * COMPLEX;
          spread(v128.load(a + at), v128.load(b + at), v128.load(c + at), v128.load(d + at), cell, COMPLEX);
          spread(v128.load(a + next), v128.load(b + next), v128.load(c + next), v128.load(d + next), cell + VECTOR, COMPLEX);
        }
        forward(line, size, turns);
        let column = columns + <usize>y * COMPLEX;
        for (let fx: i32 = 0; fx <= half; fx++, column += lineBytes) {
          const here = line + <usize>load<u32>(places + (<usize>fx << 2));
          const mirrored = line + <usize>load<u32>(places + (<usize>((size - fx) & (size - 1)) << 2));
          const re = v128.load(here);
          const im = v128.load(here, 16);
          const otherRe = v128.load(mirrored);
          const otherIm = v128.load(mirrored, 16);
          v128.store(column, f32x4.add(re, otherRe));
          v128.store(column, f32x4.sub(im, otherIm), 16);
          v128.store(column, f32x4.add(im, otherIm), 32);
          v128.store(column, f32x4.sub(otherRe, re), 48);
        }
      }
      let position = target;
      let column = columns;
      for (let fx: i32 = 0; fx <= half; fx++) {
        forward(column, size, turns);
        for (let fy: i32 = 0; fy < size; fy++, column += COMPLEX, position += positionBytes) {
          v128.store(position, v128.load(column));
          v128.store(position + tileBytes, v128.load(column, 16));
        }
      }
    }
    input += planeBytes;
    to += tileBytes << 1;
  }
}

/** Four values of a tile's row, of which `left` are inside tile and image. */
// @ts-ignore: decorator
@inline
function storeRow(to: usize, from: usize, left: i32, shift: v128, floor: v128, room: usize): void {
  const values = f32x4.pmax(f32x4.add(v128.load(from), shift), floor);
  if (left >= 4) {
    v128.store(to, values);
    return;
  }
  v128.store(room, values);
  for (let x: usize = 0; x < <usize>max(left, 0) << 2; x += FLOAT) store<f32>(to + x, load<f32>(room + x));
}

/** Transforms M of `rows` planes back: the first `step` outputs of each tile along each axis, as far as the image reaches. */
function transformOutputs(
  size: i32,
  step: i32,
  from: usize,
  positionBytes: usize,
  rows: i32,
  output: usize,
  planeBytes: usize,
  height: i32,
  width: i32,
  firstTile: i32,
  endTile: i32,
  tilesX: i32,
  tileBytes: usize,
  bias: usize,
  least: f32,
  turns: usize,
  places: usize,
  work: usize,
): void {
  const line = work;
  const lineBytes = <usize>size * COMPLEX;
  const columns = work + lineBytes;
  const room = columns + <usize>((size >> 1) + 1) * lineBytes;
  const half = size >> 1;
  const floor = f32x4.splat(least);
  const rowBytes = <usize>width << 2;
  for (let row = 0; row < rows; row++) {
    const shift = v128.load32_splat(bias + (<usize>row << 2));
    let source = from;
    for (let tile = firstTile; tile < endTile; tile += 4, source += VECTOR) {
      let position = source;
      let column = columns;
      for (let fx: i32 = 0; fx <= half; fx++) {
        for (let fy: i32 = 0; fy < size; fy++, column += COMPLEX, position += positionBytes) {
          v128.store(column, v128.load(position));
          v128.store(column, v128.load(position + tileBytes), 16);
        }
        inverse(column - lineBytes, size, turns);
      }
      for (let y: i32 = 0; y < step; y += 2) {
        column = columns + <usize>y * COMPLEX;
        for (let fx: i32 = 0; fx <= half; fx++, column += lineBytes) {
          const here = line + <usize>load<u32>(places + (<usize>fx << 2));
          const re = v128.load(column);
          const im = v128.load(column, 16);
          const nextRe = v128.load(column, 32);
          const nextIm = v128.load(column, 48);
          v128.store(here, f32x4.sub(re, nextIm));
          v128.store(here, f32x4.add(im, nextRe), 16);
          if (fx == 0 || fx == half) continue;
          const mirrored = line + <usize>load<u32>(places + (<usize>(size - fx) << 2));
          v128.store(mirrored, f32x4.add(re, nextIm));
          v128.store(mirrored, f32x4.sub(nextRe, im), 16);
        }
        inverse(line, size, turns);
        for (let part: i32 = 0; part < 2 && y + part < step; part++) {
          for (let x: i32 = 0; x < step; x += 4) {
            const cell = line + <usize>x * COMPLEX + <usize>part * VECTOR;
            spread(v128.load(cell), v128.load(cell, 32), v128.load(cell, 64), v128.load(cell, 96), room, VECTOR);
            for (let lane: i32 = 0; lane < 4 && tile + lane < endTile; lane++) {
              const top = ((tile + lane) / tilesX) * step + y + part;
              const left = ((tile + lane) % tilesX) * step + x;
              if (top >= height) continue;
              const to = output + <usize>top * rowBytes + (<usize>left << 2);
              storeRow(to, room + <usize>lane * VECTOR, min(step - x, width - left), shift, floor, room + 4 * VECTOR);
            }
          }
        }
      }
    }
    from += tileBytes << 1;
    output += planeBytes;
  }
}

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

// Functions of their own, which their export ensures: within the loops around them V8 spills registers.
export function denseTile1(values: usize, weights: usize, channels: i32, to: usize, tileBytes: usize): void {
  denseTile(1, values, weights, channels, to, tileBytes);
}
export function denseTile2(values: usize, weights: usize, channels: i32, to: usize, tileBytes: usize): void {
  denseTile(2, values, weights, channels, to, tileBytes);
}

/** Lays `width` ≤ 2 vectors of tiles of all channels together, so that they stay in L1 for all rows. */
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
 * Dense products and their way back for `rows` output planes, `chunk` (a multiple of 2) at a time. `weights`:
 * [position][⌈rows / 2⌉][channel][2][real, imaginary], positions `weightPositionBytes` apart. `scratch`: M of `chunk`
 * rows, its positions `productBytes` apart, two complex vectors a channel, then what transformOutputs needs.
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
  least: f32,
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
      firstTile, endTile, tilesX, tileBytes, bias, least, turns, places, rest,
    );
    output += <usize>count * planeBytes;
    bias += <usize>count * FLOAT;
  }
}

/** One row of sparse complex weights over `width` ≤ 3 vectors of tiles, a constant where this is called. */
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
 * The same with sparse weights: entries of row r at a position are pointers[r] … pointers[r + 1] − 1, the pointers of a
 * position `pointerPositionBytes` apart.
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
  least: f32,
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
      firstTile, endTile, tilesX, tileBytes, bias, least, turns, places, rest,
    );
    output += <usize>count * planeBytes;
    bias += <usize>count * FLOAT;
  }
}
