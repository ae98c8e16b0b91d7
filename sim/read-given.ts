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
import { type ImportLimits, type SourceFile, textOf } from '../workloads/formats/source.js';
import {
  hasKnownEnding,
  readWorkload,
  requireKnownKind,
  workloadFormats,
} from '../workloads/formats/workload-files.js';
import { readYaml } from '../workloads/formats/yaml/document.js';
import type { ZooEntry } from '../workloads/zoo/entry.js';
import { hasMoreFiles, importedPreset, isArchitecture } from './import-hardware.js';

/** A network and the file that describes it. */
export interface GivenNetwork {
  readonly file: string;
  /** Which of the file's networks it is, and of how many. */
  readonly at: number;
  readonly of: number;
  readonly entry: ZooEntry;
}

export interface GivenHardware {
  /** What a design that builds on it extends: the file, or the preset that an import makes. */
  readonly file: string;
  readonly hardware: Hardware;
  /** What the reader must know of an import. */
  readonly notes: readonly string[];
}

export interface ReadFiles {
  readonly networks: readonly GivenNetwork[];
  readonly hardware: readonly GivenHardware[];
  /** Files that describe devices, and no network. */
  readonly ofDevices: readonly string[];
  /** Files that describe nothing and that none of the others names. */
  readonly unread: readonly string[];
}

/** Texts of presets by name. */
export type PresetTexts = ReadonlyMap<string, string>;

/** A design's YAML is no longer than this. */
const MAX_PRESET_BYTES = 2 ** 20;

/**
 * Reads each file that describes something, in the order of the kinds; what such a file names
 * belongs to it. `presets` are those that a device's file may extend by name, `dims` the extents of
 * open dimensions: importers ask for those that a file has. @throws InputError
 * for the first file that cannot be read, or where none describes anything.
 */
export async function readGiven(
  files: GivenFiles,
  limits: ImportLimits,
  presets: PresetTexts,
  dims: ReadonlyMap<string, number> = new Map(),
): Promise<ReadFiles> {
  const read = new Set<string>();
  const devices = devicesIn(files);
  const hardware: GivenHardware[] = devices.map((file) => {
    read.add(file);
    return { file, hardware: readDevice(files, file, presets), notes: [] };
  });
  const ofDevices = new Set(devices);
  for (const group of architecturesIn(files, ofDevices, limits)) {
    const sources = group.map((file) => sourceIn(files, file, limits, (path) => read.add(path)));
    const { text, notes } = await importedPreset(sources);
    for (const source of sources) {
      read.add(source.name);
      ofDevices.add(source.name);
      // A problem is a network too.
      if (/^problem\s*:/m.test(textOf(source))) {
        read.delete(source.name);
        ofDevices.delete(source.name);
      }
    }
    const imported = readHardware({ text, file: `${group[0]}, imported` }, baseIn(files, presets));
    hardware.push({ file: `${imported.name}.yaml`, hardware: imported, notes });
  }
  const networks: GivenNetwork[] = [];
  const hasDesign = hardware.length > devices.length;
  for (const file of networkFiles(files, ofDevices)) {
    if (read.has(file)) continue;
    const source = sourceIn(files, file, limits, (path) => read.add(path));
    // Mappings and constraints lie in folders beside a design: nobody asked for a network in them.
    if (hasDesign && isBesideDesign(source)) continue;
    read.add(file);
    const entries = await readWorkload({ ...source, dims });
    networks.push(...entries.map((entry, at) => ({ file, at, of: entries.length, entry })));
  }
  const unread = [...files.keys()].filter((file) => !read.has(file));
  const [first] = unread;
  if (first === undefined && read.size === 0) throw new InputError('found no file, expected one');
  if (first !== undefined && networks.length + hardware.length === 0) requireKnownKind(first);
  return { networks, hardware, ofDevices: [...ofDevices], unread };
}

/** Whether a file says how Timeloop is to map a design, and describes no layer. */
function isBesideDesign(source: SourceFile): boolean {
  if (!/\.ya?ml$/i.test(source.name)) return false;
  const text = textOf(source);
  const says = /^(mapping|mapper|mapspace|(architecture|mapspace)_constraints)\s*:/m.test(text);
  return says && !/^(problem|layers)\s*:/m.test(text);
}

/** Files of networks, those that may name others first. */
function networkFiles(files: GivenFiles, ofDevices: ReadonlySet<string>): readonly string[] {
  const rank = (file: string) => workloadFormats.findIndex(({ ending }) => ending.test(file));
  const json = (folder: string) =>
    [...files.keys()].filter((file) => /\.json$/i.test(file) && folderOf(file) === folder);
  const isModel = (file: string) => /(^|\/)(model|config)\.json$/i.test(file);
  return [...files.keys()]
    .filter((file) => {
      if (!hasKnownEnding(file) || ofDevices.has(file)) return false;
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

/**
 * Architectures of other tools, each with the files of its design: with Timeloop's those in its
 * folder that are no network of another kind.
 */
function architecturesIn(
  files: GivenFiles,
  devices: ReadonlySet<string>,
  limits: ImportLimits,
): readonly (readonly string[])[] {
  const texts = [...files].flatMap(([file, { size }]) =>
    /\.(ya?ml|cfg)$/i.test(file) && size <= MAX_PRESET_BYTES && !devices.has(file)
      ? [sourceIn(files, file, limits)]
      : [],
  );
  return texts.filter(isArchitecture).map((own) => {
    const beside = texts.filter(
      (other) =>
        other !== own &&
        folderOf(other.name) === folderOf(own.name) &&
        !isArchitecture(other) &&
        !/^layers\s*:/m.test(textOf(other)),
    );
    return [own, ...(hasMoreFiles(own) ? beside : [])].map(({ name }) => name);
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
  return readHardware({ text: presetIn(files, file), file }, baseIn(files, presets));
}

function presetIn(files: GivenFiles, name: string): string {
  const content = files.get(name);
  if (!content) throw new InputError(`${name}: cannot be read (ENOENT)`);
  return textOf({ name, bytes: bytesOfGiven(name, content, MAX_PRESET_BYTES) });
}

function baseIn(files: GivenFiles, presets: PresetTexts): FindBase {
  return (name, from) => {
    if (/\.ya?ml$/.test(name)) {
      const base = `${folderOf(from)}${name.replace(/^\.\//, '')}`;
      return { text: presetIn(files, base), file: base };
    }
    const found = presets.get(name);
    if (found !== undefined) return { text: found, file: `${name}.yaml` };
    throw unknownHardware(name, [...presets.keys()]);
  };
}
