// What is too large for this machine is shortened, and stood in for layer by layer.

import { describe, expect, it } from 'vitest';
import { asWhole, fittedToHost, inputsFor } from '../../sim/shortened.js';
import type { Model } from '../../workloads/model.js';
import { parametersIn } from '../../workloads/network.js';
import { zoo } from '../../workloads/zoo/index.js';

const modelOf = (name: string): Model => {
  const network = zoo.get(name)?.network;
  if (!network) throw new Error(`no ${name}`);
  return { network, weights: new Map(), origin: 'synthetic' };
};

describe('a model for this machine', () => {
  it('stays as it is where there is room for it, or where nothing repeats', () => {
    const small = modelOf('bert-base');
    expect(fittedToHost(small)).toEqual({ model: small, short: null });
    const tiny = modelOf('tinyllama-1.1b');
    const { layers } = tiny.network;
    const distinct = { ...tiny, network: { ...tiny.network, layers: layers.slice(0, 12) } };
    expect(fittedToHost(distinct).short).toBeNull();
  });

  it('has one block of a large decoder, and times it as often as there are blocks', () => {
    const whole = modelOf('tinyllama-1.1b');
    const fitted = fittedToHost(whole);
    // Of 22 blocks one; embedding and logits of 32,000 words of 2,048 features each.
    expect(fitted.short?.kept).toBe(1);
    expect(fitted.short?.blocks.count).toBe(22);
    const { network } = fitted.model;
    const block = 2 * 2048 ** 2 + 2 * 2048 * 256 + 3 * 2048 * 5632;
    const norms = 3 * 2048;
    expect(parametersIn(network)).toBe(2 * 32_000 * 2048 + block + norms);
    const other = new Float32Array(1);
    const inputs = new Map(network.inputs.map(({ name }) => [name, new Float32Array(2)]));
    expect(inputsFor(fitted, new Map([...inputs, ['past_keys.7', other]]))).toEqual(inputs);

    const run = {
      layers: network.layers.map(({ name }) => {
        const seconds = name.startsWith('layers.') ? 1 : 0.5;
        return { name, kernel: 'some', seconds, notes: [] };
      }),
      output: new Float32Array(),
      outputs: new Map(),
      notes: [],
    };
    const blockLayers = run.layers.filter(({ seconds }) => seconds === 1).length;
    const others = run.layers.length - blockLayers;
    const short = blockLayers + 0.5 * others;
    const spread = { runs: 1, min: short, max: 2 * short };
    const { run: all, ...taken } = asWhole(fitted, { run, joules: short, spread });
    expect(all.layers.map(({ name }) => name)).toEqual(
      whole.network.layers.map(({ name }) => name),
    );
    const seconds = all.layers.reduce((sum, layer) => sum + layer.seconds, 0);
    const expected = 22 * blockLayers + 0.5 * others;
    expect(seconds).toBe(expected);
    expect(taken.joules).toBeWithin(1e-12, expected);
    expect(taken.spread.min).toBeWithin(1e-12, expected);
    expect(taken.spread.max).toBeWithin(1e-12, 2 * expected);
    expect(all.notes[0]).toMatch(/1 of 22 like blocks \(175 M weights\).*the other 21 were taken/);
  });
});
