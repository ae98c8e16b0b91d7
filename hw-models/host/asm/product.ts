// Products of row-major matrices: eight columns at a time over rows in fours, so that a panel of
// columns stays in the first-level cache for all rows. Addresses and strides are in bytes, a vector
// is 4 floats.

import { multiplyAdd } from './shared/vector';

const VECTOR: usize = 16;
const FLOAT: usize = 4;
/** Of a panel's row: eight columns. */
const ROW: usize = 32;
const COLUMNS: i32 = 8;

/**
 * `columns` columns of a matrix as panels of eight: [⌈columns / 8⌉][depth][8], zeros behind the
 * last one. From one depth to the next are `depthBytes`; columns lie side by side. Up to 32 bytes
 * behind a row are read.
 */
export function pack(input: usize, output: usize, depth: i32, columns: i32, depthBytes: usize): void {
  for (let left = columns; left > 0; left -= COLUMNS, input += ROW) {
    const low = maskOf(left);
    const high = maskOf(left - 4);
    let from = input;
    for (let d: i32 = 0; d < depth; d++, from += depthBytes, output += ROW) {
      // What lies behind the last column may be no number.
      v128.store(output, v128.and(v128.load(from), low));
      v128.store(output, v128.and(v128.load(from, 16), high), 16);
    }
  }
}

/** Of the first `count` lanes. */
// @ts-ignore: decorator
@inline
function maskOf(count: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
}

/** The same of a matrix whose columns lie one behind the other, `columnBytes` apart. */
export function packTurned(input: usize, output: usize, depth: i32, columns: i32, columnBytes: usize): void {
  for (let first: i32 = 0; first < columns; first += COLUMNS) {
    for (let lane: i32 = 0; lane < COLUMNS; lane += 4) {
      const left = columns - first - lane;
      const from = input + <usize>(first + lane) * columnBytes;
      // Columns that are not there are read from the first one and written as zeros.
      const b = from + (left > 1 ? columnBytes : 0);
      const c = from + (left > 2 ? 2 * columnBytes : 0);
      const e = from + (left > 3 ? 3 * columnBytes : 0);
      const mask = maskOf(left);
      const a = left > 0 ? from : input;
      let to = output + <usize>lane * FLOAT;
      let d: i32 = 0;
      for (; d + 4 <= depth; d += 4) {
        const at = <usize>d << 2;
        const va = v128.load(a + at);
        const vb = v128.load((left > 0 ? b : a) + at);
        const vc = v128.load((left > 0 ? c : a) + at);
        const ve = v128.load((left > 0 ? e : a) + at);
        const ab0 = v128.shuffle<f32>(va, vb, 0, 4, 1, 5);
        const ab1 = v128.shuffle<f32>(va, vb, 2, 6, 3, 7);
        const ce0 = v128.shuffle<f32>(vc, ve, 0, 4, 1, 5);
        const ce1 = v128.shuffle<f32>(vc, ve, 2, 6, 3, 7);
        v128.store(to, v128.and(mask, v128.shuffle<f32>(ab0, ce0, 0, 1, 4, 5)));
        v128.store(to + ROW, v128.and(mask, v128.shuffle<f32>(ab0, ce0, 2, 3, 6, 7)));
        v128.store(to + 2 * ROW, v128.and(mask, v128.shuffle<f32>(ab1, ce1, 0, 1, 4, 5)));
        v128.store(to + 3 * ROW, v128.and(mask, v128.shuffle<f32>(ab1, ce1, 2, 3, 6, 7)));
        to += 4 * ROW;
      }
      for (; d < depth; d++, to += ROW) {
        const at = <usize>d << 2;
        store<f32>(to, left > 0 ? load<f32>(a + at) : 0);
        store<f32>(to, left > 1 ? load<f32>(b + at) : 0, 4);
        store<f32>(to, left > 2 ? load<f32>(c + at) : 0, 8);
        store<f32>(to, left > 3 ? load<f32>(e + at) : 0, 12);
      }
    }
    output += <usize>depth * ROW;
  }
}

