// The interface of importers: bytes in, networks with or without weights out. No importer opens
// files or trusts a size that a file states.

import { InputError } from '../base/errors.js';
import { type OpenFile, openBytes } from '../base/open-file.js';
import type { Tensor } from '../tensor.js';
import type { ZooEntry } from '../zoo/entry.js';

export type { OpenFile } from '../base/open-file.js';

/** What a file may ask for. Each is checked before anything is allocated or begun for it. */
export interface ImportLimits {
  /** Bytes of any one file. */
  readonly fileBytes: number;
  /** Bytes that compressed data may become. */
  readonly expandedBytes: number;
  /** Layers, operators or matrices of a network. */
  readonly layers: number;
  /** Weights of a network, zeros included, and elements of any one tensor of activations. */
  readonly elements: number;
}

/** What a file may ask for unless told otherwise. */
export const defaultLimits: ImportLimits = {
  fileBytes: 4 * 1024 ** 3,
  expandedBytes: 4 * 1024 ** 3,
  layers: 100_000,
  elements: 2 ** 30,
};

/** 'elements=4e9,layers=1000'. @throws InputError for an unknown limit or no whole number. */
export function parseLimits(text: string): Partial<ImportLimits> {
  const known = Object.keys(defaultLimits);
  return Object.fromEntries(
    text.split(',').map((item) => {
      const [name = '', value = ''] = item.split('=').map((part) => part.trim());
      if (!known.includes(name))
        throw new InputError(`limits: found '${name}', expected ${known.join(', ')}`);
      const number = Number(value);
      if (!(value !== '' && Number.isSafeInteger(number) && number >= 1)) {
        throw new InputError(
          `limits: ${name}: found '${value}', expected a whole number of at least 1`,
        );
      }
      return [name, number];
    }),
  );
}

/** A file that describes networks. */
export interface SourceFile {
  /** As the user named it; messages begin with it. */
  readonly name: string;
  /** Empty where the file is of a kind that is read piece by piece alone. */
  readonly bytes: Uint8Array;
  /** The file itself, to be read piece by piece, where it lies on a disk. */
  readonly pieces?: OpenFile;
  readonly limits: ImportLimits;
  /** Extents of open dimensions by their names. */
  readonly dims?: ReadonlyMap<string, number>;
  /** Values of inputs by name, where a shape depends on them. */
  readonly known?: ReadonlyMap<string, Tensor>;
  /**
   * The bytes of a file in the same folder or below, which this one names; null where there is
   * none.
   * @throws InputError for a path that leads out of the folder, or a file that cannot be read.
   */
  beside(path: string): Promise<Uint8Array | null>;
  /** Names of the files in a folder below this one's; left out where nobody can tell. */
  list?(folder: string): Promise<readonly string[]>;
  /** Texts by the names that a template has for them. */
  readonly values?: ReadonlyMap<string, string>;
  /**
   * The same for a file that is read piece by piece, when its pieces are needed; left out where
   * nobody can.
   */
  open?(path: string): Promise<OpenFile | null>;
}

/**
 * A file in the same folder or below, piece by piece where that can be; null where there is none.
 */
export async function openBeside(file: SourceFile, path: string): Promise<OpenFile | null> {
  if (file.open) return file.open(path);
  const bytes = await file.beside(path);
  return bytes && openBytes(bytes);
}

/** A kind of file that describes networks. */
export interface WorkloadFormat {
  /** As users know it: 'ONNX (.onnx)'. */
  readonly title: string;
  /** What names of such files end with. */
  readonly ending: RegExp;
  /** Files of this kind may be larger than memory: their bytes are read as they are needed. */
  readonly isPiecewise?: boolean;
  /** Tells files of this kind from others with the same ending. */
  matches?(file: SourceFile): boolean;
  /**
   * The networks: one, or a group of layers that do not feed each other. @throws InputError, one
   * line.
   */
  read(file: SourceFile): Promise<readonly ZooEntry[]>;
}

/**
 * Whether a name that the user gave is a file's and no zoo network's, which may end in a number
 * behind a dot.
 */
export function isWorkloadFile(name: string): boolean {
  return /[\\/]|\.[a-z]\w*$/i.test(name);
}

/** A file's name without its folders and its ending: a network's name where it has no other. */
export function stemOf(name: string): string {
  const base = name.split(/[\\/]/).at(-1) ?? name;
  return base.replace(/\.[A-Za-z]\w*$/, '') || base;
}

/** The name of a model that lies in a folder of its own as model.json: the folder's. */
export function modelName(name: string): string {
  const stem = stemOf(name);
  const folder = name.split(/[\\/]/).at(-2);
  return stem === 'model' && folder && folder !== '.' && folder !== '..' ? folder : stem;
}

/** Text in UTF-8. @throws InputError for other bytes. */
export function textOf({ bytes, name }: Pick<SourceFile, 'bytes' | 'name'>): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new InputError(`${name}: found bytes that are no UTF-8, expected text`);
  }
}

/** @throws InputError where `found` of something is more than a limit. */
export function requireAtMost(
  file: string,
  what: string,
  found: number,
  max: number,
  limit: keyof ImportLimits,
): void {
  if (!(found <= max)) {
    throw new InputError(
      `${file}: found ${found} ${what}, expected at most ${max} (limit ${limit})`,
    );
  }
}
