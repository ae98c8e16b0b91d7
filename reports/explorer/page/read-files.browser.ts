// Reads files of the browser by the importers of the command line. Large: it is loaded by workers
// when files are given, and not before.

import { type PresetTexts, type ReadFiles, readGiven } from '../../../sim/read-given.js';
import { InputError } from '../../../workloads/base/errors.js';
import type { OpenFile } from '../../../workloads/base/open-file.js';
import { defaultLimits, type ImportLimits } from '../../../workloads/formats/source.js';
import type { GivenFile } from './given.browser.js';

export { createSparseAlone } from '../../../hw-models/host/engine/alone.js';

/** As on the command line, but for what a page has the memory for. */
const limits: ImportLimits = { ...defaultLimits, fileBytes: 2 ** 30, expandedBytes: 2 ** 30 };

/** Reads at once, as only workers may; the library of types knows pages only. */
declare class FileReaderSync {
  readAsArrayBuffer(blob: Blob): ArrayBuffer;
}

/** @throws InputError for what cannot be read. */
export async function readFiles(
  files: readonly GivenFile[],
  presets: PresetTexts,
  dims: ReadonlyMap<string, number>,
): Promise<ReadFiles> {
  try {
    const opened = new Map(files.map(({ path, file }) => [path, openFile(path, file)]));
    return await readGiven(opened, limits, presets, dims);
  } catch (error) {
    // What a browser says where there is no room for an array.
    if (error instanceof RangeError)
      throw new InputError(
        `${files[0]?.path}: found more than this page has the memory for (${error.message})`,
      );
    throw error;
  }
}

function openFile(path: string, file: File): OpenFile {
  const reader = new FileReaderSync();
  return {
    size: file.size,
    read(offset, length) {
      try {
        return new Uint8Array(reader.readAsArrayBuffer(file.slice(offset, offset + length)));
      } catch (error) {
        if (error instanceof RangeError) throw error;
        const reason = error instanceof DOMException ? error.name : String(error);
        throw new InputError(`${path}: cannot be read (${reason})`);
      }
    },
  };
}
