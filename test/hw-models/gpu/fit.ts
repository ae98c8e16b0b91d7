// Fits the five parameters of a GPU preset on EIE's Table IV and the active power on Deep Compression's Table 9, and
// prints what is left over, cell by cell and with each layer held out. It writes nothing: the values go into the
// presets by hand. Run: npx tsx test/hw-models/gpu/fit.ts

import type { GpuConfig } from '../../../hw-models/gpu/config.js';
import { type Cell, devices, medianOf, modelOf, powersOf, presetOf, timesOf } from './published.js';

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

/** Mean distance in the logarithm: twice as slow is as wrong as twice as fast, and outliers do not rule. */
function distance(cells: readonly Cell[], config: GpuConfig): number {
  let total = 0;
  for (const cell of cells) total += Math.abs(Math.log(modelOf(cell, config).microseconds / cell.published));
  return total / cells.length;
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

const percent = (ratio: number) => `${(100 * ratio).toFixed(1)} %`;
const errorOf = (cell: Cell, config: GpuConfig) => modelOf(cell, config).microseconds / cell.published - 1;
const medianError = (cells: readonly Cell[], config: GpuConfig) =>
  medianOf(cells.map((cell) => Math.abs(errorOf(cell, config))));

function report(label: string, cells: readonly Cell[], config: GpuConfig) {
  console.log(`${label}: median |error| ${percent(medianError(cells, config))}`);
  const layers = [...new Set(cells.map(({ layer }) => layer))];
  console.log(['batch', 'kernel', ...layers].join('\t'));
  for (const batch of [1, 64]) {
    for (const kernel of ['dense', 'sparse']) {
      const row = cells.filter((cell) => cell.batch === batch && cell.kernel === kernel);
      const errors = row.map((cell) => (100 * errorOf(cell, config)).toFixed(0));
      console.log([batch, kernel, ...errors, `median ${percent(medianError(row, config))}`].join('\t'));
    }
  }
}

function reportPower(cells: readonly Cell[], config: GpuConfig) {
  const errors = cells.map((cell) => modelOf(cell, config).watts / cell.published - 1);
  console.log(`power: median |error| ${percent(medianOf(errors.map(Math.abs)))}`);
  cells.forEach(({ layer, kernel, batch, published }, at) => {
    console.log([batch, kernel, layer, `${published} W`, percent(errors[at] as number)].join('\t'));
  });
}

for (const device of devices) {
  const cells = timesOf(device);
  const { config } = presetOf(device);
  report(`${device} as shipped`, cells, config);
  reportPower(powersOf(device), config);
  const fitted = fitKnobs(cells, config);
  console.log(knobs.map(({ name, get }) => `${name} ${get(fitted).toPrecision(3)}`).join(', '));
  report(`${device} fitted`, cells, fitted);
  const surplus = powersOf(device).map((cell) => cell.published - modelOf(cell, fitted).watts);
  console.log(`activeWatts ${(config.energy.activeWatts + medianOf(surplus)).toPrecision(3)}`);
  if (process.argv.includes('--hold-out')) {
    const heldOut = [...new Set(cells.map(({ layer }) => layer))].flatMap((layer) => {
      const others = fitKnobs(
        cells.filter((cell) => cell.layer !== layer),
        fitted,
      );
      const own = cells.filter((cell) => cell.layer === layer);
      console.log(`without ${layer}: ${own.map((cell) => percent(errorOf(cell, others))).join(' ')}`);
      return own.map((cell) => Math.abs(errorOf(cell, others)));
    });
    console.log(`each layer held out: median |error| ${percent(medianOf(heldOut))}`);
  }
}
