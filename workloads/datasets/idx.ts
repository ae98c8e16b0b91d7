// IDX files, the format of MNIST and Fashion-MNIST (LeCun, Cortes and Burges, "The MNIST database",
// file formats): two zero bytes, the element type, the number of dimensions, their extents as
// big-endian 32-bit words, the elements.

import { InputError } from '../base/errors.js';
import { sizeOf } from '../tensor.js';
import type { Labelled } from './dataset.js';

const UNSIGNED_BYTE = 0x08;

export interface IdxPictures {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** [count][height][width] */
  readonly pixels: Uint8Array;
}

/**
 * Pictures of one gray channel. @throws InputError, one line, for anything but a whole IDX file of
 * bytes.
 */
export function readIdxPictures(bytes: Uint8Array, file: string): IdxPictures {
  const { extents, elements } = readIdx(bytes, 3, 'pictures', file);
  const [count = 0, height = 0, width = 0] = extents;
  if (!(height > 0 && width > 0))
    throw fault(file, `pictures of ${height}×${width}`, 'at least one pixel');
  return { count, height, width, pixels: elements };
}

/** @throws InputError, one line, for anything but a whole IDX file of bytes. */
export function readIdxLabels(bytes: Uint8Array, file: string): Uint8Array {
  return readIdx(bytes, 1, 'labels', file).elements;
}

/** Pictures with their labels. @throws InputError where their numbers differ. */
export function pairIdx(
  pictures: IdxPictures,
  labels: Uint8Array,
  pictureFile: string,
  labelFile: string,
): Labelled {
  if (labels.length !== pictures.count) {
    throw fault(
      labelFile,
      `${labels.length} labels`,
      `${pictures.count}, one for each picture of ${pictureFile}`,
    );
  }
  return { images: pictures.pixels, labels };
}

function readIdx(bytes: Uint8Array, dimensions: number, what: string, file: string) {
  const headerBytes = 4 + 4 * dimensions;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4)
    throw fault(file, `${bytes.length} bytes`, 'an IDX file of at least 4: truncated');
  if (view.getUint16(0) !== 0) {
    throw fault(
      file,
      `the first bytes ${hex(bytes.subarray(0, 2))}`,
      '00 00, the beginning of an IDX file',
    );
  }
  if (bytes[2] !== UNSIGNED_BYTE)
    throw fault(file, `elements of type 0x${hex(bytes.subarray(2, 3))}`, '0x08, bytes');
  if (bytes[3] !== dimensions)
    throw fault(file, `${bytes[3]} dimensions`, `${dimensions} for ${what}`);
  if (bytes.length < headerBytes) {
    throw fault(
      file,
      `${bytes.length} bytes`,
      `at least the ${headerBytes} of the header: truncated`,
    );
  }
  const extents = Array.from({ length: dimensions }, (_, at) => view.getUint32(4 + 4 * at));
  const size = sizeOf(extents);
  if (!(Number.isSafeInteger(size) && bytes.length === headerBytes + size)) {
    throw fault(
      file,
      `${bytes.length - headerBytes} bytes of ${what}`,
      `${size} for ${extents.join('×')}`,
    );
  }
  return { extents, elements: bytes.subarray(headerBytes) };
}

const hex = (bytes: Uint8Array) =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');

function fault(file: string, found: string, expected: string): InputError {
  return new InputError(`${file}: found ${found}, expected ${expected}`);
}
