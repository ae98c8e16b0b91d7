// Convolutions in low precision: the image as bytes or bits, pixel by pixel with a group's channels
// side by side, so that what a filter sees is a few runs of it, which are laid one behind the other
// (a patch) and multiplied with all rows of weights, ordered alike. Addresses are in bytes.

import { differing } from './shared/bits';
import { addProducts, totals } from './shared/bytes';
import { BLOCK, KERNEL_HEIGHT, KERNEL_WIDTH, PATCH, gatherPatches, get, listMissing } from './shared/patches';

export { findStep } from './shared/bytes';

const VECTOR: usize = 16;
const FLOAT: usize = 4;

/** Sum of the lanes. */
// @ts-ignore: decorator
@inline
function total(a: v128): f64 {
  const low = <f64>f32x4.extract_lane(a, 0) + <f64>f32x4.extract_lane(a, 1);
  return low + (<f64>f32x4.extract_lane(a, 2) + <f64>f32x4.extract_lane(a, 3));
}

/** The mean of `planes` planes of `count` values each, then their mean distance from it. */
export function meanOf(input: usize, planes: i32, count: i32, planeBytes: usize, statistics: usize): void {
  const values = <f64>planes * <f64>count;
  let sum: f64 = 0;
  for (let plane: i32 = 0, from = input; plane < planes; plane++, from += planeBytes) {
    const end = from + (<usize>count << 2);
    let sums = f32x4.splat(0);
    let at = from;
    for (; at + VECTOR <= end; at += VECTOR) sums = f32x4.add(sums, v128.load(at));
    for (; at < end; at += FLOAT) sum += <f64>load<f32>(at);
    sum += total(sums);
  }
  const mean = <f32>(sum / values);
  const means = f32x4.splat(mean);
  let distance: f64 = 0;
  for (let plane: i32 = 0, from = input; plane < planes; plane++, from += planeBytes) {
    const end = from + (<usize>count << 2);
    let distances = f32x4.splat(0);
    let at = from;
    for (; at + VECTOR <= end; at += VECTOR) {
      distances = f32x4.add(distances, f32x4.abs(f32x4.sub(v128.load(at), means)));
    }
    for (; at < end; at += FLOAT) distance += <f64>abs(load<f32>(at) - mean);
    distance += total(distances);
  }
  store<f32>(statistics, mean);
  store<f32>(statistics, <f32>(distance / values), 4);
}

/** `count` pixels of `channels` planes as integers −127 … 127, a byte each: [pixel][channel]. */
export function quantizePixels(
  input: usize,
  output: usize,
  channels: i32,
  count: i32,
  planeBytes: usize,
  step: usize,
): void {
  const size = load<f32>(step);
  if (size == 0) {
    memory.fill(output, 0, <usize>channels * <usize>count);
    return;
  }
  const sizes = f32x4.splat(size);
  const apart = <usize>channels;
  for (let channel: i32 = 0; channel < channels; channel++, input += planeBytes, output++) {
    let to = output;
    // What lies behind the last pixel is computed, not stored.
    for (let left = count, at = input; left > 0; left -= 4, at += VECTOR) {
      const codes = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.div(v128.load(at), sizes)));
      store<i8>(to, <i8>i32x4.extract_lane(codes, 0));
      if (left > 1) store<i8>(to + apart, <i8>i32x4.extract_lane(codes, 1));
      if (left > 2) store<i8>(to + 2 * apart, <i8>i32x4.extract_lane(codes, 2));
      if (left > 3) store<i8>(to + 3 * apart, <i8>i32x4.extract_lane(codes, 3));
      to += 4 * apart;
    }
  }
}

// @ts-ignore: decorator
@inline
function storeNarrow(to: usize, bytes: usize, bits: i32): void {
  if (bytes == 1) store<u8>(to, <u8>bits);
  else if (bytes == 2) store<u16>(to, <u16>bits);
  else store<i32>(to, bits);
}

/**
 * `count` pixels of `channels` planes as bits, set below `mean`: [pixel][words of 64 channels], the
 * last filled with 0, or where one of 1, 2 or 4 bytes is enough, [pixel][word].
 */
