// Decoders whose activations are zero, compared with what really runs.

import { expect, it } from 'vitest';
import { type LlamaConfig, llama } from '../../../workloads/architectures/llama.js';
import { createRandom } from '../../../workloads/base/random.js';
import { buildNetwork } from '../../../workloads/graph.js';
import { drawModel, drawTensors } from '../../../workloads/synthesis.js';
import { denseEstimate } from '../../../workloads/zoo/entry.js';
import { zooEntry } from '../../../workloads/zoo/index.js';
import { run } from '../formats/huggingface/folder.js';

const config: LlamaConfig = {
  ...{ vocabulary: 40, width: 96, layers: 2, heads: 4, sharedHeads: 2, headWidth: 24, inner: 160 },
  ...{ activation: 'swish', epsilon: 1e-5, rotaryBase: 10_000 },
  biases: { inputs: false, output: false, inner: false },
};
const tokens = [3, 1, 30, 0, 17, 5, 22, 9];

/** Shares of values that are not zero, really computed and as drawn. */
function shares(own: Partial<LlamaConfig>, names: readonly string[]) {
  const { probabilities, ...all } = llama({ ...config, ...own }, { sequence: 8, past: 0 });
  const source = { work: 'test', at: 'test' };
  const network = buildNetwork({ ...all, outputs: names, name: 'small', title: 'small', source });
  const densities = denseEstimate(network, probabilities);
  const { weights } = drawModel(network, densities, 1);
  const found = run({ network, densities, weights, preprocessing: null }, { input_ids: tokens });
  const drawn = drawTensors(network, densities, 1);
  return names.map((name, at) => {
    const values = [...(found[at]?.values ?? [])];
    const real = values.filter((value) => value !== 0).length / values.length;
    return { real, drawn: drawn.get(name)?.density ?? 0 };
  });
}

const gated = ['layers.0.mlp.gated', 'layers.1.mlp.gated'];

it.each([
  ['relu', 0.5, 0],
  ['relu', 0.1, Math.SQRT2 * 1.2815515655],
  ['relu-squared', 0.2, Math.SQRT2 * 0.8416212336],
] as const)('%s leaves the share %f', (activation, passed, threshold) => {
  for (const { real, drawn } of shares({ activation, passed, threshold }, gated)) {
    expect(drawn).toBeWithin(0.01, passed);
    // Of 1,280 values of one random network.
    expect(Math.abs(real - passed)).toBeLessThan(0.05);
  }
});

it('top-k keeps the largest inputs of each product', () => {
  const names = [
    ...['input.kept', 'self_attn.context.kept', 'mlp.input.kept', 'mlp.gated.kept'],
  ].map((name) => `layers.0.${name}`);
  for (const { real, drawn } of shares({ kept: 0.25 }, names)) {
    expect(drawn).toBeWithin(0.02, 0.25);
    expect(real).toBeWithin(0.02, 0.25);
  }
});

it('top-k and ReLU² compute what their formulas say', () => {
  const random = createRandom(7, 'activated');
  const input = Float32Array.from({ length: 24 }, () => random.uniform() - 0.5);
  const own = { ...config, layers: 1, kept: 1 / 4, activation: 'relu-squared' as const };
  const { probabilities: _, ...all } = llama(own, { sequence: 1, past: 0 });
  const source = { work: 'test', at: 'test' };
  const outputs = ['layers.0.mlp.gated', 'layers.0.mlp.gated.kept'];
  const inner = ['gate_proj', 'up_proj'].map((name) => `layers.0.mlp.${name}`);
  const names = [...outputs, ...inner];
  const network = buildNetwork({ ...all, outputs: names, name: 'small', title: 'small', source });
  const { weights } = drawModel(network, denseEstimate(network), Math.floor(input.length));
  const entry = { network, weights, densities: denseEstimate(network), preprocessing: null };
  const [made, kept, gate, up] = run(entry, { input_ids: [4] }).map(({ values }) => [...values]);
  const expected = (gate ?? []).map((value, at) => {
    return Math.fround(Math.max(0, value) ** 2) * ((up ?? [])[at] as number);
  });
  for (const [at, value] of expected.entries())
    expect(Math.abs(((made ?? [])[at] as number) - value)).toBeLessThan(1e-5);
  const order = [...(made ?? [])].map(Math.abs).sort((a, b) => b - a);
  const least = order[own.inner / 4 - 1] as number;
  expect(kept).toEqual((made ?? []).map((value) => (Math.abs(value) >= least ? value : 0)));
});

it('names what it means, and refuses odd shares', () => {
  const entry = zooEntry('tinyllama-1.1b@relu2-90', new Map([['sequence', 1]]));
  expect(entry?.densities.others?.['layers.3.mlp.gated']).toBeWithin(1e-9, 0.1);
  expect(entry?.network.title).toContain('ReLU² in the place of its function, 90 % of activations');
  expect(zooEntry('mistral-7b@top-k', new Map([['sequence', 1]]))?.network.name).toBe(
    'mistral-7b@top-k',
  );
  expect(() => zooEntry('tinyllama-1.1b@relu-100')).toThrow(
    "workload 'tinyllama-1.1b@relu-100': found 100, expected percent of zeros from 1 to 99",
  );
  expect(zooEntry('resnet-50@relu-90')).toBeUndefined();
});
