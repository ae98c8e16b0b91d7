// How much queue depth does EIE need? Variations of a preset are patches on it.
// Run: npx tsx examples/design-variation.ts

import { compare, loadHardware, zoo } from 'zeroskip';

const base = loadHardware('eie-64');
for (const queueDepth of [1, 2, 4, 8, 16]) {
  const varied = base.vary([{ op: 'replace', path: ['queueDepth'], value: queueDepth }]);
  console.log(
    `depth ${queueDepth}: ${varied.figures.size} figures, area ${areaOf(varied).toFixed(1)} mm²`,
  );
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

function areaOf({ area }: ReturnType<typeof loadHardware>): number {
  return Object.values(area ?? {}).reduce((sum, mm2) => sum + mm2, 0);
}
