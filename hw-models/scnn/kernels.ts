// Costs a layer: convolutions as in the paper, fully connected layers with the limits that it
// admits, all others on the PEs' post-processing units.

import { invariant } from '../../workloads/base/errors.js';
import type {
  ConvolutionDemand,
  EmbeddingDemand,
  ProductDemand,
  StreamDemand,
} from '../../workloads/demand.js';
import type { LayerTask, LayerWeights } from '../../workloads/network.js';
import { nonzerosOf } from '../../workloads/weights/entries.js';
import type { Bound, Kernel, LayerCost, Recorder } from '../contract.js';
import { addCosts, repeated, times, sum as totalCycles } from '../cost.js';
import { matrixParts } from '../lowering.js';
import { movedBy } from '../means.js';
import { isImageConvolution, outputElements } from '../work.js';
import { pesOf, productsPerIssue, type ScnnConfig } from './config.js';
import { joulesOfWork } from './energy.js';
import { runFullyConnected } from './fully-connected.js';
import { operandsOf } from './operands.js';
import { recordConvolution, recordFullyConnected } from './record.js';
import { groupsNote } from './sampling.js';
import { type BandRun, runBand } from './timing.js';
import { tokenImage } from './tokens.js';

export const sparse: Kernel<ScnnConfig> = {
  name: 'sparse',
  accepts: (demand) => demand.kind === 'product' || isImageConvolution(demand),
  cost(task, config) {
    const { demand } = task;
    if (demand.kind !== 'product' || demand.matrices === 1) return costOne(task, config);
    const parts = matrixParts(task, demand);
    const cost = addCosts(
      parts.map((part) => repeated(costOne(part.task, config), part.times, part.notes)),
    );
    // Those of all matrices, of which some may stand for others.
    return { ...cost, counters: { ...cost.counters, macs: task.macs.effective * task.batch } };
  },
  /** The first frame. */
  record(task, config, _, recorder) {
    const { demand } = task;
    if (demand.kind !== 'product') return recordOne(task, config, recorder);
    let from = 0;
    const parts = matrixParts(task, demand);
    for (const { task: part, times } of parts) {
      const own = { ...movedBy(from, recorder), room: recorder.room / parts.length };
      recordOne(part, config, own);
      from += (times * totalCycles(costOne(part, config).cycles)) / part.batch;
    }
  },
};

/** One product, or a convolution. */
function recordOne(task: LayerTask, config: ScnnConfig, recorder: Recorder): void {
  const { demand, weights, batch, input } = task;
  if (weights === null) return;
  if (demand.kind === 'convolution') {
    recordConvolution(operandsOf(demand, input.values, weights, config), config, recorder);
  } else if (demand.kind === 'product' && demand.rows > 1) {
    const image = tokenImage(demand, input.values, config);
    const operands = operandsOf(image.demand, image.values, weights, config, true);
    recordConvolution(operands, config, recorder);
  } else {
    const cycles = totalCycles(costOne(task, config).cycles) / batch;
    recordFullyConnected(weights, input.values, cycles, config, recorder);
  }
}

function costOne(task: LayerTask, config: ScnnConfig): LayerCost {
  const { demand, weights } = task;
  invariant(weights !== null, () => `layer ${task.name} has no weights`);
  return accountFor(
    executionOf(demand as ProductDemand | ConvolutionDemand, task, weights, config),
    task,
    weights,
    config,
  );
}

function executionOf(
  demand: ProductDemand | ConvolutionDemand,
  task: LayerTask,
  weights: LayerWeights,
  config: ScnnConfig,
): Execution {
  const { values } = task.input;
  if (demand.kind === 'convolution') return convolution(demand, values, weights, config);
  if (demand.rows === 1) return fullyConnected(demand, task, weights, config);
  const tokens = tokenImage(demand, values, config);
  return convolution(tokens.demand, tokens.values, weights, config, true);
}

/** One frame of a layer with weights. */
interface Execution {
  readonly runs: readonly BandRun[];
  /**
   * Compressed values and placeholders of all weights, and of the input on the PE that holds most.
   */
  readonly weightElements: number;
  readonly fullestElements: number;
  readonly inputElements: number;
  readonly placeholders: number;
  readonly groups: number;
  readonly drainedSums: number;
  readonly haloSums: number;
  readonly notes: readonly string[];
}

