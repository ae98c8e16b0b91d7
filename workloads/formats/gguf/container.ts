// The container of GGUF files (docs/gguf.md of github.com/ggml-org/ggml): a header, metadata by
// key, a table of tensors, then their data, each tensor's at a multiple of the alignment.

import { InputError } from '../../base/errors.js';
import type { OpenFile } from '../../base/open-file.js';
import { sizeOf } from '../../tensor.js';
import { type BlockFormat, blockFormats, otherFormats } from './blocks.js';

/** A number, a text, a flag, or a list of them; numbers beyond 2^53 − 1 are refused. */
export type MetadataValue = number | string | boolean | readonly MetadataValue[];

export interface GgufTensor {
  readonly format: BlockFormat;
  /** Outermost axis first, as everywhere here; the file has the innermost first. */
  readonly shape: readonly number[];
  /** In bytes. */
  readonly size: number;
  /** Bytes from `from` to `to` − 1 of it, all unless told, read now. */
  read(from?: number, to?: number): Uint8Array;
}

export interface GgufFile {
  readonly metadata: ReadonlyMap<string, MetadataValue>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
}

const MAGIC = 'GGUF';
/** What a header may take: vocabularies of a few hundred thousand texts are usual. */
const MAX_HEADER_BYTES = 256 * 2 ** 20;
const MAX_ENTRIES = 2 ** 20;
const MAX_AXES = 4;
const MAX_NESTING = 4;
const DEFAULT_ALIGNMENT = 32;
const FIRST_PIECE = 2 ** 20;

const MAX_QUOTED = 120;

/** What a file says, cut where it says too much for one line. */
export function brief(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > MAX_QUOTED ? `${line.slice(0, MAX_QUOTED)}…` : line;
}

/** Reads what stands in order from the file's beginning, fetching more as it is needed. */
class Cursor {
  #bytes: Uint8Array;
  #view: DataView;
  at = 0;

  constructor(
    private readonly opened: OpenFile,
    private readonly file: string,
  ) {
    this.#bytes = opened.read(0, Math.min(opened.size, FIRST_PIECE));
    this.#view = viewOf(this.#bytes);
  }

  fault(found: string, expected: string): InputError {
    return new InputError(`${this.file}: found ${brief(found)}, expected ${expected}`);
  }

  /** Where `bytes` more begin. @throws InputError at the file's end. */
  #take(bytes: number): number {
    const end = this.at + bytes;
    if (end > this.opened.size || end > MAX_HEADER_BYTES) {
      throw this.fault(
        `a header that goes on beyond byte ${Math.min(this.opened.size, MAX_HEADER_BYTES)}`,
        'its end before: truncated or no GGUF',
      );
    }
    if (end > this.#bytes.length) {
      const length = Math.min(this.opened.size, Math.max(end, 2 * this.#bytes.length));
      this.#bytes = this.opened.read(0, length);
      this.#view = viewOf(this.#bytes);
    }
    const from = this.at;
    this.at = end;
    return from;
  }

  u8 = () => this.#view.getUint8(this.#take(1));
  i8 = () => this.#view.getInt8(this.#take(1));
  u16 = () => this.#view.getUint16(this.#take(2), true);
  i16 = () => this.#view.getInt16(this.#take(2), true);
  u32 = () => this.#view.getUint32(this.#take(4), true);
  i32 = () => this.#view.getInt32(this.#take(4), true);
  f32 = () => this.#view.getFloat32(this.#take(4), true);
  f64 = () => this.#view.getFloat64(this.#take(8), true);
  u64 = () => this.#whole(this.#view.getBigUint64(this.#take(8), true));
  i64 = () => this.#whole(this.#view.getBigInt64(this.#take(8), true));

  #whole(value: bigint): number {
    const number = Number(value);
    if (!Number.isSafeInteger(number)) {
      throw this.fault(`${value} at byte ${this.at - 8}`, 'a whole number below 2^53');
    }
    return number;
  }

