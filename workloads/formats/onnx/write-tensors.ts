// Tensors as ONNX files hold them: numbers of element types, and little-endian bytes, as on every machine that Node.js and
// browsers run on here.

import type { TensorMessage } from '../../export/onnx-schema.js';
import { fitOf } from '../../operators/elements.js';
import { type ElementType, type Shape, sizeOf, type Values } from '../../tensor.js';

/** TensorProto.DataType. */
export const dataTypes: { readonly [Type in ElementType]: number } = {
  ...{ float32: 1, uint8: 2, int8: 3, uint16: 4, int16: 5, int32: 6, int64: 7, bool: 9, float16: 10, float64: 11 },
  ...{ uint32: 12, uint64: 13, bfloat16: 16, uint4: 21, int4: 22 },
};

/** Numbers of a tensor, made when they are written. */
export type Numbers = () => ArrayLike<number>;

/** A constant of the file. */
export interface Initializer {
  readonly name: string;
  readonly shape: Shape;
  readonly type: ElementType;
  readonly numbers: Numbers;
}

export function messageOf({ name, shape, type, numbers }: Initializer): TensorMessage {
  return { name, dims: shape, dataType: dataTypes[type], rawData: rawOf(type, numbers(), sizeOf(shape)) };
}

type Room = Values | BigInt64Array | BigUint64Array;

const rooms: { readonly [Type in ElementType]?: (numbers: ArrayLike<number>) => Room } = {
  float32: (numbers) => (numbers instanceof Float32Array ? numbers : Float32Array.from(numbers)),
  float64: (numbers) => Float64Array.from(numbers),
  float16: (numbers) => Uint16Array.from(numbers, halfBits),
  bfloat16: (numbers) => Uint16Array.from(numbers, brainBits),
  int8: (numbers) => Int8Array.from(numbers),
  int16: (numbers) => Int16Array.from(numbers),
  int32: (numbers) => Int32Array.from(numbers),
  int64: (numbers) => BigInt64Array.from({ length: numbers.length }, (_, at) => wide(numbers[at], -MOST - 1n, MOST)),
  uint8: (numbers) => Uint8Array.from(numbers),
  uint16: (numbers) => Uint16Array.from(numbers),
  uint32: (numbers) => Uint32Array.from(numbers),
  uint64: (numbers) =>
    BigUint64Array.from({ length: numbers.length }, (_, at) => wide(numbers[at], 0n, 2n * MOST + 1n)),
  bool: (numbers) => Uint8Array.from(numbers, (value) => (value === 0 ? 0 : 1)),
};

function rawOf(type: ElementType, numbers: ArrayLike<number>, size: number): Uint8Array {
  if (numbers.length !== size) throw new Error(`found ${numbers.length} numbers of ${size}`);
  const room = rooms[type]?.(numbers) ?? nibbles(numbers);
  return new Uint8Array(room.buffer, room.byteOffset, room.byteLength);
}

const MOST = 2n ** 63n - 1n;

/** 2^63 is what no 64-bit integer reaches, and stands for the one below. */
function wide(value = 0, least: bigint, most: bigint): bigint {
  const whole = BigInt(value);
  if (whole < least) return least;
  return whole > most ? most : whole;
}

/** Two 4-bit integers a byte, the first one in the low half. */
function nibbles(numbers: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(numbers.length / 2));
  for (let at = 0; at < numbers.length; at++) {
    bytes[at >> 1] = (bytes[at >> 1] as number) | (((numbers[at] as number) & 15) << (4 * (at & 1)));
  }
  return bytes;
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
