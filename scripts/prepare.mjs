// Builds dist/ unless it is as new as what it is made of: npm runs this at every install, and npx
// in a checkout does so before every command.
import { execSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SOURCES = ['workloads', 'hw-models', 'sim', 'reports', 'scripts'];
const FILES = [
  'index.ts',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'tsconfig.browser.json',
];
const STAMP = 'dist/.built';

/** Of the names, sizes and times of all that dist/ is made of. */
function digest() {
  const hash = createHash('sha256');
  const add = (path) => {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${path} ${size} ${mtimeMs}\n`);
  };
  for (const folder of SOURCES) {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath ?? entry.path, entry.name);
      // What the build itself writes is no source.
      if (entry.isFile() && !path.endsWith('.wasm.ts')) add(path);
    }
  }
  for (const path of FILES) add(path);
  return hash.digest('hex');
}

function stamped() {
  try {
    return readFileSync(STAMP, 'utf8');
  } catch {
    return '';
  }
}

if (stamped() !== digest()) {
  // One line, since npm says nothing: what takes so long is that the sources are compiled.
  process.stderr.write('zeroskip: building dist/ from the sources, once (about 20 seconds)\n');
  execSync('npm run --silent build', { stdio: ['ignore', 'ignore', 'inherit'] });
  writeFileSync(STAMP, digest());
}
