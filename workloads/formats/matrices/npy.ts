// NumPy's `.npy` files, format versions 1.0, 2.0 and 3.0 (numpy.lib.format): one array of numbers,
// little-endian.

import { InputError, invariant } from '../../base/errors.js';
import { sizeOf, type Values } from '../../tensor.js';
import { halfToNumber } from '../half.js';

export interface NpyArray<Kind extends Values = Float32Array> {
  readonly shape: readonly number[];
  /** In row-major (C) order. */
  readonly values: Kind;
}

interface ElementType {
  readonly bytes: number;
  read(view: DataView, offset: number): number;
}

/** By numpy's descr. Numbers wider than a float32 are rounded to one. */
const elementTypes: Readonly<Record<string, ElementType>> = {
  '<f2': { bytes: 2, read: (view, offset) => halfToNumber(view.getUint16(offset, true)) },
  '<f4': { bytes: 4, read: (view, offset) => view.getFloat32(offset, true) },
  '<f8': { bytes: 8, read: (view, offset) => view.getFloat64(offset, true) },
  '|b1': { bytes: 1, read: (view, offset) => view.getUint8(offset) },
  '|u1': { bytes: 1, read: (view, offset) => view.getUint8(offset) },
  '|i1': { bytes: 1, read: (view, offset) => view.getInt8(offset) },
  '<u2': { bytes: 2, read: (view, offset) => view.getUint16(offset, true) },
  '<i2': { bytes: 2, read: (view, offset) => view.getInt16(offset, true) },
  '<u4': { bytes: 4, read: (view, offset) => view.getUint32(offset, true) },
  '<i4': { bytes: 4, read: (view, offset) => view.getInt32(offset, true) },
  '<u8': { bytes: 8, read: (view, offset) => Number(view.getBigUint64(offset, true)) },
  '<i8': { bytes: 8, read: (view, offset) => Number(view.getBigInt64(offset, true)) },
};

const MAGIC = '\x93NUMPY';
/** numpy aligns the data to this. */
const ALIGNMENT = 64;
const HEADER =
  /^\{\s*'descr':\s*'([^']*)'\s*,\s*'fortran_order':\s*(True|False)\s*,\s*'shape':\s*\(([\d\s,]*)\)\s*,?\s*\}\s*$/;

/** An array of finite numbers. @throws InputError, one line, for anything else. */
export function readNpy(bytes: Uint8Array, file: string): NpyArray {
  const { shape, values } = readNpyNumbers(bytes, file);
  const rounded = Float32Array.from(values);
  const at = rounded.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) throw fault(file, `${values[at]} at element ${at}`, 'finite float32 numbers');
  return { shape, values: rounded };
}

