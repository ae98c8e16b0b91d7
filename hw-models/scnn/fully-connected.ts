// Fully connected layers: what the dataflow was not made for. An activation meets each weight once,
// so an issue has one activation and at most F products of its F · I (SCNN, Section 6: a quarter of
// the peak), and all weights come from DRAM. How the outputs are dealt to PEs is not said: here
// evenly, each PE with weights of its own.

import type { LayerWeights } from '../../workloads/network.js';
import { rowsOf } from '../../workloads/weights/entries.js';
import { pesOf, type ScnnConfig } from './config.js';
import { cyclesForMean, cyclesPerIssue } from './contention.js';
import type { BandRun } from './timing.js';

export interface FullyConnectedRun extends BandRun {
  /** Values and placeholders of all weights. */
  readonly weightElements: number;
}

/** `watch` is told the issues that each PE has for each activation, where it has some. */
export function runFullyConnected(
  { store }: LayerWeights,
  activations: Float32Array,
  config: ScnnConfig,
  watch: (pe: number, column: number, issues: number) => void = () => {},
): FullyConnectedRun {
  const { rows, columns } = store;
  const rowOf = rowsOf(store);
  const pes = pesOf(config);
  const rowsPerPe = Math.ceil(rows / pes);
  const perIssue = cyclesPerIssue(config);
  const issuesOf = new Float64Array(pes);
  const productsOf = new Float64Array(pes);
  let [weightElements, activationVectors] = [0, 0];
  // Of one PE's rows: each column's values, elements, and the row of its last value.
  const values = new Uint32Array(columns);
  const elements = new Uint32Array(columns);
  const last = new Int32Array(columns);
  for (let pe = 0; pe * rowsPerPe < rows; pe++) {
    values.fill(0);
    elements.fill(0);
    last.fill(pe * rowsPerPe - 1);
    for (let row = pe * rowsPerPe; row < Math.min(rows, (pe + 1) * rowsPerPe); row++) {
      const { indices, from, to } = rowOf(row);
      for (let at = from; at < to; at++) {
        const column = indices[at] as number;
        const zeros = row - (last[column] as number) - 1;
        elements[column] = (elements[column] as number) + 1 + (zeros >> config.indexBits);
        values[column] = (values[column] as number) + 1;
        last[column] = row;
      }
    }
    let [issues, products] = [0, 0];
    for (let column = 0; column < columns; column++) {
      const held = elements[column] as number;
      weightElements += held;
      if (held === 0 || activations[column] === 0) continue;
      activationVectors++;
      const own = Math.ceil(held / config.pe.weights);
      watch(pe, column, own);
      issues += own;
      products += values[column] as number;
    }
    issuesOf[pe] = issues;
    productsOf[pe] = products;
  }
  const busyCycles = issuesOf.map((issues, pe) =>
    issues === 0 ? 0 : issues * cyclesForMean(perIssue, (productsOf[pe] as number) / issues),
  );
  const slowestCycles = Math.max(...busyCycles);
  const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
  const issues = sum(issuesOf);
  return {
    ...{ busyCycles, issues, slowestCycles, activationVectors, weightElements },
    stallCycles: sum(busyCycles) - issues,
    products: sum(productsOf),
    weightVectors: Math.ceil(weightElements / config.pe.weights),
    cycles: slowestCycles + rowsPerPe / config.drainedPerCycle,
  };
}
