// Energies at the device's own process, and the clock at which its board's power holds.

import { scale, supplyRange } from '../technology/scaling.js';
import type { GpuConfig } from './config.js';

export type Energies = GpuConfig['energy'];

const known = new WeakMap<GpuConfig, Energies>();

/** Every joule of an event in the process of the device. DRAM is another chip: its own stay. */
export function energiesOf(config: GpuConfig): Energies {
  const before = known.get(config);
  if (before) return before;
  const { energy, processNm } = config;
  const { energyPerOperation } = scale({ fromNm: energy.statedNm, toNm: processNm });
  const made = times(energyPerOperation, energy);
  known.set(config, made);
  return made;
}

function times(factor: number, energy: Energies): Energies {
  return {
    ...energy,
    macJoules: factor * energy.macJoules,
    instructionJoules: factor * energy.instructionJoules,
    gatherSectorJoules: factor * energy.gatherSectorJoules,
    loadSectorJoules: factor * energy.loadSectorJoules,
    sharedByteJoules: factor * energy.sharedByteJoules,
    registerByteJoules: factor * energy.registerByteJoules,
    l2ByteJoules: factor * energy.l2ByteJoules,
  };
}

/** The same device at a share of its clock: the supply falls as far as the gates' delay allows. */
export function slowed(config: GpuConfig, share: number): GpuConfig {
  const { processNm, tensor, energy } = config;
  // The law's gates are as fast a little below the nominal supply: the full clock counts from
  // there.
  const factor = switchingAt(processNm, share) / switchingAt(processNm, 1);
  const macJoules = tensor && {
    half: tensor.macJoules.half * factor,
    int8: tensor.macJoules.int8 * factor,
  };
  return {
    ...config,
    clockHz: config.clockHz * share,
    energy: times(factor, energy),
    ...(tensor && macJoules ? { tensor: { ...tensor, macJoules } } : {}),
  };
}

/** The share of an event's energy that is left where the clock is only a share of the full one. */
function switchingAt(nm: number, share: number): number {
  let [low] = supplyRange(nm);
  const at = (toVolts: number) => scale({ fromNm: nm, toNm: nm, toVolts });
  if (at(low).delay <= 1 / share) return at(low).energyPerOperation;
  let high = supplyRange(nm)[1] / HIGHEST;
  for (let step = 0; step < STEPS; step++) {
    const volts = (low + high) / 2;
    if (at(volts).delay > 1 / share) low = volts;
    else high = volts;
  }
  return at(high).energyPerOperation;
}

/** supplyRange's most over the nominal supply. */
const HIGHEST = 1.1;
const STEPS = 12;

/** Of the full clock; boards that cannot even feed this have a note. */
const MIN_SHARE = 0.2;

/**
 * The device at the highest clock at which `watts` stays within the board's power, or at the least
 * clock where none does.
 */
export function withinPower(config: GpuConfig, watts: (slower: GpuConfig) => number): GpuConfig {
  const limit = config.energy.boardWatts;
  if (watts(config) <= limit) return config;
  let [low, high] = [MIN_SHARE, 1];
  if (watts(slowed(config, low)) > limit) return slowed(config, low);
  for (let step = 0; step < STEPS; step++) {
    const share = (low + high) / 2;
    if (watts(slowed(config, share)) > limit) high = share;
    else low = share;
  }
  return slowed(config, low);
}