/** `mayBeSampled`: where it is too much, on some output-channel groups that stand for all. */
function convolution(
  demand: ConvolutionDemand,
  values: Float32Array,
  weights: LayerWeights,
  config: ScnnConfig,
  mayBeSampled = false,
): Execution {
  const operands = operandsOf(demand, values, weights, config, mayBeSampled);
  const { tiling, chosen, filters, inputs, band } = operands;
  const { bands, groups, phases } = tiling;
  const { share, sumsPerGroup } = band;
  const runs = inputs.map((own) => runBand(own, filters, band, config));
  const pes = pesOf(config);
  const perPe = Array.from({ length: pes }, (_, pe) =>
    inputs.reduce((sum, own) => sum + heldBy(own.elements, pe, pes), 0),
  );
  const inputElements = perPe.reduce((sum, held) => sum + held, 0);
  const weightElements = total(filters.elements) * share;
  const drainedSums = bands * groups * pes * sumsPerGroup;
  const kept =
    inputs.reduce((sum, own) => sum + total(own.values), 0) + total(filters.values) * share;
  return {
    runs,
    ...{ weightElements, inputElements, groups: bands * groups, drainedSums },
    fullestElements: Math.max(...perPe),
    placeholders: inputElements + weightElements - kept,
    haloSums: Math.max(0, drainedSums - outputElements(demand)),
    notes: [
      ...(phases > 1
        ? [`split into ${phases} phases of its stride, which the paper does not describe`]
        : []),
      ...(bands > 1
        ? [`${bands} bands of the plane, as a whole tile's sums exceed the accumulators`]
        : []),
      ...groupsNote(chosen.length, groups),
    ],
  };
}

function fullyConnected(
  demand: ProductDemand,
  { input }: LayerTask,
  weights: LayerWeights,
  config: ScnnConfig,
): Execution {
  const run = runFullyConnected(weights, input.values, config);
  const outputs = outputElements(demand);
  const inputElements = Math.ceil(input.values.length * input.density);
  return {
    runs: [run],
    weightElements: run.weightElements,
    inputElements,
    fullestElements: Math.ceil(inputElements / pesOf(config)),
    placeholders: run.weightElements - nonzerosOf(weights.store),
    ...{ groups: 1, drainedSums: outputs, haloSums: 0 },
    notes: [
      `fully connected: one activation per issue, so at most ${config.pe.weights} of ${productsPerIssue(config.pe)} multipliers`,
    ],
  };
}

const total = (counts: Uint32Array) => counts.reduce((sum, count) => sum + count, 0);

function heldBy(elements: Uint32Array, pe: number, pes: number): number {
  const length = elements.length / pes;
  return total(elements.subarray(pe * length, (pe + 1) * length));
}

