// Convolution on planes: every tap of a kernel is an offset, so that an output vector is a sum of
// shifted input vectors times a weight. Outputs are computed at positions of the input's pitch;
// those beyond a row's end are dropped when rows are closed up. Addresses and offsets are in bytes,
// a vector is 4 floats.

import { multiplyAdd } from './shared/vector';

const VECTOR: usize = 16;
const FLOAT: usize = 4;
/** A weight of a sparse row: its input's offset (u32), its value (f32). */
const ENTRY: usize = 8;

/**
 * Copies planes into `strideY` · `strideX` phases each, with zeros around: pixel (y, x) of phase
 * (py, px) is pixel (y · strideY + py − padTop, x · strideX + px − padLeft) of the plane. Phases of
 * `phaseHeight` rows of `pitch` pixels.
 */
export function gather(
  input: usize,
  output: usize,
  channels: i32,
  height: i32,
  width: i32,
  planeBytes: usize,
  strideY: i32,
  strideX: i32,
  padTop: i32,
  padLeft: i32,
  phaseHeight: i32,
  pitch: i32,
  phaseBytes: usize,
): void {
  for (let channel: i32 = 0; channel < channels; channel++) {
    for (let py: i32 = 0; py < strideY; py++) {
      for (let px: i32 = 0; px < strideX; px++) {
        // Columns of the phase that lie inside the image.
        const first = min(pitch, max(0, (padLeft - px + strideX - 1) / strideX));
        const end = max(first, min(pitch, (width - 1 + padLeft - px + strideX) / strideX));
        let to = output;
        for (let row: i32 = 0; row < phaseHeight; row++, to += <usize>pitch * FLOAT) {
          const y = row * strideY + py - padTop;
          if (y < 0 || y >= height) {
            memory.fill(to, 0, <usize>pitch * FLOAT);
            continue;
          }
          memory.fill(to, 0, <usize>first * FLOAT);
          let from = input + <usize>((y * width + first * strideX + px - padLeft) << 2);
          if (strideX == 1) {
            memory.copy(to + <usize>first * FLOAT, from, <usize>(end - first) * FLOAT);
          } else {
            for (let x = first; x < end; x++, from += <usize>strideX * FLOAT) {
              store<f32>(to + <usize>x * FLOAT, load<f32>(from));
            }
          }
          memory.fill(to + <usize>end * FLOAT, 0, <usize>(pitch - end) * FLOAT);
        }
        output += phaseBytes;
      }
    }
    input += planeBytes;
  }
}

/**
 * Closes up the rows of `planes` planes: `height` rows of `width` pixels, `pitch` pixels apart in
 * the input and gapless in the output. Width 4 or more moves whole vectors, the last one back over
 * the one before.
 */
export function compact(
  input: usize,
  output: usize,
  planes: i32,
  height: i32,
  width: i32,
  pitch: i32,
  inputPlaneBytes: usize,
  outputPlaneBytes: usize,
): void {
  const rowBytes = <usize>width * FLOAT;
  for (let plane: i32 = 0; plane < planes; plane++) {
    let from = input + <usize>plane * inputPlaneBytes;
    let to = output + <usize>plane * outputPlaneBytes;
    for (let row: i32 = 0; row < height; row++, from += <usize>pitch * FLOAT, to += rowBytes) {
      if (width < 4) {
        for (let x: usize = 0; x < rowBytes; x += FLOAT) store<f32>(to + x, load<f32>(from + x));
        continue;
      }
      let x: usize = 0;
      for (; x + VECTOR <= rowBytes; x += VECTOR) v128.store(to + x, v128.load(from + x));
      v128.store(to + rowBytes - VECTOR, v128.load(from + rowBytes - VECTOR));
    }
  }
}

/**
 * One row of sparse weights over `width` ≤ 7 vectors, whose accumulators all stay in registers.
 * `width` is a constant where this is called: what exceeds it is not compiled.
 */
