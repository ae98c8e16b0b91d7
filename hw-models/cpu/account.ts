// Phases of a kernel → the layer's cost: cycles by cause, joules, counters, floor, bound.

import type { LayerTask } from '../../workloads/network.js';
import type { Bound, LayerCost, Parts, Residency } from '../contract.js';
import { sum } from '../cost.js';
import { inputBytes, outputElements } from '../work.js';
import type { Arithmetic } from './arithmetic.js';
import type { CpuConfig } from './config.js';
import { predict, type Work } from './ecm.js';
import { joulesFor } from './energy.js';
import { activationsHome, addTransfers, type WeightsHome } from './memory.js';

/**
 * A phase that runs by itself. A named one is shown as one cause; an unnamed one by the levels that
 * it waits for.
 */
export interface Phase {
  readonly name?: 'im2col' | 'packing' | 'halo' | 'transform';
  readonly work: Work;
}

export interface Execution {
  readonly kernel: string;
  readonly phases: readonly Phase[];
  readonly cores: number;
  /** Calls of the library. */
  readonly calls: number;
  /** What the layer's definition asks for with the weights that are read. */
  readonly macs: number;
  readonly arithmetic: Arithmetic;
  /** What the arithmetic units carry out: differs from `macs` where an algorithm needs fewer. */
  readonly executedMacs: number;
  readonly operations: number;
  /** Multiply-adds or operations of one instruction: the vector's lanes, 1 in a scalar loop. */
  readonly lanes: number;
  readonly nonzeros: number | null;
  readonly weightBytes: number;
  /** Those that lie in memory, where some of them are not read. */
  readonly storedBytes?: number;
  /** Where the weights wait before the layer; null for a layer without weights. */
  readonly weightsHome: WeightsHome | null;
  /** Some: an input that no kept weight meets need not be read. */
  readonly inputsRead: 'all' | 'some';
  readonly notes: readonly string[];
}

const boundOf: Readonly<Record<string, Bound>> = {
  compute: 'compute',
  l2: 'memory',
  l3: 'memory',
  memory: 'memory',
  im2col: 'memory',
  packing: 'memory',
  halo: 'memory',
  transform: 'memory',
  imbalance: 'imbalance',
  overhead: 'latency',
};

/** What the layer costs when its phases run one after the other. */
export function account(
  execution: Execution,
  task: LayerTask,
  config: CpuConfig,
  residency: Residency,
): LayerCost {
  const { kernel, phases, cores, macs, executedMacs, operations, lanes, nonzeros, weightBytes } =
    execution;
  const cycles: Record<string, number> = {};
  const add = (cause: string, value: number) => {
    cycles[cause] = (cycles[cause] ?? 0) + value;
  };
  for (const { name, work } of phases) {
    const parts = predict(work, config);
    if (name) add(name, sum(parts));
    else for (const [cause, value] of Object.entries(parts)) add(cause, value);
  }
  add('overhead', execution.calls * callSeconds(config, cores) * config.clock);
  const transfers = addTransfers(...phases.map((phase) => phase.work.transfers));
  const counters: Record<string, number> = {
    macs,
    executed_macs: executedMacs,
    operations,
    weight_bytes: execution.storedBytes ?? weightBytes,
    l2_bytes: transfers.l2.bytes,
    l3_bytes: transfers.l3.bytes,
    dram_bytes: transfers.memory.bytes,
    cores,
  };
  if (nonzeros !== null) counters.nonzeros = nonzeros;
  return {
    kernel,
    clockHz: config.clock,
    cycles,
    joules: joulesFor(
      {
        seconds: sum(cycles) / config.clock,
        cores,
        macs: executedMacs,
        operations,
        instructions: (executedMacs + operations) / lanes,
        transfers,
        arithmetic: execution.arithmetic,
      },
      config,
    ),
    counters,
    floorCycles: floorOf(execution, task, config),
    bound: largestOf(cycles),
    notes: [...residency.notes, ...execution.notes],
  };
}

/**
 * Threads that are left to the system to place may share a core where it has two hardware threads:
 * those that wait at the end take slots from those that still work.
 */
function callSeconds({ call, threadsPerCore = 1 }: CpuConfig, cores: number): number {
  return call.entry + Math.log2(cores) * threadsPerCore * call.forkJoin;
}

/**
 * Below this no code on these cores can go: multiply-adds at the peak rate, every byte that is not
 * in a cache moved once at the peak bandwidth of memory, every output stored once. None of the
 * model's efficiencies enter.
 */
function floorOf(execution: Execution, task: LayerTask, config: CpuConfig): number {
  const { cores, executedMacs, weightBytes, weightsHome, inputsRead, arithmetic } = execution;
  const { bytes, macsPerCycle } = arithmetic;
  const outputs = outputElements(task.demand);
  const read = inputsRead === 'all' ? inputBytes(task.demand, bytes) : 0;
  const home = activationsHome(task, config, cores, bytes);
  const compulsoryBytes =
    (weightsHome === 'memory' ? weightBytes : 0) +
    (home === 'memory' ? (read + outputs * bytes) * task.batch : 0);
  const storedPerCycle = cores * config.simd.storesPerCycle * (config.simd.width / 8);
  const bandwidth = config.memory.bandwidth * (config.cores / (config.socketCores ?? config.cores));
  return Math.max(
    executedMacs / (cores * macsPerCycle),
    (compulsoryBytes / bandwidth) * config.clock,
    (outputs * task.batch * bytes) / storedPerCycle,
  );
}

function largestOf(cycles: Parts): Bound {
  const totals = new Map<Bound, number>();
  for (const [cause, value] of Object.entries(cycles)) {
    const bound = boundOf[cause] ?? 'compute';
    totals.set(bound, (totals.get(bound) ?? 0) + value);
  }
  return [...totals].reduce((largest, entry) => (entry[1] > largest[1] ? entry : largest))[0];
}
