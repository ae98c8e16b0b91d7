// One layer on the engine: its programme's calls, each in the core and between the levels of
// memory, dealt out to threads as the engine deals them out.

import { invariant } from '../../workloads/base/errors.js';
import type { LayerTask } from '../../workloads/network.js';
import type { Bound, LayerCost, Parts } from '../contract.js';
import { sum } from '../cost.js';
import type { HostKernel } from '../host/engine/kernel.js';
import { plain } from '../host/engine/plain.js';
import { countCall } from './calls/index.js';
import type { Code, CountedWork, Turns } from './calls/work.js';
import type { HostConfig } from './config.js';
import { joulesFor } from './energy.js';
import type { EngineLayer } from './layer.js';
import { layOut } from './layout.js';
import type { OuterLevel } from './levels.js';
import { type LoopName, loopOf, macsOfTurn, turnsIn } from './loops.js';
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

/** Cycles of a turn, of all loops that were measured. */
export type TurnCycles = Readonly<Partial<Record<LoopName, number>>>;

/** `lanes`: floats in a vector of the native build. */
export function inCore(turns: Turns, cyclesOf: TurnCycles, lanes = 1): InCore {
  let [cycles, instructions, macs] = [0, 0, 0];
  for (const [name, times] of turnsIn(turns)) {
    const own = cyclesOf[name];
    invariant(own !== undefined, () => `nobody has measured ${name}`);
    cycles += times * own;
    instructions += times * loopOf(name).instructions;
    macs += times * macsOfTurn(name, lanes);
  }
  return { cycles, instructions, macs };
}

/** What a config says of both builds. */
interface Rates {
  readonly turns: TurnCycles;
  readonly lanes: number;
  readonly exposed: Readonly<Partial<Record<Code, Readonly<Record<OuterLevel, number>>>>>;
}

const ratesOf = new WeakMap<HostConfig, Rates>();

function rates(config: HostConfig): Rates {
  let known = ratesOf.get(config);
  if (!known) {
    const { turns, exposed, native } = config;
    known = {
      turns: { ...turns, ...native?.turns },
      lanes: native?.vectorFloats ?? 1,
      exposed: { ...exposed, ...native?.exposed },
    };
    ratesOf.set(config, known);
  }
  return known;
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
  const { turns, lanes, exposed } = rates(config);
  const costs = pieces.map((work) => {
    const core = inCore(work.turns, turns, lanes);
    const exposedAt = exposed[work.code];
    invariant(exposedAt !== undefined, () => `nobody has measured code of ${work.code}`);
    const lines = memory.lines(work);
    return {
      core,
      bytes: bytesOfLines(lines, config),
      cycles: callCycles(core.cycles, lines, exposedAt, config),
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
  config: HostConfig,
): number {
  return countLayer(task, own, kernel, config, []).weightBytes;
}

function countLayer(
  task: LayerTask,
  own: EngineLayer,
  kernel: HostKernel,
  { threads, native }: Pick<HostConfig, 'threads' | 'native'>,
  inPlace: readonly boolean[],
): Counted {
  const known = countedOf.get(task) ?? new Map<string, Counted>();
  countedOf.set(task, known);
  const lanes = native?.vectorFloats;
  const key = `${kernel.name} ${threads} ${lanes} ${inPlace.join()}`;
  let counted = known.get(key);
  if (!counted) {
    const laid = layOut(task, own, kernel, threads, inPlace, lanes);
    const { steps, seen, weightsEnd, weightBytes } = laid;
    counted = {
      steps: steps.map((step) => step.map((call) => countCall(call, seen, lanes))),
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
  const counted = countLayer(task, own, kernel, config, place.inPlace);
  return costOf(counted, kernel, macs, place, config);
}

/** The layer as a plain pass. */
export function plainCost(task: LayerTask, place: Place, config: HostConfig): LayerCost {
  const { work, weightsEnd, weightBytes } = plainPass(task);
  const macs = plainMacs(task) * task.batch;
  const cost = costOf(
    { steps: [[[work]]], weightsEnd, weightBytes },
    plain,
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
  kernel: HostKernel,
  macs: number,
  place: Place,
  config: HostConfig,
  executedElsewhere = 0,
): LayerCost {
  const { threads, clock } = config;
  const build = kernel.isNative && config.native ? config.native : config;
  const memory = new LayerMemory(counted.weightsEnd, place, config);
  const steps = counted.steps.map((step) => step.map((pieces) => callCost(pieces, memory, config)));
  const handedOut = threads > 1 ? steps.filter((step) => step.length > 1).length : 0;
  const cycles = addUp([
    ...steps.map((step) => together(step, config)),
    { overhead: (build.layer + handedOut * build.step) * clock },
  ]);
  const calls = steps.flat();
  const instructions = total(calls, (call) => call.instructions);
  const executed = total(calls, (call) => call.macs) + executedElsewhere;
  const bytes = addUp(calls.map((call) => call.bytes));
  return {
    kernel: kernel.name,
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
      executed / (threads * build.multiplyAddsPerCycle * (1 + ROUNDING)),
      ((bytes.memory ?? 0) / config.memory.bandwidth) * clock,
      build.layer * clock,
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
