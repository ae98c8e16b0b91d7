// Streams: one kernel that reads its inputs, writes its output and does little in between.

import { invariant } from '../../../workloads/base/errors.js';
import type { Operations, StreamDemand } from '../../../workloads/demand.js';
import type { Kernel } from '../../contract.js';
import type { GpuConfig } from '../config.js';
import { ELEMENTWISE } from '../launch.js';
import { costOf, footprintOf } from './cost.js';

export const elementwise: Kernel<GpuConfig> = {
  name: 'elementwise',
  fallback: true,
  accepts: ({ kind }) => kind === 'stream',
  cost(task, config, residency) {
    const { demand, batch } = task;
    invariant(demand.kind === 'stream', () => `layer ${task.name}: no stream`);
    const footprint = footprintOf(task, 0, config, residency);
    const { inputBytes, outputBytes, dramActivationBytes } = footprint;
    const { warpLanes } = config.sm;
    const launch = {
      blocks: Math.ceil((demand.outputs * batch) / ELEMENTWISE.block.threads),
      block: ELEMENTWISE.block,
      instructions:
        Math.ceil((demand.looks * batch) / warpLanes) * ELEMENTWISE.instructionsPerElement +
        Math.ceil((operationsBeyond(demand) * batch) / warpLanes),
      issueEfficiency: 1,
      gatherSectors: 0,
      coalescedBytes: 0,
      tensorCycles: 0,
      l2Bytes: inputBytes + outputBytes,
      dramBytes: dramActivationBytes,
      dependentLoads: 1,
    };
    return costOf(
      { kernel: 'elementwise', launch, footprint, macs: 0, macSlots: 0, nonzeros: 0 },
      config,
    );
  },
};

/**
 * Instructions of one lane for arithmetic that finds no room among those counted for each element
 * that is looked at: as many for each pass over them.
 */
function operationsBeyond({ looks, passes, operations }: StreamDemand): number {
  return Math.max(
    0,
    instructionsFor(operations) - looks * passes * ELEMENTWISE.instructionsPerElement,
  );
}

function instructionsFor({ add, multiply, divide, exponential }: Operations): number {
  return (
    add +
    multiply +
    ELEMENTWISE.instructionsPerDivision * divide +
    ELEMENTWISE.instructionsPerExponential * exponential
  );
}
