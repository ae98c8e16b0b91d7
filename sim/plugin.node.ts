// Families of the user's own, from a module that is loaded and run.

import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { registerFamilies } from '../hw-models/catalog.js';
import { addPresets } from '../hw-models/presets.node.js';
import { InputError } from '../workloads/base/errors.js';

/** Paths of what was loaded, in that order. */
const loaded: string[] = [];

/** The modules that were loaded in this process, for threads that need them too. */
export const loadedPlugins = (): readonly string[] => loaded;

/**
 * Runs a module and registers the {@link Family} that is its default export, or each of a list.
 * Presets of theirs in a folder `presets` beside it can be named as those of the package can.
 * JavaScript, or TypeScript where Node can load it. A file that was loaded before is passed over.
 * @throws InputError where it cannot be loaded, or is not what it must be.
 */
export async function loadPlugin(file: string): Promise<void> {
  const path = resolve(file);
  if (loaded.includes(path)) return;
  if (!statSync(path, { throwIfNoEntry: false })?.isFile())
    throw new InputError(`plugin ${file}: found no file, expected a JavaScript module`);
  const exported = (await load(path, file)).default;
  if (exported === undefined || exported === null)
    throw new InputError(
      `plugin ${file}: default export: missing, expected a family or a list of families`,
    );
  const code = createHash('sha256').update(readFileSync(path)).digest('hex');
  const names = registerFamilies([exported].flat(), `plugin ${file}`, code);
  addPresets(join(dirname(path), 'presets'), names);
  loaded.push(path);
}

async function load(path: string, file: string): Promise<{ readonly default?: unknown }> {
  try {
    return await import(/* @vite-ignore */ pathToFileURL(path).href);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_UNKNOWN_FILE_EXTENSION')
      throw new InputError(
        `plugin ${file}: found ${extname(path)}, which Node ${process.versions.node} does not load, expected .mjs or .js (TypeScript from Node 22.18 on)`,
      );
    const [reason = 'an unknown fault'] = String(message ?? error).split('\n');
    throw new InputError(`plugin ${file}: cannot be loaded: ${reason}`);
  }
}
