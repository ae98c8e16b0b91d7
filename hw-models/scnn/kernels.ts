// What a layer costs: convolutions as the paper has them, fully connected layers as it admits, the rest on the PEs'
// post-processing units.

import { invariant } from '../../workloads/base/errors.js';
import { sizeOf } from '../../workloads/layers/index.js';
import type { LayerTask, LayerWeights } from '../../workloads/network.js';
import { nonzerosOf } from '../../workloads/weights/store.js';
import type { Bound, Kernel, LayerCost } from '../contract.js';
import { times } from '../cost.js';
import { elementsRead } from '../elementwise.js';
import { activationBlocks, weightBlocks } from './compressed.js';
import { pesOf, productsPerIssue, type ScnnConfig } from './config.js';
import { runConnected } from './connected.js';
import { joulesOfWork } from './energy.js';
import { type Convolution, tilingOf } from './tiling.js';
import { type BandRun, runBand } from './timing.js';

export const sparse: Kernel<ScnnConfig> = {
  name: 'sparse',
  accepts: ({ kind }) => kind === 'dense' || kind === 'conv2d',
  cost(task, config) {
    const { layer, weights } = task;
    invariant(weights !== null, () => `layer ${layer.name} has no weights`);
    return accountFor(
      layer.kind === 'conv2d' ? convolution(layer, task, weights, config) : connected(task, weights, config),
      task,
      weights,
      config,
    );
  },
};

/** One frame of a layer with weights. */
interface Execution {
  readonly runs: readonly BandRun[];
  /** Compressed values and placeholders of all weights, and of the input on the PE that holds most. */
  readonly weightElements: number;
  readonly fullestElements: number;
  readonly inputElements: number;
  readonly placeholders: number;
  readonly groups: number;
  readonly drainedSums: number;
  readonly haloSums: number;
  readonly notes: readonly string[];
}

function convolution(layer: Convolution, task: LayerTask, weights: LayerWeights, config: ScnnConfig): Execution {
  const tiling = tilingOf(layer, config);
  const { bands, groups, groupChannels, phases, reachedRows, reachedColumns } = tiling;
  const filters = weightBlocks(layer, weights, tiling, config);
  const inputs = Array.from({ length: bands }, (_, band) =>
    activationBlocks(layer, task.input.values, band, tiling, config),
  );
  const sumsPerGroup = groupChannels * reachedRows * reachedColumns;
  const runs = inputs.map((own) => runBand(own, filters, { groups, phases, sumsPerGroup }, config));
  const pes = pesOf(config);
  const perPe = Array.from({ length: pes }, (_, pe) =>
    inputs.reduce((sum, own) => sum + heldBy(own.elements, pe, pes), 0),
  );
  const inputElements = perPe.reduce((sum, held) => sum + held, 0);
  const weightElements = total(filters.elements);
  const drainedSums = bands * groups * pes * sumsPerGroup;
  const values = inputs.reduce((sum, own) => sum + total(own.values), 0) + total(filters.values);
  return {
    runs,
    ...{ weightElements, inputElements, groups: bands * groups, drainedSums },
    fullestElements: Math.max(...perPe),
    placeholders: inputElements + weightElements - values,
    haloSums: Math.max(0, drainedSums - sizeOf(layer.output)),
    notes: [
      ...(phases > 1 ? [`split into ${phases} phases of its stride, which the paper does not describe`] : []),
      ...(bands > 1 ? [`${bands} bands of the plane, as a whole tile's sums exceed the accumulators`] : []),
    ],
  };
}

function connected({ layer, input }: LayerTask, weights: LayerWeights, config: ScnnConfig): Execution {
  const run = runConnected(weights, input.values, config);
  const outputs = sizeOf(layer.output);
  const inputElements = Math.ceil(input.values.length * input.density);
  return {
    runs: [run],
    weightElements: run.weightElements,
    inputElements,
    fullestElements: Math.ceil(inputElements / pesOf(config)),
    placeholders: run.weightElements - nonzerosOf(weights.store),
    ...{ groups: 1, drainedSums: outputs, haloSums: 0 },
    notes: [
      `fully connected: one activation an issue, at most ${config.pe.weights} of ${productsPerIssue(config.pe)} multipliers`,
    ],
  };
}

const total = (counts: Uint32Array) => counts.reduce((sum, count) => sum + count, 0);

function heldBy(elements: Uint32Array, pe: number, pes: number): number {
  const length = elements.length / pes;
  return total(elements.subarray(pe * length, (pe + 1) * length));
}

