// The size of what the explorer's page loads before it can be used.

import { gzipSync } from 'node:zlib';
import type { Site } from '../../reports/explorer/site.node.js';

const LOADED = ['index.html', 'style.css', 'explorer.js', 'worker.js', 'offer.json'];

/** Bytes of its files, each compressed as web hosts do. */
export function firstLoadBytes(site: Site): number {
  return LOADED.reduce((sum, name) => {
    const content = site.get(name);
    if (content === undefined) throw new Error(`the site has no ${name}`);
    return sum + gzipSync(content).length;
  }, 0);
}