// @ts-ignore: decorator
@inline
function sparseTile(
  width: i32,
  input: usize,
  output: usize,
  entry: usize,
  end: usize,
  bias: usize,
  continues: i32,
  lower: v128,
): void {
  let a0 = v128.load32_splat(bias);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let a4 = a0;
  let a5 = a0;
  let a6 = a0;
  if (continues) {
    a0 = v128.load(output);
    if (width > 1) a1 = v128.load(output, 16);
    if (width > 2) a2 = v128.load(output, 32);
    if (width > 3) a3 = v128.load(output, 48);
    if (width > 4) a4 = v128.load(output, 64);
    if (width > 5) a5 = v128.load(output, 80);
    if (width > 6) a6 = v128.load(output, 96);
  }
  for (; entry < end; entry += ENTRY) {
    const from = input + <usize>load<u32>(entry);
    const weight = v128.load32_splat(entry, 4);
    a0 = multiplyAdd(v128.load(from), weight, a0);
    if (width > 1) a1 = multiplyAdd(v128.load(from, 16), weight, a1);
    if (width > 2) a2 = multiplyAdd(v128.load(from, 32), weight, a2);
    if (width > 3) a3 = multiplyAdd(v128.load(from, 48), weight, a3);
    if (width > 4) a4 = multiplyAdd(v128.load(from, 64), weight, a4);
    if (width > 5) a5 = multiplyAdd(v128.load(from, 80), weight, a5);
    if (width > 6) a6 = multiplyAdd(v128.load(from, 96), weight, a6);
  }
  v128.store(output, f32x4.pmax(a0, lower));
  if (width > 1) v128.store(output, f32x4.pmax(a1, lower), 16);
  if (width > 2) v128.store(output, f32x4.pmax(a2, lower), 32);
  if (width > 3) v128.store(output, f32x4.pmax(a3, lower), 48);
  if (width > 4) v128.store(output, f32x4.pmax(a4, lower), 64);
  if (width > 5) v128.store(output, f32x4.pmax(a5, lower), 80);
  if (width > 6) v128.store(output, f32x4.pmax(a6, lower), 96);
}

// @ts-ignore: decorator
@inline
function sparseRows(
  width: i32,
  input: usize,
  output: usize,
  pointers: usize,
  entries: usize,
  bias: usize,
  rows: i32,
  outputPlaneBytes: usize,
  continues: i32,
  lower: v128,
): void {
  let entry = entries + <usize>load<u32>(pointers) * ENTRY;
  for (let row: i32 = 0; row < rows; row++) {
    pointers += FLOAT;
    const end = entries + <usize>load<u32>(pointers) * ENTRY;
    sparseTile(width, input, output, entry, end, bias, continues, lower);
    entry = end;
    bias += FLOAT;
    output += outputPlaneBytes;
  }
}

/**
 * `rows` > 0 rows of sparse weights (entries of row r are pointers[r] … pointers[r + 1] − 1), each
 * into a plane of `lines` lines of `vectors` > 0 vectors; from one line to the next are
 * `inputLineBytes` and `outputLineBytes`: a line's last vector may reach into the next, which is
 * made later. Sums begin with the bias or, where it `continues`, with what the output holds. Tiles
 * run outermost, so that a tile's inputs stay in L1 for all rows.
 */
export function sparse(
  input: usize,
  output: usize,
  pointers: usize,
  entries: usize,
  bias: usize,
  rows: i32,
  lines: i32,
  vectors: i32,
  inputLineBytes: usize,
  outputLineBytes: usize,
  outputPlaneBytes: usize,
  continues: i32,
  lower: f32,
): void {
  const floor = f32x4.splat(lower);
  for (let line: i32 = 0; line < lines; line++) {
    let from = input + <usize>line * inputLineBytes;
    let to = output + <usize>line * outputLineBytes;
    let left = vectors;
    // Tiles of nearly equal width: a tile of one vector takes as long as one of five.
    for (let tiles = (vectors + 6) / 7; tiles > 0; tiles--) {
      const width = (left + tiles - 1) / tiles;
      if (width == 7) sparseRows(7, from, to, pointers, entries, bias, rows, outputPlaneBytes, continues, floor);
      else if (width == 6) sparseRows(6, from, to, pointers, entries, bias, rows, outputPlaneBytes, continues, floor);
      else if (width == 5) sparseRows(5, from, to, pointers, entries, bias, rows, outputPlaneBytes, continues, floor);
      else if (width == 4) sparseRows(4, from, to, pointers, entries, bias, rows, outputPlaneBytes, continues, floor);
      else if (width == 3) sparseRows(3, from, to, pointers, entries, bias, rows, outputPlaneBytes, continues, floor);
      else if (width == 2) sparseRows(2, from, to, pointers, entries, bias, rows, outputPlaneBytes, continues, floor);
      else sparseRows(1, from, to, pointers, entries, bias, rows, outputPlaneBytes, continues, floor);
      left -= width;
      from += <usize>width * VECTOR;
      to += <usize>width * VECTOR;
    }
  }
}

