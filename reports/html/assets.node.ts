// Finds the browser assets that scripts/build-page.mjs writes to dist/page/, both from the sources
// and from dist/.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { invariant } from '../../workloads/base/errors.js';

const folders = ['../../dist/page/', '../../page/'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

/** One of the built files as text. */
export function pageAsset(name: string): string {
  const folder = folders.find((candidate) => existsSync(`${candidate}${name}`));
  invariant(folder !== undefined, () => `${name} is not built: npm run build:page`);
  return readFileSync(`${folder}${name}`, 'utf8');
}
