// Fits a device's efficiencies to published times and its powers to published watts, in the same
// way for every device.
//
// What is made least is the sum of the absolute logarithms of modelled over published: twice as
// slow is as wrong as twice as fast, and outliers do not rule. Dense, one frame, is the row that
// speed-ups and energy ratios are stated against, so its geometric mean counts too.

import type { Patch } from 'immer';
import type { Hardware } from '../../../hw-models/contract.js';
import { InvariantError } from '../../../workloads/base/errors.js';
import type { Cell } from '../cells.js';
import type { FittedDevice } from './devices.js';
import { fitThree, meanRatio, type Observation, type Triple } from './least-absolute.js';

/**
 * How many cells the bias of the baseline's row counts for: enough to remove it, too few to spoil
 * the other rows.
 */
const BASELINE_CELLS = 5;

const isBaseline = ({ kernel, batch }: Cell) => kernel === 'dense' && batch === 1;

/** What a cell's layer takes on some hardware, in the cell's unit. */
export type Measure = (hardware: Hardware, cell: Cell) => number;

/** New values for numbers of a preset, by path. */
export type Values = ReadonlyMap<string, number>;

export function withValues(hardware: Hardware, values: Values): Hardware {
  return hardware.vary(
    [...values].map(
      ([number, value]): Patch => ({ op: 'replace', path: number.split('.'), value }),
    ),
  );
}

/** What the preset says. */
export function statedValues({ name, figures }: Hardware, numbers: readonly string[]): Values {
  return new Map(
    numbers.map((number) => {
      const figure = figures.get(number);
      if (!figure) throw new InvariantError(`${name} has no number ${number}`);
      return [number, figure.value];
    }),
  );
}

function distance(cells: readonly Cell[], hardware: Hardware, measure: Measure): number {
  let all = 0;
  let baseline = 0;
  for (const cell of cells) {
    const log = Math.log(measure(hardware, cell) / cell.published);
    all += Math.abs(log);
    if (isBaseline(cell)) baseline += log;
  }
  return all + BASELINE_CELLS * Math.abs(baseline / cells.filter(isBaseline).length);
}

/** Steps of the search, as shares of a value. */
const [WIDEST, NARROWEST] = [0.32, 0.004];

/**
 * From `start`, one number after the other, in steps that shrink from 32 % to 0.5 %, until no step
 * helps.
 */
export function fitEfficiencies(
  hardware: Hardware,
  { efficiencies }: FittedDevice,
  cells: readonly Cell[],
  measure: Measure,
  start: Values,
): Values {
  let best = start;
  let min = distance(cells, withValues(hardware, start), measure);
  for (let step = WIDEST; step > NARROWEST; step /= 2) {
    for (let improved = true; improved; ) {
      improved = false;
      for (const { number, range } of efficiencies) {
        for (const factor of [1 + step, 1 / (1 + step)]) {
          const value = Math.min(
            range[1],
            Math.max(range[0], (best.get(number) ?? Number.NaN) * factor),
          );
          const candidate = new Map(best).set(number, value);
          const found = distance(cells, withValues(hardware, candidate), measure);
          if (found >= min - NEGLIGIBLE) continue;
          best = candidate;
          min = found;
          improved = true;
        }
      }
    }
  }
  return best;
}

/**
 * A step must gain more than a thousandth of one cell: where the sum is flat, the number stays
 * where it was.
 */
const NEGLIGIBLE = 1e-3;

/** The three powers, at the preset's efficiencies. */
export function fitPowers(
  hardware: Hardware,
  { powers }: FittedDevice,
  cells: readonly Cell[],
  measure: Measure,
): Values {
  const values = [...statedValues(hardware, powers).values()];
  // Power is linear in each: half the value shows what it is multiplied by.
  const halved = powers.map((number, at) =>
    withValues(hardware, new Map([[number, (values[at] as number) / 2]])),
  );
  const observations = cells.map((cell): Observation => {
    const watts = measure(hardware, cell);
    const random = halved.map((half) => 2 * (watts - measure(half, cell)));
    const factor = (at: 0 | 1 | 2) => (random[at] as number) / (values[at] as number);
    return {
      factors: [factor(0), factor(1), factor(2)],
      fixed: watts - random.reduce((sum, part) => sum + part, 0),
      published: cell.published,
      weight: 1,
    };
  });
  const baseline = observations.filter((_, at) => isBaseline(cells[at] as Cell));
  const found: Triple = fitThree([...observations, meanRatio(baseline, BASELINE_CELLS)]);
  return new Map(powers.map((number, at) => [number, found[at] as number]));
}
