// Streams: pooling, normalisation, sums, softmax, copies. Memory-bound, vectorised.

import { invariant } from '../../../workloads/base/errors.js';
import type { Operations } from '../../../workloads/demand.js';
import type { Kernel } from '../../contract.js';
import { account } from '../account.js';
import { arithmeticOf, type CpuPrecision, computesIn } from '../arithmetic.js';
import type { CpuConfig } from '../config.js';
import {
  activationElements,
  activationsHome,
  addTransfers,
  movingActivations,
  stream,
  write,
} from '../memory.js';

/** An exponential, a power or the like as a polynomial: about this many vector operations each. */
const TRANSCENDENTAL_OPERATIONS = 20;

function vectorOperations({ add, multiply, divide, exponential }: Operations): number {
  return add + multiply + divide + TRANSCENDENTAL_OPERATIONS * exponential;
}

/** Streams of one precision. */
export function elementwiseKernel(precision: CpuPrecision): Kernel<CpuConfig> {
  const name = precision === 'fp32' ? 'elementwise' : `elementwise-${precision}`;
  return {
    ...{ name, precision, fallback: true },
    available: (config) => computesIn(config, precision),
    accepts: ({ kind }) => kind === 'stream',
    cost(task, processor, residency) {
      const config = movingActivations(processor);
      const { demand, batch } = task;
      invariant(demand.kind === 'stream', () => `layer ${task.name}: no stream`);
      const { cores } = config.dense;
      const arithmetic = arithmeticOf(config, precision);
      const { bytes, lanes } = arithmetic;
      const { inputs, outputs } = activationElements(task);
      const home = activationsHome(task, config, cores, bytes);
      const inputBytes = inputs * batch * bytes;
      const outputBytes = outputs * batch * bytes;
      const operations = vectorOperations(demand.operations) * batch;
      const { simd } = config;
      const vectorBytes = simd.width / 8;
      const work = {
        arithmeticCycles: operations / arithmetic.operationsPerCycle,
        loadStoreCycles:
          Math.max(inputBytes / simd.loadsPerCycle, outputBytes / simd.storesPerCycle) /
          vectorBytes,
        transfers: addTransfers(stream(inputBytes, home, config), write(outputBytes, home, config)),
        ...{ cores, fullestShare: 1, supplyShare: 1 },
      };
      const execution = {
        ...{ kernel: name, phases: [{ work }], cores, calls: 1, macs: 0, executedMacs: 0 },
        ...{ operations, arithmetic, lanes, nonzeros: null, weightBytes: 0, weightsHome: null },
        ...{ inputsRead: 'all' as const, notes: [] },
      };
      return account(execution, task, config, residency);
    },
  };
}
