// Computes the error that a device's model would have without its own fit: fitted numbers come from
// a neighbour of the same generation, all others from its data sheet.

import { median } from 'simple-statistics';
import type { Hardware } from '../../hw-models/contract.js';
import { statedValues, type Values, withValues } from '../validate/fit/search.js';
import type { Asked } from './compare.js';
import { fitNumbers, fitRows, type MeasuredFit, measuredFits, ratiosOf } from './fit.js';
import type { Measurement } from './row.js';

/** Median absolute errors of one kind of work on one device. */
export interface LeftOut {
  readonly device: string;
  /** Where its fitted numbers come from when it is left out. */
  readonly from: readonly string[];
  readonly kind: string;
  readonly precision: string;
  readonly figures: number;
  readonly fitted: number;
  readonly leftOut: number;
}

/**
 * Neighbours of devices with a fit of their own, nearest first: each number comes from the first
 * that was fitted with it, and stays where none was.
 */
const neighbours: Readonly<Record<string, readonly string[]>> = {
  v100: ['tesla-t4', 'titan-x-pascal'],
  'tesla-t4': ['v100'],
};

/** Every fitted device with its own numbers, and with those that it would have without its rows. */
export function leftOut(
  rows: readonly Measurement[],
  load: (name: string) => Hardware,
): readonly LeftOut[] {
  return measuredFits.flatMap((fit) =>
    fit.devices.flatMap((device) => {
      const others = fit.devices.filter((other) => other !== device);
      const from = others.length > 0 ? others : (neighbours[device] ?? []);
      const hardware = load(device);
      const values =
        others.length > 0
          ? fitNumbers(
              fit.numbers,
              others.map((other) => ({ hardware: load(other), rows: fitRows(rows, other) })),
            )
          : taken(fit, from, load);
      const without = withValues(hardware, values);
      return [...groupsOf(fitRows(rows, device))].map(([key, group]) => {
        const [kind = '', precision = ''] = key.split('|');
        return {
          ...{ device, from, kind, precision, figures: group.length },
          fitted: medianError(group, hardware),
          leftOut: medianError(group, without),
        };
      });
    }),
  );
}

/** The numbers of a fit as neighbours state them. */
function taken(
  { numbers }: MeasuredFit,
  from: readonly string[],
  load: (name: string) => Hardware,
): Values {
  return new Map(
    numbers.flatMap(({ number }) => {
      const donor = from.find((name) =>
        measuredFits.some(
          (fit) =>
            fit.devices.includes(name) && fit.numbers.some((other) => other.number === number),
        ),
      );
      return donor === undefined ? [] : [...statedValues(load(donor), [number])];
    }),
  );
}

function groupsOf(rows: readonly Asked[]): ReadonlyMap<string, readonly Asked[]> {
  const groups = new Map<string, Asked[]>();
  for (const row of rows) {
    const key = `${row.question.work.kind}|${row.question.precision}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return groups;
}

function medianError(rows: readonly Asked[], device: Hardware): number {
  return median(ratiosOf(rows, device).map((ratio) => Math.abs(ratio - 1)));
}