  text(): string {
    const length = this.u64();
    const from = this.#take(length);
    return new TextDecoder().decode(this.#bytes.subarray(from, from + length));
  }

  flag(): boolean {
    const byte = this.u8();
    if (byte > 1) throw this.fault(`the flag ${byte} at byte ${this.at - 1}`, '0 or 1');
    return byte === 1;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Readers of single values by their types' numbers. */
const scalars: Readonly<Record<number, (cursor: Cursor) => number | string | boolean>> = {
  0: (cursor) => cursor.u8(),
  1: (cursor) => cursor.i8(),
  2: (cursor) => cursor.u16(),
  3: (cursor) => cursor.i16(),
  4: (cursor) => cursor.u32(),
  5: (cursor) => cursor.i32(),
  6: (cursor) => cursor.f32(),
  7: (cursor) => cursor.flag(),
  8: (cursor) => cursor.text(),
  10: (cursor) => cursor.u64(),
  11: (cursor) => cursor.i64(),
  12: (cursor) => cursor.f64(),
};
const ARRAY = 9;

function readValue(cursor: Cursor, type: number, depth = 0): MetadataValue {
  const scalar = Object.hasOwn(scalars, type) ? scalars[type] : undefined;
  if (scalar) return scalar(cursor);
  if (type !== ARRAY || depth === MAX_NESTING) {
    throw cursor.fault(`a value of type ${type} at byte ${cursor.at}`, 'a type from 0 to 12');
  }
  const of = cursor.u32();
  const length = cursor.u64();
  const values: MetadataValue[] = [];
  for (let index = 0; index < length; index++) values.push(readValue(cursor, of, depth + 1));
  return values;
}

/** Reads the header alone. @throws InputError, one line, for anything but a whole file. */
export function readContainer(opened: OpenFile, file: string): GgufFile {
  const cursor = new Cursor(opened, file);
  const magic = String.fromCharCode(cursor.u8(), cursor.u8(), cursor.u8(), cursor.u8());
  if (magic !== MAGIC) throw cursor.fault('another beginning', `the letters ${MAGIC}`);
  const version = cursor.u32();
  if (version !== 2 && version !== 3) {
    const swapped = version === 0x0200_0000 || version === 0x0300_0000;
    throw cursor.fault(
      swapped ? 'a big-endian file' : `version ${version}`,
      swapped ? 'a little-endian one' : 'version 2 or 3',
    );
  }
  const tensorCount = count(cursor, 'tensors');
  const keyCount = count(cursor, 'keys');
  const metadata = new Map<string, MetadataValue>();
  for (let at = 0; at < keyCount; at++) {
    const key = cursor.text();
    if (metadata.has(key)) throw cursor.fault(`the key ${key} twice`, 'each once');
    metadata.set(key, readValue(cursor, cursor.u32()));
  }
  const infos = Array.from({ length: tensorCount }, () => readInfo(cursor));
  const alignment = metadata.get('general.alignment') ?? DEFAULT_ALIGNMENT;
  if (!(typeof alignment === 'number' && alignment >= 8 && alignment % 8 === 0)) {
    throw cursor.fault(`general.alignment ${alignment}`, 'a multiple of 8');
  }
  const start = Math.ceil(cursor.at / alignment) * alignment;
  return { metadata, tensors: placed(infos, start, alignment, opened, cursor) };
}

function count(cursor: Cursor, what: string): number {
  const found = cursor.u64();
  if (found > MAX_ENTRIES) throw cursor.fault(`${found} ${what}`, `at most ${MAX_ENTRIES}`);
  return found;
}

interface TensorInfo {
  readonly name: string;
  readonly shape: readonly number[];
  readonly format: BlockFormat;
  readonly offset: number;
}

function readInfo(cursor: Cursor): TensorInfo {
  const name = cursor.text();
  const axes = cursor.u32();
  if (axes > MAX_AXES) {
    throw cursor.fault(`tensor ${name} of ${axes} axes`, `at most ${MAX_AXES}`);
  }
  const shape = Array.from({ length: axes }, () => cursor.u64()).reverse();
  const code = cursor.u32();
  const format = blockFormats.get(code);
  if (!format) {
    const known = [...blockFormats.values()].map((each) => each.name).join(', ');
    throw cursor.fault(
      `tensor ${name} of type ${otherFormats.get(code) ?? code}`,
      `${known}; write it anew with llama-quantize`,
    );
  }
  const row = shape.at(-1) ?? 1;
  if (row % format.elements !== 0) {
    throw cursor.fault(
      `tensor ${name} with rows of ${row}`,
      `a multiple of ${format.elements} for ${format.name}`,
    );
  }
  return { name, shape, format, offset: cursor.u64() };
}

/** @throws InputError where tensors overlap or lie beyond the file. */
function placed(
  infos: readonly TensorInfo[],
  start: number,
  alignment: number,
  opened: OpenFile,
  cursor: Cursor,
): ReadonlyMap<string, GgufTensor> {
  const tensors = new Map<string, GgufTensor>();
  let end = 0;
  for (const { name, shape, format, offset } of [...infos].sort((a, b) => a.offset - b.offset)) {
    const size = (sizeOf(shape) / format.elements) * format.bytes;
    if (tensors.has(name)) throw cursor.fault(`tensor ${name} twice`, 'each once');
    if (offset % alignment !== 0 || offset < end) {
      throw cursor.fault(
        `tensor ${name} at byte ${offset} of the data`,
        `a multiple of ${alignment} from ${end} on`,
      );
    }
    end = offset + size;
    if (!(start + end <= opened.size)) {
      throw cursor.fault(
        `tensor ${name} up to byte ${start + end}`,
        `at most the file's ${opened.size} bytes: truncated`,
      );
    }
    const read = (from = 0, to = size) => opened.read(start + offset + from, to - from);
    tensors.set(name, { format, shape, size, read });
  }
  return tensors;
}
