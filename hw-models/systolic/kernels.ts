// Costs a layer on the array, with one kernel per dataflow, and layers without weights beside it.

import { invariant } from '../../workloads/base/errors.js';
import { type Demand, denseMacsOf, type StreamDemand } from '../../workloads/demand.js';
import type { LayerTask } from '../../workloads/network.js';
import type { Bound, Kernel, LayerCost, Residency } from '../contract.js';
import { addCosts, repeated, sum, times } from '../cost.js';
import { isWeighted, outputElements } from '../work.js';
import type { Dataflow, SystolicConfig } from './config.js';
import { joulesOfWork } from './energy.js';
import { gemmOf, inStrips, type Multiplied } from './gemm.js';
import { arrayCycles, doubleBuffered } from './timing.js';
import {
  activationBytes,
  activationsFit,
  dramBytes,
  fromActivations,
  isOfActivations,
  passesOf,
  sramTraffic,
  stripsOf,
} from './traffic.js';

const stationary = (name: Dataflow): Kernel<SystolicConfig> => ({
  name,
  available: ({ dataflows }) => dataflows.includes(name),
  accepts: isWeighted,
  cost(task, config, residency) {
    // More frames at a time use each weight more often; fewer need less room for activations.
    const [first, ...others] = chunksOf(task, config).map((frames) =>
      chunked(task, frames, name, config, residency),
    );
    invariant(first !== undefined, 'no way to split a batch');
    return others.reduce(
      (best, cost) => (sum(cost.cycles) < sum(best.cycles) ? cost : best),
      first,
    );
  },
});

/** Frames at a time that are tried: powers of two, as many as fit on the chip, and all. */
function chunksOf({ demand, batch }: LayerTask, config: SystolicConfig): readonly number[] {
  const sizes = new Set([batch]);
  for (let frames = 1; frames < batch; frames *= 2) sizes.add(frames);
  const { inputs, outputs } = activationBytes(demand, 1, config);
  const fitting = Math.floor(config.sram.activationBytes / (inputs + outputs));
  if (fitting >= 1 && fitting < batch) sizes.add(fitting);
  return [...sizes];
}

/** The whole batch, `frames` at a time and then what is left. */
function chunked(
  task: LayerTask,
  frames: number,
  dataflow: Dataflow,
  config: SystolicConfig,
  residency: Residency,
): LayerCost {
  const { batch } = task;
  const left = batch % frames;
  const chunk = costOf(task, frames, dataflow, config, residency);
  const chunks = repeated(chunk, Math.floor(batch / frames));
  const note = frames < batch ? [`${frames} frames at a time`] : [];
  const costs = left === 0 ? [chunks] : [chunks, costOf(task, left, dataflow, config, residency)];
  const whole = addCosts(costs);
  const { groups_at_once } = chunk.counters;
  return {
    ...whole,
    counters: { ...whole.counters, ...(groups_at_once ? { groups_at_once } : {}) },
    notes: [...whole.notes, ...note],
  };
}

export const weightStationary = stationary('ws');
export const outputStationary = stationary('os');
export const inputStationary = stationary('is');

