// Whole pipelines on a small network and few pictures: what each stage does, and that stopping
// changes nothing.

import { beforeAll, describe, expect, it } from 'vitest';
import { type Backend, openBackend } from '../../../hw-models/host/tfjs-backend.js';
import { readCheckpoint, writeCheckpoint } from '../../../sim/prune/checkpoint.node.js';
import { initialState, type Laboratory, runPipeline } from '../../../sim/prune/pipeline.js';
import {
  defaultSettings,
  MARKS,
  recipes,
  type Settings,
  stagesOf,
} from '../../../sim/prune/recipes.js';
import type { Stage } from '../../../sim/prune/stages.js';
import type { LabState } from '../../../sim/prune/state.js';
import { InputError } from '../../../workloads/base/errors.js';
import { proceduralDigits } from '../../../workloads/datasets/digits.js';
import { buildNetwork } from '../../../workloads/graph.js';
import { trainable } from '../../../workloads/train/network.js';
import { effectiveWeights, initialise } from '../../../workloads/train/parameters.js';

const network = buildNetwork({
  name: 'small',
  title: 'small',
  input: [1, 28, 28],
  layers: [
    { kind: 'dense', name: 'fc1', outputs: 24, bias: true, activation: 'relu' },
    { kind: 'dense', name: 'fc2', outputs: 10, bias: true, activation: 'none' },
    { kind: 'softmax', name: 'prob' },
  ],
  source: { work: 'test', at: 'here' },
});
const data = proceduralDigits(0, { train: 600, validation: 200, test: 200 });
const published = {
  source: { work: 'test', at: 'here' },
  input: 1,
  layers: { fc1: { weights: 0.1, output: 1 }, fc2: { weights: 0.4, output: 1 } },
};

let backend: Backend;
beforeAll(async () => {
  backend = await openBackend(['wasm']);
});

const settings: Settings = {
  ...defaultSettings(network),
  ...{
    epochs: 12,
    retrainEpochs: 2,
    finalEpochs: 6,
    tuneEpochs: 2,
    iterations: 2,
    schedule: 'stepwise',
    batch: 32,
    shift: 1,
    scan: [0.3, 0.1],
  },
};

const pipeline = (name: string, changes: Partial<Settings> = {}): readonly Stage[] => {
  const recipe = recipes[name];
  if (!recipe) throw new Error(name);
  return stagesOf(recipe, { ...settings, ...recipe.settings, ...changes });
};

function laboratory(rest: Partial<Laboratory> = {}): Laboratory {
  return {
    ...{ trained: trainable(backend.tf, network), data, published, seed: 5 },
    ...{ progress: () => {}, save: async () => {}, breathe: async () => {} },
    ...rest,
  };
}

const start = () => initialState(initialise(network, 5));
const run = (stages: readonly Stage[], rest: Partial<Laboratory> = {}, from = start()) =>
  runPipeline(stages, from, laboratory(rest));

const step = (state: LabState, title: string) => {
  const found = state.steps.find((one) => one.title === title);
  if (!found) throw new Error(`no step ${title}`);
  return found;
};
const kept = (state: LabState, title: string) => {
  const { layers } = step(state, title);
  const sum = (part: 'weights' | 'nonzeros') =>
    layers.reduce((total, layer) => total + layer[part], 0);
  return sum('nonzeros') / sum('weights');
};

class Stopped extends Error {}

