// Finds the browser assets that scripts/build-page.mjs writes to dist/page/, both from the sources
// and from dist/.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { invariant } from '../../workloads/base/errors.js';

const folders = ['../../dist/page/', '../../page/'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

/** One of the built files as text. */
export const pageAsset = (name: string): string =>
  readFileSync(`${folderWith(name)}${name}`, 'utf8');

/** Names of the explorer's scripts: the page's, its workers' and the parts that they share. */
export function explorerScripts(): readonly string[] {
  const whole = ['explorer.js', 'worker.js', 'reader.js'];
  const all = readdirSync(folderWith('explorer.js'));
  return [...whole, ...all.filter((name) => /^explorer-part-\w+\.js$/.test(name)).sort()];
}

function folderWith(name: string): string {
  const folder = folders.find((candidate) => existsSync(`${candidate}${name}`));
  invariant(folder !== undefined, () => `${name} is not built: npm run build:page`);
  return folder;
}
