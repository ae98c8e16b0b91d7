// Fits the five parameters of a GPU preset on EIE's Table IV and the three of its power on Deep Compression's Table 9,
// and prints what is left over, cell by cell and, with --hold-out, with each layer held out. It writes nothing: the
// values go into the presets by hand. Run: npx tsx test/hw-models/gpu/fit.ts

import { pathToFileURL } from 'node:url';
import type { GpuConfig } from '../../../hw-models/gpu/config.js';
import { fitThree } from '../cpu/least-absolute.js';
import {
  biasOf,
  type Cell,
  devices,
  meanOf,
  medianOf,
  modelOf,
  powersOf,
  presetOf,
  rowsOf,
  timesOf,
} from './published.js';

interface Knob {
  readonly name: string;
  readonly get: (config: GpuConfig) => number;
  readonly set: (config: GpuConfig, value: number) => GpuConfig;
  readonly range: readonly [least: number, most: number];
}

const knobs: readonly Knob[] = [
  {
    name: 'launchSeconds',
    get: (config) => config.launchSeconds,
    set: (config, launchSeconds) => ({ ...config, launchSeconds }),
    range: [1e-6, 1e-4],
  },
  {
    name: 'dram.efficiency',
    get: ({ dram }) => dram.efficiency,
    set: (config, efficiency) => ({ ...config, dram: { ...config.dram, efficiency } }),
    range: [0.3, 1],
  },
  {
    name: 'sm.gatherSectorsPerCycle',
    get: ({ sm }) => sm.gatherSectorsPerCycle,
    set: (config, gatherSectorsPerCycle) => ({ ...config, sm: { ...config.sm, gatherSectorsPerCycle } }),
    range: [0.2, 4],
  },
  {
    name: 'gemmEfficiency',
    get: (config) => config.gemmEfficiency,
    set: (config, gemmEfficiency) => ({ ...config, gemmEfficiency }),
    range: [0.02, 1],
  },
  {
    name: 'overlapExponent',
    get: (config) => config.overlapExponent,
    set: (config, overlapExponent) => ({ ...config, overlapExponent }),
    range: [1, 8],
  },
];

/** How many cells the bias of the baseline counts for: enough to remove it, too few to spoil the other rows. */
const BASELINE_CELLS = 5;

/**
 * Distance in the logarithm: twice as slow is as wrong as twice as fast, and outliers do not rule. Dense, one frame, is
 * what speed-ups are stated against, so the geometric mean of that row counts too.
 */
function distance(cells: readonly Cell[], config: GpuConfig): number {
  const logOf = (cell: Cell) => Math.log(modelOf(cell, config).microseconds / cell.published);
  const baseline = cells.filter(({ kernel, batch }) => kernel === 'dense' && batch === 1);
  return (
    meanOf(cells.map(logOf).map(Math.abs)) + (BASELINE_CELLS / cells.length) * Math.abs(meanOf(baseline.map(logOf)))
  );
}

/** One knob after the other, in steps that shrink from 32 % to 0.5 %, until no step helps. */
function fitKnobs(cells: readonly Cell[], start: GpuConfig): GpuConfig {
  let best = start;
  let least = distance(cells, best);
  for (let step = 0.32; step > 0.004; step /= 2) {
    for (let improved = true; improved; ) {
      improved = false;
      for (const { get, set, range } of knobs) {
        for (const factor of [1 + step, 1 / (1 + step)]) {
          const value = Math.min(range[1], Math.max(range[0], get(best) * factor));
          const candidate = set(best, value);
          const found = distance(cells, candidate);
          if (found < least - 1e-6) {
            best = candidate;
            least = found;
            improved = true;
          }
        }
      }
    }
  }
  return best;
}

/** The three of the power: the least absolute logarithms over `cells`. */
export function fitPowers(cells: readonly Cell[], config: GpuConfig): GpuConfig {
  const withEnergy = (energy: Partial<GpuConfig['energy']>) => ({ ...config, energy: { ...config.energy, ...energy } });
  // Power is linear in them: one of each shows by what they are multiplied.
  const none = withEnergy({ instructionJoules: 0, gatherSectorJoules: 0, activeWatts: 0 });
  const [instructionJoules, gatherSectorJoules, activeWatts] = fitThree(
    cells.map((cell) => {
      const fixed = modelOf(cell, none).watts;
      const by = (energy: Partial<GpuConfig['energy']>) =>
        modelOf(cell, { ...none, energy: { ...none.energy, ...energy } }).watts - fixed;
      return {
        factors: [
          by({ instructionJoules: NANOJOULE }) / NANOJOULE,
          by({ gatherSectorJoules: NANOJOULE }) / NANOJOULE,
          by({ activeWatts: 1 }),
        ],
        fixed,
        published: cell.published,
      };
    }),
  );
  return withEnergy({ instructionJoules, gatherSectorJoules, activeWatts });
}

