// What a layer costs on EIE as matrix-vector products: one for a fully connected layer, one for each output pixel of a
// convolution, and what the rest of a network costs. Han et al., EIE, ISCA 2016, Sections III and IV.

import { invariant } from '../../workloads/base/errors.js';
import { sizeOf } from '../../workloads/layers/index.js';
import { isPointwise } from '../../workloads/layers/window.js';
import type { Layer, LayerTask } from '../../workloads/network.js';
import type { Kernel, LayerCost, Residency } from '../contract.js';
import { times } from '../cost.js';
import { elementsRead } from '../elementwise.js';
import { accountFor, noTransforms } from './account.js';
import type { EieConfig } from './config.js';
import { joulesOfWork } from './energy.js';
import { blocksFor, blocksNote, layoutsOfTask, storedBytes } from './placement.js';
import { type Products, runProducts } from './products.js';
import { recordProducts } from './record.js';
import { forEachVector } from './vectors.js';

/** Fully connected layers, and 1×1 convolutions, whose vectors are the pixels' channels as they are. */
export const sparse: Kernel<EieConfig> = {
  name: 'sparse',
  accepts: (layer) => layer.kind === 'dense' || (layer.kind === 'conv2d' && isPointwise(layer)),
  cost: (task, config, residency) => costProducts('sparse', task, config, residency),
  record: (task, config, _, recorder) => recordProducts(productsOf(task, config), config, recorder),
};

/** Other convolutions: each pixel's vector is what all taps of the kernel read for it. */
export const im2col: Kernel<EieConfig> = {
  name: 'im2col',
  accepts: (layer) => layer.kind === 'conv2d' && !isPointwise(layer),
  cost: (task, config, residency) => costProducts('im2col', task, config, residency),
  record: (task, config, _, recorder) => recordProducts(productsOf(task, config), config, recorder),
};

/** Not in the paper: each PE reads and writes one activation a cycle through its registers. */
export const elementwise: Kernel<EieConfig> = {
  name: 'elementwise',
  fallback: true,
  accepts: (layer) => layer.kind !== 'dense' && layer.kind !== 'conv2d',
  cost: costElementwise,
};

/** The products of a layer, block of rows by block and group by group. */
function productsOf(task: LayerTask, config: EieConfig): readonly Products[] {
  const { layer, weights } = task;
  invariant(weights !== null, () => `layer ${layer.name} has no weights`);
  // A vector of its own reads each weight once, however many there are.
  const layoutsIn = (blocks: number) => layoutsOfTask(task, weights, config, blocks);
  const alone = (blocks: number) => layoutsIn(blocks).map((layout) => [layout]);
  const rows = outputsPerVector(layer);
  const blocks = layer.kind === 'conv2d' ? blocksFor(alone, Math.ceil(rows / config.pes), config) : 1;
  return layoutsIn(blocks).map((layout) => ({ layout, visit: (run) => forEachVector(task, layout, run) }));
}

function costProducts(kernel: string, task: LayerTask, config: EieConfig, residency: Residency): LayerCost {
  const { layer } = task;
  const products = productsOf(task, config);
  const layouts = products.map(({ layout }) => layout);
  const rows = outputsPerVector(layer) / layouts.length;
  const runs = products.map((product) => runProducts(product, rows, config, task.input));
  const macs = runs.reduce((sum, { events, biasAdds }) => sum + events.entries - events.padding - biasAdds, 0);
  invariant(macs === task.macs.effective, () => `layer ${layer.name}: ${macs} MACs, not ${task.macs.effective}`);
  const streamedBytes = residency.resident ? 0 : storedBytes(layouts, config);
  const notes = [...residency.notes, ...blocksNote(layouts.length)];
  return accountFor({ kernel, runs, streamedBytes, transforms: noTransforms, notes }, task, config);
}

function outputsPerVector(layer: Layer): number {
  return layer.kind === 'conv2d' ? layer.channels : sizeOf(layer.output);
}

function costElementwise({ layer, batch }: LayerTask, config: EieConfig): LayerCost {
  const writes = sizeOf(layer.output);
  const reads = elementsRead(layer);
  const cycles = Math.ceil(Math.max(reads, writes) / config.pes);
  const registerAccesses = reads + writes;
  const idle = { queueEntries: 0, wordReads: 0, entries: 0, activationSramAccesses: 0, dramBytes: 0 };
  return {
    kernel: 'elementwise',
    clockHz: config.clockHz,
    cycles: times(batch, { compute: cycles }),
    joules: times(batch, joulesOfWork({ ...idle, cycles, registerAccesses }, config)),
    counters: times(batch, { macs: 0, register_accesses: registerAccesses }),
    floorCycles: batch * (writes / config.pes),
    bound: 'compute',
    notes: ['not in the paper: estimated as one activation read and one written per PE and cycle'],
  };
}
