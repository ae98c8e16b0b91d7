// Fully connected layers: what the dataflow was not made for. An activation meets each weight once, so an issue has one
// activation and at most F products of its F · I (SCNN, Section 6: a quarter of the peak), and all weights come from DRAM.
// How the outputs are dealt to PEs is not said: here evenly, each PE with weights of its own.

import type { LayerWeights } from '../../workloads/network.js';
import { toCsc } from '../../workloads/weights/store.js';
import { pesOf, type ScnnConfig } from './config.js';
import { cyclesForMean, cyclesPerIssue } from './contention.js';
import type { BandRun } from './timing.js';

export interface ConnectedRun extends BandRun {
  /** Values and placeholders of all weights. */
  readonly weightElements: number;
}

export function runConnected({ store }: LayerWeights, activations: Float32Array, config: ScnnConfig): ConnectedRun {
  const { rows, columns, pointers, indices } = toCsc(store);
  const pes = pesOf(config);
  const rowsPerPe = Math.ceil(rows / pes);
  const perIssue = cyclesPerIssue(config);
  const issuesOf = new Float64Array(pes);
  const productsOf = new Float64Array(pes);
  let [weightElements, activationVectors] = [0, 0];
  for (let column = 0; column < columns; column++) {
    const isRead = activations[column] !== 0;
    let at = pointers[column] as number;
    const end = pointers[column + 1] as number;
    while (at < end) {
      const pe = Math.floor((indices[at] as number) / rowsPerPe);
      const endRow = (pe + 1) * rowsPerPe;
      let [last, values, elements] = [pe * rowsPerPe - 1, 0, 0];
      for (; at < end && (indices[at] as number) < endRow; at++) {
        const row = indices[at] as number;
        elements += 1 + ((row - last - 1) >> config.indexBits);
        values++;
        last = row;
      }
      weightElements += elements;
      if (!isRead) continue;
      activationVectors++;
      issuesOf[pe] = (issuesOf[pe] as number) + Math.ceil(elements / config.pe.weights);
      productsOf[pe] = (productsOf[pe] as number) + values;
    }
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
