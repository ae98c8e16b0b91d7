// Energy of off-chip memory: what a bit costs when it moves, and what a gigabyte burns while it
// waits. The sources differ in what they count (array alone, with interface, with a channel's idle
// time): hence the citations.

import type { Provenance } from '../contract.js';

export interface Sourced {
  readonly value: number;
  readonly from: Provenance;
  readonly cite: string;
}

export interface Dram {
  /** Picojoules per bit read or written, interface included unless the citation says otherwise. */
  readonly picojoulesPerBit: Sourced;
  /** Watts per GiB with clock enabled and all rows closed; null where no figure was found. */
  readonly standbyWattsPerGibibyte: Sourced | null;
}

const ACCELERGY = "commonly quoted, here as in Accelergy's hwcomponents-cacti";

/**
 * Standby by data-sheet currents as gem5's src/mem/DRAMInterface.py quotes them: sum of IDD2N ×
 * VDD, over the capacity.
 */
const standby = (value: number, part: string): Sourced => ({
  ...{ value, from: 'estimate' },
  cite: `IDD2N × VDD of ${part}, currents as gem5 quotes the data sheet`,
});

export const drams = {
  DDR3: {
    picojoulesPerBit: {
      value: 70,
      from: 'estimate',
      cite: `${ACCELERGY}: whole DIMMs of a server`,
    },
    standbyWattsPerGibibyte: standby(
      0.111,
      'Micron MT41J512M8 at DDR3-2133, 37 mA × 1.5 V per 512 MiB',
    ),
  },
  DDR4: {
    picojoulesPerBit: {
      value: 18,
      from: 'estimate',
      cite: 'quoted in public code without a source, not confirmed',
    },
    standbyWattsPerGibibyte: standby(0.0408, 'Micron MT40A1G8 at DDR4-2400, 34 mA × 1.2 V per GiB'),
  },
  GDDR5: {
    picojoulesPerBit: { value: 14, from: 'estimate', cite: ACCELERGY },
    standbyWattsPerGibibyte: null,
  },
  LPDDR2: {
    picojoulesPerBit: {
      value: 20,
      from: 'paper',
      cite: 'EIE, Table I: 640 pJ for 32 bits; others quote 40 pJ a bit',
    },
    standbyWattsPerGibibyte: standby(
      0.0792,
      'Micron MT42L128M32D1, 2 mA × 1.8 V + 30 mA × 1.2 V per 512 MiB',
    ),
  },
  LPDDR3: {
    picojoulesPerBit: {
      ...{ value: 13.7, from: 'estimate' },
      cite: "LPDDR2's 20 pJ times the ratio of burst energies, (IDD4R − IDD3N) × VDD × tBURST, by gem5's currents: 4.6 to 6.7 pJ",
    },
    standbyWattsPerGibibyte: standby(
      0.0653,
      'Micron EDF8132A1MC, 0.8 mA × 1.8 V + 26 mA × 1.2 V per 512 MiB',
    ),
  },
  LPDDR4: {
    picojoulesPerBit: {
      value: 8,
      from: 'estimate',
      cite: `${ACCELERGY}; a simulation by DramDSE says 13 to 14`,
    },
    standbyWattsPerGibibyte: null,
  },
  HBM2: {
    picojoulesPerBit: {
      value: 3.9,
      from: 'estimate',
      cite: `${ACCELERGY}, after O'Connor et al., MICRO 2017`,
    },
    standbyWattsPerGibibyte: null,
  },
} as const satisfies Readonly<Record<string, Dram>>;

export type DramName = keyof typeof drams;

/**
 * Joules to move `bytes`, and to keep `gibibytes` ready for `seconds`; null where standby is not
 * known.
 */
export function dramJoules(
  name: DramName,
  moved: { readonly bytes: number },
  kept?: { readonly gibibytes: number; readonly seconds: number },
): number | null {
  const { picojoulesPerBit, standbyWattsPerGibibyte }: Dram = drams[name];
  const moving = moved.bytes * 8 * picojoulesPerBit.value * 1e-12;
  if (!kept) return moving;
  return (
    standbyWattsPerGibibyte &&
    moving + standbyWattsPerGibibyte.value * kept.gibibytes * kept.seconds
  );
}
