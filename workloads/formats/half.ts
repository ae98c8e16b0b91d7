/** The number that the bits of an IEEE 754 binary16 stand for. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The bits of the float16 that is nearest, of two the one whose last bit is 0. */
export function numberToHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  // Below 2^−14 all are multiples of 2^−24.
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  const count = size / 2 ** (exponent - 10);
  const low = Math.floor(count);
  const rest = count - low;
  const isUp = rest > 0.5 || (rest === 0.5 && low % 2 === 1);
  // One more may carry into the exponent, as it should.
  return sign | (((exponent + 14) << 10) + low + (isUp ? 1 : 0));
}

const word = new DataView(new ArrayBuffer(4));

/** The number that the bits of a bfloat16 stand for: the upper half of a float32. */
export function brainToNumber(bits: number): number {
  word.setUint32(0, (bits << 16) >>> 0);
  return word.getFloat32(0);
}