export function binarizePixels(
  input: usize,
  output: usize,
  channels: i32,
  count: i32,
  planeBytes: usize,
  mean: usize,
): void {
  const means = v128.load32_splat(mean);
  const words = (<usize>channels + 63) >> 6;
  const narrow: usize = channels <= 8 ? 1 : channels <= 16 ? 2 : channels <= 32 ? 4 : 0;
  for (let left = count; left > 0; left -= 4, input += VECTOR) {
    let plane = input;
    for (let first: i32 = 0; first < channels; first += 64) {
      // Channels of a half word, of four pixels.
      let low = i32x4.splat(0);
      let high = i32x4.splat(0);
      for (let channel: i32 = 0; channel < min(64, channels - first); channel++, plane += planeBytes) {
        const below = v128.and(f32x4.lt(v128.load(plane), means), i32x4.splat(1 << (channel & 31)));
        if (channel < 32) low = v128.or(low, below);
        else high = v128.or(high, below);
      }
      if (narrow) {
        storeNarrow(output, narrow, i32x4.extract_lane(low, 0));
        if (left > 1) storeNarrow(output + narrow, narrow, i32x4.extract_lane(low, 1));
        if (left > 2) storeNarrow(output + 2 * narrow, narrow, i32x4.extract_lane(low, 2));
        if (left > 3) storeNarrow(output + 3 * narrow, narrow, i32x4.extract_lane(low, 3));
        continue;
      }
      const to = output + (<usize>(first >> 6) << 3);
      const firstPixels = v128.shuffle<i32>(low, high, 0, 4, 1, 5);
      const lastPixels = v128.shuffle<i32>(low, high, 2, 6, 3, 7);
      v128.store64_lane(to, firstPixels, 0);
      if (left > 1) v128.store64_lane(to + (words << 3), firstPixels, 1);
      if (left > 2) v128.store64_lane(to + (words << 4), lastPixels, 0);
      if (left > 3) v128.store64_lane(to + 3 * (words << 3), lastPixels, 1);
    }
    output += narrow ? narrow << 2 : words << 5;
  }
}

/** One pixel of up to four rows. */
// @ts-ignore: decorator
@inline
function storePixel(output: usize, planeBytes: usize, values: v128, rows: i32): void {
  v128.store32_lane(output, values, 0);
  if (rows > 1) v128.store32_lane(output + planeBytes, values, 1);
  if (rows > 2) v128.store32_lane(output + 2 * planeBytes, values, 2);
  if (rows > 3) v128.store32_lane(output + 3 * planeBytes, values, 3);
}

/**
 * Four rows by two pixels, at `x` and `y`: their patches. `both`: whether the second one is stored.
 */
// @ts-ignore: decorator
@inline
function int8Tile(
  isPositive: bool,
  x: usize,
  y: usize,
  both: bool,
  weight: usize,
  patchBytes: usize,
  factors: v128,
  biases: v128,
  floor: v128,
  output: usize,
  planeBytes: usize,
  rows: i32,
): void {
  let ax = i32x4.splat(0);
  let bx = ax;
  let cx = ax;
  let dx = ax;
  let ay = ax;
  let by = ax;
  let cy = ax;
  let dy = ax;
  const second = weight + patchBytes;
  const third = second + patchBytes;
  const fourth = third + patchBytes;
  for (let at: usize = 0; at < patchBytes; at += VECTOR) {
    const ofX = v128.load(x + at);
    const ofY = v128.load(y + at);
    const a = v128.load(weight + at);
    ax = addProducts(isPositive, ax, a, ofX);
    ay = addProducts(isPositive, ay, a, ofY);
    const b = v128.load(second + at);
    bx = addProducts(isPositive, bx, b, ofX);
    by = addProducts(isPositive, by, b, ofY);
    const c = v128.load(third + at);
    cx = addProducts(isPositive, cx, c, ofX);
    cy = addProducts(isPositive, cy, c, ofY);
    const d = v128.load(fourth + at);
    dx = addProducts(isPositive, dx, d, ofX);
    dy = addProducts(isPositive, dy, d, ofY);
  }
  const sumX = f32x4.convert_i32x4_s(totals(ax, bx, cx, dx));
  storePixel(output, planeBytes, f32x4.pmax(f32x4.add(biases, f32x4.mul(factors, sumX)), floor), rows);
  if (!both) return;
  const sumY = f32x4.convert_i32x4_s(totals(ay, by, cy, dy));
  storePixel(output + FLOAT, planeBytes, f32x4.pmax(f32x4.add(biases, f32x4.mul(factors, sumY)), floor), rows);
}

/**
 * `rows` output planes of output pixels `first` … `first` + `count` − 1 (`output`: pixel `first`)
 * from 8-bit weights [⌈rows / 4⌉ · 4][patch], scales and biases filled up alike. `patches`: room
 * for a block's, or 0 where pixels are patches.
 */
