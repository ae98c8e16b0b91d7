// Files of data sets as they come: plain, or packed with gzip.

import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { InputError } from '../base/errors.js';
import { readBytes } from '../base/files.node.js';

/** Of one file, packed and unpacked: MNIST's largest takes 47 MB, CIFAR-10's 31 MB. */
const MAX_BYTES = 2 ** 30;

/**
 * A file's bytes, unpacked. @throws InputError where it cannot be read, is damaged or is more than
 * fits.
 */
export async function readUnpacked(file: string): Promise<Uint8Array> {
  return unpacked(await readBytes(file, MAX_BYTES, { gzip: true }), file, MAX_BYTES);
}

/** @throws InputError where gzipped bytes are damaged or unpack to more than `maxBytes`. */
export async function unpacked(
  bytes: Uint8Array,
  file: string,
  maxBytes: number,
): Promise<Uint8Array> {
  if (!(bytes[0] === 0x1f && bytes[1] === 0x8b)) return bytes;
  return promisify(gunzip)(bytes, { maxOutputLength: maxBytes }).catch(
    (error: NodeJS.ErrnoException) => {
      throw new InputError(
        error.code === 'ERR_BUFFER_TOO_LARGE'
          ? `${file}: found more than ${maxBytes} bytes when unpacked, expected no more`
          : `${file}: found damaged gzip data (${error.message}), expected a whole file`,
      );
    },
  );
}
