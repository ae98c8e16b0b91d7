// Computes the error that a device's model would have without its own fit: fitted numbers come from
// a neighbour of the same generation, all others from its data sheet.

import { median } from 'simple-statistics';
import type { Hardware } from '../../hw-models/contract.js';
import { statedValues, withValues } from '../validate/fit/search.js';
import { type Asked, ratioOf } from './compare.js';
import { fitRows, measuredFits } from './fit.js';
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

/** Neighbours, nearest first: each number comes from the first that was fitted with it. */
const neighbours: Readonly<Record<string, readonly string[]>> = {
  'titan-x-pascal': ['gtx-1080-ti'],
  'gtx-1080-ti': ['titan-x-pascal'],
  v100: ['tesla-t4', 'titan-x-pascal'],
  'tesla-t4': ['v100'],
};

/** Every fitted device with its own numbers and with its neighbours'. */
export function leftOut(
  rows: readonly Measurement[],
  load: (name: string) => Hardware,
): readonly LeftOut[] {
  return measuredFits.flatMap(({ device, numbers }) => {
    const from = neighbours[device] ?? [];
    const hardware = load(device);
    const taken = new Map(
      numbers.flatMap(({ number }) => {
        const donor = from.find((name) =>
          measuredFits.some(
            (fit) => fit.device === name && fit.numbers.some((own) => own.number === number),
          ),
        );
        return donor === undefined ? [] : [...statedValues(load(donor), [number])];
      }),
    );
    const without = withValues(hardware, taken);
    return [...groupsOf(fitRows(rows, device))].map(([key, group]) => {
      const [kind = '', precision = ''] = key.split('|');
      return {
        ...{ device, from, kind, precision, figures: group.length },
        fitted: medianError(group, hardware),
        leftOut: medianError(group, without),
      };
    });
  });
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
  return median(rows.map((row) => Math.abs(ratioOf(row, row.modelled(device) ?? Number.NaN) - 1)));
}