export function int8(
  image: usize,
  step: usize,
  weights: usize,
  scales: usize,
  bias: usize,
  output: usize,
  planeBytes: usize,
  rows: i32,
  first: i32,
  count: i32,
  patches: usize,
  geometry: usize,
  lower: f32,
): void {
  const patchBytes = <usize>get(geometry, PATCH);
  const steps = v128.load32_splat(step);
  const floor = f32x4.splat(lower);
  const isPositive = ASC_FEATURE_RELAXED_SIMD && load<i32>(step, 4) == 0;
  for (const end = first + count; first < end; first += get(geometry, BLOCK)) {
    const block = min(get(geometry, BLOCK), end - first);
    let from = image + <usize>first * patchBytes;
    if (patches != 0) {
      gatherPatches(image, patches, first, block, geometry);
      from = patches;
    }
    let weight = weights;
    let to = output;
    for (let row: i32 = 0; row < rows; row += 4) {
      const factors = f32x4.mul(v128.load(scales + (<usize>row << 2)), steps);
      const biases = v128.load(bias + (<usize>row << 2));
      for (let pixel: i32 = 0; pixel < block; pixel += 2) {
        const both = pixel + 1 < block;
        const x = from + <usize>pixel * patchBytes;
        const y = both ? x + patchBytes : x;
        const at = to + (<usize>pixel << 2);
        if (isPositive) {
          int8Tile(true, x, y, both, weight, patchBytes, factors, biases, floor, at, planeBytes, rows - row);
        } else {
          int8Tile(false, x, y, both, weight, patchBytes, factors, biases, floor, at, planeBytes, rows - row);
        }
      }
      weight += patchBytes << 2;
      to += planeBytes << 2;
    }
    output += <usize>block << 2;
  }
}

/**
 * As `int8` from signs of `channels` inputs a tap; `taps`: how many of each row's signs are set,
 * [⌈rows / 4⌉][taps][4], then all taps'. `missing`: room for one number more than there are taps
 * for each patch. A tap beside the image counts nothing: its bits are 0, so that what it adds is
 * known.
 */
export function binary(
  image: usize,
  statistics: usize,
  signs: usize,
  taps: usize,
  scales: usize,
  bias: usize,
  output: usize,
  planeBytes: usize,
  rows: i32,
  channels: i32,
  first: i32,
  count: i32,
  patches: usize,
  missing: usize,
  geometry: usize,
  lower: f32,
): void {
  const patchBytes = <usize>get(geometry, PATCH);
  const tapCount = get(geometry, KERNEL_HEIGHT) * get(geometry, KERNEL_WIDTH);
  const tableBytes = <usize>(tapCount + 1) * VECTOR;
  const listBytes = <usize>(tapCount + 1) << 2;
  const mean = v128.load32_splat(statistics);
  const distance = v128.load32_splat(statistics, 4);
  const floor = f32x4.splat(lower);
  for (const end = first + count; first < end; first += get(geometry, BLOCK)) {
    const block = min(get(geometry, BLOCK), end - first);
    gatherPatches(image, patches, first, block, geometry);
    for (let pixel: i32 = 0; pixel < block; pixel++) {
      listMissing(first + pixel, missing + <usize>pixel * listBytes, geometry);
    }
    let table = taps;
    let sign = signs;
    let to = output;
    for (let row: i32 = 0; row < rows; row += 4) {
      const allSet = v128.load(table + <usize>tapCount * VECTOR);
      const scale = v128.load(scales + (<usize>row << 2));
      const biases = v128.load(bias + (<usize>row << 2));
      for (let pixel: i32 = 0; pixel < block; pixel++) {
        const list = missing + <usize>pixel * listBytes;
        const beside = load<i32>(list);
        // What differs from bits of 0 beside the image.
        let none = i32x4.splat(0);
        for (let at: i32 = 1; at <= beside; at++) {
          none = i32x4.add(none, v128.load(table + <usize>load<i32>(list + (<usize>at << 2)) * VECTOR));
        }
        const inside = i32x4.splat(channels * (tapCount - beside));
        const differ = i32x4.sub(differing(sign, patches + <usize>pixel * patchBytes, patchBytes), none);
        const agreement = f32x4.convert_i32x4_s(i32x4.sub(inside, i32x4.shl(differ, 1)));
        const balance = f32x4.convert_i32x4_s(i32x4.sub(inside, i32x4.shl(i32x4.sub(allSet, none), 1)));
        const sum = f32x4.add(f32x4.mul(mean, balance), f32x4.mul(distance, agreement));
        const value = f32x4.pmax(f32x4.add(biases, f32x4.mul(scale, sum)), floor);
        storePixel(to + (<usize>pixel << 2), planeBytes, value, rows - row);
      }
      table += tableBytes;
      sign += patchBytes << 2;
      to += planeBytes << 2;
    }
    output += <usize>block << 2;
  }
}
