// Joules by component: instructions, operations and bytes by their energy, cores and the rest by
// power over time. A core that waits for memory draws less than one that issues: what it draws at
// all is `core`, what issuing adds `instructions`.

import type { EnergyEvent, Parts } from '../contract.js';
import { eventOf } from '../energy-events.js';
import { scale, smallestNm } from '../technology/scaling.js';
import type { Arithmetic } from './arithmetic.js';
import type { CpuConfig } from './config.js';
import type { Transfers } from './memory.js';

export interface Activity {
  readonly seconds: number;
  readonly cores: number;
  readonly macs: number;
  readonly operations: number;
  /**
   * Arithmetic instructions: what `macs` and `operations` come to in vectors, or one by one where a
   * loop is scalar.
   */
  readonly instructions: number;
  readonly transfers: Transfers;
  readonly arithmetic: Pick<Arithmetic, 'precision'>;
}

/**
 * Joules at 45 nm and 0.9 V: Horowitz, "Computing's energy problem", ISSCC 2014, Figure 1.1.9, as
 * EIE's Table I has them for 32 bits.
 */
const operationsAt45 = {
  fp32: { add: 0.9e-12, multiply: 3.7e-12 },
  fp16: { add: 0.4e-12, multiply: 1.1e-12 },
  // As fp16: no figure is published for it.
  bf16: { add: 0.4e-12, multiply: 1.1e-12 },
  // Products of 8 bits, summed in 32.
  int8: { add: 0.1e-12, multiply: 0.2e-12 },
} as const;
const CHARACTERISED_NM = 45;

/**
 * Joules of float32 operations in the device's own process, both supplies nominal, by the law of
 * ../technology; the smallest process that it knows stands for smaller ones.
 */
export function energiesOf({ energy, technology }: Pick<CpuConfig, 'energy' | 'technology'>) {
  const { add, multiply } = operationsAt45.fp32;
  const factor = processFactor(technology);
  return {
    ...energy,
    add: energy.add ?? add * factor,
    multiply: energy.multiply ?? multiply * factor,
  };
}

function processFactor(nm: number): number {
  const toNm = Math.max(smallestNm, nm);
  return scale({ fromNm: CHARACTERISED_NM, toNm }).energyPerOperation;
}

/** A multiply-add's energy over that of float32. */
function multiplyAddShare({ precision }: Pick<Arithmetic, 'precision'>): number {
  const of = ({ add, multiply }: { readonly add: number; readonly multiply: number }) =>
    add + multiply;
  return of(operationsAt45[precision]) / of(operationsAt45.fp32);
}

/**
 * `arithmetic` is what the multiply-adds and operations take by themselves, `instructions` what
 * surrounds them.
 */
export function joulesFor(activity: Activity, config: CpuConfig): Parts {
  const { seconds, cores, macs, operations, instructions, transfers } = activity;
  const energy = energiesOf(config);
  const multiplyAdd = (energy.multiply + energy.add) * multiplyAddShare(activity.arithmetic);
  return {
    arithmetic: macs * multiplyAdd + operations * energy.add,
    instructions: instructions * energy.instruction,
    core: seconds * cores * energy.core,
    l2: transfers.l2.bytes * energy.l2Byte,
    l3: transfers.l3.bytes * energy.l3Byte,
    dram: transfers.memory.bytes * 8 * energy.dramBit,
    static: seconds * energy.idle,
  };
}

/**
 * What single events cost, on any such cores. Powers over time (`core`, `static`) are no events.
 */
export function energyEvents({
  energy,
  cores,
}: {
  readonly energy: Readonly<
    Record<'add' | 'multiply' | 'instruction' | 'l2Byte' | 'l3Byte' | 'dramBit', number>
  >;
  readonly cores: number;
}): readonly EnergyEvent[] {
  const event = (
    key: 'add' | 'multiply' | 'instruction' | 'l2Byte' | 'l3Byte' | 'dramBit',
    component: string,
    action: string,
    instances = 1,
  ) => eventOf(`energy.${key}`, component, action, instances, energy[key]);
  return [
    event('add', 'arithmetic', 'add', cores),
    event('multiply', 'arithmetic', 'multiply', cores),
    event('instruction', 'instructions', 'issue', cores),
    event('l2Byte', 'l2', 'access_byte', cores),
    event('l3Byte', 'l3', 'access_byte'),
    event('dramBit', 'dram', 'access_bit'),
  ];
}
