// From launches to a LayerCost: time, energy, floor and notes, the same way for every kernel, at
// the clock that the board's power allows.

import { invariant } from '../../../workloads/base/errors.js';
import type { Demand } from '../../../workloads/demand.js';
import type { LayerTask, LayerWeights } from '../../../workloads/network.js';
import type { LayerCost, Parts, Residency } from '../../contract.js';
import { sum } from '../../cost.js';
import { inputBytes as inputBytesOf, outputElements, rightBytes } from '../../work.js';
import type { GpuConfig } from '../config.js';
import { joulesOf } from '../energy.js';
import type { Launch } from '../launch.js';
import type { Counters } from '../meters.js';
import { withinPower } from '../power.js';
import { floorCyclesOf, type LaunchTime, timeOf } from '../roofline.js';

/** Of a 32-bit float or index. */
export const WORD_BYTES = 4;

/** What the bytes of a layer come to, and which of them must cross the DRAM's pins. */
export interface Footprint {
  /** Of all inputs that are met, those among them that `rightBytes` are of. */
  readonly inputBytes: number;
  /** Of the activations that a product multiplies by. */
  readonly rightBytes: number;
  readonly outputBytes: number;
  readonly weightBytes: number;
  /** Weights, once, unless they stay in the L2 cache between frames. */
  readonly dramWeightBytes: number;
  /** Of inputs and outputs what the L2 cache does not keep from one layer to the next. */
  readonly dramActivationBytes: number;
  /** Of them those of outputs. */
  readonly dramOutputBytes: number;
}

/** Of the L2 cache what stays there while other data streams past: its replacement is not ideal. */
const KEPT_SHARE = 0.75;

/** The share of so many bytes that comes from DRAM: what the L2 cache does not keep. */
export function spillOf(bytes: number, { l2 }: GpuConfig): number {
  return bytes === 0 ? 0 : Math.max(0, 1 - (KEPT_SHARE * l2.bytes) / bytes);
}

/**
 * The same of what streams by again and again from its beginning: of more than the cache holds
 * nothing is left when it comes again.
 */
function cycleSpill(bytes: number, { l2 }: GpuConfig): number {
  const kept = KEPT_SHARE * l2.bytes;
  return Math.min(1, Math.max(0, (bytes - kept) / (l2.bytes - kept)));
}

/** How activations lie: channel by channel, or a pixel's channels together. */
export type ActivationOrder = 'channels-first' | 'channels-last';

/** Of a memory access: neighbours of what is read come along. */
const SECTOR_BYTES = 32;

/**
 * The share of a convolution's input that its taps meet: of a 1 × 1 kernel with a stride every
 * second row and, where a pixel's channels lie together, every second pixel.
 */
function touchedShare(demand: Demand, wordBytes: number, order: ActivationOrder): number {
  if (demand.kind !== 'convolution') return 1;
  const [down = 1, across = 1] = demand.kernel.map((taps, axis) =>
    Math.min(1, taps / (demand.stride[axis] as number)),
  );
  const channelBytes = (demand.input[0] / demand.groups) * wordBytes;
  const apart = order === 'channels-last' ? channelBytes : demand.stride[1] * wordBytes;
  return down * (apart >= SECTOR_BYTES ? across : 1);
}

/** `weightBytes`: as the kernel stores them; `wordBytes`: of an activation. Of the whole batch. */
export function footprintOf(
  task: LayerTask,
  weightBytes: number,
  config: GpuConfig,
  { resident }: Residency,
  wordBytes = WORD_BYTES,
  order: ActivationOrder = 'channels-first',
): Footprint {
  const { demand, batch } = task;
  const touched = touchedShare(demand, wordBytes, order);
  const inputBytes = inputBytesOf(demand, wordBytes) * batch * touched;
  const outputBytes = outputElements(demand) * wordBytes * batch;
  const activationBytes = inputBytes + outputBytes;
  const streamed = resident ? cycleSpill(weightBytes + activationBytes, config) : 1;
  return {
    inputBytes,
    rightBytes: demand.kind === 'product' ? rightBytes(demand, wordBytes) * batch : 0,
    outputBytes,
    weightBytes,
    dramWeightBytes: weightBytes * streamed,
    dramActivationBytes: activationBytes * spillOf(activationBytes, config),
    dramOutputBytes: outputBytes * spillOf(activationBytes, config),
  };
}

/** What multiplies: the ordinary lanes or the tensor cores. */
export interface Arithmetic {
  /** Multiply-accumulates a cycle of one SM, at most. */
  readonly macsPerCycle: number;
  /** Of one at the full clock; what it takes at a lower one follows. */
  readonly macJoules: (config: GpuConfig) => number;
}

const float32 = ({ sm }: GpuConfig): Arithmetic => ({
  macsPerCycle: sm.lanes,
  macJoules: ({ energy }) => energy.macJoules,
});

