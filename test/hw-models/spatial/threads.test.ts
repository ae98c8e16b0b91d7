// The mapper says the same on one thread and on several, and remembers what it was asked ahead.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadHardware } from '../../../hw-models/presets.node.js';
import { mapAhead } from '../../../hw-models/spatial/ahead.node.js';
import type { SpatialConfig } from '../../../hw-models/spatial/config.js';
import { architectureFor, unmapped } from '../../../hw-models/spatial/layer.js';
import { ratesOf } from '../../../hw-models/spatial/mapper/rates.js';
import { mapOnThreads } from '../../../hw-models/spatial/mapper/threads.node.js';
import { problemOf } from '../../../hw-models/spatial/nest/from-demand.js';
import { independentZeros } from '../../../hw-models/spatial/sparse/zeros.js';
import { compare } from '../../../sim/compare.node.js';
import { loadTrainedModel } from '../../../sim/load.node.js';
import { mapNetwork } from '../../../sim/map.node.js';
import { tasksOf, traceRandom } from '../../../sim/trace.js';
import type { ConvolutionDemand } from '../../../workloads/demand.js';
import { zoo } from '../../../workloads/zoo/index.js';

interface Shape {
  readonly input: number;
  readonly output: number;
  readonly extent: number;
  readonly kernel: number;
  readonly density: number;
}

const shape: fc.Arbitrary<Shape> = fc.record({
  input: fc.integer({ min: 1, max: 96 }),
  output: fc.integer({ min: 1, max: 96 }),
  extent: fc.integer({ min: 1, max: 28 }),
  kernel: fc.constantFrom(1, 3, 5),
  density: fc.constantFrom(0.2, 0.5, 1),
});

const { config } = loadHardware('eyeriss-v2');
const architecture = architectureFor(config as SpatialConfig);

const jobOf = ({ input, output, extent, kernel, density }: Shape) => {
  const side = extent + kernel - 1;
  const demand: ConvolutionDemand = {
    ...{ kind: 'convolution', images: 1, groups: 1, bias: false, activation: 'none' },
    ...{ input: [input, side, side], output: [output, extent, extent] },
    ...{ kernel: [kernel, kernel], stride: [1, 1], dilation: [1, 1], pad: [0, 0, 0, 0] },
  };
  const problem = problemOf('layer', demand, 1);
  const zeros = independentZeros({ weights: density, inputs: 1 });
  const options = { objective: 'both', budget: 1500, pads: true } as const;
  return { problem, architecture, rates: ratesOf(problem, architecture, zeros), options };
};

describe('the mapper on several threads', () => {
  it('finds the same mappings on 1, 2 and 4', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(shape, { minLength: 2, maxLength: 6 }), async (shapes) => {
        const jobs = shapes.map(jobOf);
        const alone = await mapOnThreads(jobs, 1);
        expect(await mapOnThreads(jobs, 2)).toEqual(alone);
        expect(await mapOnThreads(jobs, 4)).toEqual(alone);
      }),
      { numRuns: 2 },
    );
  });

  it('leaves nothing to map for the costs', async () => {
    const hardware = withBudget('gemmini');
    const entry = zoo.get('lenet-300-100');
    if (!entry) throw new Error('no such network');
    const model = await loadTrainedModel(entry, undefined, 0);
    const tasks = tasksOf(model, traceRandom(entry.network, entry.densities, 0), 1);
    const own = hardware.config as SpatialConfig;
    expect(unmapped(tasks, own).length).toBeGreaterThan(1);
    await mapAhead(hardware, tasks, 2);
    expect(unmapped(tasks, own)).toEqual([]);
  });

  it('gives compare and hardware map the same costs', async () => {
    const costs = async (threads: number) => {
      const hardware = [withBudget('eyeriss-v2')];
      const [made] = await compare({ workloads: ['lenet-300-100'], hardware, threads });
      return made?.results[0]?.layers;
    };
    expect(await costs(2)).toEqual(await costs(1));
    const request = { hardware: 'gemmini', workload: 'lenet-300-100', batch: 1, seed: 0 };
    const maps = async (threads: number) =>
      (await mapNetwork({ ...request, budget: 2000, threads })).layers;
    expect(await maps(4)).toEqual(await maps(1));
  });
});

const withBudget = (name: string) =>
  loadHardware(name).vary([{ op: 'add', path: ['mapper'], value: { budget: 2000 } }]);
