// Fully connected layers, one frame: weights column by column, so that a column whose activation is
// zero is neither read nor multiplied. Addresses are in bytes.

import { multiplyAdd, storeTransposed } from './shared/vector';

const VECTOR: usize = 16;
const FLOAT: usize = 4;
/**
 * Four weights of a column: how many rows each is below the one before (u8), their values (f32).
 */
const QUAD: usize = 20;
/** Eight weights of a column: how many rows each is below the one before (u8), their codes (u8). */
const OCTET: usize = 16;
/**
 * A column with a non-zero activation: that (f32), the addresses of its first group and behind its
 * last one (u32).
 */
const ACTIVE: usize = 12;
/**
 * Columns whose weights are fetched together: neither 8 nor 32 are faster for AlexNet's fc6 (Zen
 * 4).
 */
const AHEAD: usize = 16;
/** Bytes of a cache line. */
const LINE: usize = 64;

// @ts-ignore: decorator
@inline
function begin(output: usize, bias: usize, rows: i32): void {
  memory.copy(output, bias, <usize>rows << 2);
}

// @ts-ignore: decorator
@inline
function relu(output: usize, rows: i32, lower: f32): void {
  const floor = f32x4.splat(lower);
  const end = output + (<usize>rows << 2);
  for (; output + VECTOR <= end; output += VECTOR) v128.store(output, f32x4.pmax(v128.load(output), floor));
  for (; output < end; output += FLOAT) store<f32>(output, max<f32>(load<f32>(output), lower));
}

// @ts-ignore: decorator
@inline
function accumulate(to: usize, product: f32): void {
  store<f32>(to, load<f32>(to) + product);
}

/**
 * Lists the columns whose activation is not zero, and behind them so many empty ones as are fetched
 * ahead.
 */
// @ts-ignore: decorator
@inline
function listActive(
  input: usize,
  pointers: usize,
  groups: usize,
  groupBytes: usize,
  columns: i32,
  list: usize,
): usize {
  let end = list;
  for (let column: i32 = 0; column < columns; column++) {
    const x = load<f32>(input + (<usize>column << 2));
    const pointer = pointers + (<usize>column << 2);
    store<f32>(end, x);
    store<u32>(end, <u32>(groups + <usize>load<u32>(pointer) * groupBytes), 4);
    store<u32>(end, <u32>(groups + <usize>load<u32>(pointer, 4) * groupBytes), 8);
    end += x != 0 ? ACTIVE : 0;
  }
  memory.fill(end, 0, AHEAD * ACTIVE);
  return end;
}

/**
 * Reads a line of the next columns' weights each, so that many are on their way from memory at
 * once: what the sums that follow would find out one after the other. Returns a value that depends
 * on every read, or none would be made.
 */
// @ts-ignore: decorator
@inline
function fetch(active: usize): u32 {
  let any: u32 = 0;
  for (const last = active + AHEAD * ACTIVE; active < last; active += ACTIVE) {
    const end = <usize>load<u32>(active, 8);
    for (let at = <usize>load<u32>(active, 4); at < end; at += LINE) any |= load<u32>(at);
  }
  return any;
}

/**
 * Sparse columns: quads of column c are pointers[c] … pointers[c + 1] − 1, the first row counted
 * from `output`. `list`: room for `columns` + AHEAD active columns.
 */
export function sparseColumns(
  input: usize,
  output: usize,
  pointers: usize,
  quads: usize,
  bias: usize,
  columns: i32,
  rows: i32,
  lower: f32,
  list: usize,
): void {
  begin(output, bias, rows);
  const end = listActive(input, pointers, quads, QUAD, columns, list);
  let fetched = fetch(list);
  for (let active = list; active < end; ) {
    const next = active + AHEAD * ACTIVE;
    if (next < end) fetched |= fetch(next);
    for (const stop = min(next, end); active < stop; active += ACTIVE) {
      const x = v128.load32_splat(active);
      const last = <usize>load<u32>(active, 8);
      let to = output;
      for (let at = <usize>load<u32>(active, 4); at < last; at += QUAD) {
        const products = f32x4.mul(v128.load(at, 4), x);
        to += <usize>load<u8>(at) << 2;
        accumulate(to, f32x4.extract_lane(products, 0));
        to += <usize>load<u8>(at, 1) << 2;
        accumulate(to, f32x4.extract_lane(products, 1));
        to += <usize>load<u8>(at, 2) << 2;
        accumulate(to, f32x4.extract_lane(products, 2));
        to += <usize>load<u8>(at, 3) << 2;
        accumulate(to, f32x4.extract_lane(products, 3));
      }
    }
  }
  store<u32>(list, fetched);
  relu(output, rows, lower);
}

/**
 * As `sparseColumns`, with codes into `codebook` of `entries` (a multiple of 4) shared weights;
 * `products` is as large.
 */
