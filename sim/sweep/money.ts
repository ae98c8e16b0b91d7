// Prices. None is built in: rents, electricity and wafers are the user's.

import type { CostSpec } from './spec.js';

const SECONDS_PER_HOUR = 3600;
const JOULES_PER_KILOWATT_HOUR = 3.6e6;

/** Rent and electricity of a million frames; null where a price or the energy is not known. */
export function dollarsPerMillionFrames(
  cost: CostSpec | undefined,
  hardware: string,
  seconds: number,
  joules: number | null,
): number | null {
  const rent = cost?.dollarsPerHour?.[hardware];
  const electricity = cost?.dollarsPerKilowattHour;
  if (rent === undefined && electricity === undefined) return null;
  if (electricity !== undefined && joules === null) return null;
  const perFrame =
    ((rent ?? 0) * seconds) / SECONDS_PER_HOUR +
    ((electricity ?? 0) * (joules ?? 0)) / JOULES_PER_KILOWATT_HOUR;
  return perFrame * 1e6;
}

/**
 * Dollars a good die. Gross dies of a wafer of diameter d: π(d/2)²/A − πd/√(2A), the second term
 * being those cut by the edge (de Vries, IEEE Trans. Semiconductor Manufacturing 18(1), 2005, gives
 * this form among others); yield by Poisson, exp(−A·D). Null where no wafer or no area is known, or
 * no whole die fits.
 */
export function dieDollars(cost: CostSpec | undefined, areaMm2: number | null): number | null {
  const wafer = cost?.wafer;
  if (!wafer || areaMm2 === null) return null;
  const { dollars, diameterMm, defectsPerCm2 } = wafer;
  const gross =
    (Math.PI * (diameterMm / 2) ** 2) / areaMm2 - (Math.PI * diameterMm) / Math.sqrt(2 * areaMm2);
  const yielded = Math.exp((-areaMm2 / 100) * defectsPerCm2);
  return gross >= 1 ? dollars / (gross * yielded) : null;
}