describe('Deep Compression from start to end', () => {
  let whole: LabState;
  beforeAll(async () => {
    whole = await run(pipeline('deep-compression', { control: true }));
  });

  it('learns, loses by pruning, and wins most of it back by retraining', () => {
    const error = (title: string) => 1 - step(whole, title).validation.accuracy;
    // Ten classes: chance is 0.9.
    expect(error('dense')).toBeLessThan(0.4);
    expect(error('all at once')).toBeGreaterThan(error('retrained 2'));
    expect(error('retrained 2')).toBeLessThan(error('dense') + 0.1);
  });

  it('prunes to the target, by the published densities, in equal factors', () => {
    expect(kept(whole, 'pruned 2')).toBeWithin(2e-3, 1 / 12);
    expect(kept(whole, 'pruned 1')).toBeWithin(2e-3, Math.sqrt(1 / 12));
    expect(kept(whole, 'retrained 2')).toBe(kept(whole, 'pruned 2'));
    const [fc1, fc2] = step(whole, 'pruned 2').layers.map(
      ({ nonzeros, weights }) => nonzeros / weights,
    );
    expect((fc2 as number) / (fc1 as number)).toBeWithin(0.05, 4);
  });

  it('gets smaller at every step', () => {
    const sizes = ['dense', 'pruned 1', 'pruned 2', 'shared'].map(
      (title) => step(whole, title).size.huffmanFileBytes,
    );
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    expect(whole.marks.get(MARKS.shared)?.get('fc1')?.binding.kind).toBe('shared');
  });

  it('tests every network kept, once', () => {
    expect(whole.tests.map(({ name }) => name)).toEqual([
      ...[
        'dense',
        'pruned at once, not retrained',
        'pruned and retrained',
        'shared',
        'dense, trained as long',
      ],
    ]);
    expect(whole.tests.every(({ test }) => test.frames === 200)).toBe(true);
  });

  it('scans every layer at every density', () => {
    expect(
      whole.curves.map(({ layer, points }) => [layer, points.map(({ density }) => density)]),
    ).toEqual([
      ['fc1', [1, 0.3, 0.1]],
      ['fc2', [1, 0.3, 0.1]],
    ]);
  });
});

describe('gradual pruning', () => {
  const few = proceduralDigits(1, { train: 320, validation: 40, test: 40 });
  const gradual = { schedule: 'gradual', scan: [], epochs: 2, batch: 32 } as const;

  it('follows the cubic curve within one training, and never brings a weight back', async () => {
    const masks: Uint8Array[] = [];
    const save = async ({ parameters }: LabState) => {
      const mask = parameters.get('fc1')?.mask;
      if (mask) masks.push(mask);
      // Back to dense after the pruning at one go.
      else masks.length = 0;
    };
    const settings = { ...gradual, iterations: 4, retrainEpochs: 2, finalEpochs: 3 };
    const state = await run(pipeline('han2015', settings), { data: few, save });
    const titles = state.steps.map(({ title }) => title);
    expect(titles.slice(2)).toEqual([
      ...['pruned, 1 of 4', 'pruned, 2 of 4', 'pruned, 3 of 4', 'pruned, 4 of 4', 'retrained'],
    ]);
    // 1/12 + 11/12 · (1 − k/4)³
    for (const [at, density] of [0.47, 0.198, 0.0977, 1 / 12].entries()) {
      expect(kept(state, titles[at + 2] as string)).toBeWithin(2e-3, density);
    }
    expect(kept(state, 'retrained')).toBe(kept(state, 'pruned, 4 of 4'));
    const later = masks.slice(1);
    expect(later.length).toBeGreaterThan(8);
    later.forEach((mask, at) => {
      expect(mask.every((kept, i) => kept === 0 || masks[at]?.[i] === 1)).toBe(true);
    });
  });

  it('reports no more than eight of many prunings', async () => {
    const settings = { ...gradual, iterations: 20, retrainEpochs: 1, finalEpochs: 1 };
    const state = await run(pipeline('han2015', settings), { data: few });
    const reported = state.steps.filter(({ title }) => title.startsWith('pruned, '));
    expect(reported.length).toBe(8);
    expect(reported.at(-1)?.title).toBe('pruned, 20 of 20');
  });

  it('has a dense control that trains as long without pruning', () => {
    const stages = pipeline('han2015', { ...gradual, iterations: 4, control: true });
    const epochs = (wanted: (title: string) => boolean) =>
      stages.reduce(
        (sum, stage) => sum + (stage.kind === 'train' && wanted(stage.title) ? stage.epochs : 0),
        0,
      );
    expect(epochs((title) => title.startsWith('dense control'))).toBe(
      epochs((title) => title === 'retrained'),
    );
    const control = stages.find(
      (stage) => stage.kind === 'train' && stage.title.startsWith('dense control'),
    );
    expect(control).toMatchObject({ thinning: null });
  });
});

