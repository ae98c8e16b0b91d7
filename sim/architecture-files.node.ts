// Files of architectures as a user names them: one by one, or the folder that holds them.

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../workloads/base/errors.js';
import type { SourceFile } from '../workloads/formats/source.js';
import { openSource } from './open.node.js';

/** Values of a template's names, as a command line gives them: 'architecture=eyeriss_like'. */
export function valuesIn(settings: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    settings.map((setting) => {
      const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/.exec(setting) ?? [];
      if (name !== undefined && value !== undefined) return [name, value] as const;
      throw new InputError(`--set: found '${setting}', expected NAME=VALUE`);
    }),
  );
}

/**
 * The files in the order of their names; a folder stands for those in it that may be meant.
 * `values`: of the names of templates.
 */
export async function openArchitecture(
  names: readonly string[],
  values: ReadonlyMap<string, string> = new Map(),
): Promise<readonly SourceFile[]> {
  const opened = async (name: string) => ({ ...(await openSource(name)), values });
  const files: SourceFile[] = [];
  for (const name of names) {
    const isFolder = await stat(name).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (!isFolder) {
      files.push(await opened(name));
      continue;
    }
    const inside = (await readdir(name)).filter((file) => /\.(ya?ml|cfg)$/i.test(file)).sort();
    if (inside.length === 0) {
      throw new InputError(`${name}: found no .yaml or .cfg file in the folder, expected a design`);
    }
    for (const file of inside) files.push(await opened(join(name, file)));
  }
  return files;
}
