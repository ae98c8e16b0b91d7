// Scales area, delay and energy of a circuit with the process and the supply voltage. Stillmaker
// and Baas, Integration 58, 2017 (nodes.ts holds its constants): high-performance devices, logic
// gates. Missing nodes (40, 28, 22 nm) are interpolated linearly between their neighbours on
// logarithmic axes. Its power polynomials combine switching and leakage, so it gives no separate
// leakage.

import { InputError } from '../../workloads/base/errors.js';
import { type TechnologyNode, technologyNodes } from './nodes.js';

export interface Move {
  readonly fromNm: number;
  readonly toNm: number;
  /** The nominal supply of the node when left out. */
  readonly fromVolts?: number | undefined;
  readonly toVolts?: number | undefined;
}

/** Factors: what has 1 in the first process has this in the second. */
export interface ScalingFactors {
  readonly area: number;
  readonly delay: number;
  readonly energyPerOperation: number;
}

const sizes = technologyNodes.map(({ nm }) => nm);
export const largestNm = Math.max(...sizes);
export const smallestNm = Math.min(...sizes);

// The supplies over which the published polynomials are used here; their own range could not be
// confirmed. Below, the energy of 65 nm turns upwards; above, the delays do.
const LOWEST_VOLTS = 0.6;
const HIGHEST_OVER_NOMINAL = 1.1;

/**
 * Factors from one process and supply to another.
 * @throws InputError for a process outside 7 to 65 nm, or a supply outside {@link supplyRange}.
 */
export function scale({ fromNm, toNm, fromVolts, toVolts }: Move): ScalingFactors {
  const from = circuitAt(fromNm, fromVolts);
  const to = circuitAt(toNm, toVolts);
  return {
    area: to.area / from.area,
    delay: to.delay / from.delay,
    energyPerOperation: to.energy / from.energy,
  };
}

/**
 * Volts that a process runs at when nobody says otherwise. @throws InputError for a process outside
 * 7 to 65 nm.
 */
export function nominalVolts(nm: number): number {
  return between(nm, ({ nominal }) => nominal.volts);
}

/** Volts from the least to the most that {@link scale} takes for a process. */
export function supplyRange(nm: number): readonly [number, number] {
  return [LOWEST_VOLTS, HIGHEST_OVER_NOMINAL * nominalVolts(nm)];
}

/** Whether {@link scale} takes a supply for a process. */
export function isSupply(volts: number, nm: number): boolean {
  const [min, max] = supplyRange(nm);
  return volts >= min && volts <= max;
}

/** Whether {@link scale} takes a process. */
export const isProcess = (nm: number): boolean => nm >= smallestNm && nm <= largestNm;

/** The same circuit in a process, in the units of the published fits. */
function circuitAt(nm: number, volts = nominalVolts(nm)) {
  const [min, max] = supplyRange(nm);
  if (!(volts >= min && volts <= max)) {
    throw new InputError(
      `supply at ${nm} nm: found ${volts} V, expected ${min} to ${max.toPrecision(3)} V`,
    );
  }
  return {
    area: between(nm, ({ area }) => area),
    delay: between(nm, ({ delay }) => polynomial(delay, volts)),
    energy: between(nm, ({ energy }) => polynomial(energy, volts)),
  };
}

/** A property of a process, from the nodes on both sides. */
function between(nm: number, property: (node: TechnologyNode) => number): number {
  const upper = technologyNodes.findLast((node) => node.nm >= nm);
  const lower = technologyNodes.find((node) => node.nm <= nm);
  if (!upper || !lower)
    throw new InputError(`process: found ${nm} nm, expected ${smallestNm} to ${largestNm} nm`);
  if (upper.nm === lower.nm) return property(upper);
  const share = Math.log(nm / lower.nm) / Math.log(upper.nm / lower.nm);
  return property(lower) ** (1 - share) * property(upper) ** share;
}

/** Coefficients of the highest power first. */
function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((value, coefficient) => value * x + coefficient, 0);
}
