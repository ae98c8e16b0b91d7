// Files of the reader's own on the page: read once by a worker that says what they are, then handed
// to every worker that costs designs. They are files of the browser, whose bytes no message copies.

import type { Offer, OfferedPreset, OfferedWorkload } from '../offer.js';
import { type Extents, keyOf, nameAt, ownName, unusedName } from '../own-names.js';

/** A file by its path among those that were given with it. */
export interface GivenFile {
  readonly path: string;
  readonly file: File;
}

/** What a worker is told: files, and what the page calls the networks in them, by {@link keyOf}. */
export interface FilesGiven {
  readonly kind: 'files';
  readonly files: readonly GivenFile[];
  readonly names: Readonly<Record<string, string>>;
  readonly dims: Extents;
}

/** What the reading worker finds. */
export type FilesFound =
  | {
      readonly networks: readonly {
        readonly file: string;
        readonly at: number;
        readonly of: number;
        /** Its name in the file. */
        readonly network: string;
        /** As the page offers it, but for its name. */
        readonly offered: OfferedWorkload;
      }[];
      readonly devices: readonly OfferedPreset[];
      /** Files of devices alone, which no worker needs. */
      readonly ofDevices: readonly string[];
      /** What the reader must know of imported devices. */
      readonly notes: readonly string[];
      readonly unread: readonly string[];
      readonly open: readonly string[];
    }
  | {
      readonly fault: string;
      /** Dimensions that the files leave open, by their names. */
      readonly open: readonly string[];
    };

export interface OwnFilesRead {
  readonly workloads: readonly OfferedWorkload[];
  readonly presets: readonly OfferedPreset[];
  readonly notes: readonly string[];
  readonly unread: readonly string[];
  readonly open: readonly string[];
}

/** Files that cannot be read, maybe for want of extents of their open dimensions. */
export class Unreadable extends Error {
  constructor(
    message: string,
    readonly open: readonly string[],
  ) {
    super(message);
  }
}

const MAX_FILES = 2000;
/** Reading takes no longer than that, or something is wrong with the file. */
const MAX_SECONDS = 60;

const workers = new Set<Worker>();
const given: FilesGiven[] = [];

/** Keeps a worker that costs designs told of all files, those of before too. */
export function tellOfFiles(worker: Worker): Worker {
  for (const message of given) worker.postMessage(message);
  workers.add(worker);
  return worker;
}

export const tellNoMore = (worker: Worker): boolean => workers.delete(worker);

/**
 * What is in the files, at these extents of their open dimensions; they are then known to all
 * workers. @throws Unreadable, with one line.
 */
export async function readOwnFiles(
  files: readonly GivenFile[],
  offer: Offer,
  dims: Extents,
): Promise<OwnFilesRead> {
  if (files.length === 0) throw new Error('found no file, expected one');
  if (files.length > MAX_FILES)
    throw new Error(`found ${files.length} files, expected at most ${MAX_FILES}`);
  const found = await foundIn(files, dims);
  if ('fault' in found) throw new Unreadable(found.fault, found.open);
  const taken = new Set([...offer.workloads, ...offer.presets].map(({ name }) => name));
  const nameFor = (wanted: string) => {
    const name = unusedName(wanted, taken);
    taken.add(name);
    return name;
  };
  const names: Record<string, string> = {};
  const workloads = found.networks.map(({ file, at, of, network, offered }) => {
    const name = nameFor(nameAt(ownName(file, of, network), dims));
    names[keyOf(file, at)] = name;
    return { ...offered, name };
  });
  const presets = found.devices.map((preset) => ({ ...preset, name: nameFor(preset.name) }));
  const devices = new Set(found.ofDevices);
  const message: FilesGiven = {
    kind: 'files',
    files: files.filter(({ path }) => !devices.has(path)),
    ...{ names, dims },
  };
  if (workloads.length > 0) {
    given.push(message);
    for (const worker of workers) worker.postMessage(message);
  }
  return { workloads, presets, notes: found.notes, unread: found.unread, open: found.open };
}

/** In a worker of its own, which ends with its answer. */
function foundIn(files: readonly GivenFile[], dims: Extents): Promise<FilesFound> {
  const reader = new Worker('reader.js', { type: 'module' });
  return new Promise<FilesFound>((resolve) => {
    const named = files[0]?.path ?? '';
    const late = setTimeout(() => {
      const fault = `${named}: found more than ${MAX_SECONDS} s of work, expected less`;
      resolve({ fault, open: [] });
    }, MAX_SECONDS * 1000);
    const end = (found: FilesFound) => {
      clearTimeout(late);
      resolve(found);
    };
    reader.onmessage = ({ data }: MessageEvent<FilesFound>) => end(data);
    reader.onerror = ({ message }) =>
      end({ fault: `${named}: cannot be read in this browser (${message})`, open: [] });
    reader.postMessage({ files, dims });
  }).finally(() => reader.terminate());
}