function costOf(
  task: LayerTask,
  frames: number,
  dataflow: Dataflow,
  config: SystolicConfig,
  residency: Residency,
): LayerCost {
  const demand = task.demand as Multiplied;
  const gemm = gemmOf(demand, frames);
  const strips = stripsOf(demand, frames, config);
  const folding = inStrips(gemm, strips, dataflow, config);
  const array = arrayCycles(folding, config);
  const isOfTwo = isOfActivations(demand);
  const words = sramTraffic(gemm, folding, dataflow);
  const traffic = isOfTwo ? fromActivations(words) : words;
  const bytes = dramBytes(demand, gemm, passesOf(folding, dataflow), frames, residency, config);
  const memory = Math.ceil((bytes / config.dram.bytesPerSecond) * config.clockHz);
  const pes = config.rows * config.columns;
  const products = denseMacsOf(task.demand) * frames;
  const cycles = {
    compute: products / pes,
    unused_pes: Math.max(0, array.streaming - products / pes),
    fill: array.total - array.streaming,
    memory: Math.max(0, memory - array.total),
    first_fetch:
      Math.ceil(doubleBuffered(array.total, memory, array.folds)) - Math.max(array.total, memory),
  };
  const seconds = sum(cycles) / config.clockHz;
  const work = { ...traffic, macs: products, vectorOperations: 0, dramBytes: bytes, seconds };
  const { groupsAtOnce } = folding;
  const counters = {
    macs: products,
    mac_slots: array.total * pes,
    folds: array.folds,
    weight_sram_reads: traffic.weightReads,
    input_sram_reads: traffic.inputReads,
    output_sram_writes: traffic.outputWrites,
    sum_accesses: traffic.sumAccesses,
    dram_bytes: bytes,
  };
  return {
    kernel: dataflow,
    clockHz: config.clockHz,
    cycles,
    joules: joulesOfWork(work, config),
    counters: { ...counters, groups_at_once: groupsAtOnce },
    // The array waits for none of its memories: their ports have no rate here.
    busy: { PE: products / pes, dram: memory },
    floorCycles: Math.max(products / pes, memory),
    bound: boundOf(cycles),
    notes: [
      ...(isOfTwo
        ? ['a product of two activations: the second is read from the activation SRAM']
        : residency.notes),
      ...overflowNotes(demand, frames, strips, config),
      ...(groupsAtOnce > 1
        ? [`${groupsAtOnce} groups at a time on the diagonal, zeros beside them`]
        : []),
    ],
  };
}

function overflowNotes(
  demand: Demand,
  frames: number,
  strips: number,
  config: SystolicConfig,
): readonly string[] {
  if (strips > 1)
    return [
      'activations exceed their SRAM: the layer runs in strips, whose overlap is not counted',
    ];
  return activationsFit(demand, frames, config)
    ? []
    : ['activations exceed their SRAM and pass through DRAM'];
}

function boundOf(
  cycles: Readonly<Record<'memory' | 'fill' | 'unused_pes' | 'compute', number>>,
): Bound {
  if (cycles.memory > 0) return 'memory';
  if (cycles.fill > cycles.compute + cycles.unused_pes) return 'latency';
  return cycles.unused_pes > cycles.compute ? 'imbalance' : 'compute';
}

/** Layers without weights, on the vector unit: an element looked at on each lane and cycle. */
export const elementwise: Kernel<SystolicConfig> = {
  name: 'elementwise',
  fallback: true,
  accepts: ({ kind }) => kind === 'stream' || kind === 'embedding',
  cost({ demand, batch }, config) {
    const writes = outputElements(demand);
    const isTable = demand.kind === 'embedding';
    const reads = isTable ? writes : readsOf(demand as StreamDemand);
    const operations = Math.max(reads, writes);
    const compute = Math.ceil(operations / config.vectorLanes);
    const strips = stripsOf(demand, 1, config);
    const fits = strips > 1 || activationsFit(demand, 1, config);
    const { inputs, outputs } = activationBytes(demand, 1, config);
    // Rows of a table always come from DRAM.
    const bytes = fits ? (isTable ? inputs : 0) : inputs + outputs;
    const memory = Math.ceil((bytes / config.dram.bytesPerSecond) * config.clockHz);
    const counters = {
      macs: 0,
      vector_operations: operations,
      input_sram_reads: reads,
      output_sram_writes: writes,
      dram_bytes: bytes,
    };
    const work = {
      weightReads: 0,
      sumAccesses: 0,
      macs: 0,
      inputReads: reads,
      outputWrites: writes,
      seconds: Math.max(compute, memory) / config.clockHz,
    };
    return {
      kernel: 'elementwise',
      clockHz: config.clockHz,
      cycles: times(batch, { compute, memory: Math.max(0, memory - compute) }),
      joules: times(
        batch,
        joulesOfWork({ ...work, vectorOperations: operations, dramBytes: bytes }, config),
      ),
      counters: times(batch, counters),
      busy: { dram: batch * memory },
      floorCycles: batch * Math.max(compute, memory),
      bound: memory > compute ? 'memory' : 'compute',
      notes: [
        ...overflowNotes(demand, 1, strips, config),
        ...(isTable ? ['rows of the table are read from DRAM'] : []),
      ],
    };
  },
};

const readsOf = ({ looks, passes }: StreamDemand) => looks * passes;
