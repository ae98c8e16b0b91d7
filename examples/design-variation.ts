// How much queue depth does EIE need? Variations of a preset are patches on it.
// Run: npx tsx examples/design-variation.ts

import { compare, loadHardware, zoo } from 'zeroskip';

const base = loadHardware('eie-64');
const depths = [1, 2, 4, 8, 16];
const designs = depths.map((value) => base.vary([{ op: 'replace', path: ['queueDepth'], value }]));
const [comparison] = await compare({ workloads: ['alex-6'], hardware: designs });
for (const [at, depth] of depths.entries()) {
  const { seconds = 0, areaMm2 } = comparison?.results[at] ?? {};
  console.log(`depth ${depth}: ${(seconds * 1e6).toFixed(1)} µs, area ${areaMm2?.toFixed(1)} mm²`);
}

// The published design on two layers of its paper.
const results = await compare({ workloads: ['alex-6', 'nt-we'], hardware: ['eie-64'] });
for (const { workload, results: rows } of results) {
  const title = zoo.get(workload.name)?.network.title ?? workload.name;
  for (const { seconds, joules } of rows) {
    console.log(
      `${title}: ${(seconds * 1e6).toFixed(1)} µs, ${((joules ?? 0) * 1e6).toFixed(2)} µJ`,
    );
  }
}
