// The pipeline that prunes 3×3 convolutions in Winograd's domain, on a small network and few
// pictures.

import { beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from '../../../hw-models/host/tfjs-backend.js';
import { readCheckpoint, writeCheckpoint } from '../../../sim/prune/checkpoint.node.js';
import { initialState, runPipeline } from '../../../sim/prune/pipeline.js';
import { defaultSettings, type Recipe, recipes, stagesOf } from '../../../sim/prune/recipes.js';
import { encodeModel } from '../../../sim/prune/save.node.js';
import type { LabState } from '../../../sim/prune/state.js';
import { prune } from '../../../sim/prune.node.js';
import { InputError } from '../../../workloads/base/errors.js';
import { proceduralDigits } from '../../../workloads/datasets/digits.js';
import { buildNetwork } from '../../../workloads/graph.js';
import { trainable } from '../../../workloads/train/network.js';
import { initialise } from '../../../workloads/train/parameters.js';

const network = buildNetwork({
  ...{ name: 'small', title: 'small', input: [1, 28, 28], source: { work: 'test', at: 'here' } },
  layers: [
    {
      ...{
        kind: 'conv2d',
        name: 'conv1',
        channels: 4,
        kernel: 3,
        stride: 1,
        dilation: 1,
        pad: 1,
        groups: 1,
      },
      ...{ bias: true, activation: 'relu' },
    },
    { kind: 'pool2d', name: 'pool1', mode: 'max', kernel: 4, stride: 4, pad: 0, rounding: 'floor' },
    { kind: 'dense', name: 'fc1', outputs: 10, bias: true, activation: 'none' },
    { kind: 'softmax', name: 'prob' },
  ],
});

describe("pruning in Winograd's domain", () => {
  let state: LabState;
  beforeAll(async () => {
    const { tf } = await openBackend(['wasm']);
    const recipe = recipes.winograd as Recipe;
    const few = { epochs: 8, iterations: 2, finalEpochs: 4, batch: 20, shift: 0 };
    const stages = stagesOf(recipe, {
      ...defaultSettings(network),
      ...recipe.settings,
      ...few,
      density: 0.25,
    });
    state = await runPipeline(stages, initialState(initialise(network, 1)), {
      ...{
        trained: trainable(tf, network),
        data: proceduralDigits(2, { train: 300, validation: 200, test: 20 }),
      },
      published: { source: { work: 'test', at: 'here' }, input: 1, layers: {} },
      ...{ seed: 1, progress: () => {}, save: async () => {}, breathe: async () => {} },
    });
  });
  const step = (title: string) =>
    state.steps.find((one) => one.title === title) as LabState['steps'][number];

  it('changes nothing by the transform alone, in which a kernel has 16 weights for 9', () => {
    const [before, after] = [step('dense'), step("in Winograd's domain")];
    expect(after.validation.loss).toBeWithin(1e-4, before.validation.loss);
    expect(after.layers.map(({ weights }) => weights)).toEqual([64, 1960]);
  });

  it('keeps the share asked for through retraining, and wins back what pruning lost', () => {
    expect(step('retrained').layers.map(({ nonzeros }) => nonzeros)).toEqual([16, 490]);
    expect(step('retrained').validation.loss).toBeLessThan(step('all at once').validation.loss);
    expect(step('retrained').validation.accuracy).toBeGreaterThan(0.6);
    // Against the kernels' own nine weights, not the sixteen.
    expect(step('retrained').size.denseBytes).toBe(step('dense').size.denseBytes);
    expect(step('retrained').size.huffmanFileBytes).toBeLessThan(step('dense').size.denseBytes / 2);
  });

  it('is saved in checkpoints, and refused by files of weights', () => {
    const bytes = writeCheckpoint({ study: 'one', seed: 1, state });
    expect(readCheckpoint(bytes, 'x').state).toEqual(state);
    const data = { data: { title: 'none' } } as Parameters<typeof encodeModel>[2];
    for (const file of ['a.safetensors', 'a.net']) {
      expect(() => encodeModel(network, state.parameters, data, file)).toThrow(
        new InputError(
          `${file}: such a file has no room for layer conv1, which is in Winograd's domain`,
        ),
      );
    }
  });

  it('needs a 3×3 convolution', async () => {
    await expect(prune({ workload: 'lenet-5', pipeline: 'winograd' })).rejects.toThrow(
      'lenet-5: found no 3×3 convolution of stride 1, expected one to prune in Winograd',
    );
  });
});
