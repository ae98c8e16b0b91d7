// Computes the time of a launch: its demands on each part of the device, their overlap, and the
// time added by the grid's uneven waves over the SMs. See README.md for the equations.

import type { Bound, Parts } from '../contract.js';
import type { GpuConfig } from './config.js';
import type { Launch } from './launch.js';
import { residentBlocks } from './occupancy.js';

export interface LaunchTime {
  /** By cause; `launch` is the gap before the kernel. */
  readonly cycles: Parts;
  readonly bound: Bound;
  readonly residentBlocks: number;
  /** Rounds in which the busiest SM works through its blocks. */
  readonly waves: number;
}

/** Cycles that each part of the device would need if it alone held the kernel up. */
interface Demand {
  /** Of the busiest SM: what it issues. */
  readonly compute: number;
  /** What it waits for where too few warps are there; of a pipelined kernel beyond `compute`. */
  readonly latency: number;
  readonly l1: number;
  readonly l2: number;
  readonly memory: number;
}

type Part = 'compute' | 'latency' | 'l1' | 'l2' | 'memory' | 'wave_tail' | 'launch';

const boundOf: Readonly<Record<Part, Bound>> = {
  compute: 'compute',
  l1: 'memory',
  l2: 'memory',
  memory: 'memory',
  latency: 'latency',
  launch: 'latency',
  wave_tail: 'imbalance',
};

/**
 * Times one launch. The parts sum to the whole: demands share the overlapped time by their powers.
 */
export function timeOf(launch: Launch, config: GpuConfig): LaunchTime {
  const { sm } = config;
  const overlapExponent = Math.max(config.overlapExponent, launch.isPipelined ? PIPELINED : 1);
  const resident = residentBlocks(launch.block, sm);
  const blocksOfBusiest = Math.ceil(launch.blocks / sm.count);
  const block = blockOf(launch, config, overlapExponent);
  const evenBlocks = launch.blocks / sm.count;
  const busy = (blocks: number): Busy =>
    launch.isPipelined
      ? pipelined(block, blocks, resident)
      : apart(block, blocks, Math.ceil(blocks / resident));
  const even = demandOf(
    launch,
    config,
    1 / sm.count,
    launch.isPipelined
      ? evenly(block, evenBlocks, resident)
      : apart(block, evenBlocks, Math.max(1, evenBlocks / resident)),
  );
  const share = blocksOfBusiest / launch.blocks;
  const uneven = demandOf(launch, config, share, busy(blocksOfBusiest));
  const whole = (demand: Demand) => overlap(demand, overlapExponent, launch.isPipelined);
  const overlapped = whole(even);
  const during = attribute(even, overlapped, overlapExponent, launch.isPipelined);
  const after = written(launch, config);
  const cycles: Readonly<Record<Part, number>> = {
    ...during,
    l2: during.l2 + after.l2,
    memory: during.memory + after.memory,
    wave_tail: Math.max(0, whole(uneven) - overlapped),
    launch: config.launchSeconds * config.clockHz,
  };
  return {
    ...{ cycles, bound: boundOf[largest(cycles)], residentBlocks: resident },
    waves: Math.ceil(blocksOfBusiest / resident),
  };
}

/** Demands of a kernel that loads ahead hardly add up. */
const PIPELINED = 4;

/** Cycles of one block. */
interface Block {
  /** Of its SM, were all issue slots its own. */
  readonly cycles: number;
  /**
   * From its start to its end if no other is there: fewer warps than schedulers leave some idle.
   */
  readonly alone: number;
  /** That it waits for memory. */
  readonly waits: number;
}

function blockOf(launch: Launch, { sm, l2, dram, clockHz }: GpuConfig, exponent: number): Block {
  const { blocks, block, dependentLoads } = launch;
  const schedulers = sm.lanes / sm.warpLanes;
  const warps = Math.ceil(block.threads / sm.warpLanes);
  const issued = launch.instructions / (schedulers * launch.issueEfficiency);
  const multiplied = Math.max(issued, launch.tensorCycles);
  const shared = launch.sharedBytes / (sm.warpLanes * BANK_BYTES);
  const seconds = launch.dramBytes > 0 ? dram.latencySeconds : l2.latencySeconds;
  return {
    cycles: beside(multiplied, shared, launch, exponent) / blocks,
    alone: beside(multiplied * Math.max(1, schedulers / warps), shared, launch, exponent) / blocks,
    waits: dependentLoads * seconds * clockHz,
  };
}

/**
 * Cycles of multiplying and of the port of shared memory. On tensor cores both are near their
 * limits: where warps load the operands in between, each delays the other.
 */
function beside(multiplied: number, shared: number, launch: Launch, exponent: number): number {
  const max = Math.max(multiplied, shared);
  if (launch.tensorCycles === 0 || launch.fetchesOperands || max === 0) return max;
  return max * (1 + (Math.min(multiplied, shared) / max) ** exponent) ** (1 / exponent);
}

