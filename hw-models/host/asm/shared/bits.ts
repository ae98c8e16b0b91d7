// Counting bits.

/** Four rows' set bits where they differ from `bits`, all of `rowBytes`, a multiple of 8. */
// @ts-ignore: decorator
@inline
export function differing(signs: usize, bits: usize, rowBytes: usize): v128 {
  let a: u64 = 0;
  let b: u64 = 0;
  let c: u64 = 0;
  let d: u64 = 0;
  const second = signs + rowBytes;
  const third = second + rowBytes;
  const fourth = third + rowBytes;
  for (let at: usize = 0; at < rowBytes; at += 8) {
    const x = load<u64>(bits + at);
    a += popcnt(load<u64>(signs + at) ^ x);
    b += popcnt(load<u64>(second + at) ^ x);
    c += popcnt(load<u64>(third + at) ^ x);
    d += popcnt(load<u64>(fourth + at) ^ x);
  }
  const low = i32x4.replace_lane(i32x4.splat(<i32>a), 1, <i32>b);
  return i32x4.replace_lane(i32x4.replace_lane(low, 2, <i32>c), 3, <i32>d);
}
