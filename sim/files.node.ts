// Reading files that a user names: whole, up to a size, or one clear line.

import { readFile, stat } from 'node:fs/promises';
import { InputError } from '../workloads/base/errors.js';

/** Files above this are refused before they are read: 4 GiB, twice what a protobuf can hold. */
export const MOST_BYTES = 4 * 1024 ** 3;

/** The bytes of a file. @throws InputError where there is none, it cannot be read, or it is above `mostBytes`. */
export async function readBytes(file: string, mostBytes = MOST_BYTES): Promise<Uint8Array> {
  try {
    const { size } = await stat(file);
    if (size > mostBytes) throw new InputError(`${file}: found ${size} bytes, expected at most ${mostBytes}`);
    return await readFile(file);
  } catch (error) {
    if (error instanceof InputError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    throw new InputError(
      `${file}: ${code === 'ENOENT' ? 'no such file' : `cannot be read (${code ?? 'unknown fault'})`}`,
    );
  }
}

/** The text of a file in UTF-8. @throws InputError as {@link readBytes} does. */
export async function readText(file: string, mostBytes = MOST_BYTES): Promise<string> {
  return new TextDecoder().decode(await readBytes(file, mostBytes));
}
