// Costs a layer on the array, with one kernel per dataflow, and layers without weights beside it.

import { type Demand, denseMacsOf, type StreamDemand } from '../../workloads/demand.js';
import type { LayerTask } from '../../workloads/network.js';
import type { Bound, Kernel, LayerCost, Residency } from '../contract.js';
import { addCosts, repeated, sum, times } from '../cost.js';
import { isWeighted, outputElements } from '../work.js';
import type { Dataflow, SystolicConfig } from './config.js';
import { joulesOfWork } from './energy.js';
import type { Multiplied } from './gemm.js';
import { recordFolds } from './record.js';
import { fastestBatch, type Schedule } from './schedule.js';
import {
  activationBytes,
  activationsFit,
  fromActivations,
  isOfActivations,
  sramTraffic,
  stripsOf,
} from './traffic.js';

const stationary = (name: Dataflow): Kernel<SystolicConfig> => ({
  name,
  available: ({ dataflows }) => dataflows.includes(name),
  accepts: isWeighted,
  cost(task, config, residency) {
    const { chunk, chunks, rest } = fastestBatch(task, name, config, residency);
    const cost = costOf(task, chunk, name, config, residency);
    const costs = [repeated(cost, chunks)];
    if (rest) costs.push(costOf(task, rest, name, config, residency));
    const whole = addCosts(costs);
    const { groups_at_once } = cost.counters;
    const note = chunk.frames < task.batch ? [`${chunk.frames} frames at a time`] : [];
    return {
      ...whole,
      counters: { ...whole.counters, ...(groups_at_once ? { groups_at_once } : {}) },
      notes: [...whole.notes, ...note],
    };
  },
  record(task, config, residency, recorder) {
    recordFolds(fastestBatch(task, name, config, residency), name, config, recorder);
  },
});

export const weightStationary = stationary('ws');
export const outputStationary = stationary('os');
export const inputStationary = stationary('is');

/** Of some frames that run together. */
function costOf(
  task: LayerTask,
  {
    frames,
    gemm,
    strips,
    folding,
    array,
    dramBytes: bytes,
    memoryCycles: memory,
    ...rest
  }: Schedule,
  dataflow: Dataflow,
  config: SystolicConfig,
  residency: Residency,
): LayerCost {
  const demand = task.demand as Multiplied;
  const isOfTwo = isOfActivations(demand);
  const words = sramTraffic(gemm, folding, dataflow);
  const traffic = isOfTwo ? fromActivations(words) : words;
  const pes = config.rows * config.columns;
  const products = denseMacsOf(task.demand) * frames;
  const cycles = {
    compute: products / pes,
    unused_pes: Math.max(0, array.streaming - products / pes),
    fill: array.total - array.streaming,
    memory: Math.max(0, memory - array.total),
    first_fetch: rest.cycles - Math.max(array.total, memory),
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
