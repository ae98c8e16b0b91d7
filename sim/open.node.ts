// Workloads as people name them: networks of the zoo, groups of them, and files.

import { createHash, type Hash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize, sep } from 'node:path';
import { InputError } from '../workloads/base/errors.js';
import { defaultLimits, type ImportLimits, type SourceFile } from '../workloads/import/source.js';
import { isWorkloadFile, readWorkload } from '../workloads/import/workload-files.js';
import { readBytes } from './files.node.js';
import { type Dimensions, type NamedWorkload, resolveWorkloads } from './resolve.node.js';

/**
 * The networks that the names stand for, groups and files of several layers spread out. `limits` bound what a file may
 * ask for. @throws InputError, one line, for an unknown name or an unusable file.
 */
export async function openWorkloads(
  names: readonly string[],
  limits: Partial<ImportLimits> = {},
  dims: Dimensions = new Map(),
): Promise<readonly NamedWorkload[]> {
  const opened: NamedWorkload[] = [];
  for (const name of names) {
    if (!isWorkloadFile(name)) {
      opened.push(...resolveWorkloads([name], dims));
      continue;
    }
    const hash = createHash('sha256');
    const entries = await readWorkload(await openFile(await fileOf(name), { ...defaultLimits, ...limits }, dims, hash));
    const sha256 = hash.digest('hex');
    const group = entries.length > 1 ? name : null;
    opened.push(...entries.map((entry, at) => ({ entry, group, file: { file: name, at, sha256 } })));
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
  throw new InputError(`workload '${name}' is a group of networks, expected one of them: ${members.join(', ')}`);
}

/** A folder with a model in it stands for the model. */
async function fileOf(name: string): Promise<string> {
  const isFolder = await stat(name).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return isFolder ? join(name, 'model.json') : name;
}

async function openFile(name: string, limits: ImportLimits, dims: Dimensions, hash: Hash): Promise<SourceFile> {
  const bytes = await readBytes(name, limits.fileBytes);
  hash.update(bytes);
  return {
    ...{ name, bytes, limits, dims },
    async beside(path) {
      const inside = normalize(path);
      if (isAbsolute(inside) || inside === '..' || inside.startsWith(`..${sep}`)) {
        throw new InputError(`${name}: found the path '${path}', expected one inside the file's own folder`);
      }
      const found = await readBytes(join(dirname(name), inside), limits.fileBytes).catch((error: unknown) => {
        if (error instanceof InputError && error.message.endsWith('no such file')) return null;
        throw error;
      });
      if (found) hash.update(found);
      return found;
    },
  };
}
