// Streams: one kernel that reads its inputs, writes its output and does little in between.

import { invariant } from '../../../workloads/base/errors.js';
import type { Operations, StreamDemand } from '../../../workloads/demand.js';
import type { LayerTask } from '../../../workloads/network.js';
import type { Kernel, LayerCost, Residency } from '../../contract.js';
import type { GpuConfig } from '../config.js';
import { ELEMENTWISE, type Launch, nothing } from '../launch.js';
import { costOf, type Footprint, footprintOf, WORD_BYTES } from './cost.js';

export const elementwise: Kernel<GpuConfig> = {
  name: 'elementwise',
  fallback: true,
  accepts: ({ kind }) => kind === 'stream',
  cost: (task, config, residency) => costElementwise(task, config, residency),
};

/** Values of `wordBytes` each. What the kernel before it does in passing costs what it reads. */
export function costElementwise(
  task: LayerTask,
  config: GpuConfig,
  residency: Residency,
  wordBytes = WORD_BYTES,
): LayerCost {
  const { demand, batch } = task;
  invariant(demand.kind === 'stream', () => `layer ${task.name}: no stream`);
  const isFused = residency.fused === true;
  const whole = footprintOf(task, 0, config, residency, wordBytes);
  const footprint = isFused ? readBeside(whole) : whole;
  const { inputBytes, outputBytes, dramActivationBytes } = footprint;
  const { warpLanes } = config.sm;
  const launch: Launch = {
    ...nothing,
    blocks: Math.ceil((demand.outputs * batch) / ELEMENTWISE.block.threads),
    block: ELEMENTWISE.block,
    instructions: isFused
      ? Math.ceil((demand.outputs * batch) / warpLanes)
      : Math.ceil((demand.looks * batch) / warpLanes) * ELEMENTWISE.instructionsPerElement +
        Math.ceil((operationsBeyond(demand) * batch) / warpLanes),
    l2Bytes: inputBytes + outputBytes,
    dramBytes: dramActivationBytes,
    dependentLoads: isFused ? 0 : 1,
  };
  const notes = isFused ? ['fused into the kernel before it'] : [];
  const within = isFused ? { ...config, launchSeconds: NO_LAUNCH } : config;
  return costOf(
    {
      ...{ kernel: 'elementwise', launches: [launch], footprint, notes },
      ...{ macs: 0, macSlots: 0, nonzeros: 0 },
    },
    within,
  );
}

/** A kernel that runs already; costs take some time, however little. */
const NO_LAUNCH = 1e-12;

/** The result of the kernel before is in its registers: only what is added to it comes and goes. */
function readBeside(whole: Footprint): Footprint {
  const { inputBytes, outputBytes, dramActivationBytes } = whole;
  const beside = Math.max(0, inputBytes - outputBytes);
  const share = beside / (inputBytes + outputBytes);
  const dram = dramActivationBytes * share;
  return { ...whole, inputBytes: beside, outputBytes: 0, dramActivationBytes: dram };
}

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