function accountFor(execution: Execution, task: LayerTask, weights: LayerWeights, config: ScnnConfig): LayerCost {
  const { runs, drainedSums } = execution;
  const { layer, batch, macs, input } = task;
  const sum = (of: (run: BandRun) => number) => runs.reduce((all, run) => all + of(run), 0);
  const pes = pesOf(config);
  const slots = productsPerIssue(config.pe);
  const elementBytes = (config.valueBits + config.indexBits) / 8;
  // What the outputs will hold is not known before the next layer: as dense as the inputs.
  const outputElements = sizeOf(layer.output) * input.density;
  const spills = Math.max(execution.fullestElements, outputElements / pes) * elementBytes > config.pe.activationBytes;
  const activationBytes = spills ? (execution.inputElements + outputElements) * elementBytes : 0;
  // All weights pass by once for each band of the plane.
  const bytes = execution.weightElements * runs.length * elementBytes + activationBytes;
  const memory = (bytes / config.dram.bytesPerSecond) * config.clockHz;

  const [onChip, slowest, issues, stalls, products] = [
    sum(({ cycles }) => cycles),
    sum(({ slowestCycles }) => slowestCycles),
    sum((run) => run.issues),
    sum(({ stallCycles }) => stallCycles),
    sum((run) => run.products),
  ];
  const cycles = {
    compute: products / (pes * slots),
    fragmentation: issues / pes - products / (pes * slots),
    contention: stalls / pes,
    imbalance: Math.max(0, slowest - (issues + stalls) / pes),
    drain: onChip - slowest,
    memory: Math.max(0, memory - onChip),
  };
  const activationVectors = sum((run) => run.activationVectors);
  const weightVectors = issues + pes * sum((run) => run.weightVectors);
  const work = {
    products,
    activationVectors,
    weightVectors,
    drainedSums,
    outputValues: outputElements,
    dramBytes: bytes,
  };
  const busyCycles = Array.from({ length: pes }, (_, pe) => batch * sum((run) => run.busyCycles[pe] as number));
  return {
    kernel: 'sparse',
    clockHz: config.clockHz,
    cycles: times(batch, cycles),
    joules: times(batch, joulesOfWork(work, config)),
    counters: {
      ...times(batch, {
        macs: macs.effective,
        products,
        issues,
        product_slots: issues * slots,
        stall_cycles: stalls,
        output_groups: execution.groups,
        halo_sums: execution.haloSums,
        drained_sums: drainedSums,
        activation_vectors: activationVectors,
        weight_vectors: weightVectors,
        dram_bytes: bytes,
      }),
      placeholders: execution.placeholders,
      nonzeros: nonzerosOf(weights.store),
    },
    floorCycles: batch * Math.max(macs.effective / (pes * slots), memory, drainedSums / (pes * config.drainedPerCycle)),
    bound: boundOf(cycles),
    load: { unit: 'PE', busyCycles, cycles: batch * Math.max(onChip, memory) },
    notes: [
      ...execution.notes,
      ...(spills ? ['activations exceed the RAM of the fullest PE and pass through DRAM'] : []),
    ],
  };
}

function boundOf({
  compute,
  fragmentation,
  contention,
  imbalance,
  drain,
  memory,
}: Readonly<Record<'compute' | 'fragmentation' | 'contention' | 'imbalance' | 'drain' | 'memory', number>>): Bound {
  if (memory > 0) return 'memory';
  if (drain > compute + fragmentation + contention + imbalance) return 'latency';
  return fragmentation + imbalance > compute + contention ? 'imbalance' : 'compute';
}

/** Not in the paper: each PE's post-processing unit reads as many activations a cycle as it drains sums. */
export const elementwise: Kernel<ScnnConfig> = {
  name: 'elementwise',
  fallback: true,
  accepts: ({ kind }) => kind !== 'dense' && kind !== 'conv2d',
  cost({ layer, batch, input }, config) {
    const reads = elementsRead(layer);
    const writes = sizeOf(layer.output);
    const compute = Math.max(reads, writes) / (pesOf(config) * config.drainedPerCycle);
    const work = {
      ...{ products: 0, weightVectors: 0, drainedSums: 0, dramBytes: 0 },
      activationVectors: Math.ceil((reads * input.density) / config.pe.activations),
      outputValues: writes * input.density,
    };
    return {
      kernel: 'elementwise',
      clockHz: config.clockHz,
      cycles: times(batch, { compute }),
      joules: times(batch, joulesOfWork(work, config)),
      counters: times(batch, { macs: 0, activation_vectors: work.activationVectors }),
      floorCycles: batch * compute,
      bound: 'compute',
      notes: [`not in the paper: estimated as ${config.drainedPerCycle} activations per PE and cycle`],
    };
  },
};
