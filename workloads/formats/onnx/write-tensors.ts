// Tensors as ONNX files hold them: numbers of element types, and bytes.

import { type ElementType, type Shape, sizeOf } from '../../tensor.js';
import { bytesOf } from '../bytes.js';
import type { TensorMessage } from './write-messages.js';

/** TensorProto.DataType. */
export const dataTypes: { readonly [Type in ElementType]: number } = {
  ...{
    float32: 1,
    uint8: 2,
    int8: 3,
    uint16: 4,
    int16: 5,
    int32: 6,
    int64: 7,
    bool: 9,
    float16: 10,
    float64: 11,
  },
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
  return {
    name,
    dims: shape,
    dataType: dataTypes[type],
    rawData: rawOf(type, numbers(), sizeOf(shape)),
  };
}

function rawOf(type: ElementType, numbers: ArrayLike<number>, size: number): Uint8Array {
  if (numbers.length !== size) throw new Error(`found ${numbers.length} numbers of ${size}`);
  const bytes = bytesOf(type, numbers);
  return type === 'int4' || type === 'uint4' ? nibbles(bytes) : bytes;
}

/** Two 4-bit integers a byte, the first one in the low half. */
function nibbles(numbers: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(numbers.length / 2));
  for (let at = 0; at < numbers.length; at++) {
    bytes[at >> 1] =
      (bytes[at >> 1] as number) | (((numbers[at] as number) & 15) << (4 * (at & 1)));
  }
  return bytes;
}
