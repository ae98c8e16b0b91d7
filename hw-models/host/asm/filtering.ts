// Convolution by minimal filtering along rows, F(4, r): tiles of four neighbouring outputs of a
// row, each made of n = r + 3 products instead of 4 r. Winograd, "Arithmetic Complexity of
// Computations", 1980; the matrices come as data (workloads/transforms/cook-toom.ts). The products
// themselves are sums over taps like any other (asm/convolution.ts).

import { multiplyAdd, storeTransposed } from './shared/vector';

const VECTOR: usize = 16;
const FLOAT: usize = 4;
/** Columns that Bᵀ is filled up to. */
const COLUMNS: usize = 8;

/**
 * Bᵀ d for the tiles of `planes` planes of `rows` rows, four tiles at a time; `positionBytes` from
 * one of n products' planes to the next. `work`: room for eight vectors.
 */
export function transformRows(
  input: usize,
  output: usize,
  planes: i32,
  inputPlaneBytes: usize,
  outputPlaneBytes: usize,
  rows: i32,
  inputRowBytes: usize,
  tiles: i32,
  positions: i32,
  positionBytes: usize,
  matrix: usize,
  work: usize,
): void {
  for (let plane: i32 = 0; plane < planes; plane++) {
    let line = input + <usize>plane * inputPlaneBytes;
    let target = output + <usize>plane * outputPlaneBytes;
    for (let row: i32 = 0; row < rows; row++) {
      for (let tile: i32 = 0; tile < tiles; tile += 4) {
        const from = line + (<usize>tile << 4);
        const next = v128.load(from, 16);
        const third = v128.load(from, 32);
        const fourth = v128.load(from, 48);
        // Lane l of work[j] is input j of tile + l.
        storeTransposed(v128.load(from), next, third, fourth, work, VECTOR);
        storeTransposed(next, third, fourth, v128.load(from, 64), work + 4 * VECTOR, VECTOR);
        // Lanes beyond the last tile are overwritten by the next row.
        const to = target + (<usize>tile << 2);
        for (let p: i32 = 0; p < positions; p++) {
          v128.store(to + <usize>p * positionBytes, product(matrix, p, work, positions));
        }
      }
      line += inputRowBytes;
      target += <usize>tiles << 2;
    }
  }
}

/** Row `row` of a matrix times `count` vectors. */
// @ts-ignore: decorator
@inline
function product(matrix: usize, row: i32, vectors: usize, count: i32): v128 {
  let coefficient = matrix + <usize>row * (COLUMNS * FLOAT);
  let sum = f32x4.splat(0);
  for (let j: i32 = 0; j < count; j++, coefficient += FLOAT, vectors += VECTOR) {
    sum = multiplyAdd(v128.load(vectors), v128.load32_splat(coefficient), sum);
  }
  return sum;
}

/**
 * Aᵀ m for `planes` planes of products: `height` rows of `width` outputs, plus the bias, not below
 * `lower`. `matrix` holds Aᵀ column by column; `work`: room for four vectors.
 */
export function transformBack(
  input: usize,
  output: usize,
  planes: i32,
  planeBytes: usize,
  positions: i32,
  positionBytes: usize,
  height: i32,
  width: i32,
  tiles: i32,
  outputPlaneBytes: usize,
  matrix: usize,
  bias: usize,
  lower: f32,
  work: usize,
): void {
  const floor = f32x4.splat(lower);
  for (let plane: i32 = 0; plane < planes; plane++) {
    const constant = v128.load32_splat(bias + (<usize>plane << 2));
    let from = input + <usize>plane * planeBytes;
    let to = output + <usize>plane * outputPlaneBytes;
    for (let row: i32 = 0; row < height; row++) {
      for (let tile: i32 = 0; tile < tiles; tile += 4) {
        const left = width - (tile << 2);
        const target = to + (<usize>tile << 4);
        let products = from + (<usize>tile << 2);
        let y0 = constant;
        let y1 = constant;
        let y2 = constant;
        let y3 = constant;
        let column = matrix;
        for (let p: i32 = 0; p < positions; p++, products += positionBytes, column += VECTOR) {
          const x = v128.load(products);
          y0 = multiplyAdd(x, v128.load32_splat(column), y0);
          y1 = multiplyAdd(x, v128.load32_splat(column, 4), y1);
          y2 = multiplyAdd(x, v128.load32_splat(column, 8), y2);
          y3 = multiplyAdd(x, v128.load32_splat(column, 12), y3);
        }
        y0 = f32x4.pmax(y0, floor);
        y1 = f32x4.pmax(y1, floor);
        y2 = f32x4.pmax(y2, floor);
        y3 = f32x4.pmax(y3, floor);
        storeTransposed(y0, y1, y2, y3, left >= 16 ? target : work, VECTOR);
        if (left < 16) {
          for (let x: usize = 0; x < <usize>left << 2; x += FLOAT) store<f32>(target + x, load<f32>(work + x));
        }
      }
      from += <usize>tiles << 2;
      to += <usize>width << 2;
    }
  }
}
