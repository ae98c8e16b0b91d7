// Tensors of an ONNX file as numbers. Values are read when they are asked for, and lie where they
// lie in the file if they can be used as they are.

import { InputError } from '../../base/errors.js';
import {
  type ElementType,
  elementTypes,
  type Shape,
  sizeOf,
  type Tensor,
  type TensorType,
  type Values,
} from '../../tensor.js';
import { tensorOnDemand } from '../../weights/on-demand.js';
import { brainToNumber, halfToNumber } from '../half.js';
import { type OpenFile, requireAtMost, type SourceFile } from '../source.js';
import type { OnnxSparseTensor } from './model.js';
import type { TensorMessage } from './schema.js';

interface Storage {
  readonly type: ElementType;
  /** Of `count` elements in `bytes`, little-endian. */
  read(bytes: Uint8Array, count: number): Values;
  /**
   * The field of typed numbers: 4 floats, 10 doubles; in others they are integers of varying
   * length.
   */
  readonly field: 4 | 5 | 7 | 10 | 11;
  /** What an integer of that field stands for, where it is not the number itself. */
  readonly unpack?: (stored: number) => number;
}

type NumberArray = {
  new (buffer: ArrayBufferLike, offset: number, count: number): Values;
  BYTES_PER_ELEMENT: number;
};

/** Where the file's bytes lie as the type needs them, those; else a copy. */
const asIs = (array: NumberArray) => (bytes: Uint8Array, count: number) => {
  const aligned = bytes.byteOffset % array.BYTES_PER_ELEMENT === 0 ? bytes : new Uint8Array(bytes);
  return new array(aligned.buffer, aligned.byteOffset, count);
};

const each = (
  room: (count: number) => Values,
  bytesEach: number,
  read: (view: DataView, at: number) => number,
) =>
  function readEach(bytes: Uint8Array, count: number): Values {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const values = room(count);
    for (let at = 0; at < count; at++) values[at] = read(view, at * bytesEach);
    return values;
  };

let halves: Float32Array | null = null;
function halfOf(bits: number): number {
  halves ??= Float32Array.from({ length: 65536 }, (_, at) => halfToNumber(at));
  return halves[bits & 65535] as number;
}

/** Two integers in a byte, the lower half first. */
const halved = (type: 'int4' | 'uint4') => (bytes: Uint8Array, count: number) => {
  const values = elementTypes[type].room(count);
  for (let at = 0; at < count; at++) {
    const stored = ((bytes[at >> 1] as number) >> (4 * (at % 2))) & 15;
    values[at] = type === 'int4' && stored >= 8 ? stored - 16 : stored;
  }
  return values;
};

const wide = (high: number, low: number) => high * 4294967296 + low;
const room = (type: ElementType) => (count: number) => elementTypes[type].room(count);

/** By TensorProto.DataType. */
const storages: Readonly<Record<number, Storage>> = {
  1: { type: 'float32', field: 4, read: asIs(Float32Array) },
  2: { type: 'uint8', field: 5, read: asIs(Uint8Array) },
  3: { type: 'int8', field: 5, read: asIs(Int8Array) },
  4: { type: 'uint16', field: 5, read: asIs(Uint16Array) },
  5: { type: 'int16', field: 5, read: asIs(Int16Array) },
  6: { type: 'int32', field: 5, read: asIs(Int32Array) },
  7: {
    ...{ type: 'int64', field: 7 },
    read: each(room('int64'), 8, (view, at) =>
      wide(view.getInt32(at + 4, true), view.getUint32(at, true)),
    ),
  },
  9: { type: 'bool', field: 5, read: asIs(Uint8Array) },
  10: {
    ...{ type: 'float16', field: 5, unpack: halfOf },
    read: each(room('float16'), 2, (view, at) => halfOf(view.getUint16(at, true))),
  },
  11: { type: 'float64', field: 10, read: asIs(Float64Array) },
  12: { type: 'uint32', field: 11, read: asIs(Uint32Array) },
  13: {
    ...{ type: 'uint64', field: 11 },
    read: each(room('uint64'), 8, (view, at) =>
      wide(view.getUint32(at + 4, true), view.getUint32(at, true)),
    ),
  },
  16: {
    ...{ type: 'bfloat16', field: 5, unpack: brainToNumber },
    read: each(room('bfloat16'), 2, (view, at) => brainToNumber(view.getUint16(at, true))),
  },
  21: { type: 'uint4', field: 5, read: halved('uint4') },
  22: { type: 'int4', field: 5, read: halved('int4') },
};

