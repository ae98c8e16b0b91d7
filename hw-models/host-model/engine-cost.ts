// One layer on the engine: its programme's calls, each in the core and between the levels of
// memory, dealt out to threads as the engine deals them out.

import type { LayerTask } from '../../workloads/network.js';
import type { Bound, LayerCost, Parts } from '../contract.js';
import { sum } from '../cost.js';
import type { HostKernel } from '../host/engine/kernel.js';
import { plain } from '../host/engine/plain.js';
import { countCall } from './calls/index.js';
import type { CountedWork, Turns } from './calls/work.js';
import type { HostConfig } from './config.js';
import { joulesFor } from './energy.js';
import type { EngineLayer } from './layer.js';
import { layOut } from './layout.js';
import type { OuterLevel } from './levels.js';
import { loopNames, loops } from './loops.js';
import {
  bytesOfLines,
  cyclesOfLines,
  LayerMemory,
  type Lines,
  type Surroundings,
} from './memory.js';
import { plainMacs, plainNotes, plainPass } from './plain-pass.js';

/** Where a layer stands in its network. */
export interface Place extends Surroundings {
  /** Which inputs of a concatenation were made where it needs them. */
  readonly inPlace: readonly boolean[];
}

/** What some turns take and do in a core with their data in L1. */
export interface InCore {
  readonly cycles: number;
  readonly instructions: number;
  readonly macs: number;
}

/** Presets state four digits of what a turn takes. */
const ROUNDING = 1e-3;

export function inCore(turns: Turns, cyclesOf: HostConfig['turns']): InCore {
  let [cycles, instructions, macs] = [0, 0, 0];
  for (const name of loopNames) {
    const times = turns[name];
    if (!times) continue;
    cycles += times * cyclesOf[name];
    instructions += times * loops[name].instructions;
    macs += times * loops[name].macs;
  }
  return { cycles, instructions, macs };
}

/** One call on one thread. */
interface CallCost {
  readonly instructions: number;
  readonly macs: number;
  readonly bytes: Readonly<Record<OuterLevel, number>>;
  readonly cycles: CallCycles;
}

type CallCycles = Readonly<Record<'compute' | OuterLevel, number>>;

/**
 * T = max(T_core, T_data) + exposed · min(T_core, T_data) + T_wait, where T_data is the sum of the
 * levels' transfers, and `exposed` the levels' own, each by its share of the transfers. `compute`
 * is T_core; what lies beyond it is the levels', by their share of the transfers.
 */
export function callCycles(
  core: number,
  lines: Lines,
  exposedAt: Readonly<Record<OuterLevel, number>>,
  config: Pick<HostConfig, 'lines'>,
): CallCycles {
  const { l2, l3, memory } = cyclesOfLines(lines, config);
  const data = l2.transfer + l3.transfer + memory.transfer;
  const weighted =
    exposedAt.l2 * l2.transfer + exposedAt.l3 * l3.transfer + exposedAt.memory * memory.transfer;
  const exposed = data > 0 ? weighted / data : 0;
  const beyond = Math.max(core, data) + exposed * Math.min(core, data) - core;
  const of = ({ transfer, wait }: typeof l2) => (data > 0 ? (beyond * transfer) / data : 0) + wait;
  return { compute: core, l2: of(l2), l3: of(l3), memory: of(memory) };
}

/** Its pieces one after the other. */
function callCost(
  pieces: readonly CountedWork[],
  memory: LayerMemory,
  config: HostConfig,
): CallCost {
  const costs = pieces.map((work) => {
    const core = inCore(work.turns, config.turns);
    const lines = memory.lines(work);
    return {
      core,
      bytes: bytesOfLines(lines, config),
      cycles: callCycles(core.cycles, lines, config.exposed[work.code], config),
    };
  });
  const bytesAt = (level: OuterLevel) => total(costs, ({ bytes }) => bytes[level]);
  const cyclesAt = (part: keyof CallCycles) => total(costs, ({ cycles }) => cycles[part]);
  return {
    instructions: total(costs, ({ core }) => core.instructions),
    macs: total(costs, ({ core }) => core.macs),
    bytes: { l2: bytesAt('l2'), l3: bytesAt('l3'), memory: bytesAt('memory') },
    cycles: {
      compute: cyclesAt('compute'),
      l2: cyclesAt('l2'),
      l3: cyclesAt('l3'),
      memory: cyclesAt('memory'),
    },
  };
}

/**
 * A layer's calls, step by step and each piece by piece, as one kernel and so many threads make
 * them.
 */
interface Counted {
  readonly steps: readonly (readonly (readonly CountedWork[])[])[];
  readonly weightsEnd: number;
  readonly weightBytes: number;
}

/**
 * Counting lays out all weights; a task is often costed by several executors' rules that take the
 * same kernel.
 */
const countedOf = new WeakMap<LayerTask, Map<string, Counted>>();

/** Weights as `kernel` lays them out, with what leads to them. */
export function laidOutBytes(
  task: LayerTask,
  own: EngineLayer,
  kernel: HostKernel,
  threads: number,
): number {
  return countLayer(task, own, kernel, threads, []).weightBytes;
}

