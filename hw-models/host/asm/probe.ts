// Loops whose time tells what this machine's core and memory do. Addresses and sizes are bytes;
// every loop returns or stores what it computed, so that none can be left out.

import { multiplyAdd } from './shared/vector';

const VECTOR: usize = 16;
const WORD: usize = 4;

/** Reads `bytes` (a multiple of 128) from `from` on, `passes` times over. */
export function read(from: usize, bytes: usize, passes: i32): i32 {
  let a = i32x4.splat(0);
  let b = i32x4.splat(0);
  let c = i32x4.splat(0);
  let d = i32x4.splat(0);
  const end = from + bytes;
  for (let pass: i32 = 0; pass < passes; pass++) {
    for (let at = from; at < end; at += 8 * VECTOR) {
      a = v128.or(a, v128.load(at));
      b = v128.or(b, v128.load(at, VECTOR));
      c = v128.or(c, v128.load(at, 2 * VECTOR));
      d = v128.or(d, v128.load(at, 3 * VECTOR));
      a = v128.or(a, v128.load(at, 4 * VECTOR));
      b = v128.or(b, v128.load(at, 5 * VECTOR));
      c = v128.or(c, v128.load(at, 6 * VECTOR));
      d = v128.or(d, v128.load(at, 7 * VECTOR));
    }
  }
  return i32x4.extract_lane(v128.or(v128.or(a, b), v128.or(c, d)), 0);
}

/** Twelve chains of x · ½ + 1, four lanes each: `passes` × 12 × 4 multiplications and additions. */
export function multiplyAdds(passes: i32): f32 {
  const half = f32x4.splat(0.5);
  const one = f32x4.splat(1);
  let a = f32x4.splat(1);
  let b = f32x4.splat(2);
  let c = f32x4.splat(3);
  let d = f32x4.splat(4);
  let e = f32x4.splat(5);
  let f = f32x4.splat(6);
  let g = f32x4.splat(7);
  let h = f32x4.splat(8);
  let i = f32x4.splat(9);
  let j = f32x4.splat(10);
  let k = f32x4.splat(11);
  let l = f32x4.splat(12);
  for (let pass: i32 = 0; pass < passes; pass++) {
    a = multiplyAdd(a, half, one);
    b = multiplyAdd(b, half, one);
    c = multiplyAdd(c, half, one);
    d = multiplyAdd(d, half, one);
    e = multiplyAdd(e, half, one);
    f = multiplyAdd(f, half, one);
    g = multiplyAdd(g, half, one);
    h = multiplyAdd(h, half, one);
    i = multiplyAdd(i, half, one);
    j = multiplyAdd(j, half, one);
    k = multiplyAdd(k, half, one);
    l = multiplyAdd(l, half, one);
  }
  const low = f32x4.add(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)), f32x4.add(e, f));
  const high = f32x4.add(f32x4.add(f32x4.add(g, h), f32x4.add(i, j)), f32x4.add(k, l));
  return f32x4.extract_lane(f32x4.add(low, high), 0);
}

/**
 * One chain of `passes` × 16 operations of one cycle each: additions and exclusive ors that depend
 * on each other.
 */
export function chain(passes: i32, x: i32, y: i32): i32 {
  for (let pass: i32 = 0; pass < passes; pass++) {
    x = (x + y) ^ pass;
    x = (x + pass) ^ y;
    x = (x + y) ^ pass;
    x = (x + pass) ^ y;
    x = (x + y) ^ pass;
    x = (x + pass) ^ y;
    x = (x + y) ^ pass;
    x = (x + pass) ^ y;
  }
  return x;
}

/** Follows a chain of addresses for `steps` steps. */
export function chase(from: usize, steps: i32): usize {
  for (let step: i32 = 0; step < steps; step++) from = load<u32>(from);
  return from;
}

/**
 * The inner loop of compressed sparse rows: adds `count` (a multiple of 4) products of weights and
 * the vector's elements at the given offsets. Every pass adds `stride` to the offsets, so that it
 * meets other elements; `mask` keeps them in the vector, whose size is a power of two.
 */
export function gather(
  weights: usize,
  offsets: usize,
  count: usize,
  vector: usize,
  mask: usize,
  stride: usize,
  passes: i32,
): f32 {
  let a: f32 = 0;
  let b: f32 = 0;
  let c: f32 = 0;
  let d: f32 = 0;
  const bytes = count * WORD;
  let moved: usize = 0;
  for (let pass: i32 = 0; pass < passes; pass++) {
    for (let at: usize = 0; at < bytes; at += 4 * WORD) {
      a += load<f32>(weights + at) * load<f32>(vector + ((<usize>load<u32>(offsets + at) + moved) & mask));
      b += load<f32>(weights + at, WORD) * load<f32>(vector + ((<usize>load<u32>(offsets + at, WORD) + moved) & mask));
      c += load<f32>(weights + at, 2 * WORD) * load<f32>(vector + ((<usize>load<u32>(offsets + at, 2 * WORD) + moved) & mask));
      d += load<f32>(weights + at, 3 * WORD) * load<f32>(vector + ((<usize>load<u32>(offsets + at, 3 * WORD) + moved) & mask));
    }
    moved += stride;
  }
  return a + b + c + d;
}

/**
 * The inner loop of compressed sparse columns: adds each of `count` weights to the vector's element
 * at its offset.
 */
export function scatter(
  weights: usize,
  offsets: usize,
  count: usize,
  vector: usize,
  mask: usize,
  stride: usize,
  passes: i32,
): void {
  const bytes = count * WORD;
  let moved: usize = 0;
  for (let pass: i32 = 0; pass < passes; pass++) {
    for (let at: usize = 0; at < bytes; at += WORD) {
      const to = vector + ((<usize>load<u32>(offsets + at) + moved) & mask);
      store<f32>(to, load<f32>(to) + load<f32>(weights + at));
    }
    moved += stride;
  }
}