const NANOJOULE = 1e-9;
const percent = (ratio: number) => `${(100 * ratio).toFixed(1)} %`;
const errorOf = (cell: Cell, config: GpuConfig) => modelOf(cell, config).microseconds / cell.published - 1;
const medianError = (cells: readonly Cell[], config: GpuConfig) =>
  medianOf(cells.map((cell) => Math.abs(errorOf(cell, config))));

function report(label: string, cells: readonly Cell[], config: GpuConfig) {
  console.log(`${label}: median |error| ${percent(medianError(cells, config))}`);
  const layers = [...new Set(cells.map(({ layer }) => layer))];
  console.log(['batch', 'kernel', ...layers].join('\t'));
  for (const row of rowsOf(cells)) {
    const errors = row.map((cell) => errorOf(cell, config));
    const { batch, kernel } = row[0] as Cell;
    const whole = `median ${percent(medianError(row, config))} geometric mean ${percent(biasOf(errors))}`;
    console.log([batch, kernel, ...errors.map((error) => (100 * error).toFixed(0)), whole].join('\t'));
  }
}

const wattsErrorOf = (cell: Cell, config: GpuConfig) => modelOf(cell, config).watts / cell.published - 1;

function reportPower(cells: readonly Cell[], config: GpuConfig) {
  const errors = cells.map((cell) => wattsErrorOf(cell, config));
  console.log(`power: median |error| ${percent(medianOf(errors.map(Math.abs)))}`);
  for (const row of rowsOf(cells)) {
    const ofRow = row.map((cell) => wattsErrorOf(cell, config));
    const { batch, kernel } = row[0] as Cell;
    const whole = `median ${percent(medianOf(ofRow.map(Math.abs)))} geometric mean ${percent(biasOf(ofRow))}`;
    console.log([batch, kernel, ...ofRow.map((error) => (100 * error).toFixed(0)), whole].join('\t'));
  }
}

/** Each layer's errors by what `fit` makes of the other layers. */
function heldOut(
  cells: readonly Cell[],
  refit: (others: readonly Cell[]) => GpuConfig,
  error: (cell: Cell, config: GpuConfig) => number,
): readonly number[] {
  return [...new Set(cells.map(({ layer }) => layer))].flatMap((layer) => {
    const fitted = refit(cells.filter((cell) => cell.layer !== layer));
    const errors = cells.filter((cell) => cell.layer === layer).map((cell) => error(cell, fitted));
    console.log(`without ${layer}: ${errors.map(percent).join(' ')}`);
    return errors.map(Math.abs);
  });
}

function main() {
  for (const device of devices) {
    const times = timesOf(device);
    const powers = powersOf(device);
    const { config } = presetOf(device);
    report(`${device} as shipped`, times, config);
    reportPower(powers, config);
    const fitted = fitKnobs(times, config);
    console.log(knobs.map(({ name, get }) => `${name} ${get(fitted).toPrecision(3)}`).join(', '));
    report(`${device} fitted`, times, fitted);
    const { instructionJoules, gatherSectorJoules, activeWatts } = fitPowers(powers, config).energy;
    console.log(
      `power of the preset: instructionJoules ${(1e12 * instructionJoules).toPrecision(3)} pJ, ` +
        `gatherSectorJoules ${(1e12 * gatherSectorJoules).toPrecision(3)} pJ, activeWatts ${activeWatts.toPrecision(3)}`,
    );
    if (!process.argv.includes('--hold-out')) continue;
    const withoutTimes = heldOut(times, (others) => fitKnobs(others, fitted), errorOf);
    console.log(`times, each layer held out: median |error| ${percent(medianOf(withoutTimes))}`);
    const withoutPowers = heldOut(powers, (others) => fitPowers(others, config), wattsErrorOf);
    console.log(`powers, each layer held out: median |error| ${percent(medianOf(withoutPowers))}`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