function accountFor(
  execution: Execution,
  task: LayerTask,
  weights: LayerWeights,
  config: ScnnConfig,
): LayerCost {
  const { runs, drainedSums } = execution;
  const { demand, batch, macs, input } = task;
  const sum = (of: (run: BandRun) => number) => runs.reduce((all, run) => all + of(run), 0);
  const pes = pesOf(config);
  const slots = productsPerIssue(config.pe);
  const elementBytes = (config.valueBits + config.indexBits) / 8;
  // What the outputs will hold is not known before the next layer: as dense as the inputs.
  const written = outputElements(demand) * input.density;
  // Other activations in place of weights lie beside the input, an equal part on each PE.
  const isOfTwo = demand.kind === 'product' && demand.right === 'activations';
  const operand = isOfTwo ? execution.weightElements : 0;
  const fullest = execution.fullestElements + operand / pes;
  const spills = Math.max(fullest, written / pes) * elementBytes > config.pe.activationBytes;
  const activationBytes = spills ? (execution.inputElements + operand + written) * elementBytes : 0;
  // All weights pass by once for each band of the plane.
  const weightBytes = isOfTwo ? 0 : execution.weightElements * runs.length * elementBytes;
  const bytes = weightBytes + activationBytes;
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
    // On its way to the FIFOs the operand is read from the activation RAMs.
    activationVectors:
      activationVectors + Math.ceil((operand * runs.length) / config.pe.activations),
    weightVectors,
    drainedSums,
    outputValues: written,
    dramBytes: bytes,
    seconds: totalCycles(cycles) / config.clockHz,
  };
  const busyCycles = Array.from(
    { length: pes },
    (_, pe) => batch * sum((run) => run.busyCycles[pe] as number),
  );
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
    // A sample may miss some of the MACs.
    floorCycles:
      batch *
      Math.max(
        Math.min(macs.effective, products) / (pes * slots),
        memory,
        drainedSums / (pes * config.drainedPerCycle),
      ),
    bound: boundOf(cycles),
    load: { unit: 'PE', busyCycles, cycles: batch * Math.max(onChip, memory) },
    // Of the mean PE: a memory passes a vector a cycle, a bank takes a product a cycle.
    busy: times(batch, {
      activation_rams: activationVectors / pes,
      weight_fifo: issues / pes,
      multipliers: products / (pes * slots),
      crossbar: products / (pes * slots),
      accumulators: products / (pes * config.pe.banks),
      dram: memory,
    }),
    notes: [
      ...execution.notes,
      ...(isOfTwo
        ? ['a product of two activations: the second was compressed when written (estimate)']
        : []),
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
}: Readonly<
  Record<'compute' | 'fragmentation' | 'contention' | 'imbalance' | 'drain' | 'memory', number>
>): Bound {
  if (memory > 0) return 'memory';
  if (drain > compute + fragmentation + contention + imbalance) return 'latency';
  return fragmentation + imbalance > compute + contention ? 'imbalance' : 'compute';
}

/**
 * Not in the paper: each PE's post-processing unit reads as many activations a cycle as it drains
 * sums.
 */
export const elementwise: Kernel<ScnnConfig> = {
  name: 'elementwise',
  fallback: true,
  accepts: ({ kind }) => kind === 'stream' || kind === 'embedding',
  cost({ demand, batch, input }, config) {
    const { reads, writes, density, tableBytes } = passOf(
      demand as StreamDemand | EmbeddingDemand,
      input.density,
      config,
    );
    const compute = Math.max(reads, writes) / (pesOf(config) * config.drainedPerCycle);
    const memory = (tableBytes / config.dram.bytesPerSecond) * config.clockHz;
    const isTable = demand.kind === 'embedding';
    const work = {
      ...{ products: 0, weightVectors: 0, drainedSums: 0, dramBytes: tableBytes },
      activationVectors: Math.ceil((reads * density) / config.pe.activations),
      outputValues: writes * density,
      seconds: Math.max(compute, memory) / config.clockHz,
    };
    return {
      kernel: 'elementwise',
      clockHz: config.clockHz,
      cycles: times(
        batch,
        isTable ? { compute, memory: Math.max(0, memory - compute) } : { compute },
      ),
      joules: times(batch, joulesOfWork(work, config)),
      counters: times(batch, {
        ...{ macs: 0, activation_vectors: work.activationVectors },
        ...(isTable ? { dram_bytes: tableBytes } : {}),
      }),
      floorCycles: batch * Math.max(compute, memory),
      bound: memory > compute ? 'memory' : 'compute',
      notes: [
        `not in the paper: estimated as ${config.drainedPerCycle} activations per PE and cycle`,
        ...(isTable ? ['rows of the table are read from DRAM'] : []),
      ],
    };
  },
};

/** Rows of a table come from DRAM, uncompressed, and are as dense as they can be. */
function passOf(
  demand: StreamDemand | EmbeddingDemand,
  density: number,
  { valueBits }: ScnnConfig,
) {
  if (demand.kind === 'stream') {
    return { reads: demand.looks * demand.passes, writes: demand.outputs, density, tableBytes: 0 };
  }
  const elements = demand.lookups * demand.width;
  return { reads: 0, writes: elements, density: 1, tableBytes: (elements * valueBits) / 8 };
}