/** An array of numbers of any kind, in row-major (C) order. */
export interface NpyNumbers {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/**
 * An array of any numbers, whole ones exact up to 2⁵³. @throws InputError, one line, for anything
 * else.
 */
export function readNpyNumbers(bytes: Uint8Array, file: string): NpyNumbers {
  const { descr, order, shape, end } = describe(bytes, file);
  const type = Object.hasOwn(elementTypes, descr) ? elementTypes[descr] : undefined;
  if (!type)
    throw fault(file, `elements of type '${descr}'`, Object.keys(elementTypes).join(' or '));
  const size = checkedSize(shape, type.bytes, bytes.length - end, descr, file);
  const view = new DataView(bytes.buffer, bytes.byteOffset + end);
  const values = new Float64Array(size);
  for (let at = 0; at < size; at++) values[at] = type.read(view, at * type.bytes);
  return { shape, values: order === 'column-major' ? fromColumnMajor(values, shape) : values };
}

/**
 * One text, of ASCII bytes or of Unicode characters. @throws InputError, one line, for anything
 * else.
 */
export function readNpyText(bytes: Uint8Array, file: string): string {
  const { descr, shape, end } = describe(bytes, file);
  const [, kind, length = ''] = /^[|<]([SU])(\d{1,4})$/.exec(descr) ?? [];
  if (kind === undefined) throw fault(file, `elements of type '${descr}'`, 'a text');
  const step = kind === 'S' ? 1 : 4;
  const size = checkedSize(shape, Number(length) * step, bytes.length - end, descr, file);
  if (size !== 1) throw fault(file, `${size} texts`, 'one');
  const view = new DataView(bytes.buffer, bytes.byteOffset + end);
  const characters = Array.from({ length: Number(length) }, (_, at) =>
    step === 1 ? view.getUint8(at) : view.getUint32(at * step, true),
  );
  return String.fromCodePoint(...characters.filter((code) => code > 0 && code <= 0x10ffff));
}

interface Description {
  readonly descr: string;
  readonly order: 'row-major' | 'column-major';
  readonly shape: readonly number[];
  /** Where the data begins. */
  readonly end: number;
}

function describe(bytes: Uint8Array, file: string): Description {
  const { text, end } = readHeader(bytes, file);
  const [, descr = '', order, extents = ''] = HEADER.exec(text) ?? [];
  if (order === undefined) {
    throw fault(
      file,
      `the header ${JSON.stringify(text.slice(0, 80))}`,
      'descr, fortran_order and shape',
    );
  }
  const shape = extents
    .split(',')
    .filter((extent) => extent.trim() !== '')
    .map(Number);
  return { descr, order: order === 'True' ? 'column-major' : 'row-major', shape, end };
}

/** How many elements a shape has, where just so many fill the data. */
function checkedSize(
  shape: readonly number[],
  each: number,
  found: number,
  descr: string,
  file: string,
): number {
  const size = sizeOf(shape);
  if (!(Number.isSafeInteger(size) && size * each === found)) {
    throw fault(
      file,
      `${found} bytes of data`,
      `${size * each} for a shape of (${shape}) in ${descr}`,
    );
  }
  return size;
}

/** How a typed array's numbers are written, by its name. */
const written: Readonly<
  Record<string, readonly [descr: string, set: keyof DataView & `set${string}`]>
> = {
  Float32Array: ['<f4', 'setFloat32'],
  Float64Array: ['<f8', 'setFloat64'],
  Int8Array: ['|i1', 'setInt8'],
  Int16Array: ['<i2', 'setInt16'],
  Int32Array: ['<i4', 'setInt32'],
  Uint8Array: ['|u1', 'setUint8'],
  Uint16Array: ['<u2', 'setUint16'],
  Uint32Array: ['<u4', 'setUint32'],
};

/** A `.npy` file, version 1.0, of the array's own element type in C order. */
export function writeNpy({ shape, values }: NpyArray<Values>): Uint8Array {
  const size = sizeOf(shape);
  invariant(
    size === values.length,
    () => `${values.length} values do not fill a shape of (${shape})`,
  );
  const extents = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const [descr, set] = written[values.constructor.name] ?? ['<f4', 'setFloat32'];
  const each = values.BYTES_PER_ELEMENT;
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${extents}), }`;
  const preamble = MAGIC.length + 2 + 2;
  const end = Math.ceil((preamble + dictionary.length + 1) / ALIGNMENT) * ALIGNMENT;
  const header = `${MAGIC}\x01\x00\0\0${dictionary.padEnd(end - preamble - 1)}\n`;
  const bytes = new Uint8Array(end + size * each);
  for (let i = 0; i < header.length; i++) bytes[i] = header.charCodeAt(i);
  const view = new DataView(bytes.buffer);
  view.setUint16(MAGIC.length + 2, end - preamble, true);
  const write = (view[set] as (offset: number, value: number, isLittle: boolean) => void).bind(
    view,
  );
  for (let i = 0; i < size; i++) write(end + each * i, values[i] as number, true);
  return bytes;
}

/** The header's dictionary as text, and where the data begins. */
function readHeader(
  bytes: Uint8Array,
  file: string,
): { readonly text: string; readonly end: number } {
  const magic = String.fromCharCode(...bytes.subarray(0, MAGIC.length));
  if (magic !== MAGIC)
    throw fault(file, `the first bytes ${JSON.stringify(magic)}`, JSON.stringify(MAGIC));
  const major = bytes[MAGIC.length];
  if (!(major === 1 || major === 2 || major === 3)) {
    throw fault(file, `format version ${major ?? 'missing'}`, '1, 2 or 3');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = MAGIC.length + 2 + (major === 1 ? 2 : 4);
  if (bytes.length < start)
    throw fault(file, `${bytes.length} bytes`, `at least ${start}: truncated`);
  const length = major === 1 ? view.getUint16(start - 2, true) : view.getUint32(start - 4, true);
  const end = start + length;
  if (bytes.length < end)
    throw fault(file, `${bytes.length} bytes`, `at least the ${end} of the header: truncated`);
  return { text: new TextDecoder().decode(bytes.subarray(start, end)), end };
}

/** Reorders an array whose first index runs fastest into one whose last index does. */
function fromColumnMajor(values: Float64Array, shape: readonly number[]): Float64Array {
  const reordered = new Float64Array(values.length);
  const index = shape.map(() => 0);
  for (let at = 0; at < values.length; at++) {
    let to = 0;
    for (let axis = 0; axis < shape.length; axis++)
      to = to * (shape[axis] as number) + (index[axis] as number);
    reordered[to] = values[at] as number;
    for (let axis = 0; axis < shape.length; axis++) {
      index[axis] = (index[axis] as number) + 1;
      if (index[axis] !== shape[axis]) break;
      index[axis] = 0;
    }
  }
  return reordered;
}

function fault(file: string, found: string, expected: string): InputError {
  return new InputError(`${file}: found ${found}, expected ${expected}`);
}
