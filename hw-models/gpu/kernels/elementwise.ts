// Layers without weights: one kernel that reads its inputs, writes its output and does little in between.

import { sizeOf, weightShapeOf } from '../../../workloads/layers/index.js';
import { tapsOf } from '../../../workloads/layers/window.js';
import type { Layer } from '../../../workloads/network.js';
import type { Kernel } from '../../contract.js';
import type { GpuConfig } from '../config.js';
import { ELEMENTWISE } from '../launch.js';
import { costOf, footprintOf } from './cost.js';

export const elementwise: Kernel<GpuConfig> = {
  name: 'elementwise',
  fallback: true,
  accepts: (layer) => weightShapeOf(layer) === null,
  cost(task, config, residency) {
    const footprint = footprintOf(task, 0, config, residency);
    const { inputBytes, outputBytes, dramActivationBytes } = footprint;
    const elements = elementsRead(task.layer) * task.batch;
    const launch = {
      blocks: Math.ceil((sizeOf(task.layer.output) * task.batch) / ELEMENTWISE.block.threads),
      block: ELEMENTWISE.block,
      instructions: Math.ceil(elements / config.sm.warpLanes) * ELEMENTWISE.instructionsPerElement,
      issueEfficiency: 1,
      gatherSectors: 0,
      coalescedBytes: 0,
      tensorCycles: 0,
      l2Bytes: inputBytes + outputBytes,
      dramBytes: dramActivationBytes,
      dependentLoads: 1,
    };
    return costOf({ kernel: 'elementwise', launch, footprint, macs: 0, macSlots: 0, nonzeros: 0 }, config);
  },
};

/** Elements that the outputs of one frame look at, counted as often as they are looked at. */
function elementsRead(layer: Layer): number {
  const inputs = layer.inputShapes.reduce((elements, shape) => elements + sizeOf(shape), 0);
  if (layer.kind === 'pool2d' && layer.kernel !== 'global') {
    return sizeOf(layer.output) * tapsOf({ kernel: layer.kernel });
  }
  if (layer.kind === 'lrn') return inputs * layer.size;
  return inputs;
}
