// Tensors of a network ↔ tensors of ONNX Runtime.

import { InputError } from '../../workloads/base/errors.js';
import { halfToNumber } from '../../workloads/formats/half.js';
import type { ElementType, TensorType, Values } from '../../workloads/network.js';
import { roomFor } from '../../workloads/tensor.js';
import type { Ort, OrtTensor } from './onnx-runtime.js';

/** The arrays of ONNX Runtime for what is held differently here. */
const packed: { readonly [Type in ElementType]?: (values: Values) => unknown } = {
  int64: (values) => BigInt64Array.from(values, toBigInt),
  uint64: (values) => BigUint64Array.from(values, toBigInt),
  float16: (values) => Uint16Array.from(values, toHalf),
};

const strangers: readonly ElementType[] = ['bfloat16', 'int4', 'uint4'];

/** Largest of what a number holds stands for what it cannot: 2^63 − 1 is held as 2^63. */
function toBigInt(value: number): bigint {
  return value >= 2 ** 63 ? 2n ** 63n - 1n : BigInt(value);
}

/** The bits of a number that is rounded to a binary16 already. */
export function toHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size >= 2 ** 16) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | Math.round(size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  return sign | (((exponent + 15) << 10) + Math.round((size / 2 ** exponent - 1) * 1024));
}

/** @throws InputError for a type that the runtime's package for Node.js has no array for. */
export function feedOf(
  ort: Ort,
  name: string,
  { type, shape }: TensorType,
  values: Values,
): OrtTensor {
  if (strangers.includes(type)) {
    throw new InputError(`ONNX Runtime takes no values of ${type} here, which input ${name} has`);
  }
  return new ort.Tensor(type, packed[type]?.(values) ?? values, shape);
}

/** The values of `frames` frames. @throws InputError where the runtime gave something else. */
export function valuesOf(
  tensor: OrtTensor | undefined,
  name: string,
  { type, shape }: TensorType,
  frames = 1,
): Values {
  const values = roomFor({ type, shape: [frames, ...shape] });
  const data: unknown = tensor?.data;
  if (!ArrayBuffer.isView(data) || !('length' in data) || data.length !== values.length) {
    throw new InputError(
      `ONNX Runtime gave ${lengthOf(data)} of ${name}, expected ${values.length}`,
    );
  }
  if (data instanceof BigInt64Array || data instanceof BigUint64Array)
    values.set(Array.from(data, Number));
  else if (type === 'float16' && data instanceof Uint16Array)
    values.set(Array.from(data, halfToNumber));
  else values.set(data as unknown as ArrayLike<number>);
  return values;
}

function lengthOf(data: unknown): string {
  const known = typeof data === 'object' && data !== null && 'length' in data;
  return known ? `${data.length} values` : 'nothing';
}
