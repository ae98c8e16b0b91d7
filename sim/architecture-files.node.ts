// Files of architectures as a user names them: one by one, or the folder that holds them.

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../workloads/base/errors.js';
import type { SourceFile } from '../workloads/formats/source.js';
import { openSource } from './open.node.js';

/** The files in the order of their names; a folder stands for those in it that may be meant. */
export async function openArchitecture(names: readonly string[]): Promise<readonly SourceFile[]> {
  const files: SourceFile[] = [];
  for (const name of names) {
    const isFolder = await stat(name).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (!isFolder) {
      files.push(await openSource(name));
      continue;
    }
    const inside = (await readdir(name)).filter((file) => /\.(ya?ml|cfg)$/i.test(file)).sort();
    if (inside.length === 0) {
      throw new InputError(`${name}: found no .yaml or .cfg file in the folder, expected a design`);
    }
    for (const file of inside) files.push(await openSource(join(name, file)));
  }
  return files;
}