export interface Work {
  readonly kernel: string;
  /** Without it, 32-bit floats on the ordinary lanes. */
  readonly arithmetic?: Arithmetic;
  /** What the reader must know of this kernel. */
  readonly notes?: readonly string[];
  /** One after another. */
  readonly launches: readonly Launch[];
  readonly footprint: Footprint;
  readonly macs: number;
  /** Multiplications that are left to do; as many as `macs` unless an algorithm saves some. */
  readonly multiplications?: number;
  readonly macSlots: number;
  readonly nonzeros: number;
  /** Without them what the footprint must move. */
  readonly compulsoryDramBytes?: number;
}

interface Evaluated {
  readonly times: readonly LaunchTime[];
  readonly cycles: Parts;
  readonly joules: Parts;
  readonly seconds: number;
  readonly watts: number;
}

function evaluate({ launches, macs, arithmetic }: Required<Work>, config: GpuConfig): Evaluated {
  const times = launches.map((launch) => timeOf(launch, config));
  const cycles = addUp(times.map((time) => time.cycles));
  const macJoules = (macs * arithmetic.macJoules(config)) / launches.length;
  const joules = addUp(
    launches.map((launch, at) =>
      joulesOf(launch, macJoules, sum(times[at]?.cycles ?? {}) / config.clockHz, config),
    ),
  );
  const seconds = sum(cycles) / config.clockHz;
  return { times, cycles, joules, seconds, watts: sum(joules) / seconds };
}

function addUp(all: readonly Parts[]): Parts {
  const [first = {}, ...others] = all;
  if (others.length === 0) return first;
  const whole: Record<string, number> = { ...first };
  for (const parts of others)
    for (const [name, part] of Object.entries(parts)) whole[name] = (whole[name] ?? 0) + part;
  return whole;
}

/** Seconds at the full clock, to choose among kernels by. */
export function secondsAtFullClock(launches: readonly Launch[], config: GpuConfig): number {
  return launches.reduce((all, launch) => all + sum(timeOf(launch, config).cycles), 0);
}

export function costOf(given: Work, full: GpuConfig): LayerCost {
  const work = {
    ...{ arithmetic: float32(full), notes: [], multiplications: given.macs },
    compulsoryDramBytes: given.footprint.dramWeightBytes + given.footprint.dramActivationBytes,
    ...given,
  };
  const config = withinPower(full, (slower) => evaluate(work, slower).watts);
  const { times, cycles, joules, watts } = evaluate(work, config);
  const { kernel, launches, footprint, macs, macSlots, nonzeros, arithmetic } = work;
  const { weightBytes, rightBytes, outputBytes, dramWeightBytes } = footprint;
  const notes = [...work.notes];
  if (weightBytes > 0 && dramWeightBytes === 0)
    notes.push('weights stay in the L2 cache between frames');
  if (config !== full) notes.push(powerNote(full, config, watts));
  const of = (count: (launch: Launch) => number) =>
    launches.reduce((all, launch) => all + count(launch), 0);
  const counters: Counters = {
    macs,
    executed_macs: work.multiplications,
    // Where an algorithm saves multiplications, each slot stands for several of the layer's.
    mac_slots: work.multiplications > 0 ? macSlots * (macs / work.multiplications) : macSlots,
    nonzeros,
    instructions: of(({ instructions }) => instructions),
    gather_sectors: of(({ gatherSectors }) => gatherSectors),
    coalesced_bytes: of(({ coalescedBytes }) => coalescedBytes),
    shared_bytes: of(({ sharedBytes }) => sharedBytes),
    register_bytes: of(({ registerBytes }) => registerBytes),
    l2_bytes: of(({ l2Bytes }) => l2Bytes),
    dram_bytes: of(({ dramBytes }) => dramBytes),
    weight_bytes: weightBytes,
    launches: launches.length,
    blocks: of(({ blocks }) => blocks),
    resident_blocks: Math.min(...times.map(({ residentBlocks }) => residentBlocks)),
    waves: times.reduce((all, { waves }) => all + waves, 0),
  };
  const compulsory = {
    smCycles: work.multiplications / arithmetic.macsPerCycle,
    // What is done in passing moves nothing of its own: a byte stands for it.
    l2Bytes: Math.max(1, weightBytes + rightBytes + outputBytes),
    dramBytes: work.compulsoryDramBytes,
  };
  const longest = times.reduce((a, b) => (sum(b.cycles) > sum(a.cycles) ? b : a));
  return {
    kernel,
    clockHz: config.clockHz,
    cycles,
    joules,
    counters,
    floorCycles: floorCyclesOf(compulsory, config),
    bound: longest.bound,
    notes,
  };
}

function powerNote(full: GpuConfig, { clockHz, energy }: GpuConfig, watts: number): string {
  const megahertz = (hz: number) => (hz / 1e6).toFixed(0);
  if (watts > energy.boardWatts * (1 + 1e-6))
    return `draws ${watts.toFixed(0)} W, above the board's ${energy.boardWatts} W, at a fifth of the clock`;
  return `limited to ${megahertz(clockHz)} of ${megahertz(full.clockHz)} MHz by the board's ${energy.boardWatts} W`;
}

/** The weights of a layer that must have some. */
export function requireWeights({ name, weights }: LayerTask): LayerWeights {
  invariant(weights !== null, () => `layer ${name} has no weights`);
  return weights;
}
