// Fits a device's numbers to half of its measurements, the same search for every device: one set
// for all of its work, so that what is made least is the sum of the absolute logarithms of modelled
// over measured.

import type { Hardware } from '../../hw-models/contract.js';
import { statedValues, type Values, withValues } from '../validate/fit/search.js';
import { type Asked, askRow, ratioOf } from './compare.js';
import type { Measurement } from './row.js';

/** A number of a preset, by its path, and where it is looked for. */
export interface FittedNumber {
  readonly number: string;
  readonly range: readonly [min: number, max: number];
}

export interface MeasuredFit {
  readonly device: string;
  /** At most six. */
  readonly numbers: readonly FittedNumber[];
}

const launch = { number: 'launchSeconds', range: [2e-6, 1e-5] } as const;
const dram = { number: 'dram.efficiency', range: [0.7, 0.95] } as const;
const gemm = { number: 'gemmEfficiency', range: [0.3, 1] } as const;
const implicit = { number: 'convolution.gemm', range: [0.3, 1] } as const;
const winograd = { number: 'convolution.winograd', range: [0.2, 1] } as const;
const tensor = { number: 'tensor.efficiency', range: [0.3, 1] } as const;
const tensorConvolution = { number: 'tensor.convolutionEfficiency', range: [0.3, 1] } as const;
const issue = { number: 'energy.instructionJoules', range: [1e-10, 1e-8] } as const;

/** The devices with enough measurements to fit on; all others inherit from one of these. */
export const measuredFits: readonly MeasuredFit[] = [
  { device: 'titan-x-pascal', numbers: [gemm, implicit, winograd] },
  { device: 'gtx-1080-ti', numbers: [gemm, implicit, winograd] },
  { device: 'v100', numbers: [launch, dram, gemm, implicit, tensor, tensorConvolution] },
  { device: 'tesla-t4', numbers: [launch, dram, gemm, tensor, tensorConvolution, issue] },
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

/** Steps of the search, as shares of a value. */
const [WIDEST, NARROWEST] = [0.16, 0.01];

/** From what the preset states, one number after the other, until no step helps. */
export function fitNumbers(
  hardware: Hardware,
  { numbers }: MeasuredFit,
  rows: readonly Asked[],
): Values {
  const stated = statedValues(
    hardware,
    numbers.map(({ number }) => number),
  );
  const distance = (values: Values) => {
    const device = withValues(hardware, values);
    return rows.reduce(
      (all, row) => all + Math.abs(Math.log(ratioOf(row, row.modelled(device) ?? Number.NaN))),
      0,
    );
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
