// The size of what the explorer's page loads before it can be used.

import { gzipSync } from 'node:zlib';
import type { Site } from '../../reports/explorer/site.node.js';

const LOADED = ['index.html', 'style.css', 'offer.json'];
const SCRIPTS = ['explorer.js', 'worker.js'];

/** Bytes of its files, each compressed as web hosts do; scripts with all that they begin with. */
export function firstLoadBytes(site: Site): number {
  const names = [...LOADED];
  const scripts = [...SCRIPTS];
  for (let name = scripts.pop(); name !== undefined; name = scripts.pop()) {
    if (names.includes(name)) continue;
    names.push(name);
    const parts = `${site.get(name)}`.matchAll(/(?:from|import)"\.\/([\w-]+\.js)"/g);
    scripts.push(...[...parts].map(([, part = '']) => part));
  }
  return names.reduce((sum, name) => {
    const content = site.get(name);
    if (content === undefined) throw new Error(`the site has no ${name}`);
    return sum + gzipSync(content).length;
  }, 0);
}
