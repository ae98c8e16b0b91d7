// Files that were given together, by their paths among each other, as importers meet them: for
// callers without a disk. The rules and messages are those of files on disk.

import { InputError } from '../base/errors.js';
import type { OpenFile } from '../base/open-file.js';
import { strayOf } from '../base/stray-files.js';
import type { ImportLimits, SourceFile } from './source.js';
import { isPiecewise } from './workload-files.js';

/** By path, '/' between folders. */
export type GivenFiles = ReadonlyMap<string, OpenFile>;

/** The bytes of a file. @throws InputError where it is too large or stands in for another file. */
export function bytesOfGiven(name: string, { size, read }: OpenFile, max: number): Uint8Array {
  if (size > max) throw new InputError(`${name}: found ${size} bytes, expected at most ${max}`);
  const bytes = read(0, size);
  const stray = strayOf(bytes);
  if (stray !== null) throw new InputError(`${name}: found ${stray}`);
  return bytes;
}

/**
 * The file `name` of `files` with those beside it; `onRead` is told each other file that it names.
 * @throws InputError as {@link bytesOfGiven}.
 */
export function sourceIn(
  files: GivenFiles,
  name: string,
  limits: ImportLimits,
  onRead: (path: string) => void = () => undefined,
): SourceFile {
  const pieces = files.get(name);
  if (!pieces) throw new InputError(`${name}: no such file`);
  const find = (path: string) => {
    const inside = insideOf(path);
    if (inside === null) {
      throw new InputError(
        `${name}: found the path '${path}', expected one inside the file's own folder`,
      );
    }
    const place = `${folderOf(name)}${inside}`;
    const found = files.get(place) ?? null;
    if (found) onRead(place);
    return { place, found };
  };
  return {
    ...{ name, pieces, limits },
    bytes: isPiecewise(name) ? new Uint8Array(0) : bytesOfGiven(name, pieces, limits.fileBytes),
    open: async (path) => find(path).found,
    async beside(path) {
      const { place, found } = find(path);
      return found && bytesOfGiven(place, found, limits.fileBytes);
    },
  };
}

/** 'a/b/' of 'a/b/model.json'; '' of a file that lies in no folder. */
export const folderOf = (path: string) => path.slice(0, path.lastIndexOf('/') + 1);

/** A path in its shortest form; null where it leads out of the folder, or begins at a root. */
function insideOf(path: string): string | null {
  if (path.startsWith('/')) return null;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.join('/');
}
