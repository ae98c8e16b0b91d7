// Reading files that a user names: whole, up to a size, or one clear line.

import { closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { InputError } from './errors.js';
import type { OpenFile } from './open-file.js';
import { strayOf } from './stray-files.js';

/** Files above this are refused before they are read: 4 GiB, twice what a protobuf can hold. */
export const MAX_BYTES = 4 * 1024 ** 3;

/** Kinds that the file's own reader tells: packed ones where it unpacks. */
export interface Accepted {
  readonly gzip?: boolean;
}

/**
 * The bytes of a file. @throws InputError where there is none, it is no file (a folder, a pipe, a
 * device), it cannot be read, is above `maxBytes` or plainly stands in for what was meant (a Git
 * LFS pointer, a web page).
 */
export async function readBytes(
  file: string,
  maxBytes = MAX_BYTES,
  accepted: Accepted = {},
): Promise<Uint8Array> {
  try {
    // A pipe that nobody writes to would be waited for, when it is opened and when it is read.
    const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      return await readWhole(handle, file, maxBytes, accepted);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    // A socket, or a device that nothing is behind.
    if (code === 'ENXIO' || code === 'ENODEV')
      throw new InputError(`${file}: found no file but a device, expected a file`);
    throw new InputError(
      `${file}: ${code === 'ENOENT' ? 'no such file' : `cannot be read (${code ?? 'unknown fault'})`}`,
    );
  }
}

async function readWhole(
  handle: FileHandle,
  file: string,
  maxBytes: number,
  accepted: Accepted,
): Promise<Uint8Array> {
  const found = await handle.stat();
  if (!found.isFile()) {
    const what = found.isDirectory() ? 'a folder' : found.isFIFO() ? 'a pipe' : 'a device';
    throw new InputError(`${file}: found ${what}, expected a file`);
  }
  if (found.size > maxBytes) throw tooLarge(file, found.size, maxBytes);
  const bytes = await handle.readFile();
  // It may have grown.
  if (bytes.length > maxBytes) throw tooLarge(file, bytes.length, maxBytes);
  const stray = strayOf(bytes, accepted);
  if (stray !== null) throw new InputError(`${file}: found ${stray}`);
  // No Buffer, whose slice() shares memory where everybody else's copies.
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const tooLarge = (file: string, size: number, max: number) =>
  new InputError(`${file}: found ${size} bytes, expected at most ${max}`);

/**
 * A file that is read piece by piece, as much of it as is asked for; null where there is none. It
 * stays open as long as somebody holds it. @throws InputError where it is no file or cannot be
 * read.
 */
export function openPieces(file: string): OpenFile | null {
  const fault = (error: unknown) =>
    new InputError(
      `${file}: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown fault'})`,
    );
  let found: ReturnType<typeof statSync>;
  try {
    found = statSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw fault(error);
  }
  if (!found.isFile()) throw new InputError(`${file}: found no file, expected one`);
  const { size } = found;
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    throw fault(error);
  }
  const opened: OpenFile = {
    size,
    read(offset, length) {
      const bytes = new Uint8Array(length);
      try {
        for (let done = 0; done < length; ) {
          const read = readSync(descriptor, bytes, done, length - done, offset + done);
          if (read === 0)
            throw new InputError(
              `${file}: found its end at ${offset + done}, expected ${size} bytes`,
            );
          done += read;
        }
      } catch (error) {
        throw error instanceof InputError ? error : fault(error);
      }
      return bytes;
    },
  };
  descriptors.register(opened, descriptor);
  return opened;
}

/** Descriptors of files that nobody holds any more. */
const descriptors = new FinalizationRegistry<number>((descriptor) => closeSync(descriptor));

/** The text of a file in UTF-8. @throws InputError as {@link readBytes} does. */
export async function readText(file: string, maxBytes = MAX_BYTES): Promise<string> {
  return new TextDecoder().decode(await readBytes(file, maxBytes));
}