const unread: Readonly<Record<number, string>> = {
  0: 'no type',
  8: 'string',
  14: 'complex64',
  15: 'complex128',
  17: 'float8e4m3fn',
  18: 'float8e4m3fnuz',
  19: 'float8e5m2',
  20: 'float8e5m2fnuz',
  23: 'float4e2m1',
  24: 'float8e8m0',
  25: 'uint2',
  26: 'int2',
};

/** The element type of a TensorProto.DataType; null for one that tensors here do not have. */
export function elementTypeOf(dataType: number): ElementType | null {
  return storages[dataType]?.type ?? null;
}

/** The name of a TensorProto.DataType. */
export function dataTypeName(dataType: number): string {
  return elementTypeOf(dataType) ?? unread[dataType] ?? `type ${dataType}`;
}

/** A tensor of one number, filled when it is read. */
export function filledTensor(shape: Shape, type: ElementType, value: number): Tensor {
  return tensorOnDemand(shape, type, () => elementTypes[type].room(sizeOf(shape)).fill(value));
}

/** Files beside a model by the paths that its tensors name; null where one is not there. */
export type Beside = ReadonlyMap<string, OpenFile | null>;

/** Bytes of a file, had when they are asked for. */
interface Part {
  readonly length: number;
  read(): Uint8Array;
}

/** Parts up to so many bytes are copied; larger ones are read from the file again. */
const COPIED = 2 ** 14;

/**
 * A part that holds nothing of the file as it was read, where the file can be read piece by piece.
 */
function partOf(bytes: Uint8Array, { bytes: whole, pieces }: SourceFile): Part {
  if (!pieces) return held(bytes);
  if (bytes.length <= COPIED || bytes.buffer !== whole.buffer) return held(bytes.slice());
  return pieceOf(pieces, bytes.byteOffset - whole.byteOffset, bytes.length);
}

// Each in a function of its own: closures made in one hold what any of them needs.

function held(bytes: Uint8Array): Part {
  return { length: bytes.length, read: () => bytes };
}

function pieceOf(file: OpenFile, start: number, length: number): Part {
  return { length, read: () => file.read(start, length) };
}

function stored(shape: Shape, part: Part, storage: Storage): Tensor {
  const size = sizeOf(shape);
  return tensorOnDemand(shape, storage.type, () => storage.read(part.read(), size));
}

function packed(shape: Shape, part: Part, storage: Storage, perNumber: number): Tensor {
  const size = sizeOf(shape);
  return tensorOnDemand(shape, storage.type, () =>
    unpackNumbers(part.read(), storage, size, perNumber),
  );
}

/**
 * A tensor of the file; without values where they are not in the file. Null where its elements are
 * of a type that tensors here do not have. @throws InputError where the values do not fill the
 * shape.
 */
export function readTensor(
  message: TensorMessage,
  file: SourceFile,
  beside: Beside,
): Tensor | TensorType | null {
  const where = `${file.name}: tensor ${message.name}`;
  const { dims: shape, dataType } = message;
  const storage = storages[dataType];
  if (!shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0)) {
    throw new InputError(`${where}: found a shape of ${shape.join('×')}, expected whole numbers`);
  }
  const size = sizeOf(shape);
  requireAtMost(
    file.name,
    `elements in tensor ${message.name}`,
    size,
    file.limits.elements,
    'elements',
  );
  if (!storage) return null;
  const { type } = storage;
  const isBeside = message.dataLocation === 1;
  const raw = isBeside
    ? externalPart(message, beside, where)
    : message.rawData && partOf(message.rawData, file);
  const typed = message.packed.get(storage.field);
  if (isBeside ? raw === null : (raw?.length ?? 0) === 0 && !typed)
    return size === 0 ? { shape, type, values: elementTypes[type].room(0) } : { shape, type };
  if (raw && raw.length > 0) {
    const needed = Math.ceil((size * elementTypes[type].bits) / 8);
    if (raw.length !== needed) {
      throw new InputError(
        `${where}: found ${raw.length} bytes, expected ${needed} for ${shape.join('×')} of ${type}`,
      );
    }
    return stored(shape, raw, storage);
  }
  const bytes = joined(typed ?? []);
  const count = countOf(bytes, storage.field);
  // 4-bit integers lie two in an integer here too.
  const perNumber = elementTypes[type].bits < 8 ? 2 : 1;
  if (count !== Math.ceil(size / perNumber)) {
    throw new InputError(
      `${where}: found ${count} values, expected ${size} for ${shape.join('×')}`,
    );
  }
  return packed(shape, partOf(bytes, file), storage, perNumber);
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0] as Uint8Array;
  const whole = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** Numbers in a field of packed ones. */