/**
 * `rows` > 0 rows of dense weights over `vectors` > 0 vectors of output. `offsets`: the input's
 * offset of each of `taps` taps; `weights`: [⌈rows / 4⌉, taps, 4], so that four rows share the
 * loads of an input.
 */
export function dense(
  input: usize,
  output: usize,
  offsets: usize,
  weights: usize,
  bias: usize,
  taps: i32,
  rows: i32,
  vectors: i32,
  outputPlaneBytes: usize,
  lower: f32,
): void {
  const floor = f32x4.splat(lower);
  for (let vector: i32 = 0; vector < vectors; vector += 2) {
    const wide = vector + 1 < vectors;
    let weight = weights;
    let to = output;
    for (let row: i32 = 0; row < rows; row += 4) {
      if (wide) denseTile(true, input, to, offsets, weight, bias, taps, row, rows, outputPlaneBytes, floor);
      else denseTile(false, input, to, offsets, weight, bias, taps, row, rows, outputPlaneBytes, floor);
      weight += <usize>taps * VECTOR;
      to += outputPlaneBytes << 2;
    }
    input += 2 * VECTOR;
    output += 2 * VECTOR;
  }
}

/**
 * Four rows by two vectors (one where not `wide`); rows from `rows` on are computed, not stored.
 */
// @ts-ignore: decorator
@inline
function denseTile(
  wide: bool,
  input: usize,
  output: usize,
  offset: usize,
  weight: usize,
  bias: usize,
  taps: i32,
  row: i32,
  rows: i32,
  outputPlaneBytes: usize,
  lower: v128,
): void {
  const biases = bias + (<usize>row << 2);
  let a0 = v128.load32_splat(biases);
  let b0 = v128.load32_splat(biases, 4);
  let c0 = v128.load32_splat(biases, 8);
  let d0 = v128.load32_splat(biases, 12);
  let a1 = a0;
  let b1 = b0;
  let c1 = c0;
  let d1 = d0;
  for (const end = weight + <usize>taps * VECTOR; weight < end; weight += VECTOR) {
    const from = input + <usize>load<u32>(offset);
    offset += FLOAT;
    const x0 = v128.load(from);
    const x1 = wide ? v128.load(from, 16) : x0;
    const wa = v128.load32_splat(weight);
    a0 = multiplyAdd(x0, wa, a0);
    if (wide) a1 = multiplyAdd(x1, wa, a1);
    const wb = v128.load32_splat(weight, 4);
    b0 = multiplyAdd(x0, wb, b0);
    if (wide) b1 = multiplyAdd(x1, wb, b1);
    const wc = v128.load32_splat(weight, 8);
    c0 = multiplyAdd(x0, wc, c0);
    if (wide) c1 = multiplyAdd(x1, wc, c1);
    const wd = v128.load32_splat(weight, 12);
    d0 = multiplyAdd(x0, wd, d0);
    if (wide) d1 = multiplyAdd(x1, wd, d1);
  }
  storeRow(wide, output, a0, a1, lower);
  if (row + 1 < rows) storeRow(wide, output + outputPlaneBytes, b0, b1, lower);
  if (row + 2 < rows) storeRow(wide, output + 2 * outputPlaneBytes, c0, c1, lower);
  if (row + 3 < rows) storeRow(wide, output + 3 * outputPlaneBytes, d0, d1, lower);
}

// @ts-ignore: decorator
@inline
function storeRow(wide: bool, output: usize, first: v128, second: v128, lower: v128): void {
  v128.store(output, f32x4.pmax(first, lower));
  if (wide) v128.store(output, f32x4.pmax(second, lower), 16);
}
