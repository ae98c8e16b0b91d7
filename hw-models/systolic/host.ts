// Costs starting an inference from the host: drivers, the link's latency, and moving inputs and
// results.

import type { LayerTask } from '../../workloads/network.js';
import type { Parts } from '../contract.js';
import { inputElements, outputElements } from '../work.js';
import { operandBytes, type SystolicConfig } from './config.js';
import { leakageWatts } from './energy.js';

/** Of each frame, which is an inference; the chip leaks meanwhile. */
export function perInference(
  tasks: readonly LayerTask[],
  config: SystolicConfig,
): { readonly cycles: Parts; readonly joules: Parts } {
  const [first] = tasks;
  const last = tasks.at(-1);
  const { host, dram, chipWatts, clockHz } = config;
  if (!host || !first || !last) return { cycles: {}, joules: {} };
  const bytes = (inputElements(first.demand) + outputElements(last.demand)) * operandBytes(config);
  const frame = host.inferenceSeconds + bytes / host.bytesPerSecond;
  const cycles = Math.ceil(frame * clockHz) * first.batch;
  const seconds = cycles / clockHz;
  return {
    cycles: { host: cycles },
    joules: {
      host: seconds * (leakageWatts(config) + (dram.standbyWatts ?? 0) + (chipWatts ?? 0)),
    },
  };
}
