// Pipelines over text: a decoder of a few thousand weights learns, is pruned in patterns by each
// criterion and rounded in groups; what is pruned stays so, and a stopped run ends alike.

import { beforeAll, describe, expect, it } from 'vitest';
import { type Backend, openBackend } from '../../../hw-models/host/tfjs-backend.js';
import { initialState, type Laboratory, runPipeline } from '../../../sim/prune/pipeline.js';
import { defaultSettings, recipes, type Settings, stagesOf } from '../../../sim/prune/recipes.js';
import type { LabState } from '../../../sim/prune/state.js';
import { llama } from '../../../workloads/architectures/llama.js';
import { parsePattern } from '../../../workloads/compress/pattern.js';
import { proceduralText } from '../../../workloads/datasets/characters.js';
import { buildNetwork } from '../../../workloads/graph.js';
import { trainable } from '../../../workloads/train/network.js';
import { effectiveWeights, initialise } from '../../../workloads/train/parameters.js';

const { probabilities: _, ...architecture } = llama(
  {
    ...{ vocabulary: 32, width: 16, layers: 1, heads: 4, sharedHeads: 2, headWidth: 4, inner: 32 },
    ...{ activation: 'swish', epsilon: 1e-5, rotaryBase: 100 },
    biases: { inputs: false, output: false, inner: false },
  },
  { sequence: 16, past: 0, logits: 'all' },
);
const network = buildNetwork({
  ...architecture,
  ...{ name: 'tiny', title: 'tiny', source: { work: 'test', at: 'here' } },
});
const data = proceduralText(0, { train: 8_001, validation: 1_025, test: 1_025 });
const published = { source: { work: 'test', at: 'here' }, input: 1, layers: {} };

let backend: Backend;
beforeAll(async () => {
  backend = await openBackend(['wasm']);
});

const structured = recipes.structured as (typeof recipes)[string];
const stages = (changes: Partial<Settings>) =>
  stagesOf(structured, {
    ...{ ...defaultSettings(network), ...structured.settings, epochs: 4, finalEpochs: 2 },
    ...{ batch: 16, rate: 0.01, retrainRate: 0.005 },
    ...changes,
  });

async function run(changes: Partial<Settings>, rest: Partial<Laboratory> = {}, from?: LabState) {
  const lab: Laboratory = {
    ...{ trained: trainable(backend.tf, network), data, published, seed: 5 },
    ...{ progress: () => {}, save: async () => {}, breathe: async () => {} },
    ...rest,
  };
  return runPipeline(stages(changes), from ?? initialState(initialise(network, 5)), lab);
}

const lossOf = (state: LabState, name: string) =>
  state.tests.find((test) => test.name === name)?.test.loss ?? Number.NaN;

const weightsOf = (state: LabState, name: string) => {
  const layer = state.parameters.get(name);
  if (!layer) throw new Error(name);
  return { ...layer, weights: effectiveWeights(layer) };
};

const BLOCK = ['self_attn.q_proj', 'self_attn.o_proj', 'mlp.gate_proj', 'mlp.down_proj'].map(
  (name) => `layers.0.${name}`,
);

describe('a decoder over text', () => {
  it('learns, keeps 2 of 4 through retraining, and rounds to 4 bits in groups', async () => {
    const state = await run({
      pattern: parsePattern('2:4'),
      density: 1,
      bits: { dense: 4 },
      group: 8,
    });
    const dense = lossOf(state, 'dense');
    // As good as guessing is ln 32 = 3.47; letters by their frequency some 2.8.
    expect(dense).toBeLessThan(2.4);
    expect(lossOf(state, 'pruned and retrained')).toBeLessThan(
      lossOf(state, 'pruned at once, not retrained'),
    );
    for (const name of BLOCK) {
      const { weights } = weightsOf(state, name);
      for (let at = 0; at < weights.length; at += 4)
        expect(
          weights.subarray(at, at + 4).filter((weight) => weight !== 0).length,
        ).toBeLessThanOrEqual(2);
      for (let at = 0; at < weights.length; at += 8) {
        const group = weights.subarray(at, at + 8);
        const scale = Math.max(...group.map(Math.abs)) / 7;
        if (scale === 0) continue;
        for (const weight of group)
          expect(Math.abs(weight / scale - Math.round(weight / scale))).toBeLessThan(1e-3);
      }
    }
    const embedding = weightsOf(state, 'embed_tokens').weights;
    expect(embedding.every((weight) => weight !== 0)).toBe(true);
    const size = state.steps.at(-1)?.size.layers.find(({ name }) => name === BLOCK[2]);
    // Half of the weights: 4 bits and 2 of their place each, 16 for each scale of 8 places.
    expect(size?.bytes).toBeLessThan((size?.denseBytes ?? 0) / 5);
  });

  it('ends with the same bits after it was stopped in the middle of a training stage', async () => {
    const changes = { pattern: parsePattern('2:4'), density: 1, epochs: 2, finalEpochs: 2 };
    const whole = await run(changes);
    let kept: LabState | undefined;
    const stop = new Error('stopped');
    await expect(
      run(changes, {
        async save(state) {
          if (state.stage === 6 && state.unit === 1) {
            kept = state;
            throw stop;
          }
        },
      }),
    ).rejects.toBe(stop);
    expect(kept?.optimizer?.steps).toBeGreaterThan(0);
    const resumed = await run(changes, {}, kept);
    expect(resumed.tests).toEqual(whole.tests);
    expect(weightsOf(resumed, BLOCK[0] as string)).toEqual(weightsOf(whole, BLOCK[0] as string));
  });

  it('loses least at once by SparseGPT, then Wanda, then magnitude', async () => {
    const atOnce = (criterion: Settings['criterion']) =>
      run({ criterion, pattern: parsePattern('2:4'), density: 1, epochs: 3, finalEpochs: 1 });
    const losses: number[] = [];
    for (const criterion of ['sparsegpt', 'wanda', 'magnitude'] as const)
      losses.push(lossOf(await atOnce(criterion), 'pruned at once, not retrained'));
    expect(losses).toEqual([...losses].sort((a, b) => a - b));
  });

  it('loses whole heads: rows of queries, keys and values, columns of what reads them', async () => {
    const state = await run({
      pattern: parsePattern('heads'),
      density: 0.5,
      epochs: 1,
      finalEpochs: 1,
    });
    const isThere = (weights: Float32Array, of: (at: number) => boolean) =>
      weights.some((weight, at) => weight !== 0 && of(at));
    const queries = weightsOf(state, 'layers.0.self_attn.q_proj').weights;
    const outputs = weightsOf(state, 'layers.0.self_attn.o_proj').weights;
    const keys = weightsOf(state, 'layers.0.self_attn.k_proj').weights;
    const heads = [0, 1, 2, 3];
    const kept = heads.filter((head) => isThere(queries, (at) => Math.floor(at / 64) === head));
    expect(kept).toHaveLength(2);
    expect(
      heads.filter((head) => isThere(outputs, (at) => Math.floor((at % 16) / 4) === head)),
    ).toEqual(kept);
    const shared = [...new Set(kept.map((head) => Math.floor(head / 2)))];
    expect([0, 1].filter((head) => isThere(keys, (at) => Math.floor(at / 64) === head))).toEqual(
      shared,
    );
    expect(isThere(weightsOf(state, 'layers.0.mlp.up_proj').weights, () => true)).toBe(true);
  });
});
