// How long a launch takes: what it demands of each part of the device, how the demands overlap, and
// what the grid's uneven waves over the SMs add. See README.md for the equations.

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
  readonly compute: number;
  readonly l1: number;
  readonly l2: number;
  readonly memory: number;
  readonly latency: number;
}

const boundOf: Readonly<Record<keyof Demand | 'wave_tail' | 'launch', Bound>> = {
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
  const resident = residentBlocks(launch.block, sm);
  const blocksOfBusiest = Math.ceil(launch.blocks / sm.count);
  const waves = Math.ceil(blocksOfBusiest / resident);
  const even = demandOf(launch, config, {
    shareOfBusiest: 1 / sm.count,
    waves: Math.max(1, launch.blocks / (sm.count * resident)),
  });
  const uneven = demandOf(launch, config, {
    shareOfBusiest: blocksOfBusiest / launch.blocks,
    waves,
  });
  const overlapped = overlap(even, config.overlapExponent);
  const cycles = {
    ...attribute(even, overlapped, config.overlapExponent),
    wave_tail: Math.max(0, overlap(uneven, config.overlapExponent) - overlapped),
    launch: config.launchSeconds * config.clockHz,
  };
  return { cycles, bound: boundOf[largest(cycles)], residentBlocks: resident, waves };
}

function demandOf(
  launch: Launch,
  { sm, l2, dram, clockHz }: GpuConfig,
  spread: { readonly shareOfBusiest: number; readonly waves: number },
): Demand {
  const { shareOfBusiest, waves } = spread;
  const instructionsPerCycle = (sm.lanes / sm.warpLanes) * launch.issueEfficiency;
  // Little's law: a wave's loads in flight come back once a latency, so that few or short blocks
  // starve the DRAM.
  const latency = launch.dramBytes > 0 ? dram.latencyCycles : l2.latencyCycles;
  return {
    compute:
      Math.max(launch.instructions / instructionsPerCycle, launch.tensorCycles) * shareOfBusiest,
    l1:
      (launch.gatherSectors / sm.gatherSectorsPerCycle +
        launch.coalescedBytes / sm.loadBytesPerCycle) *
      shareOfBusiest,
    l2: launch.l2Bytes / l2.bytesPerCycle,
    memory: (launch.dramBytes / (dram.bytesPerSecond * dram.efficiency)) * clockHz,
    latency: waves * launch.dependentLoads * latency,
  };
}

/** The p-norm of the demands: at least the largest of them, at most their sum. */
function overlap(demand: Demand, exponent: number): number {
  const parts = Object.values(demand);
  const most = Math.max(...parts);
  let powers = 0;
  for (const part of parts) powers += (part / most) ** exponent;
  return most * powers ** (1 / exponent);
}

function attribute(demand: Demand, overlapped: number, exponent: number): Demand {
  const powers = Object.values(demand).reduce(
    (sum, part) => sum + (part / overlapped) ** exponent,
    0,
  );
  const part = (cycles: number) => (overlapped * (cycles / overlapped) ** exponent) / powers;
  return {
    compute: part(demand.compute),
    l1: part(demand.l1),
    l2: part(demand.l2),
    memory: part(demand.memory),
    latency: part(demand.latency),
  };
}

function largest<Name extends string>(parts: Readonly<Record<Name, number>>): Name {
  const names = Object.keys(parts) as Name[];
  return names.reduce((most, name) => (parts[name] > parts[most] ? name : most));
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
