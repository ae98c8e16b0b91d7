// Every layer of networks with unusual shapes has a mapping on every described accelerator, found
// within however few mappings; where none fits, a property of the design is given as the reason.

import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadHardware } from '../../../hw-models/presets.node.js';
import type { SpatialConfig } from '../../../hw-models/spatial/config.js';
import { architectureFor } from '../../../hw-models/spatial/layer.js';
import { mapProblem } from '../../../hw-models/spatial/mapper/mapper.js';
import { denseRates } from '../../../hw-models/spatial/mapper/rates.js';
import { unrollingsOf } from '../../../hw-models/spatial/mapper/unrollings.js';
import { mappingFaults, overfull, whyNothingFits } from '../../../hw-models/spatial/nest/faults.js';
import { problemOf } from '../../../hw-models/spatial/nest/from-demand.js';
import type { Problem } from '../../../hw-models/spatial/nest/problem.js';
import { zooEntry } from '../../../workloads/zoo/index.js';
import { array, convolution, mac, memory } from './nests.js';

const folder = new URL('../../../hw-models/spatial/presets/', import.meta.url);
const presets = readdirSync(folder).map((file) => file.replace(/\.yaml$/, ''));
const networks = ['alexnet', 'deit-tiny', 'mobilenet-v2', 'lenet-300-100', 'ds-cnn'];

const problems = new Map<string, Problem>();
for (const network of networks) {
  for (const { name, demand } of zooEntry(network)?.network.layers ?? []) {
    if (demand?.kind !== 'product' && demand?.kind !== 'convolution') continue;
    const problem = problemOf(`${network} ${name}`, demand, 1);
    problems.set(JSON.stringify([problem.sizes, problem.operands]), problem);
  }
}

describe('every layer', () => {
  it.each(presets)('has a mapping on %s', (preset) => {
    const config = loadHardware(preset).config as SpatialConfig;
    const architecture = architectureFor(config);
    const pads = config.mapper?.pads ?? true;
    expect(problems.size).toBeGreaterThan(50);
    for (const problem of problems.values()) {
      const rates = denseRates(problem, architecture);
      const options = { objective: 'both', budget: 1, pads } as const;
      const found = mapProblem(problem, architecture, rates, options);
      expect(found, problem.name).not.toBeNull();
      if (found === null) continue;
      expect(mappingFaults(found.problem, architecture, found.mapping)).toEqual([]);
      expect(overfull(found.problem, architecture, found.mapping)).toEqual([]);
    }
  });
});

const exactly = (dimension: string, steps: number) => ({
  constraints: { order: [], factors: new Map([[dimension, { steps, max: false }]]) },
});

describe('exact steps of an array', () => {
  const rows = (steps: number) => array('rows', 1, 12, exactly('R', steps));
  const spreads = (R: number, pads: boolean) =>
    unrollingsOf(
      convolution({ R }),
      {
        ...{ name: 'one', clockHz: 1e9, fillsAndDrains: false, compute: mac },
        nodes: [memory('dram'), rows(12)],
      },
      pads,
      64,
    ).map(({ loops }) => loops.map(({ bound }) => bound));

  it.each([
    [3, [[3]]],
    [12, [[12]]],
    [16, [[8]]],
    [24, [[12]]],
    [13, [[7]]],
    [1, [[]]],
  ])('of %d rows take the array in even passes', (R, expected) => {
    expect(spreads(R, true)).toEqual(expected);
  });

  it('are refused where passes would not be even and nothing may be rounded up', () => {
    expect(spreads(13, false)).toEqual([]);
  });
});

it('gives what of the design is the reason that nothing fits', () => {
  const problem = convolution({ C: 8, M: 4, R: 13 });
  const keeps = { weights: 'keep', inputs: 'bypass', outputs: 'bypass' } as const;
  const why = (bits: number, constraints: object) =>
    whyNothingFits(
      problem,
      {
        ...{ name: 'one', clockHz: 1e9, fillsAndDrains: false, compute: mac },
        nodes: [memory('dram'), memory('spad', { bits, keeps, ...constraints })],
      },
      () => 8,
    );
  expect(why(7, {})).toBe('spad holds 7 bits, one element of each takes 8');
  expect(why(24, exactly('C', 4))).toBe('spad holds 24 bits, its smallest tile takes 32');
  const steps = 'found no way to take exact steps: 4 of C at spad (it has 8)';
  expect(why(32, exactly('C', 4))).toBe(steps);
});
