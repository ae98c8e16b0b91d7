// Workloads as people name them: networks of the zoo, groups of them, and files.

import { createHash, type Hash } from 'node:crypto';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, normalize, relative, sep } from 'node:path';
import { nearest } from '../hw-models/faults.js';
import { Asked } from '../workloads/base/asked.js';
import { InputError } from '../workloads/base/errors.js';
import type { OpenFile } from '../workloads/base/open-file.js';
import {
  defaultLimits,
  type ImportLimits,
  isWorkloadFile,
  type SourceFile,
} from '../workloads/formats/source.js';
import {
  isPiecewise,
  readWorkload,
  requireKnownKind,
} from '../workloads/formats/workload-files.js';
import { groups, zoo } from '../workloads/zoo/index.js';
import { openPieces, readBytes } from './files.node.js';
import {
  type Dimensions,
  type NamedWorkload,
  type Names,
  namesIn,
  resolveWorkloads,
} from './resolve.node.js';

/**
 * The networks that the names stand for, groups and files of several layers spread out. `limits`
 * bound what a file may ask for. @throws InputError, one line, for an unknown name or an unusable
 * file.
 */
export async function openWorkloads(
  names: Names,
  limits: Partial<ImportLimits> = {},
  dims: Dimensions = new Map(),
): Promise<readonly NamedWorkload[]> {
  const opened: NamedWorkload[] = [];
  for (const name of namesIn(names)) {
    if (!isWorkloadFile(name)) {
      opened.push(...resolveWorkloads([name], dims));
      continue;
    }
    const hash = createHash('sha256');
    const asked = new Asked(dims);
    const entries = await readWorkload(
      await openFile(await fileOf(name), { ...defaultLimits, ...limits }, asked, hash),
    );
    requireAsked(name, asked);
    const sha256 = hash.digest('hex');
    const group = entries.length > 1 ? name : null;
    opened.push(
      ...entries.map((entry, at) => ({ entry, group, file: { file: name, at, sha256 } })),
    );
  }
  return opened;
}

/** The one network that a name stands for. @throws InputError for a group. */
export async function openWorkload(
  name: string,
  limits: Partial<ImportLimits> = {},
  dims: Dimensions = new Map(),
): Promise<NamedWorkload> {
  const [first, ...others] = await openWorkloads([name], limits, dims);
  if (first && others.length === 0) return first;
  const members = [first, ...others].map((member) => member?.entry.network.name);
  throw new InputError(
    `workload '${name}' is a group of networks, expected one of them: ${members.join(', ')}`,
  );
}

/** A file that describes no network, and what lies beside it. @throws InputError */
export const openSource = (name: string): Promise<SourceFile> =>
  openFile(name, defaultLimits, new Map(), createHash('sha256'));

/**
 * The dimensions that a file leaves open, by the names that it has for them. @throws InputError for
 * a file that is refused before it asks for any.
 */
export async function openDimensions(
  name: string,
  limits: Partial<ImportLimits> = {},
): Promise<ReadonlySet<string>> {
  const asked = new Asked<number>(new Map());
  const file = await fileOf(name);
  const source = await openFile(file, { ...defaultLimits, ...limits }, asked, createHash('sha256'));
  try {
    await readWorkload(source);
  } catch (error) {
    // A shape that hangs on what is open cannot be known yet.
    if (!(error instanceof InputError) || asked.asked.size === 0) throw error;
  }
  return asked.asked;
}

/** @throws InputError where an extent was given that the file's reader never asked for. */
function requireAsked(file: string, dims: Asked<number>): void {
  const unknown = dims.unasked();
  if (!unknown) return;
  const nearest = unknown.nearest === null ? '' : `; did you mean ${unknown.nearest}?`;
  throw new InputError(
    `${file}: --dim ${unknown.name}: found no open dimension of that name${nearest}`,
  );
}

