// The explorer as files: what is served from here is what a static host serves.

import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { presetTexts } from '../../hw-models/presets.node.js';
import { makeFolder, writeFault, writeWhole } from '../../workloads/base/write.node.js';
import { patternSheet, printTints } from '../charts/looks.js';
import { declarations } from '../charts/palette.js';
import { explorerScripts, pageAsset } from '../html/assets.node.js';
import type { Offer } from './offer.js';

/** Relative to a host's folder: 'worker.js' → its content. */
export type Site = ReadonlyMap<string, string | Uint8Array>;

/** What the page may load and run: its own files, and WebAssembly that it compiles. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

const WEIGHTS = new URL('../../workloads/zoo/weights/', import.meta.url);

export async function siteOf(offer: Offer): Promise<Site> {
  const weights = (await readdir(WEIGHTS)).filter((name) => name.endsWith('.safetensors'));
  const light = declarations('light');
  const dark = declarations('dark');
  const style = `:root{${light}}@media screen and (prefers-color-scheme:dark){:root{${dark}}}`;
  return new Map<string, string | Uint8Array>([
    ['index.html', page()],
    ['offer.json', JSON.stringify(offer)],
    ['style.css', `${style}${pageAsset('explorer-style.css')}${printTints()}`],
    ...explorerScripts().map((name) => [name, pageAsset(name)] as const),
    ['presets.json', JSON.stringify(Object.fromEntries(presetTexts()))],
    ...(await Promise.all(
      weights.map(
        async (name) =>
          [`weights/${name}`, await readFile(fileURLToPath(new URL(name, WEIGHTS)))] as const,
      ),
    )),
  ]);
}

/** Nothing in it depends on any input. */
function page(): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${CONTENT_SECURITY_POLICY}">
<title>zeroskip explore</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="style.css">
</head>
<body>
${patternSheet()}
<div id="app"><div class="unopened">
<h1>zeroskip explore</h1>
<p>The explorer has not started. Browsers run its parts only with JavaScript, and only from a web
server, not from a file on disk. Either of these opens it:</p>
<ul>
<li><code>npx zeroskip explore</code> serves a page of its own; open the address that it prints;</li>
<li><code>python3 -m http.server</code>, or any other web server, in this page's folder; open
<code>http://localhost:8000</code>.</li>
</ul>
</div></div>
<script type="module" src="explorer.js"></script>
</body>
</html>
`;
}

/**
 * Writes every file into `folder`, which is made where it is missing. @throws InputError or
 * FailedRun where that cannot be.
 */
export async function writeSite(site: Site, folder: string): Promise<void> {
  for (const [name, content] of site) {
    const file = join(folder, name);
    try {
      makeFolder(dirname(file));
    } catch (error) {
      throw writeFault(`--out ${folder}`, error);
    }
    await writeWhole(file, content, '--out');
  }
}
