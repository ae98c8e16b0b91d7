// Blocks are found where a decoder has them, and a decoder with fewer of them is the one that is
// built with fewer.

import { describe, expect, it } from 'vitest';
import { type LlamaConfig, llama } from '../../workloads/architectures/llama.js';
import { blocksOf, shortened } from '../../workloads/blocks.js';
import { buildNetwork } from '../../workloads/graph.js';
import { zoo } from '../../workloads/zoo/index.js';

const config = (layers: number): LlamaConfig => ({
  ...{ vocabulary: 61, width: 32, layers, heads: 4, sharedHeads: 2, headWidth: 8, inner: 48 },
  ...{ activation: 'swish', epsilon: 1e-5, rotaryBase: 10_000 },
  biases: { inputs: false, output: false, inner: false },
});

function decoder(layers: number, tokens: { readonly sequence: number; readonly past: number }) {
  const { probabilities: _, ...architecture } = llama(config(layers), tokens);
  const source = { work: 'a test', at: 'here' };
  return buildNetwork({ ...architecture, name: 'decoder', title: 'decoder', source });
}

describe('blocks', () => {
  it.each([
    { sequence: 5, past: 0 },
    { sequence: 1, past: 7 },
  ])('of a decoder at %o are its layers', (tokens) => {
    const network = decoder(6, tokens);
    const blocks = blocksOf(network);
    expect(blocks?.count).toBe(6);
    const { first = 0, period = 0 } = blocks ?? {};
    for (let block = 0; block < 6; block++) {
      const own = network.layers.slice(first + block * period, first + (block + 1) * period);
      expect(own.every(({ name }) => name.startsWith(`layers.${block}.`))).toBe(true);
    }
    expect(network.layers.filter(({ name }) => name.startsWith('layers.')).length).toBe(6 * period);
  });

  it('are none where no layer repeats', () => {
    const lenet = zoo.get('lenet-300-100')?.network;
    expect(lenet && blocksOf(lenet)).toBeNull();
  });

  it.each([1, 2, 4])('left out leave the decoder of %i', (kept) => {
    const tokens = { sequence: 3, past: 4 };
    const whole = decoder(5, tokens);
    const blocks = blocksOf(whole);
    if (!blocks) throw new Error('no blocks');
    const short = shortened(whole, blocks, kept);
    const built = decoder(kept, tokens);
    expect(short.network.layers).toEqual(built.layers);
    expect(short.network.constants).toEqual(built.constants);
    expect(short.network.inputs).toEqual(built.inputs);
    expect(short.network.outputs).toEqual(built.outputs);
    // Every layer of the whole is stood in for by one of its own kind that is left.
    const left = new Map(short.network.layers.map((layer) => [layer.name, layer]));
    expect(short.standsIn.size).toBe(whole.layers.length);
    for (const { name, kind } of whole.layers)
      expect(left.get(short.standsIn.get(name) ?? '')?.kind).toBe(kind);
  });
});