describe('a pipeline that is killed', () => {
  const few = proceduralDigits(1, { train: 160, validation: 40, test: 40 });
  const stages = pipeline('deep-compression', {
    ...{
      control: true,
      epochs: 3,
      schedule: 'gradual',
      retrainEpochs: 1,
      finalEpochs: 2,
      tuneEpochs: 2,
      batch: 16,
      dropout: 0.2,
      scan: [0.2],
    },
  });

  it('ends with the same bits when it is resumed', async () => {
    const bitsOf = (state: LabState) => writeCheckpoint({ study: 'one', seed: 1, state });
    const whole = bitsOf(await run(stages, { data: few }));
    // Dies at the n-th breath: within the first epoch, between epochs, in a scan, while centroids
    // are trained.
    for (const life of [1, 6, 9, 20, 27]) {
      let saved: Uint8Array | null = null;
      let breaths = 0;
      const save = async (state: LabState) => {
        saved = bitsOf(state);
      };
      const breathe = async () => {
        if (++breaths === life) throw new Stopped();
      };
      await expect(run(stages, { data: few, save, breathe })).rejects.toThrow(Stopped);
      const from = saved ? readCheckpoint(saved, 'x').state : start();
      expect(Buffer.compare(bitsOf(await run(stages, { data: few }, from)), whole)).toBe(0);
    }
  });

  it('leaves a checkpoint that is refused in one line when it is damaged', () => {
    const bytes = writeCheckpoint({ study: 'one', seed: 1, state: start() });
    expect(readCheckpoint(bytes, 'x').state).toEqual(start());
    expect(() => readCheckpoint(bytes.slice(0, 1000), 'x')).toThrow(InputError);
    expect(() => readCheckpoint(bytes.slice(0, 3), 'x')).toThrow(InputError);
  });
});

describe('other pipelines', () => {
  it('dense, sparse, dense: every weight is free again at the end', async () => {
    const state = await run(pipeline('dsd'));
    expect(kept(state, 'pruned')).toBeWithin(1e-3, 0.5);
    expect(kept(state, 'dense again')).toBeGreaterThan(0.9);
  });

  it('ternary: three values a row, and it still learns', async () => {
    const state = await run(pipeline('ternary', { finalEpochs: 8 }));
    const layer = state.marks.get(MARKS.rounded)?.get('fc1');
    const row = effectiveWeights(layer as NonNullable<typeof layer>).subarray(0, 784);
    expect(new Set(row.map(Math.abs)).size).toBe(2);
    expect(step(state, 'ternary, retrained').validation.accuracy).toBeGreaterThan(
      step(state, 'ternary').validation.accuracy,
    );
    // 2 bits a weight and less, beside 32.
    expect(step(state, 'ternary').size.huffmanFileBytes * 12).toBeLessThan(
      step(state, 'ternary').size.denseBytes,
    );
  });

  it('2:4: no four neighbours with more than two weights, after retraining too', async () => {
    const state = await run(pipeline('2:4'));
    const layer = state.parameters.get('fc1');
    const weights = effectiveWeights(layer as NonNullable<typeof layer>);
    for (let at = 0; at < weights.length; at += 4) {
      expect(
        weights.subarray(at, at + 4).filter((weight) => weight !== 0).length,
      ).toBeLessThanOrEqual(2);
    }
    expect(kept(state, 'retrained')).toBeWithin(0.01, 0.5);
  });

  it('by quality: a higher threshold keeps less', async () => {
    const shares = await Promise.all(
      [0.5, 1.5].map(async (quality) => {
        const stages: readonly Stage[] = [
          {
            kind: 'prune',
            title: 'cut',
            rule: { by: 'quality', quality },
            pattern: { kind: 'free' },
            criterion: 'magnitude',
          },
        ];
        return kept(await run(stages), 'cut');
      }),
    );
    // Of a normal distribution 62 % lie beyond half a standard deviation, 13 % beyond one and a
    // half.
    expect(shares[0]).toBeWithin(0.03, 0.617);
    expect(shares[1]).toBeWithin(0.06, 0.134);
  });

  it('by sensitivity needs a scan, and then meets the target', async () => {
    const by = {
      allocation: 'sensitivity',
      iterations: 2,
      epochs: 4,
      finalEpochs: 1,
      retrainEpochs: 1,
    } as const;
    await expect(run(pipeline('han2015', { ...by, scan: [] }))).rejects.toThrow(InputError);
    const state = await run(pipeline('han2015', { ...by, scan: [0.6, 0.3, 0.1, 0.03] }));
    expect(kept(state, 'pruned 2')).toBeWithin(2e-3, 1 / 12);
  });
});
