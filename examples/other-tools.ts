// To other tools and back: a topology for SCALE-Sim, and an energy table of Accelergy in place of a
// preset's energies. Run: npx tsx examples/other-tools.ts

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare, exportFile, importEnergyTable } from 'zeroskip';

const folder = mkdtempSync(join(tmpdir(), 'zeroskip-example-'));

console.log(await exportFile({ name: 'lenet-5', format: 'scale-sim' }));

const ert = join(folder, 'ert.yaml');
writeFileSync(ert, await exportFile({ name: 'eie-64', format: 'ert' }));
const preset = join(folder, 'mine.yaml');
writeFileSync(
  preset,
  await importEnergyTable({ file: ert, onto: 'eie-64', map: ['wordRead=spmat_read.read/2'] }),
);

const [comparison] = await compare({ workloads: ['alex-7'], hardware: ['eie-64', preset] });
for (const { hardware, joules } of comparison?.results ?? [])
  console.log(`${hardware}: ${((joules ?? 0) * 1e6).toFixed(2)} µJ`);
