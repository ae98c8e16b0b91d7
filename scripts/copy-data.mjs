// tsc copies no data: puts presets and published tables beside the compiled code, where it looks
// for them.
import { chmod, cp, mkdir, readdir } from 'node:fs/promises';

const families = await readdir('hw-models', { withFileTypes: true });
for (const family of families.filter((entry) => entry.isDirectory())) {
  const source = `hw-models/${family.name}/presets`;
  const files = await readdir(source).catch(() => []);
  if (files.length === 0) continue;
  await mkdir(`dist/${source}`, { recursive: true });
  for (const file of files) await cp(`${source}/${file}`, `dist/${source}/${file}`);
}

await cp('hw-models/host/native/c', 'dist/hw-models/host/native/c', { recursive: true });
await cp('workloads/zoo/weights', 'dist/workloads/zoo/weights', { recursive: true });
await cp('sim/claims', 'dist/sim/claims', { recursive: true });
await cp('sim/sweep/studies', 'dist/sim/sweep/studies', { recursive: true });
await cp('sim/serving/prices.yaml', 'dist/sim/serving/prices.yaml');

// tsc makes no file executable; npm does so for installed packages, but npx in a checkout runs this
// one as it is.
await chmod('dist/reports/cli/bin.js', 0o755);