/** A lane's word in shared memory: as many banks as a warp has lanes. */
const BANK_BYTES = 4;

type Busy = Pick<Demand, 'compute' | 'latency'>;

/** Blocks issue one after another, and each wave waits; how well the two overlap is not known. */
function apart({ cycles, alone, waits }: Block, blocks: number, waves: number): Busy {
  return {
    compute: blocks < 1 ? blocks * cycles : Math.max(blocks * cycles, alone),
    latency: waves * waits,
  };
}

/** While one block waits, those beside it issue. */
function together({ cycles, alone, waits }: Block, blocks: number): number {
  return blocks === 0 ? 0 : Math.max(blocks * cycles, alone + waits);
}

/** Of an SM that works through so many blocks, `resident` at a time. */
function pipelined(block: Block, blocks: number, resident: number): Busy {
  const full = Math.floor(blocks / resident);
  const all = full * together(block, resident) + together(block, blocks - full * resident);
  return { compute: blocks * block.cycles, latency: all - blocks * block.cycles };
}

/** As {@link pipelined} if blocks could be dealt out evenly, in parts where there are few. */
function evenly(block: Block, blocks: number, resident: number): Busy {
  const compute = blocks * block.cycles;
  const all =
    blocks >= resident
      ? (blocks / resident) * together(block, resident)
      : blocks >= 1
        ? together(block, blocks)
        : blocks * block.alone + block.waits;
  return { compute, latency: Math.max(0, all - compute) };
}

function demandOf(
  launch: Launch,
  { sm, l2, dram, clockHz }: GpuConfig,
  share: number,
  busy: Busy,
): Demand {
  return {
    ...busy,
    l1:
      (launch.gatherSectors / sm.gatherSectorsPerCycle +
        launch.coalescedBytes / sm.loadBytesPerCycle) *
      share,
    l2: (launch.l2Bytes - launch.resultL2Bytes) / l2.bytesPerCycle,
    memory:
      ((launch.dramBytes - launch.resultDramBytes) / (dram.bytesPerSecond * dram.efficiency)) *
      clockHz,
  };
}

/** Of results that are written once all is multiplied: the slower of L2 and DRAM. */
function written(launch: Launch, { l2, dram, clockHz }: GpuConfig): Pick<Demand, 'l2' | 'memory'> {
  const toL2 = launch.resultL2Bytes / l2.bytesPerCycle;
  const toDram = (launch.resultDramBytes / (dram.bytesPerSecond * dram.efficiency)) * clockHz;
  return toL2 > toDram ? { l2: toL2, memory: 0 } : { l2: 0, memory: toDram };
}

/**
 * The p-norm of the demands: at least the largest of them, at most their sum. A pipelined kernel's
 * waits come on top of what it issues: they are what its own arithmetic did not hide.
 */
function overlap(demand: Demand, exponent: number, isPipelined: boolean): number {
  const parts = partsOf(demand, isPipelined);
  const max = Math.max(...parts);
  if (max === 0) return 0;
  let powers = 0;
  for (const part of parts) powers += (part / max) ** exponent;
  return max * powers ** (1 / exponent);
}

function partsOf({ compute, latency, l1, l2, memory }: Demand, isPipelined: boolean) {
  return isPipelined ? [compute + latency, l1, l2, memory] : [compute, latency, l1, l2, memory];
}

function attribute(
  demand: Demand,
  overlapped: number,
  exponent: number,
  isPipelined: boolean,
): Demand {
  if (overlapped === 0) return demand;
  const { compute, latency, l1, l2, memory } = demand;
  const power = (cycles: number) => (cycles / overlapped) ** exponent;
  let powers = 0;
  for (const part of partsOf(demand, isPipelined)) powers += power(part);
  const part = (cycles: number) => (overlapped * power(cycles)) / powers;
  const others = { l1: part(l1), l2: part(l2), memory: part(memory) };
  if (!isPipelined) return { compute: part(compute), latency: part(latency), ...others };
  const core = compute + latency;
  const issued = core > 0 ? compute / core : 1;
  return { compute: part(core) * issued, latency: part(core) * (1 - issued), ...others };
}

function largest<Name extends string>(parts: Readonly<Record<Name, number>>): Name {
  const names = Object.keys(parts) as Name[];
  return names.reduce((max, name) => (parts[name] > parts[max] ? name : max));
}

/**
 * Cycles that no kernel can beat: `smCycles` of peak arithmetic, peak DRAM and L2 bandwidth for
 * what must move.
 */
export function floorCyclesOf(
  compulsory: { readonly smCycles: number; readonly l2Bytes: number; readonly dramBytes: number },
  { sm, l2, dram, clockHz }: GpuConfig,
): number {
  return Math.max(
    compulsory.smCycles / sm.count,
    compulsory.l2Bytes / l2.bytesPerCycle,
    (compulsory.dramBytes / dram.bytesPerSecond) * clockHz,
  );
}
