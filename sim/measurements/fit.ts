// Fits a device's numbers to half of its measurements, the same search for every device: one set
// for all of its work, so that what is made least is the sum of the absolute logarithms of modelled
// over measured.

import type { Hardware } from '../../hw-models/contract.js';
import { invariant } from '../../workloads/base/errors.js';
import { statedValues, type Values, withValues } from '../validate/fit/search.js';
import { type Asked, askRow, ratioOf, variantsOf } from './compare.js';
import type { Measurement } from './row.js';

/** A number of a preset, by its path, and where it is looked for. */
export interface FittedNumber {
  readonly number: string;
  readonly range: readonly [min: number, max: number];
}

export interface MeasuredFit {
  /** Cards of one generation share one set of numbers, which the first of them states. */
  readonly devices: readonly string[];
  /** At most six. */
  readonly numbers: readonly FittedNumber[];
}

const launch = { number: 'launchSeconds', range: [2e-6, 1e-5] } as const;
const gemm = { number: 'gemmEfficiency', range: [0.3, 1] } as const;
const implicit = { number: 'convolution.gemm', range: [0.3, 1] } as const;
const winograd = { number: 'convolution.winograd', range: [0.2, 1] } as const;
const tensor = { number: 'tensor.efficiency', range: [0.3, 1] } as const;
const tensorConvolution = { number: 'tensor.convolutionEfficiency', range: [0.3, 1] } as const;
const issue = { number: 'energy.instructionJoules', range: [1e-10, 1e-8] } as const;
const halfMac = { number: 'tensor.macJoules.half', range: [1e-13, 1e-11] } as const;

/** The devices with enough measurements to fit on; all others inherit from one of these. */
export const measuredFits: readonly MeasuredFit[] = [
  { devices: ['titan-x-pascal', 'gtx-1080-ti'], numbers: [gemm, implicit, winograd] },
  { devices: ['v100'], numbers: [launch, gemm, implicit, tensor, tensorConvolution] },
  { devices: ['tesla-t4'], numbers: [launch, gemm, tensor, tensorConvolution, issue, halfMac] },
];

/** The measurements of single layers that a device is fitted on: its own. */
export function fitRows(rows: readonly Measurement[], device: string): readonly Asked[] {
  return rows.flatMap((row) => {
    const asked = askRow(row);
    if ('reason' in asked) return [];
    const { question } = asked;
    return question.hardware === device && question.work.kind !== 'network' ? [asked] : [];
  });
}

/** Modelled over measured. */
export function ratiosOf(rows: readonly Asked[], device: Hardware): readonly number[] {
  const variant = variantsOf(device);
  return rows.map((row) => ratioOf(row, row.modelled(variant(row.question)) ?? Number.NaN));
}

/** Steps of the search, as shares of a value. */
const [WIDEST, NARROWEST] = [0.16, 0.01];

/**
 * From what the first device states, one number after the other, until no step helps. One set for
 * all of `devices`, each with its own rows.
 */
export function fitNumbers(
  numbers: readonly FittedNumber[],
  devices: readonly { readonly hardware: Hardware; readonly rows: readonly Asked[] }[],
): Values {
  const [first] = devices;
  invariant(first !== undefined, () => 'no device to fit');
  const stated = statedValues(
    first.hardware,
    numbers.map(({ number }) => number),
  );
  const distance = (values: Values) => {
    let all = 0;
    for (const { hardware, rows } of devices) {
      for (const ratio of ratiosOf(rows, withValues(hardware, values)))
        all += Math.abs(Math.log(ratio));
    }
    return all;
  };
  let best = stated;
  let min = distance(best);
  for (let step = WIDEST; step > NARROWEST; step /= 2) {
    for (let improved = true; improved; ) {
      improved = false;
      for (const { number, range } of numbers) {
        for (const factor of [1 + step, 1 / (1 + step)]) {
          const from = best.get(number) ?? Number.NaN;
          const value = Math.min(range[1], Math.max(range[0], from * factor));
          const candidate = new Map(best).set(number, value);
          const found = distance(candidate);
          if (found >= min - NEGLIGIBLE) continue;
          [best, min, improved] = [candidate, found, true];
        }
      }
    }
  }
  return best;
}

/** A step must gain more than a hundredth of one row. */
const NEGLIGIBLE = 1e-2;
