// Before all tests: the library of native kernels, built once for all of them and kept below
// node_modules for the next time. Where it cannot be built, the tests that need it say so.

import { copyFile, mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { buildLibrary } from '../hw-models/host/native/build.node.js';
import { cacheFolder } from '../hw-models/host/plan-store.node.js';

export default async function setup(): Promise<void> {
  const built = await buildLibrary({ folder: 'node_modules/.cache/zeroskip' }).catch(() => null);
  if (!built) return;
  const folder = join(cacheFolder(), 'native');
  await mkdir(folder, { recursive: true });
  await copyFile(built.path, join(folder, basename(built.path)));
}
