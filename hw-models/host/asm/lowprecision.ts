// Fully connected layers in low precision, one frame: binary weights and activations by exclusive
// or and bit count, ternary weights by tables of sums, 8-bit integers by multiply-add in pairs.
// Addresses are in bytes.

import { differing } from './shared/bits';
import { addProducts, findStep, totals } from './shared/bytes';

const VECTOR: usize = 16;
const FLOAT: usize = 4;
/** Weights in a ternary code, and the sums that 3⁵ codes stand for. */
const CODE_WEIGHTS: usize = 5;
const CODES: usize = 243;
/** Codes of a row read at once. */
const CODES_TOGETHER: usize = 8;

/** Sum of the lanes. */
// @ts-ignore: decorator
@inline
function total(a: v128): f32 {
  return f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 1) + (f32x4.extract_lane(a, 2) + f32x4.extract_lane(a, 3));
}

/**
 * `count` > 0 activations as bits, set where they are below their mean, in words of 64 from the
 * lowest bit up, the last one filled with 0. `statistics` receives their mean and their mean
 * distance from it.
 */
export function binarizeActivations(input: usize, count: i32, bits: usize, statistics: usize): void {
  const end = input + (<usize>count << 2);
  const whole = input + (<usize>(count & ~3) << 2);
  let sums = f32x4.splat(0);
  for (let at = input; at < whole; at += VECTOR) sums = f32x4.add(sums, v128.load(at));
  let sum = total(sums);
  for (let at = whole; at < end; at += FLOAT) sum += load<f32>(at);
  const mean = sum / <f32>count;
  const means = f32x4.splat(mean);
  let distances = f32x4.splat(0);
  let word: u64 = 0;
  let shift: u64 = 0;
  for (let at = input; at < whole; at += VECTOR) {
    const values = v128.load(at);
    distances = f32x4.add(distances, f32x4.abs(f32x4.sub(values, means)));
    word |= <u64>i32x4.bitmask(f32x4.lt(values, means)) << shift;
    shift += 4;
    if (shift == 64) {
      store<u64>(bits, word);
      bits += 8;
      word = 0;
      shift = 0;
    }
  }
  let distance = total(distances);
  for (let at = whole; at < end; at += FLOAT) {
    const value = load<f32>(at);
    distance += abs(value - mean);
    word |= <u64>(value < mean) << shift;
    shift++;
  }
  if (shift > 0) store<u64>(bits, word);
  store<f32>(statistics, mean);
  store<f32>(statistics, distance / <f32>count, 4);
}

/** One output of binary weights that differ from the activations in `differ` of `columns` bits. */
// @ts-ignore: decorator
@inline
function binaryOutput(
  output: usize,
  row: usize,
  differ: i32,
  columns: i32,
  scales: usize,
  balances: usize,
  bias: usize,
  statistics: usize,
  lower: f32,
): void {
  const offset = row << 2;
  const agreement = <f32>(columns - 2 * differ);
  const sum = load<f32>(statistics) * <f32>load<i32>(balances + offset) + load<f32>(statistics, 4) * agreement;
  store<f32>(output + offset, max(load<f32>(bias + offset) + load<f32>(scales + offset) * sum, lower));
}

/** Rows of signs, `words` of 64 each; four rows share the loads of the activations' bits. */
export function binary(
  bits: usize,
  statistics: usize,
  signs: usize,
  scales: usize,
  balances: usize,
  bias: usize,
  output: usize,
  rows: i32,
  columns: i32,
  words: i32,
  lower: f32,
): void {
  const rowBytes = <usize>words << 3;
  let row: usize = 0;
  for (; row + 4 <= <usize>rows; row += 4) {
    const differ = differing(signs, bits, rowBytes);
    binaryOutput(output, row, i32x4.extract_lane(differ, 0), columns, scales, balances, bias, statistics, lower);
    binaryOutput(output, row + 1, i32x4.extract_lane(differ, 1), columns, scales, balances, bias, statistics, lower);
    binaryOutput(output, row + 2, i32x4.extract_lane(differ, 2), columns, scales, balances, bias, statistics, lower);
    binaryOutput(output, row + 3, i32x4.extract_lane(differ, 3), columns, scales, balances, bias, statistics, lower);
    signs += rowBytes << 2;
  }
  for (; row < <usize>rows; row++) {
    let a: u64 = 0;
    for (let at: usize = 0; at < rowBytes; at += 8) a += popcnt(load<u64>(signs + at) ^ load<u64>(bits + at));
    binaryOutput(output, row, <i32>a, columns, scales, balances, bias, statistics, lower);
    signs += rowBytes;
  }
}

/**
 * The sums of five activations with each of 3⁵ signs: code Σ (wₖ + 1) 3ᵏ. `left`: activations there
 * are, from 0 on.
 */
function fillTable(table: usize, input: usize, left: i32): void {
  store<f32>(table, 0);
  let filled: usize = 1;
  for (let k: usize = 0; k < CODE_WEIGHTS; k++) {
    const x: f32 = <i32>k < left ? load<f32>(input + (k << 2)) : 0;
    const second = table + (filled << 2);
    const third = second + (filled << 2);
    // From what the codes so far stand for: + x last, for −x takes their place.
    for (let code: usize = 0; code < filled << 2; code += FLOAT) {
      const sum = load<f32>(table + code);
      store<f32>(third + code, sum + x);
      store<f32>(second + code, sum);
      store<f32>(table + code, sum - x);
    }
    filled *= 3;
  }
}

