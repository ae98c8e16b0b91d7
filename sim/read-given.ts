// Files that were given together → the networks and devices that they describe, as the command line
// reads them when it is given them by name.

import type { Hardware } from '../hw-models/contract.js';
import type { FindBase } from '../hw-models/preset-document.js';
import { readHardware, unknownHardware } from '../hw-models/read-hardware.js';
import { InputError } from '../workloads/base/errors.js';
import {
  bytesOfGiven,
  folderOf,
  type GivenFiles,
  sourceIn,
} from '../workloads/formats/given-files.js';
import { type ImportLimits, textOf } from '../workloads/formats/source.js';
import {
  hasKnownEnding,
  readWorkload,
  requireKnownKind,
  workloadFormats,
} from '../workloads/formats/workload-files.js';
import { readYaml } from '../workloads/formats/yaml/document.js';
import type { ZooEntry } from '../workloads/zoo/entry.js';

/** A network and the file that describes it. */
export interface GivenNetwork {
  readonly file: string;
  /** Which of the file's networks it is, and of how many. */
  readonly at: number;
  readonly of: number;
  readonly entry: ZooEntry;
}

export interface GivenHardware {
  readonly file: string;
  readonly hardware: Hardware;
}

export interface ReadFiles {
  readonly networks: readonly GivenNetwork[];
  readonly hardware: readonly GivenHardware[];
  /** Files that describe nothing and that none of the others names. */
  readonly unread: readonly string[];
}

/** Texts of presets by name. */
export type PresetTexts = ReadonlyMap<string, string>;

/** A design's YAML is no longer than this. */
const MAX_PRESET_BYTES = 2 ** 20;

/**
 * Reads each file that describes something, in the order of the kinds; what such a file names
 * belongs to it. `presets` are those that a device's file may extend by name. @throws InputError
 * for the first file that cannot be read, or where none describes anything.
 */
export async function readGiven(
  files: GivenFiles,
  limits: ImportLimits,
  presets: PresetTexts,
): Promise<ReadFiles> {
  const read = new Set<string>();
  const devices = devicesIn(files);
  const hardware = devices.map((file): GivenHardware => {
    read.add(file);
    return { file, hardware: readDevice(files, file, presets) };
  });
  const networks: GivenNetwork[] = [];
  for (const file of networkFiles(files, devices)) {
    if (read.has(file)) continue;
    read.add(file);
    const entries = await readWorkload(sourceIn(files, file, limits, (path) => read.add(path)));
    networks.push(...entries.map((entry, at) => ({ file, at, of: entries.length, entry })));
  }
  const unread = [...files.keys()].filter((file) => !read.has(file));
  const [first] = unread;
  if (first === undefined && read.size === 0) throw new InputError('found no file, expected one');
  if (first !== undefined && networks.length + hardware.length === 0) requireKnownKind(first);
  return { networks, hardware, unread };
}

/** Files of networks, those that may name others first. */
function networkFiles(files: GivenFiles, devices: readonly string[]): readonly string[] {
  const rank = (file: string) => workloadFormats.findIndex(({ ending }) => ending.test(file));
  const json = (folder: string) =>
    [...files.keys()].filter((file) => /\.json$/i.test(file) && folderOf(file) === folder);
  const isModel = (file: string) => /(^|\/)(model|config)\.json$/i.test(file);
  return [...files.keys()]
    .filter((file) => {
      if (!hasKnownEnding(file) || devices.includes(file)) return false;
      // Beside a model there are other files of that kind, such as a tokenizer's.
      const beside = /\.json$/i.test(file) ? json(folderOf(file)) : [];
      return isModel(file) || !beside.some(isModel);
    })
    .sort((a, b) => rank(a) - rank(b));
}

/** Files of devices: YAML that says its family or what it extends. */
function devicesIn(files: GivenFiles): readonly string[] {
  return [...files].flatMap(([file, { size, read }]) => {
    if (!/\.ya?ml$/i.test(file) || size > MAX_PRESET_BYTES) return [];
    return isPreset(new TextDecoder().decode(read(0, size)), file) ? [file] : [];
  });
}

function isPreset(text: string, file: string): boolean {
  if (!/(^|[{,\s])["']?(family|extends)["']?\s*:/m.test(text)) return false;
  try {
    const { value } = readYaml(text, file);
    const keys = value !== null && typeof value === 'object' ? Object.keys(value) : [];
    return !keys.includes('layers') && (keys.includes('family') || keys.includes('extends'));
  } catch (error) {
    // It is told as a device's where it plainly was to be one.
    if (error instanceof InputError) return /^(family|extends)\s*:/m.test(text);
    throw error;
  }
}

function readDevice(files: GivenFiles, file: string, presets: PresetTexts): Hardware {
  const textIn = (name: string) => {
    const content = files.get(name);
    if (!content) throw new InputError(`${name}: cannot be read (ENOENT)`);
    return textOf({ name, bytes: bytesOfGiven(name, content, MAX_PRESET_BYTES) });
  };
  const text = textIn(file);
  const findBase: FindBase = (name, from) => {
    if (/\.ya?ml$/.test(name)) {
      const base = `${folderOf(from)}${name.replace(/^\.\//, '')}`;
      return { text: textIn(base), file: base };
    }
    const found = presets.get(name);
    if (found !== undefined) return { text: found, file: `${name}.yaml` };
    throw unknownHardware(name, [...presets.keys()]);
  };
  return readHardware({ text, file }, findBase);
}
