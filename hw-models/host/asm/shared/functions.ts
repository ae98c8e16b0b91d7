// Functions of four lanes to within a few units in the last place: exponential after Cephes
// (Moshier), error function after Juffa.

import { multiplyAdd } from './vector';

/** eˣ as 2ⁿ · eʳ with |r| ≤ ln 2 / 2; infinity beyond what a float holds, 0 far below it. */
// @ts-ignore: decorator
@inline
export function exponential(x: v128): v128 {
  const inside = f32x4.min(f32x4.splat(88.3762626647949), f32x4.max(f32x4.splat(-87.3365478515625), x));
  const n = f32x4.nearest(f32x4.mul(inside, f32x4.splat(1.44269504088896341)));
  let r = f32x4.sub(inside, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(-2.12194440e-4)));
  let p = f32x4.splat(1.9875691500e-4);
  p = multiplyAdd(p, r, f32x4.splat(1.3981999507e-3));
  p = multiplyAdd(p, r, f32x4.splat(8.3334519073e-3));
  p = multiplyAdd(p, r, f32x4.splat(4.1665795894e-2));
  p = multiplyAdd(p, r, f32x4.splat(1.6666665459e-1));
  p = multiplyAdd(p, r, f32x4.splat(5.0000001201e-1));
  p = multiplyAdd(f32x4.mul(p, r), r, f32x4.add(r, f32x4.splat(1)));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  const value = f32x4.mul(p, power);
  const large = v128.bitselect(f32x4.splat(Infinity), value, f32x4.gt(x, f32x4.splat(88.72283)));
  return v128.andnot(large, f32x4.lt(x, f32x4.splat(-87.3365478515625)));
}

// @ts-ignore: decorator
@inline
export function sigmoidOf(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exponential(f32x4.neg(x))));
}

/** Near 0 a polynomial, as 1 would swallow what is left of it. */
// @ts-ignore: decorator
@inline
export function hyperbolicTangent(x: v128): v128 {
  const size = f32x4.abs(x);
  const square = f32x4.mul(x, x);
  let p = f32x4.splat(-5.70498872745e-3);
  p = multiplyAdd(p, square, f32x4.splat(2.06390887954e-2));
  p = multiplyAdd(p, square, f32x4.splat(-5.37397155531e-2));
  p = multiplyAdd(p, square, f32x4.splat(1.33314422036e-1));
  p = multiplyAdd(p, square, f32x4.splat(-3.33332819422e-1));
  const small = multiplyAdd(f32x4.mul(p, square), x, x);
  const one = f32x4.splat(1);
  const large = f32x4.sub(one, f32x4.div(f32x4.splat(2), f32x4.add(exponential(f32x4.add(size, size)), one)));
  const signed = v128.or(large, v128.and(x, i32x4.splat(0x80000000)));
  return v128.bitselect(small, signed, f32x4.lt(size, f32x4.splat(0.625)));
}

// @ts-ignore: decorator
@inline
export function errorFunction(x: v128): v128 {
  const size = f32x4.abs(x);
  const square = f32x4.mul(x, x);
  let r = multiplyAdd(f32x4.splat(-1.72853470e-5), size, f32x4.splat(3.83197126e-4));
  const u = multiplyAdd(f32x4.splat(-3.88396438e-3), size, f32x4.splat(2.42546219e-2));
  r = multiplyAdd(r, square, u);
  r = multiplyAdd(r, size, f32x4.splat(-1.06777877e-1));
  r = multiplyAdd(r, size, f32x4.splat(-6.34846687e-1));
  r = multiplyAdd(r, size, f32x4.splat(-1.28717512e-1));
  r = multiplyAdd(r, size, f32x4.neg(size));
  const large = f32x4.sub(f32x4.splat(1), exponential(r));
  const signed = v128.or(large, v128.and(x, i32x4.splat(0x80000000)));
  let p = multiplyAdd(f32x4.splat(-5.96761703e-4), square, f32x4.splat(4.99119423e-3));
  p = multiplyAdd(p, square, f32x4.splat(-2.67681349e-2));
  p = multiplyAdd(p, square, f32x4.splat(1.12819925e-1));
  p = multiplyAdd(p, square, f32x4.splat(-3.76125336e-1));
  p = multiplyAdd(p, square, f32x4.splat(1.28379166e-1));
  const small = multiplyAdd(p, x, x);
  return v128.bitselect(small, signed, f32x4.le(size, f32x4.splat(0.927734375)));
}
