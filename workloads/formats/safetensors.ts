// Safetensors files (huggingface/safetensors, README "Format"): the header's length in 8 bytes,
// little-endian; a JSON header of tensors with dtype, shape and data_offsets, and texts under
// __metadata__; then the data without holes.

import { z } from 'zod';
import { InputError, invariant } from '../base/errors.js';
import { type OpenFile, openBytes } from '../base/open-file.js';
import { sizeOf } from '../tensor.js';
import { brainToNumber, halfToNumber, numberToHalf } from './half.js';
import { repeatedKey } from './json-keys.js';

/** The element types read here, with their sizes in bytes. */
const elementBytes = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const;

export type ElementType = keyof typeof elementBytes;

/** One tensor in row-major order; `bytes` are its elements, little-endian. */
export interface StoredTensor {
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export interface TensorFile {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

const LENGTH_BYTES = 8;
/** The reference implementation reads no longer header. */
const MAX_HEADER_BYTES = 100_000_000;

const Extent = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const Entry = z.strictObject({
  dtype: z.string(),
  shape: z.array(Extent),
  data_offsets: z.tuple([Extent, Extent]),
});
const Metadata = z.record(z.string(), z.string());

/** Whether bytes look like such a file: a length that fits and an opening brace. */
export function isSafetensors(bytes: Uint8Array): boolean {
  if (bytes.length < LENGTH_BYTES + 2 || bytes[LENGTH_BYTES] !== 0x7b) return false;
  return headerLength(bytes) <= Math.min(MAX_HEADER_BYTES, bytes.length - LENGTH_BYTES);
}

/** A tensor that is read when it is asked for. */
export interface PlacedTensor {
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** In bytes. */
  readonly size: number;
  /** Bytes from `from` to `to` − 1 of it, all of them unless told. */
  read(from?: number, to?: number): Uint8Array;
}

/** The same as {@link TensorFile}, of which only the header has been read. */
export interface PlacedTensors {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, PlacedTensor>;
}

/** @throws InputError, one line, for anything but a whole file whose tensors tile the data. */
export function readSafetensors(bytes: Uint8Array, file: string): TensorFile {
  const { metadata, tensors } = placeSafetensors(openBytes(bytes), file);
  const whole = [...tensors].map(
    ([name, { type, shape, read }]) => [name, { type, shape, bytes: read() }] as const,
  );
  return { metadata, tensors: new Map(whole) };
}

/** Reads the header alone. @throws InputError, one line, as {@link readSafetensors}. */
export function placeSafetensors(opened: OpenFile, file: string): PlacedTensors {
  if (opened.size < LENGTH_BYTES)
    throw fault(file, `${opened.size} bytes`, `at least ${LENGTH_BYTES}: truncated`);
  const length = headerLength(opened.read(0, LENGTH_BYTES));
  const max = Math.min(MAX_HEADER_BYTES, opened.size - LENGTH_BYTES);
  if (!(length <= max))
    throw fault(file, `a header of ${length} bytes`, `at most ${max}: truncated or no safetensors`);
  const start = LENGTH_BYTES + length;
  const dataBytes = opened.size - start;
  const header = parseHeader(opened.read(LENGTH_BYTES, length), file);
  const { __metadata__: texts = {}, ...entries } = header;
  const metadata = Metadata.safeParse(texts);
  if (!metadata.success) throw fault(file, 'a __metadata__ of other things', 'texts');
  const placed = Object.entries(entries).map(
    ([name, entry]) => [name, placedAt(name, entry, dataBytes, file)] as const,
  );
  let end = 0;
  for (const [name, { from, to }] of [...placed].sort(
    ([, a], [, b]) => a.from - b.from || a.to - b.to,
  )) {
    if (from !== end)
      throw fault(file, `tensor ${name} at byte ${from}`, `byte ${end}, where the one before ends`);
    end = to;
  }
  if (end !== dataBytes)
    throw fault(file, `${dataBytes} bytes of data`, `the ${end} of the tensors`);
  const tensors = placed.map(([name, { type, shape, from, to }]): [string, PlacedTensor] => [
    name,
    {
      ...{ type, shape, size: to - from },
      read: (first = 0, past = to - from) => opened.read(start + from + first, past - first),
    },
  ]);
  return { metadata: metadata.data, tensors: new Map(tensors) };
}

/**
 * A file whose data begins at a multiple of 8 bytes. The same tensors in the same order, the same
 * bytes.
 */
export function writeSafetensors({ metadata, tensors }: TensorFile): Uint8Array {
  const header: Record<string, unknown> =
    Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {};
  let end = 0;
  for (const [name, { type, shape, bytes }] of tensors) {
    const size = sizeOf(shape) * elementBytes[type];
    invariant(
      size === bytes.length,
      () => `tensor ${name}: ${bytes.length} bytes do not fill ${shape} of ${type}`,
    );
    header[name] = { dtype: type, shape, data_offsets: [end, end + size] };
    end += size;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(text.length / LENGTH_BYTES) * LENGTH_BYTES;
  const file = new Uint8Array(LENGTH_BYTES + length + end).fill(
    0x20,
    LENGTH_BYTES,
    LENGTH_BYTES + length,
  );
  new DataView(file.buffer).setBigUint64(0, BigInt(length), true);
  file.set(text, LENGTH_BYTES);
  let to = LENGTH_BYTES + length;
  for (const { bytes } of tensors.values()) {
    file.set(bytes, to);
    to += bytes.length;
  }
  return file;
}

/** The elements as numbers; those wider than a float32 are rounded to one. */
export function toFloats({ type, shape, bytes }: StoredTensor): Float32Array {
  const count = sizeOf(shape);
  const wide = isLittleEndian ? widened(type, bytes, count) : null;
  if (wide) return wide;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = readers[type];
  const step = elementBytes[type];
  return Float32Array.from({ length: count }, (_, at) => read(view, at * step));
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Every float16 as a float32, made at first use. */
let halves: Float32Array | undefined;

/** The usual types of large tensors, element by element without a call; null for others. */
function widened(type: ElementType, bytes: Uint8Array, count: number): Float32Array | null {
  // A Buffer's slice() is no copy.
  if (type === 'F32') return new Float32Array(new Uint8Array(bytes).buffer, 0, count);
  if (type !== 'BF16' && type !== 'F16') return null;
  const { buffer, byteOffset } = byteOffsetIsEven(bytes) ? bytes : new Uint8Array(bytes);
  const bits = new Uint16Array(buffer, byteOffset, count);
  const values = new Float32Array(count);
  if (type === 'BF16') {
    const words = new Uint32Array(values.buffer);
    for (let at = 0; at < count; at++) words[at] = (bits[at] as number) << 16;
    return values;
  }
  halves ??= Float32Array.from({ length: 2 ** 16 }, (_, half) => halfToNumber(half));
  for (let at = 0; at < count; at++) values[at] = halves[bits[at] as number] as number;
  return values;
}

const byteOffsetIsEven = ({ byteOffset }: Uint8Array) => byteOffset % 2 === 0;

/** The elements of a tensor of whole numbers without a sign. */
export function toWholes({ type, shape, bytes }: StoredTensor): Uint32Array {
  invariant(
    type === 'U8' || type === 'U16' || type === 'U32',
    () => `${type} elements are not whole numbers`,
  );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = readers[type];
  const step = elementBytes[type];
  return Uint32Array.from({ length: sizeOf(shape) }, (_, at) => read(view, at * step));
}

export function floats(
  values: Float32Array,
  shape: readonly number[] = [values.length],
): StoredTensor {
  return stored('F32', shape, values.length, (view, at) =>
    view.setFloat32(4 * at, values[at] as number, true),
  );
}

/** Rounded to float16. */
export function floats16(
  values: Float32Array,
  shape: readonly number[] = [values.length],
): StoredTensor {
  return stored('F16', shape, values.length, (view, at) =>
    view.setUint16(2 * at, numberToHalf(values[at] as number), true),
  );
}

export function wholes16(
  values: Uint16Array,
  shape: readonly number[] = [values.length],
): StoredTensor {
  return stored('U16', shape, values.length, (view, at) =>
    view.setUint16(2 * at, values[at] as number, true),
  );
}

export function wholes8(
  values: Uint8Array,
  shape: readonly number[] = [values.length],
): StoredTensor {
  return { type: 'U8', shape, bytes: values };
}

function stored(
  type: ElementType,
  shape: readonly number[],
  count: number,
  set: (view: DataView, at: number) => void,
): StoredTensor {
  const bytes = new Uint8Array(count * elementBytes[type]);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < count; at++) set(view, at);
  return { type, shape, bytes };
}

const readers: Readonly<Record<ElementType, (view: DataView, offset: number) => number>> = {
  F64: (view, offset) => view.getFloat64(offset, true),
  F32: (view, offset) => view.getFloat32(offset, true),
  F16: (view, offset) => halfToNumber(view.getUint16(offset, true)),
  BF16: (view, offset) => brainToNumber(view.getUint16(offset, true)),
  I64: (view, offset) => Number(view.getBigInt64(offset, true)),
  I32: (view, offset) => view.getInt32(offset, true),
  I16: (view, offset) => view.getInt16(offset, true),
  I8: (view, offset) => view.getInt8(offset),
  U32: (view, offset) => view.getUint32(offset, true),
  U16: (view, offset) => view.getUint16(offset, true),
  U8: (view, offset) => view.getUint8(offset),
  BOOL: (view, offset) => view.getUint8(offset),
};

function parseHeader(bytes: Uint8Array, file: string): Record<string, unknown> {
  let header: unknown;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (error) {
    // Parsers quote the text, line breaks and all.
    const reason = (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ');
    throw fault(file, `a header that is no JSON (${reason})`, 'a JSON object');
  }
  const parsed = z.record(z.string(), z.unknown()).safeParse(header);
  if (!parsed.success) throw fault(file, 'a header of another kind', 'a JSON object of tensors');
  const twice = repeatedKey(text);
  if (twice !== null) throw fault(file, `the key ${twice} twice in its header`, 'each once');
  return parsed.data;
}

function placedAt(name: string, entry: unknown, dataBytes: number, file: string) {
  const parsed = Entry.safeParse(entry);
  if (!parsed.success) {
    throw fault(
      file,
      `tensor ${name} as ${JSON.stringify(entry)?.slice(0, 80)}`,
      'dtype, shape and data_offsets',
    );
  }
  const { dtype, shape, data_offsets } = parsed.data;
  const [from, to] = data_offsets;
  if (!isElementType(dtype)) {
    throw fault(file, `tensor ${name} of ${dtype}`, Object.keys(elementBytes).join(', '));
  }
  const size = sizeOf(shape) * elementBytes[dtype];
  if (!(from <= to && to <= dataBytes && to - from === size)) {
    throw fault(
      file,
      `tensor ${name} at bytes ${from} to ${to} of ${dataBytes}`,
      `${size} bytes for ${dtype} [${shape}]`,
    );
  }
  return { type: dtype, shape, from, to };
}

const isElementType = (text: string): text is ElementType => Object.hasOwn(elementBytes, text);

/** Too long for a number's 53 bits reads as infinite. */
function headerLength(bytes: Uint8Array): number {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  return length <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(length) : Number.POSITIVE_INFINITY;
}

function fault(file: string, found: string, expected: string): InputError {
  return new InputError(`${file}: found ${found}, expected ${expected}`);
}