function countOf(bytes: Uint8Array, field: Storage['field']): number {
  if (field === 4 || field === 10) return bytes.length / (field === 4 ? 4 : 8);
  let count = 0;
  for (const byte of bytes) if (byte < 128) count++;
  return count;
}

function unpackNumbers(
  bytes: Uint8Array,
  storage: Storage,
  size: number,
  perNumber: number,
): Values {
  const { field, unpack = (stored: number) => stored, type } = storage;
  if (field === 4 || field === 10) return storage.read(bytes, size);
  const stored = perNumber === 1 ? null : new Uint8Array(Math.ceil(size / perNumber));
  const values = stored ?? elementTypes[type].room(size);
  let at = 0;
  // Seven bits a byte, the lowest first; below zero in two's complement of 64 bits.
  for (let place = 0; at < values.length; at++) {
    let [low, high] = [0, 0];
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[place++] ?? 0;
      const part = byte & 127;
      if (shift < 28) low += part * 2 ** shift;
      else if (shift === 28) {
        low += (part & 15) * 2 ** 28;
        high += part >> 4;
      } else if (shift < 64) high += part * 2 ** (shift - 32);
      if (byte < 128) break;
    }
    high %= 2 ** 32;
    values[at] = unpack(wide(field !== 11 && high >= 2 ** 31 ? high - 2 ** 32 : high, low));
  }
  return stored ? storage.read(stored, size) : values;
}

/** Names of files beside the model that hold tensors. */
export function externalPaths(tensors: Iterable<TensorMessage>): Set<string> {
  const paths = new Set<string>();
  for (const { dataLocation, externalData } of tensors) {
    const path =
      dataLocation === 1 ? externalData.find(({ key }) => key === 'location')?.value : undefined;
    if (path) paths.add(path);
  }
  return paths;
}

/** The part of a file beside the model that a tensor is; null where there is no such file. */
function externalPart({ externalData }: TensorMessage, beside: Beside, where: string): Part | null {
  const entry = (key: string) => externalData.find((candidate) => candidate.key === key)?.value;
  const location = entry('location');
  if (!location)
    throw new InputError(`${where}: found external data without a location, expected one`);
  const content = beside.get(location);
  if (!content) return null;
  const number = (key: string, otherwise: number) => {
    const value = Number(entry(key) ?? otherwise);
    if (Number.isSafeInteger(value) && value >= 0) return value;
    throw new InputError(`${where}: found a ${key} of '${entry(key)}', expected a whole number`);
  };
  const start = number('offset', 0);
  const end = start + number('length', Math.max(0, content.size - start));
  if (end > content.size) {
    throw new InputError(
      `${where}: found ${content.size} bytes in ${location}, expected at least ${end}`,
    );
  }
  return pieceOf(content, start, end - start);
}

/** Every element of a sparse tensor. */
export function readSparse(
  sparse: OnnxSparseTensor,
  file: SourceFile,
  beside: Beside,
): Tensor | TensorType | null {
  const where = `${file.name}: tensor ${sparse.values?.name ?? ''}`;
  const values = sparse.values && readTensor(sparse.values, file, beside);
  const indices = sparse.indices && readTensor(sparse.indices, file, beside);
  if (!values || !indices) return null;
  const { dims: shape } = sparse;
  const size = sizeOf(shape);
  if (!shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0)) {
    throw new InputError(`${where}: found a shape of ${shape.join('×')}, expected whole numbers`);
  }
  requireAtMost(file.name, 'elements in a sparse tensor', size, file.limits.elements, 'elements');
  if (!('values' in values) || !('values' in indices)) return { shape, type: values.type };
  const dense = elementTypes[values.type].room(size);
  const count = values.values.length;
  const axes = indices.shape.length === 2 ? shape.length : 1;
  if (indices.values.length !== count * axes) {
    throw new InputError(
      `${where}: found ${indices.values.length} indices of ${count} values, expected ${count * axes}`,
    );
  }
  for (let at = 0; at < count; at++) {
    let place = 0;
    for (let axis = 0; axis < axes; axis++) {
      place =
        place * (axes === 1 ? 1 : (shape[axis] as number)) +
        (indices.values[at * axes + axis] as number);
    }
    if (!(place >= 0 && place < size))
      throw new InputError(`${where}: found index ${place} of ${size} elements`);
    dense[place] = values.values[at] as number;
  }
  return { shape, type: values.type, values: dense };
}
