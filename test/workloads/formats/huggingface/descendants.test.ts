import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LlamaConfig, llama } from '../../../../workloads/architectures/llama.js';
import { buildNetwork } from '../../../../workloads/graph.js';
import { type Kind, kinds, shapesOf, sizes } from './descendant-kinds.js';
import { logitsOf } from './descendants.js';
import { expectClose, randomTensors, read, run, safetensors } from './folder.js';

const tokens = [3, 1, 10, 0, 7, 2];

describe.each(Object.entries(kinds))('%s', (_name, kind) => {
  const { config, expected } = kind;
  const tensors = randomTensors(shapesOf(kind));
  const folder = {
    config: { ...sizes, ...config },
    files: { 'model.safetensors': safetensors(tensors) },
  };
  const formula = logitsOf(tensors, tokens, expected).at(-1) as number[];
  const expectLike = (found: ArrayLike<number>) => expectClose(found, formula, 3e-5);

  it('computes what the formulas say', async () => {
    const entry = await read({ ...folder, dims: { sequence: tokens.length } });
    expect(entry.notes).toEqual([]);
    expectLike(run(entry, { input_ids: tokens })[0]?.values ?? []);
  });

  it('computes the same behind keys and values, of which windows hold fewer', async () => {
    // Blocks give no keys and values: they are taken from the pass over the tokens before.
    const last = tokens.length - 1;
    const before = await read({ ...folder, dims: { sequence: last } });
    const { network } = before;
    const names = [0, 1].flatMap((block) => [
      `layers.${block}.self_attn.key_rotary`,
      `layers.${block}.self_attn.value_heads`,
    ]);
    const caches = run(
      { ...before, network: { ...network, outputs: names } },
      { input_ids: tokens.slice(0, last) },
    );
    const entry = await read({ ...folder, dims: { sequence: 1, past: last } });
    const given = entry.network.inputs
      .filter(({ name }) => name.startsWith('past_'))
      .map(({ name, shape }) => {
        const [, what, block] = /past_(keys|values)\.(\d)/.exec(name) ?? [];
        const whole = caches[2 * Number(block) + (what === 'keys' ? 0 : 1)];
        const [, heads = 0, positions = 0, width = 0] = whole?.shape ?? [];
        const kept = shape[2] as number;
        const window = expected.window?.(Number(block)) ?? Number.POSITIVE_INFINITY;
        expect(kept).toBe(Math.min(last, window - 1));
        const held = Array.from({ length: heads }, (_, at) => {
          const from = (at * positions + positions - kept) * width;
          return [...(whole?.values.subarray(from, from + kept * width) ?? [])];
        });
        return [name, held.flat()] as const;
      });
    const inputs = { input_ids: [tokens[last] as number], ...Object.fromEntries(given) };
    expectLike(run(entry, inputs)[0]?.values ?? []);
  });
});

describe('windows by block', () => {
  it('hold what each block needs, whatever the windows', () => {
    const drawn = fc.record({
      windows: fc.array(fc.option(fc.integer({ min: 1, max: 9 })), { minLength: 1, maxLength: 4 }),
      past: fc.nat(12),
    });
    fc.assert(
      fc.property(drawn, ({ windows, past }) => {
        const config: LlamaConfig = {
          ...{ vocabulary: 5, width: 4, layers: windows.length, heads: 1, sharedHeads: 1 },
          ...{ headWidth: 4, inner: 3, epsilon: 1e-5, rotaryBase: 100 },
          activation: 'swish',
          biases: { inputs: false, output: false, inner: false },
          window: windows,
        };
        const { probabilities: _, ...all } = llama(config, { sequence: 1, past });
        const source = { work: 'drawn', at: 'here' };
        const { inputs } = buildNetwork({ ...all, name: 'drawn', title: 'drawn', source });
        const held = inputs.filter(({ name }) => name.startsWith('past_keys'));
        const expected = windows.map((window) => Math.min(past, (window ?? 99) - 1));
        expect(held.map(({ shape }) => shape[2])).toEqual(expected.filter((kept) => kept > 0));
      }),
    );
  });

  it('refuses types of another number of blocks', async () => {
    const config = {
      ...{ ...sizes, model_type: 'gemma3_text' },
      layer_types: ['full_attention'],
    };
    await expect(read({ config })).rejects.toThrow('layer_types: found 1, expected 2');
  });
});

it('says which expert is missing', async () => {
  const kind = kinds.mixtral as Kind;
  const { config } = kind;
  const { 'model.layers.1.block_sparse_moe.experts.3.w2.weight': _, ...shapes } = shapesOf(kind);
  const files = { 'model.safetensors': safetensors(randomTensors(shapes)) };
  await expect(read({ config: { ...sizes, ...config }, files })).rejects.toThrow(
    'tensor layers.1.mlp.experts.3.down_proj.weight: found none, expected 16×10',
  );
});

it('refuses tokens that meet more experts than there are', async () => {
  const config = { ...sizes, model_type: 'mixtral', num_local_experts: 2, num_experts_per_tok: 3 };
  await expect(read({ config })).rejects.toThrow(
    'num_experts_per_tok: found 3, expected at most 2',
  );
});