function countLayer(
  task: LayerTask,
  own: EngineLayer,
  kernel: HostKernel,
  threads: number,
  inPlace: readonly boolean[],
): Counted {
  const known = countedOf.get(task) ?? new Map<string, Counted>();
  countedOf.set(task, known);
  const key = `${kernel.name} ${threads} ${inPlace.join()}`;
  let counted = known.get(key);
  if (!counted) {
    const { steps, seen, weightsEnd, weightBytes } = layOut(task, own, kernel, threads, inPlace);
    counted = {
      steps: steps.map((step) => step.map((call) => countCall(call, seen))),
      weightsEnd,
      weightBytes,
    };
    known.set(key, counted);
  }
  return counted;
}

/**
 * The layer by `kernel`. `macs`: the multiply-accumulates of the layer that the kernel does not
 * skip.
 */
export function engineCost(
  task: LayerTask,
  own: EngineLayer,
  kernel: HostKernel,
  macs: number,
  place: Place,
  config: HostConfig,
): LayerCost {
  return costOf(
    countLayer(task, own, kernel, config.threads, place.inPlace),
    kernel.name,
    macs,
    place,
    config,
  );
}

/** The layer as a plain pass. */
export function plainCost(task: LayerTask, place: Place, config: HostConfig): LayerCost {
  const { work, weightsEnd, weightBytes } = plainPass(task);
  const macs = plainMacs(task) * task.batch;
  const cost = costOf(
    { steps: [[[work]]], weightsEnd, weightBytes },
    plain.name,
    macs,
    place,
    config,
    macs,
  );
  return { ...cost, notes: plainNotes(task) };
}

/** `executedElsewhere`: multiply-accumulates that no counted loop makes. */
function costOf(
  counted: Counted,
  kernel: string,
  macs: number,
  place: Place,
  config: HostConfig,
  executedElsewhere = 0,
): LayerCost {
  const { threads, clock } = config;
  const memory = new LayerMemory(counted.weightsEnd, place, config);
  const steps = counted.steps.map((step) => step.map((pieces) => callCost(pieces, memory, config)));
  const handedOut = threads > 1 ? steps.filter((step) => step.length > 1).length : 0;
  const cycles = addUp([
    ...steps.map((step) => together(step, config)),
    { overhead: (config.layer + handedOut * config.step) * clock },
  ]);
  const calls = steps.flat();
  const instructions = total(calls, (call) => call.instructions);
  const executed = total(calls, (call) => call.macs) + executedElsewhere;
  const bytes = addUp(calls.map((call) => call.bytes));
  return {
    kernel,
    clockHz: clock,
    cycles,
    joules: joulesFor(
      { seconds: sum(cycles) / clock, threads, macs: executed, instructions, bytes },
      config,
    ),
    counters: {
      macs,
      executed_macs: executed,
      instructions,
      calls: calls.length,
      weight_bytes: counted.weightBytes,
      footprint_bytes: memory.footprint,
      l2_bytes: bytes.l2 ?? 0,
      l3_bytes: bytes.l3 ?? 0,
      dram_bytes: bytes.memory ?? 0,
      threads,
    },
    floorCycles: Math.max(
      executed / (threads * config.multiplyAddsPerCycle * (1 + ROUNDING)),
      ((bytes.memory ?? 0) / config.memory.bandwidth) * clock,
      config.layer * clock,
      Number.MIN_VALUE,
    ),
    bound: boundOf(cycles),
    notes: [],
  };
}

/**
 * Calls of a step: call k runs on thread k modulo the threads, each thread its calls in their
 * order.
 */
function together(costs: readonly CallCost[], config: HostConfig): Parts {
  const { clock, memory } = config;
  const threads = Math.min(config.threads, costs.length);
  const busy = Array.from({ length: threads }, (_, thread) => {
    const own = costs.filter((_, at) => at % threads === thread);
    return total(own, ({ cycles }) => sum(cycles));
  });
  const mean = total(busy, (cycles) => cycles) / threads;
  // However well code hides it, memory supplies no faster.
  const supply = Math.min(memory.bandwidth, threads * memory.oneCore);
  const supplied = (total(costs, (call) => call.bytes.memory) / supply) * clock;
  const even = Math.max(mean, supplied);
  const share = (part: keyof CallCycles) => total(costs, ({ cycles }) => cycles[part]) / threads;
  return {
    compute: share('compute'),
    l2: share('l2'),
    l3: share('l3'),
    memory: share('memory') + even - mean,
    imbalance: Math.max(...busy, even) - even,
  };
}

function total<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0);
}

/** The sums of parts of the same name. */
function addUp(all: readonly Parts[]): Parts {
  const sums: Record<string, number> = {};
  for (const parts of all)
    for (const [name, value] of Object.entries(parts)) sums[name] = (sums[name] ?? 0) + value;
  return sums;
}

function boundOf({
  compute = 0,
  l2 = 0,
  l3 = 0,
  memory = 0,
  imbalance = 0,
  overhead = 0,
}: Parts): Bound {
  const causes = { compute, memory: l2 + l3 + memory, imbalance, latency: overhead } as const;
  const names = ['compute', 'memory', 'imbalance', 'latency'] as const;
  return names.reduce((largest, name) => (causes[name] > causes[largest] ? name : largest));
}