/**
 * `rows` > 0 rows times `columns` > 0 columns in panels, none below `lower`: alpha · (bias + Σ left
 * · right). `bias`: of whole panels.
 */
export function multiply(
  left: usize,
  panels: usize,
  bias: usize,
  output: usize,
  rows: i32,
  depth: i32,
  columns: i32,
  leftBytes: usize,
  outputBytes: usize,
  alpha: f32,
  lower: f32,
): void {
  const factor = f32x4.splat(alpha);
  const floor = f32x4.splat(lower);
  const panelBytes = <usize>depth * ROW;
  for (let at: i32 = 0; at < columns; at += COLUMNS) {
    const count = min(COLUMNS, columns - at);
    let from = left;
    let to = output;
    let row: i32 = 0;
    for (; row + 4 <= rows; row += 4) {
      tile(4, from, panels, bias, to, depth, count, leftBytes, outputBytes, factor, floor);
      from += leftBytes << 2;
      to += outputBytes << 2;
    }
    if (row + 2 <= rows) {
      tile(2, from, panels, bias, to, depth, count, leftBytes, outputBytes, factor, floor);
      from += leftBytes << 1;
      to += outputBytes << 1;
      row += 2;
    }
    if (row < rows) tile(1, from, panels, bias, to, depth, count, leftBytes, outputBytes, factor, floor);
    panels += panelBytes;
    bias += ROW;
    output += ROW;
  }
}

/** `rows` (1, 2 or 4) rows by eight columns, of which `count` are stored. */
// @ts-ignore: decorator
@inline
function tile(
  rows: i32,
  left: usize,
  panel: usize,
  bias: usize,
  output: usize,
  depth: i32,
  count: i32,
  leftBytes: usize,
  outputBytes: usize,
  factor: v128,
  floor: v128,
): void {
  let a0 = v128.load(bias);
  let a1 = v128.load(bias, 16);
  let b0 = a0;
  let b1 = a1;
  let c0 = a0;
  let c1 = a1;
  let d0 = a0;
  let d1 = a1;
  let second = left + leftBytes;
  let third = second + leftBytes;
  let fourth = third + leftBytes;
  for (const end = left + (<usize>depth << 2); left < end; left += FLOAT, panel += ROW) {
    const low = v128.load(panel);
    const high = v128.load(panel, 16);
    const wa = v128.load32_splat(left);
    a0 = multiplyAdd(low, wa, a0);
    a1 = multiplyAdd(high, wa, a1);
    if (rows > 1) {
      const wb = v128.load32_splat(second);
      b0 = multiplyAdd(low, wb, b0);
      b1 = multiplyAdd(high, wb, b1);
      second += FLOAT;
    }
    if (rows > 2) {
      const wc = v128.load32_splat(third);
      c0 = multiplyAdd(low, wc, c0);
      c1 = multiplyAdd(high, wc, c1);
      third += FLOAT;
      const wd = v128.load32_splat(fourth);
      d0 = multiplyAdd(low, wd, d0);
      d1 = multiplyAdd(high, wd, d1);
      fourth += FLOAT;
    }
  }
  storeRow(output, a0, a1, count, factor, floor);
  if (rows > 1) storeRow(output + outputBytes, b0, b1, count, factor, floor);
  if (rows > 2) {
    storeRow(output + 2 * outputBytes, c0, c1, count, factor, floor);
    storeRow(output + 3 * outputBytes, d0, d1, count, factor, floor);
  }
}

// @ts-ignore: decorator
@inline
function storeRow(output: usize, low: v128, high: v128, count: i32, factor: v128, floor: v128): void {
  low = f32x4.pmax(f32x4.mul(low, factor), floor);
  high = f32x4.pmax(f32x4.mul(high, factor), floor);
  if (count == COLUMNS) {
    v128.store(output, low);
    v128.store(output, high, 16);
    return;
  }
  if (count >= 4) {
    v128.store(output, low);
    output += VECTOR;
    low = high;
    count -= 4;
  }
  if (count > 0) v128.store32_lane(output, low, 0);
  if (count > 1) v128.store32_lane(output, low, 1, 4);
  if (count > 2) v128.store32_lane(output, low, 2, 8);
}
