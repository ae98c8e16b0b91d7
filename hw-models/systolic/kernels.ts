// What a layer costs on the array, a kernel for each dataflow, and what layers without weights cost
// beside it.

import type { StreamDemand } from '../../workloads/demand.js';
import type { LayerTask } from '../../workloads/network.js';
import type { Bound, Kernel, LayerCost, Residency } from '../contract.js';
import { sum, times } from '../cost.js';
import { isWeighted, outputElements } from '../work.js';
import type { Dataflow, SystolicConfig } from './config.js';
import { joulesOfWork } from './energy.js';
import { foldingOf, gemmOf, type Multiplied } from './gemm.js';
import { arrayCycles, doubleBuffered } from './timing.js';
import {
  activationBytes,
  activationsFit,
  dramBytes,
  fromActivations,
  isOfActivations,
  passesOf,
  sramTraffic,
} from './traffic.js';

const stationary = (name: Dataflow): Kernel<SystolicConfig> => ({
  name,
  available: ({ dataflows }) => dataflows.includes(name),
  accepts: isWeighted,
  cost(task, config, residency) {
    // All frames at a time use each weight more often; one at a time needs less room for
    // activations.
    const together = costOf(task, task.batch, name, config, residency);
    if (task.batch === 1) return together;
    const single = costOf(task, 1, name, config, residency);
    return sum(single.cycles) < sum(together.cycles) ? single : together;
  },
});

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
  const { batch, macs } = task;
  const demand = task.demand as Multiplied;
  const gemm = gemmOf(demand, frames);
  const folding = foldingOf(gemm, dataflow, config);
  const array = arrayCycles(folding, config);
  const isOfTwo = isOfActivations(demand);
  const words = sramTraffic(gemm, folding, dataflow);
  const traffic = isOfTwo ? fromActivations(words) : words;
  const bytes = dramBytes(demand, gemm, passesOf(folding, dataflow), frames, residency, config);
  const memory = (bytes / config.dram.bytesPerSecond) * config.clockHz;
  const pes = config.rows * config.columns;
  const products = macs.dense * frames;
  const cycles = {
    compute: products / pes,
    unused_pes: Math.max(0, array.streaming - products / pes),
    fill: array.total - array.streaming,
    memory: Math.max(0, memory - array.total),
    first_fetch: doubleBuffered(array.total, memory, array.folds) - Math.max(array.total, memory),
  };
  const work = { ...traffic, macs: products, vectorOperations: 0, dramBytes: bytes };
  const repeats = batch / frames;
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
    cycles: times(repeats, cycles),
    joules: times(repeats, joulesOfWork(work, config)),
    counters: { ...times(repeats, counters), groups_at_once: groupsAtOnce },
    floorCycles: repeats * Math.max(products / pes, memory),
    bound: boundOf(cycles),
    notes: [
      ...(isOfTwo ? ['the second factor is activations, read from their SRAM'] : residency.notes),
      ...(activationsFit(demand, frames, config)
        ? []
        : ['activations exceed their SRAM and pass through DRAM']),
      ...(groupsAtOnce > 1
        ? [`${groupsAtOnce} groups at a time on the diagonal, zeros beside them`]
        : []),
    ],
  };
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
    const compute = operations / config.vectorLanes;
    const fits = activationsFit(demand, 1, config);
    const { inputs, outputs } = activationBytes(demand, 1, config);
    // Rows of a table always come from DRAM.
    const bytes = fits ? (isTable ? inputs : 0) : inputs + outputs;
    const memory = (bytes / config.dram.bytesPerSecond) * config.clockHz;
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
      floorCycles: batch * Math.max(compute, memory),
      bound: memory > compute ? 'memory' : 'compute',
      notes: [
        ...(fits ? [] : ['activations exceed their SRAM and pass through DRAM']),
        ...(isTable ? ['rows of the table are read from DRAM'] : []),
      ],
    };
  },
};

const readsOf = ({ looks, passes }: StreamDemand) => looks * passes;
