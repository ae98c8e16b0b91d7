// Fits each device again: on all its cells, and with each layer left out in turn, whose errors are then predictions.

import type { Hardware } from '../../../hw-models/contract.js';
import { joulesOf, secondsOf } from '../../../hw-models/cost.js';
import { type Cell, cellName, cellsOf } from '../cells.js';
import type { Tables } from '../claims.js';
import type { Lab } from '../lab.js';
import { POWERS, TIMES } from '../wallclock.js';
import type { FittedDevice } from './devices.js';
import { fitEfficiencies, fitPowers, type Measure, statedValues, type Values, withValues } from './search.js';

export interface Refit {
  readonly device: string;
  /** What the fit finds on all cells, by number; the preset states it to two or three digits. */
  readonly values: Values;
  /** modelled / published − 1 of a layer that was left out, by table and claim (`heldOutKey`). */
  readonly heldOut: ReadonlyMap<string, number>;
}

export const heldOutKey = (table: string, claim: string) => `${table}|${claim}`;

/** Fits one device on both tables. Deterministic; a second or two. */
export function refit(lab: Lab, tables: Tables, fitted: FittedDevice): Refit {
  const hardware = lab.hardware(fitted.device);
  const microseconds: Measure = (on, { kernel, batch, layer }) =>
    (1e6 * secondsOf(lab.costOn(on, kernel, batch, layer))) / batch;
  const watts: Measure = (on, { kernel, batch, layer }) => {
    const cost = lab.costOn(on, kernel, batch, layer);
    return (joulesOf(cost) ?? Number.NaN) / secondsOf(cost);
  };
  const of = ({ platform }: Cell) => platform === fitted.device;
  const times = cellsOf(tables, TIMES.table).filter(of);
  const powers = cellsOf(tables, POWERS.table).filter(of);

  const fitTimes = (cells: readonly Cell[], start: Values) =>
    fitEfficiencies(hardware, fitted, cells, microseconds, start);
  const stated = statedValues(
    hardware,
    fitted.efficiencies.map(({ number }) => number),
  );
  const efficiencies = fitTimes(times, stated);
  return {
    device: fitted.device,
    values: new Map([...efficiencies, ...fitPowers(hardware, fitted, powers, watts)]),
    heldOut: new Map([
      ...leaveOut(times, TIMES.source, microseconds, (kept) => withValues(hardware, fitTimes(kept, efficiencies))),
      ...leaveOut(powers, POWERS.source, watts, (kept) =>
        withValues(hardware, fitPowers(hardware, fitted, kept, watts)),
      ),
    ]),
  };
}

/** The errors of each layer's cells on hardware fitted to the other layers'. */
function leaveOut(
  cells: readonly Cell[],
  table: string,
  measure: Measure,
  refitOn: (kept: readonly Cell[]) => Hardware,
): readonly (readonly [string, number])[] {
  const layers = [...new Set(cells.map(({ layer }) => layer))];
  return layers.flatMap((layer) => {
    const hardware = refitOn(cells.filter((cell) => cell.layer !== layer));
    return cells
      .filter((cell) => cell.layer === layer)
      .map((cell) => [heldOutKey(table, cellName(cell)), measure(hardware, cell) / cell.published - 1] as const);
  });
}
