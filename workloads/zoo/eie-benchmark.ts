// The nine fully connected layers on which EIE was measured, each a network of one layer. Without
// biases, as timed.

import { eieBenchmarkRows } from '../data/eie-benchmark.js';
import { buildNetwork } from '../graph.js';
import type { ZooEntry } from './entry.js';

const source = { work: 'Han et al., EIE, ISCA 2016 (arXiv 1602.01528v2)', at: 'Table III' };

export const eieBenchmark: readonly ZooEntry[] = eieBenchmarkRows.map((row) => ({
  network: buildNetwork({
    name: row.name,
    title: row.title,
    input: [row.inputs],
    layers: [
      {
        kind: 'dense',
        name: row.layer,
        outputs: row.outputs,
        bias: false,
        activation: row.clamped ? 'relu' : 'none',
      },
    ],
    source,
  }),
  densities: {
    source,
    input: row.activationPercent / 100,
    layers: { [row.layer]: { weights: row.weightPercent / 100, output: 1 } },
  },
  preprocessing: null,
}));