export function codedColumns(
  input: usize,
  output: usize,
  pointers: usize,
  octets: usize,
  bias: usize,
  columns: i32,
  rows: i32,
  lower: f32,
  list: usize,
  codebook: usize,
  entries: i32,
  products: usize,
): void {
  begin(output, bias, rows);
  const tableBytes = <usize>entries << 2;
  const end = listActive(input, pointers, octets, OCTET, columns, list);
  let fetched = fetch(list);
  for (let active = list; active < end; ) {
    const next = active + AHEAD * ACTIVE;
    if (next < end) fetched |= fetch(next);
    for (const stop = min(next, end); active < stop; active += ACTIVE) {
      const x = v128.load32_splat(active);
      // Each shared weight is multiplied once a column, not once an entry.
      for (let at: usize = 0; at < tableBytes; at += VECTOR) {
        v128.store(products + at, f32x4.mul(v128.load(codebook + at), x));
      }
      const last = <usize>load<u32>(active, 8);
      let to = output;
      for (let at = <usize>load<u32>(active, 4); at < last; at += OCTET) {
        to += <usize>load<u8>(at) << 2;
        accumulate(to, load<f32>(products + (<usize>load<u8>(at, 8) << 2)));
        to += <usize>load<u8>(at, 1) << 2;
        accumulate(to, load<f32>(products + (<usize>load<u8>(at, 9) << 2)));
        to += <usize>load<u8>(at, 2) << 2;
        accumulate(to, load<f32>(products + (<usize>load<u8>(at, 10) << 2)));
        to += <usize>load<u8>(at, 3) << 2;
        accumulate(to, load<f32>(products + (<usize>load<u8>(at, 11) << 2)));
        to += <usize>load<u8>(at, 4) << 2;
        accumulate(to, load<f32>(products + (<usize>load<u8>(at, 12) << 2)));
        to += <usize>load<u8>(at, 5) << 2;
        accumulate(to, load<f32>(products + (<usize>load<u8>(at, 13) << 2)));
        to += <usize>load<u8>(at, 6) << 2;
        accumulate(to, load<f32>(products + (<usize>load<u8>(at, 14) << 2)));
        to += <usize>load<u8>(at, 7) << 2;
        accumulate(to, load<f32>(products + (<usize>load<u8>(at, 15) << 2)));
      }
    }
  }
  store<u32>(list, fetched);
  relu(output, rows, lower);
}

/**
 * Dense weights column by column ([columns, rows], columns `columnBytes` apart), those with a zero
 * activation skipped; four columns share the loads and stores of the sums. `list`: room for the
 * address and activation of every column.
 */
export function denseColumns(
  input: usize,
  output: usize,
  weights: usize,
  bias: usize,
  columns: i32,
  rows: i32,
  columnBytes: usize,
  list: usize,
  lower: f32,
): void {
  begin(output, bias, rows);
  let end = list;
  for (let column: i32 = 0; column < columns; column++) {
    const x = load<f32>(input + (<usize>column << 2));
    store<u32>(end, <u32>(weights + <usize>column * columnBytes));
    store<f32>(end, x, 4);
    end += x != 0 ? 8 : 0;
  }
  // Missing columns of the last four count nothing.
  for (let missing: usize = 0; missing < 24; missing += 8) {
    store<u32>(end + missing, <u32>weights);
    store<f32>(end + missing, 0, 4);
  }
  for (let at = list; at < end; at += 32) addColumns(output, at, rows);
  relu(output, rows, lower);
}

// @ts-ignore: decorator
@inline
function addColumns(output: usize, at: usize, rows: i32): void {
  let a = <usize>load<u32>(at);
  let b = <usize>load<u32>(at, 8);
  let c = <usize>load<u32>(at, 16);
  let d = <usize>load<u32>(at, 24);
  const xa = v128.load32_splat(at, 4);
  const xb = v128.load32_splat(at, 12);
  const xc = v128.load32_splat(at, 20);
  const xd = v128.load32_splat(at, 28);
  const end = output + (<usize>rows << 2);
  for (; output + VECTOR <= end; output += VECTOR) {
    const low = multiplyAdd(v128.load(a), xa, f32x4.mul(v128.load(b), xb));
    const high = multiplyAdd(v128.load(c), xc, f32x4.mul(v128.load(d), xd));
    v128.store(output, f32x4.add(v128.load(output), f32x4.add(low, high)));
    a += VECTOR;
    b += VECTOR;
    c += VECTOR;
    d += VECTOR;
  }
  for (; output < end; output += FLOAT) {
    const low = load<f32>(a) * f32x4.extract_lane(xa, 0) + load<f32>(b) * f32x4.extract_lane(xb, 0);
    const high = load<f32>(c) * f32x4.extract_lane(xc, 0) + load<f32>(d) * f32x4.extract_lane(xd, 0);
    accumulate(output, low + high);
    a += FLOAT;
    b += FLOAT;
    c += FLOAT;
    d += FLOAT;
  }
}

/** [rows, columns] with rows `inputBytes` apart → [columns, rows] with rows `outputBytes` apart. */
export function transpose(
  input: usize,
  output: usize,
  rows: i32,
  columns: i32,
  inputBytes: usize,
  outputBytes: usize,
): void {
  for (let row: i32 = 0; row < rows; row += 4) {
    for (let column: i32 = 0; column < columns; column += 4) {
      const from = input + <usize>row * inputBytes + (<usize>column << 2);
      const to = output + <usize>column * outputBytes + (<usize>row << 2);
      if (row + 4 <= rows && column + 4 <= columns) {
        const a = v128.load(from);
        const b = v128.load(from + inputBytes);
        const c = v128.load(from + 2 * inputBytes);
        const d = v128.load(from + 3 * inputBytes);
        storeTransposed(a, b, c, d, to, outputBytes);
        continue;
      }
      const height = <usize>min(4, rows - row);
      const width = <usize>min(4, columns - column);
      for (let y: usize = 0; y < height; y++) {
        for (let x: usize = 0; x < width; x++) {
          store<f32>(to + x * outputBytes + (y << 2), load<f32>(from + y * inputBytes + (x << 2)));
        }
      }
    }
  }
}
