// tsc copies no data: puts presets and published tables beside the compiled code, where it looks
// for them.
import { chmod, cp, readdir, rm } from 'node:fs/promises';

/** A folder as it is now: files of an older build would be presets, or kernels defined twice. */
async function replace(folder) {
  await rm(`dist/${folder}`, { recursive: true, force: true });
  await cp(folder, `dist/${folder}`, { recursive: true });
}

const families = await readdir('hw-models', { withFileTypes: true });
for (const family of families.filter((entry) => entry.isDirectory())) {
  const source = `hw-models/${family.name}/presets`;
  const files = await readdir(source).catch(() => []);
  if (files.length > 0) await replace(source);
}

for (const folder of [
  'hw-models/host/native/c',
  'workloads/zoo/weights',
  'sim/claims',
  'sim/sweep/studies',
])
  await replace(folder);
await cp('sim/serving/prices.yaml', 'dist/sim/serving/prices.yaml');

// tsc makes no file executable; npm does so for installed packages, but npx in a checkout runs this
// one as it is.
await chmod('dist/reports/cli/bin.js', 0o755);
