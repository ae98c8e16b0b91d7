// Stored tensors of any element type as values.

import { fitOf } from '../../operators/elements.js';
import { type ElementType, elementTypes, sizeOf, type Values } from '../../tensor.js';
import { type StoredTensor, toFloats } from '../safetensors.js';

const exact: {
  readonly [Type in StoredTensor['type']]?: (bytes: ArrayBuffer) => ArrayLike<number | bigint>;
} = {
  F64: (bytes) => new Float64Array(bytes),
  I64: (bytes) => new BigInt64Array(bytes),
  I32: (bytes) => new Int32Array(bytes),
  U32: (bytes) => new Uint32Array(bytes),
};

/** The elements of a stored tensor as `type` holds them. Those wider than a float32 stay exact. */
export function storedValues(stored: StoredTensor, type: ElementType): Values {
  const { bytes } = stored;
  // The bytes may lie anywhere in a file.
  const room = bytes.buffer.slice(
    bytes.byteOffset,
    bytes.byteOffset + bytes.byteLength,
  ) as ArrayBuffer;
  const elements = exact[stored.type]?.(room) ?? toFloats(stored);
  const values = elementTypes[type].room(sizeOf(stored.shape));
  const fitted = fitOf(type);
  for (let at = 0; at < values.length; at++) values[at] = fitted(Number(elements[at]));
  return values;
}