/** A folder with a model in it stands for the model. @throws InputError for another folder. */
async function fileOf(name: string): Promise<string> {
  const isThere = (path: string) =>
    stat(path).then(
      () => true,
      () => false,
    );
  const isFolder = await stat(name).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) {
    // What is not there is told first.
    if (await isThere(name)) requireKnownKind(name);
    else requireUnlike(name);
    return name;
  }
  // A TensorFlow.js model, a Hugging Face one.
  for (const inside of ['model.json', 'config.json']) {
    const model = join(name, inside);
    if (await isThere(model)) return model;
  }
  if (await isThere(join(name, 'saved_model.pb'))) requireKnownKind(join(name, 'saved_model.pb'));
  throw new InputError(
    `${name}: found a folder without model.json or config.json, expected a TensorFlow.js or Hugging Face model in it, or a file`,
  );
}

/** @throws InputError where a file that is not there is called much as a network is. */
function requireUnlike(name: string): void {
  const near = basename(name) === name ? nearest(name, [...groups.keys(), ...zoo.keys()]) : '';
  if (near) throw new InputError(`${name}: no such file or network${near}`);
}

async function openFile(
  name: string,
  limits: ImportLimits,
  dims: Dimensions,
  hash: Hash,
): Promise<SourceFile> {
  const isLarge = isPiecewise(name);
  const bytes = isLarge ? new Uint8Array(0) : await readBytes(name, limits.fileBytes);
  const pieces = openPieces(name);
  if (isLarge && pieces) hashEnds(pieces, hash);
  else hash.update(bytes);
  const placeOf = async (path: string) => {
    const inside = normalize(path);
    if (isAbsolute(inside) || inside === '..' || inside.startsWith(`..${sep}`)) {
      throw new InputError(
        `${name}: found the path '${path}', expected one inside the file's own folder`,
      );
    }
    const file = join(dirname(name), inside);
    await requireInside(file, name);
    return file;
  };
  return {
    ...{ name, bytes, limits, dims },
    ...(pieces ? { pieces } : {}),
    async open(path) {
      const file = await placeOf(path);
      const found = openPieces(file);
      if (found) hashEnds(found, hash);
      return found;
    },
    async beside(path) {
      const file = await placeOf(path);
      const found = await readBytes(file, limits.fileBytes).catch((error: unknown) => {
        if (error instanceof InputError && error.message.endsWith('no such file')) return null;
        throw error;
      });
      if (found) hash.update(found);
      return found;
    },
    async list(folder) {
      const place = folder === '' ? dirname(name) : await placeOf(folder);
      const found = await readdir(place, { withFileTypes: true }).catch(() => []);
      return found.filter((entry) => entry.isFile()).map((entry) => entry.name);
    },
  };
}

const END_BYTES = 2 ** 20;

/**
 * What tells files of weights apart without reading gigabytes: their sizes, and what they begin and
 * end with.
 */
function hashEnds({ size, read }: OpenFile, hash: Hash): void {
  const length = Math.min(size, END_BYTES);
  hash
    .update(`${size}`)
    .update(read(0, length))
    .update(read(size - length, length));
}

/**
 * A link may lead to anything below the folder of the file that names it, or below the folder where
 * that file itself lies if it is a link: a download cache keeps both as links into one folder.
 * @throws InputError for any other.
 */
async function requireInside(file: string, name: string): Promise<void> {
  const missing = () => null;
  const real = await realpath(file).catch(missing);
  // Nothing is there: whoever reads it says so.
  if (real === null) return;
  const own = await realpath(name).catch(missing);
  const folders = [await realpath(dirname(name)).catch(missing), own && dirname(own)];
  if (folders.some((folder) => folder !== null && isBelow(real, folder))) return;
  throw new InputError(
    `${file}: found a link that leads out of the folder, to ${real}: copy the file into it`,
  );
}

function isBelow(file: string, folder: string): boolean {
  const path = relative(folder, file);
  return path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path);
}
