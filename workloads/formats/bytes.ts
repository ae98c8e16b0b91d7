// Elements as files hold them: little-endian, as on every machine that Node.js and browsers run on
// here.

import { fitOf } from '../operators/elements.js';
import type { ElementType, Values } from '../tensor.js';

type Room = Values | BigInt64Array | BigUint64Array;
type Numbers = ArrayLike<number>;

const MAX = 2n ** 63n - 1n;
const byte = (numbers: Numbers): Room => Uint8Array.from(numbers);

const rooms: { readonly [Type in ElementType]: (numbers: Numbers) => Room } = {
  float32: (numbers) => (numbers instanceof Float32Array ? numbers : Float32Array.from(numbers)),
  float64: (numbers) => Float64Array.from(numbers),
  float16: (numbers) => Uint16Array.from(numbers, halfBits),
  bfloat16: (numbers) => Uint16Array.from(numbers, brainBits),
  int4: byte,
  int8: (numbers) => Int8Array.from(numbers),
  int16: (numbers) => Int16Array.from(numbers),
  int32: (numbers) => Int32Array.from(numbers),
  int64: (numbers) =>
    BigInt64Array.from({ length: numbers.length }, (_, at) => wide(numbers[at], -MAX - 1n, MAX)),
  uint4: byte,
  uint8: byte,
  uint16: (numbers) => Uint16Array.from(numbers),
  uint32: (numbers) => Uint32Array.from(numbers),
  uint64: (numbers) =>
    BigUint64Array.from({ length: numbers.length }, (_, at) =>
      wide(numbers[at], 0n, 2n * MAX + 1n),
    ),
  bool: (numbers) => Uint8Array.from(numbers, (value) => (value === 0 ? 0 : 1)),
};

/** The bytes of elements, 4-bit integers in one byte each. */
export function bytesOf(type: ElementType, numbers: Numbers): Uint8Array {
  const room = rooms[type](numbers);
  return new Uint8Array(room.buffer, room.byteOffset, room.byteLength);
}

/** 2^63 is what no 64-bit integer reaches, and stands for the one below. */
function wide(value = 0, min: bigint, max: bigint): bigint {
  const whole = BigInt(value);
  if (whole < min) return min;
  return whole > max ? max : whole;
}

const [roundHalf, roundBrain] = [fitOf('float16'), fitOf('bfloat16')];

/** IEEE 754 binary16. */
function halfBits(value: number): number {
  const rounded = roundHalf(value);
  const sign = rounded < 0 || Object.is(rounded, -0) ? 0x8000 : 0;
  const size = Math.abs(rounded);
  if (Number.isNaN(size)) return 0x7e00;
  if (size === Number.POSITIVE_INFINITY) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | (size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  return sign | ((exponent + 15) << 10) | ((size / 2 ** exponent - 1) * 1024);
}

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

/** The upper half of a float32. */
function brainBits(value: number): number {
  single[0] = roundBrain(value);
  return (singleBits[0] as number) >>> 16;
}