/** The sum that code number `k` of eight stands for. */
// @ts-ignore: decorator
@inline
function looked(tables: usize, codes: u64, k: usize): f32 {
  return load<f32>(tables + k * (CODES << 2) + (((<usize>(codes >> (8 * k))) & 0xff) << 2));
}

/**
 * `codes`: [group of 40 columns][row] eight codes of five weights. `tables`: room for eight tables
 * of 3⁵ floats.
 */
export function ternary(
  input: usize,
  codes: usize,
  groupBytes: usize,
  scales: usize,
  bias: usize,
  output: usize,
  rows: i32,
  columns: i32,
  tables: usize,
  lower: f32,
): void {
  const end = output + (<usize>rows << 2);
  memory.fill(output, 0, <usize>rows << 2);
  const tableBytes = CODES << 2;
  for (let left = columns; left > 0; left -= <i32>(CODES_TOGETHER * CODE_WEIGHTS)) {
    for (let k: usize = 0; k < CODES_TOGETHER; k++) {
      const first = k * CODE_WEIGHTS;
      fillTable(tables + k * tableBytes, input + (first << 2), left - <i32>first);
    }
    let code = codes;
    for (let to = output; to < end; to += FLOAT) {
      const eight = load<u64>(code);
      const low = looked(tables, eight, 0) + looked(tables, eight, 1) + (looked(tables, eight, 2) + looked(tables, eight, 3));
      const high = looked(tables, eight, 4) + looked(tables, eight, 5) + (looked(tables, eight, 6) + looked(tables, eight, 7));
      store<f32>(to, load<f32>(to) + (low + high));
      code += CODES_TOGETHER;
    }
    codes += groupBytes;
    input += (CODES_TOGETHER * CODE_WEIGHTS) << 2;
  }
  for (; output < end; output += FLOAT) {
    store<f32>(output, max(load<f32>(bias) + load<f32>(scales) * load<f32>(output), lower));
    bias += FLOAT;
    scales += FLOAT;
  }
}

/**
 * `count` activations as integers −127 … 127, a byte each, filled with 0 to a multiple of 16. Their
 * step goes to `step`, and behind it whether one is below zero.
 */
export function quantizeActivations(input: usize, count: i32, output: usize, step: usize): void {
  findStep(input, 1, count, 0, step);
  memory.fill(output, 0, (<usize>count + 15) & ~15);
  const size = load<f32>(step);
  if (size == 0) return;
  const sizes = f32x4.splat(size);
  for (const whole = input + (<usize>(count & ~3) << 2); input < whole; input += VECTOR) {
    const codes = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.div(v128.load(input), sizes)));
    const halves = i16x8.narrow_i32x4_s(codes, codes);
    v128.store32_lane(output, i8x16.narrow_i16x8_s(halves, halves), 0);
    output += 4;
  }
  for (let left = count & 3; left > 0; left--) {
    store<i8>(output, <i8>nearest<f32>(load<f32>(input) / size));
    input += FLOAT;
    output++;
  }
}

/** Sums of four rows of weights, 16 of each in turn. */
// @ts-ignore: decorator
@inline
function int8Rows(isPositive: bool, activations: usize, weights: usize, rowBytes: usize): v128 {
  let a = i32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  for (const end = activations + rowBytes; activations < end; activations += VECTOR) {
    const x = v128.load(activations);
    a = addProducts(isPositive, a, v128.load(weights), x);
    b = addProducts(isPositive, b, v128.load(weights, 16), x);
    c = addProducts(isPositive, c, v128.load(weights, 32), x);
    d = addProducts(isPositive, d, v128.load(weights, 48), x);
    weights += 4 * VECTOR;
  }
  return totals(a, b, c, d);
}

/**
 * Rows of `rowBytes` 8-bit weights, [⌈rows / 4⌉][rowBytes / 16][4][16]: four share the loads of the
 * activations.
 */
export function int8(
  activations: usize,
  step: usize,
  weights: usize,
  rowBytes: usize,
  scales: usize,
  bias: usize,
  output: usize,
  rows: i32,
  lower: f32,
): void {
  const size = load<f32>(step);
  const isPositive = ASC_FEATURE_RELAXED_SIMD && load<i32>(step, 4) == 0;
  for (; rows > 0; rows -= 4) {
    const sums = isPositive
      ? int8Rows(true, activations, weights, rowBytes)
      : int8Rows(false, activations, weights, rowBytes);
    int8Output(output, i32x4.extract_lane(sums, 0), scales, bias, size, lower);
    if (rows > 1) int8Output(output + 4, i32x4.extract_lane(sums, 1), scales + 4, bias + 4, size, lower);
    if (rows > 2) int8Output(output + 8, i32x4.extract_lane(sums, 2), scales + 8, bias + 8, size, lower);
    if (rows > 3) int8Output(output + 12, i32x4.extract_lane(sums, 3), scales + 12, bias + 12, size, lower);
    weights += rowBytes << 2;
    scales += VECTOR;
    bias += VECTOR;
    output += VECTOR;
  }
}

// @ts-ignore: decorator
@inline
function int8Output(output: usize, sum: i32, scale: usize, bias: usize, step: f32, lower: f32): void {
  store<f32>(output, max(load<f32>(bias) + load<f32>(scale) * step * <f32>sum, lower));
}
