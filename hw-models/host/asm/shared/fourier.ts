// Fourier transforms of planes' tiles, there and back, for the products between (../fft.ts says how
// V and M lie). Tiles are real, so only frequencies fx ≤ size / 2 are kept; along fy they stand in
// bit-reversed order, as the transforms leave them.

import { multiplyAdd, multiplySubtract, storeTransposed } from './vector';

const VECTOR: usize = 16;
const FLOAT: usize = 4;
/** A vector of real parts, then one of imaginary parts. */
const COMPLEX: usize = 32;
/** Cosine and sine of an angle. */
const TURN: usize = 8;

/**
 * In place: `size` complex vectors, in their order before, in bit-reversed order after. `turns`:
 * exp(−2πi k / size).
 */
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

/** Where a tile begins in a plane: tiles are numbered row by row. */
// @ts-ignore: decorator
@inline
function tileStart(tile: i32, tilesX: i32, step: i32, rowBytes: usize): usize {
  return <usize>((tile / tilesX) * step) * rowBytes + (<usize>((tile % tilesX) * step) << 2);
}

/**
 * Transforms tiles `firstTile` … `endTile` − 1, `step` apart along each axis, of `channels` padded
 * planes into V, twice as large. `places`: the offset of each frequency in bit-reversed order;
 * `work`: size · (size / 2 + 2) complex vectors.
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
          storeTransposed(v128.load(a + at), v128.load(b + at), v128.load(c + at), v128.load(d + at), cell, COMPLEX);
          storeTransposed(v128.load(a + next), v128.load(b + next), v128.load(c + next), v128.load(d + next), cell + VECTOR, COMPLEX);
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

/**
 * Transforms M of `rows` planes back: the first `step` outputs of each tile along each axis, as far
 * as the image reaches.
 */
export function transformOutputs(
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
  lower: f32,
  turns: usize,
  places: usize,
  work: usize,
): void {
  const line = work;
  const lineBytes = <usize>size * COMPLEX;
  const columns = work + lineBytes;
  const room = columns + <usize>((size >> 1) + 1) * lineBytes;
  const half = size >> 1;
  const floor = f32x4.splat(lower);
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
            storeTransposed(v128.load(cell), v128.load(cell, 32), v128.load(cell, 64), v128.load(cell, 96), room, VECTOR);
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
