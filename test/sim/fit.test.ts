// The fit finds what is there to be found.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadHardware } from '../../hw-models/presets.node.js';
import { type Cell, cellsOf } from '../../sim/validate/cells.js';
import { type FittedDevice, fittedDevices } from '../../sim/validate/fit/devices.js';
import {
  fitEfficiencies,
  fitPowers,
  type Measure,
  statedValues,
  withValues,
} from '../../sim/validate/fit/search.js';
import { createLab } from '../../sim/validate/lab.js';
import { publishedTables } from '../../sim/validate/tables.node.js';
import { POWERS, TIMES } from '../../sim/validate/wallclock.js';

const lab = createLab(loadHardware, 0);

/** Slow to draw; the rest is enough. */
const large = ['Alex-6', 'VGG-6'];

/** Cells whose published figure is what `measure` says of the device with other values. */
function invented(
  table: string,
  device: string,
  truth: ReadonlyMap<string, number>,
  measure: Measure,
) {
  const hardware = withValues(lab.hardware(device), truth);
  return cellsOf(publishedTables, table)
    .filter(({ platform, layer }) => platform === device && !large.includes(layer))
    .map((cell): Cell => ({ ...cell, published: measure(hardware, cell) }));
}

const seconds: Measure = (on, { kernel, batch, layer }) => {
  const { cycles, clockHz } = lab.costOn(on, kernel, batch, layer);
  return Object.values(cycles).reduce((total, part) => total + part, 0) / clockHz;
};
const watts: Measure = (on, cell) => {
  const { joules } = lab.costOn(on, cell.kernel, cell.batch, cell.layer);
  return Object.values(joules ?? {}).reduce((total, part) => total + part, 0) / seconds(on, cell);
};

describe('the search', () => {
  const [i7, , tegra] = fittedDevices as readonly [FittedDevice, FittedDevice, FittedDevice];
  const scaled = (device: string, numbers: readonly string[], factors: readonly number[]) =>
    new Map(
      [...statedValues(lab.hardware(device), numbers)].map(([number, value], at) => [
        number,
        value * (factors[at] ?? 1),
      ]),
    );
  const factor = fc.double({ min: 0.9, max: 1.1, noNaN: true });

  it('finds efficiencies again that explain all times', () => {
    const numbers = i7.efficiencies.map(({ number }) => number);
    fc.assert(
      fc.property(fc.array(factor, { minLength: 4, maxLength: 4 }), (factors) => {
        const truth = scaled(i7.device, numbers, factors);
        const hardware = lab.hardware(i7.device);
        const cells = invented(TIMES.table, i7.device, truth, seconds);
        const found = fitEfficiencies(
          hardware,
          i7,
          cells,
          seconds,
          statedValues(hardware, numbers),
        );
        for (const [number, value] of truth) expect(found.get(number)).toBeWithin(0.02, value);
      }),
      { numRuns: 5 },
    );
  });

  it('finds powers again that explain all watts, one in eight of which is wrong', () => {
    fc.assert(
      fc.property(fc.array(factor, { minLength: 3, maxLength: 3 }), fc.nat(7), (factors, wrong) => {
        const truth = scaled(tegra.device, tegra.powers, factors);
        const cells = invented(POWERS.table, tegra.device, truth, watts).map((cell, at) =>
          at % 8 === wrong && cell.kernel === 'sparse'
            ? { ...cell, published: 1.3 * cell.published }
            : cell,
        );
        const found = fitPowers(lab.hardware(tegra.device), tegra, cells, watts);
        for (const [number, value] of truth) expect(found.get(number)).toBeWithin(1e-6, value);
      }),
      { numRuns: 10 },
    );
  });
});
