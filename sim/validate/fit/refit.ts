// Fits each device again: on all its cells, and with each layer left out in turn, on which it then
// predicts that layer.

import type { Hardware } from '../../../hw-models/contract.js';
import { joulesOf, secondsOf } from '../../../hw-models/cost.js';
import { type Cell, cellsOf } from '../cells.js';
import type { Tables } from '../claims.js';
import { benchmarkLayers, type Lab, labBy } from '../lab.js';
import { POWERS, TIMES } from '../wallclock.js';
import type { FittedDevice } from './devices.js';
import {
  fitEfficiencies,
  fitPowers,
  type Measure,
  statedValues,
  type Values,
  withValues,
} from './search.js';

export interface Refit {
  readonly device: string;
  /** What the fit finds on all cells, by number; the preset states it to two or three digits. */
  readonly values: Values;
  /** The device fitted on both tables without a layer's cells, by that layer. */
  readonly without: ReadonlyMap<string, Hardware>;
}

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

  const stated = statedValues(
    hardware,
    fitted.efficiencies.map(({ number }) => number),
  );
  const efficiencies = fitEfficiencies(hardware, fitted, times, microseconds, stated);
  const without = (layer: string): Hardware => {
    const kept = (cells: readonly Cell[]) => cells.filter((cell) => cell.layer !== layer);
    const timed = withValues(
      hardware,
      fitEfficiencies(hardware, fitted, kept(times), microseconds, efficiencies),
    );
    return withValues(timed, fitPowers(timed, fitted, kept(powers), watts));
  };
  return {
    device: fitted.device,
    values: new Map([...efficiencies, ...fitPowers(hardware, fitted, powers, watts)]),
    without: new Map(benchmarkLayers.map((layer) => [layer, without(layer)])),
  };
}

/** A lab whose fitted devices meet each layer as the fit that has not seen it makes them. */
export function heldOutLab(lab: Lab, refits: readonly Refit[]): Lab {
  return labBy(lab, (name, layer) =>
    refits.find(({ device }) => device === name)?.without.get(layer),
  );
}
