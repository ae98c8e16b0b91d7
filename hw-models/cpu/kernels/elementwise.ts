// Streams: pooling, normalisation, sums, softmax, copies. Memory-bound, vectorised.

import { invariant } from '../../../workloads/base/errors.js';
import type { Operations } from '../../../workloads/demand.js';
import type { Kernel } from '../../contract.js';
import { account } from '../account.js';
import type { CpuConfig } from '../config.js';
import { lanesOf, peakMacsPerCycle } from '../ecm.js';
import {
  activationElements,
  activationsHome,
  addTransfers,
  ELEMENT_BYTES,
  stream,
  write,
} from '../memory.js';

/** An exponential, a power or the like as a polynomial: about this many vector operations each. */
const TRANSCENDENTAL_OPERATIONS = 20;

function vectorOperations({ add, multiply, divide, exponential }: Operations): number {
  return add + multiply + divide + TRANSCENDENTAL_OPERATIONS * exponential;
}

export const elementwise: Kernel<CpuConfig> = {
  name: 'elementwise',
  fallback: true,
  accepts: ({ kind }) => kind === 'stream',
  cost(task, config, residency) {
    const { demand, batch } = task;
    invariant(demand.kind === 'stream', () => `layer ${task.name}: no stream`);
    const { cores } = config.dense;
    const { inputs, outputs } = activationElements(task);
    const home = activationsHome(task, config);
    const inputBytes = inputs * batch * ELEMENT_BYTES;
    const outputBytes = outputs * batch * ELEMENT_BYTES;
    const operations = vectorOperations(demand.operations) * batch;
    const { simd } = config;
    const vectorBytes = simd.width / 8;
    const work = {
      arithmeticCycles: operations / peakMacsPerCycle(config, 1),
      loadStoreCycles:
        Math.max(inputBytes / simd.loadsPerCycle, outputBytes / simd.storesPerCycle) / vectorBytes,
      transfers: addTransfers(stream(inputBytes, home, config), write(outputBytes, home, config)),
      cores,
      fullestShare: 1,
      supplyShare: 1,
    };
    const execution = {
      kernel: 'elementwise',
      phases: [{ work }],
      cores,
      calls: 1,
      macs: 0,
      executedMacs: 0,
      operations,
      lanes: lanesOf(config),
      nonzeros: null,
      weightBytes: 0,
      weightsHome: null,
      inputsRead: 'all' as const,
      notes: [],
    };
    return account(execution, task, config, residency);
  },
};
