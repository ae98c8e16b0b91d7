// What a layer costs on the array, a kernel for each dataflow, and what layers without weights cost beside it.

import { sizeOf } from '../../workloads/layers/index.js';
import type { LayerTask } from '../../workloads/network.js';
import type { Bound, Kernel, LayerCost, Residency } from '../contract.js';
import { sum, times } from '../cost.js';
import { elementsRead } from '../elementwise.js';
import type { Dataflow, SystolicConfig } from './config.js';
import { joulesOfWork } from './energy.js';
import { foldingOf, gemmOf } from './gemm.js';
import { arrayCycles, doubleBuffered } from './timing.js';
import { activationBytes, activationsFit, dramBytes, passesOf, sramTraffic } from './traffic.js';

const stationary = (name: Dataflow): Kernel<SystolicConfig> => ({
  name,
  available: ({ dataflows }) => dataflows.includes(name),
  accepts: ({ kind }) => kind === 'dense' || kind === 'conv2d',
  cost(task, config, residency) {
    // All frames at a time use each weight more often; one at a time needs less room for activations.
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
  const { layer, batch, macs } = task;
  const gemm = gemmOf(layer, frames);
  const folding = foldingOf(gemm, dataflow, config);
  const array = arrayCycles(folding, config);
  const traffic = sramTraffic(gemm, folding, dataflow);
  const bytes = dramBytes(layer, gemm, passesOf(folding, dataflow), frames, residency, config);
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
      ...residency.notes,
      ...(activationsFit(layer, frames, config) ? [] : ['activations exceed their SRAM and pass through DRAM']),
      ...(groupsAtOnce > 1 ? [`${groupsAtOnce} groups at a time on the diagonal, zeros beside them`] : []),
    ],
  };
}

function boundOf(cycles: Readonly<Record<'memory' | 'fill' | 'unused_pes' | 'compute', number>>): Bound {
  if (cycles.memory > 0) return 'memory';
  if (cycles.fill > cycles.compute + cycles.unused_pes) return 'latency';
  return cycles.unused_pes > cycles.compute ? 'imbalance' : 'compute';
}

/** Layers without weights, on the vector unit: an element looked at on each lane and cycle. */
export const elementwise: Kernel<SystolicConfig> = {
  name: 'elementwise',
  fallback: true,
  accepts: ({ kind }) => kind !== 'dense' && kind !== 'conv2d',
  cost({ layer, batch }, config) {
    const reads = elementsRead(layer);
    const writes = sizeOf(layer.output);
    const operations = Math.max(reads, writes);
    const compute = operations / config.vectorLanes;
    const fits = activationsFit(layer, 1, config);
    const { inputs, outputs } = activationBytes(layer, 1, config);
    const bytes = fits ? 0 : inputs + outputs;
    const memory = (bytes / config.dram.bytesPerSecond) * config.clockHz;
    const counters = {
      macs: 0,
      vector_operations: operations,
      input_sram_reads: reads,
      output_sram_writes: writes,
      dram_bytes: bytes,
    };
    const work = { weightReads: 0, sumAccesses: 0, macs: 0, inputReads: reads, outputWrites: writes };
    return {
      kernel: 'elementwise',
      clockHz: config.clockHz,
      cycles: times(batch, { compute, memory: Math.max(0, memory - compute) }),
      joules: times(batch, joulesOfWork({ ...work, vectorOperations: operations, dramBytes: bytes }, config)),
      counters: times(batch, counters),
      floorCycles: batch * Math.max(compute, memory),
      bound: memory > compute ? 'memory' : 'compute',
      notes: fits ? [] : ['activations exceed their SRAM and pass through DRAM'],
    };
  },
};
