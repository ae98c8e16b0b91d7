// `npm run prepare`: builds what is stale and nothing else.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'zeroskip-prepare-'));
const at = (name: string) => join(folder, name);

function builds(): number {
  execFileSync(process.execPath, ['scripts/prepare.mjs'], { cwd: folder, stdio: 'ignore' });
  return readFileSync(at('dist/log'), 'utf8').length;
}

it('builds once, and again only where a source has changed', () => {
  for (const name of ['workloads', 'hw-models', 'sim', 'reports', 'scripts', 'dist'])
    mkdirSync(at(name));
  for (const name of ['index.ts', 'package-lock.json', 'sim/a.ts', 'hw-models/b.wasm.ts'])
    writeFileSync(at(name), '');
  for (const name of ['tsconfig.json', 'tsconfig.build.json', 'tsconfig.browser.json'])
    writeFileSync(at(name), '{}');
  const build = `node -e "require('fs').appendFileSync('dist/log','x')"`;
  writeFileSync(at('package.json'), JSON.stringify({ scripts: { build } }));
  cpSync('scripts/prepare.mjs', at('scripts/prepare.mjs'));
  expect(builds()).toBe(1);
  expect(builds()).toBe(1);
  // The build writes these itself.
  utimesSync(at('hw-models/b.wasm.ts'), 1, 1);
  expect(builds()).toBe(1);
  writeFileSync(at('sim/a.ts'), 'export {};');
  expect(builds()).toBe(2);
  writeFileSync(at('sim/new.ts'), '');
  expect(builds()).toBe(3);
});
