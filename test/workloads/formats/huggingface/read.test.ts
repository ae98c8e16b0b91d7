import { describe, expect, it } from 'vitest';
import { parametersIn } from '../../../../workloads/network.js';
import type { Tensor } from '../../../../workloads/tensor.js';
import {
  expectClose,
  json,
  randomTensors,
  read,
  run,
  safetensors,
  tokens,
  valuesOf,
} from './folder.js';
import {
  attend,
  causal,
  each,
  linear,
  matrix,
  plus,
  type Rows,
  rmsNorm,
  rotate,
  silu,
  type Tensors,
} from './formulas.js';

describe('Llama', () => {
  const config = {
    ...{
      model_type: 'llama',
      vocab_size: 11,
      hidden_size: 24,
      num_hidden_layers: 2,
      num_attention_heads: 6,
    },
    ...{
      num_key_value_heads: 2,
      intermediate_size: 20,
      hidden_act: 'silu',
      rms_norm_eps: 1e-5,
      rope_theta: 500,
    },
    ...{ max_position_embeddings: 16, tie_word_embeddings: false },
  };
  const layer = (at: number) => {
    const own = `model.layers.${at}.`;
    return {
      [`${own}input_layernorm.weight`]: [24],
      [`${own}post_attention_layernorm.weight`]: [24],
      [`${own}self_attn.q_proj.weight`]: [24, 24],
      [`${own}self_attn.k_proj.weight`]: [8, 24],
      [`${own}self_attn.v_proj.weight`]: [8, 24],
      [`${own}self_attn.o_proj.weight`]: [24, 24],
      [`${own}mlp.gate_proj.weight`]: [20, 24],
      [`${own}mlp.up_proj.weight`]: [20, 24],
      [`${own}mlp.down_proj.weight`]: [24, 20],
    };
  };
  const shapes = {
    'model.embed_tokens.weight': [11, 24],
    ...layer(0),
    ...layer(1),
    'model.norm.weight': [24],
    'lm_head.weight': [11, 24],
  };
  const tensors = randomTensors(shapes);

  /** Logits of all positions, and keys and values of each layer, keys turned. */
  function formula(numbers: readonly number[], all: Tensors = tensors, looks = causal) {
    const table = matrix(all, 'model.embed_tokens.weight');
    const caches: { keys: Rows; values: Rows }[] = [];
    let x: Rows = numbers.map((number) => table[number] as number[]);
    const turn = rotate(500);
    for (let at = 0; at < 2; at++) {
      const own = `model.layers.${at}.`;
      const normal = rmsNorm(all, `${own}input_layernorm`, x, 1e-5);
      const [q, k, v] = ['q', 'k', 'v'].map((name) =>
        linear(all, `${own}self_attn.${name}_proj`, normal),
      ) as [Rows, Rows, Rows];
      const keys = k.map((row, i) => [...turn(row.slice(0, 4), i), ...turn(row.slice(4), i)]);
      caches.push({ keys, values: v });
      const gathered = attend(q, k, v, { heads: 6, sharedHeads: 2, looks, turn });
      x = plus(x, linear(all, `${own}self_attn.o_proj`, gathered));
      const second = rmsNorm(all, `${own}post_attention_layernorm`, x, 1e-5);
      const gate = each(linear(all, `${own}mlp.gate_proj`, second), silu);
      const up = linear(all, `${own}mlp.up_proj`, second);
      const gated = gate.map((row, i) => row.map((value, j) => value * (up[i]?.[j] as number)));
      x = plus(x, linear(all, `${own}mlp.down_proj`, gated));
    }
    return { logits: linear(all, 'lm_head', rmsNorm(all, 'model.norm', x, 1e-5)), caches };
  }

  it.each(['F32', 'F16', 'BF16'] as const)(
    'computes what its formulas say, from %s',
    async (type) => {
      const files = { 'model.safetensors': safetensors(tensors, type) };
      const entry = await read({ config, files, dims: { sequence: 5 } });
      expect(entry.notes).toEqual([]);
      expect(parametersIn(entry.network)).toBe(
        [...tensors.values()].reduce((sum, each) => sum + each.values.length, 0),
      );
      expectClose(
        valuesOf(run(entry, { input_ids: tokens })),
        formula(tokens).logits[4] as number[],
      );
    },
  );

  it.each([1, 2])(
    'goes on behind keys and values of tokens before, with %d tokens',
    async (sequence) => {
      const past = 5 - sequence;
      const files = { 'model.safetensors': safetensors(tensors) };
      const entry = await read({ config, files, dims: { sequence, past } });
      const { logits, caches } = formula(tokens);
      const inputs: Record<string, ArrayLike<number>> = { input_ids: tokens.slice(past) };
      for (const [at, { keys, values: held }] of caches.entries()) {
        // [heads, tokens, features]
        const byHead = (rows: Rows) =>
          [0, 1].flatMap((head) =>
            rows.slice(0, past).flatMap((row) => row.slice(4 * head, 4 * head + 4)),
          );
        inputs[`past_keys.${at}`] = byHead(keys);
        inputs[`past_values.${at}`] = byHead(held);
      }
      expect(entry.network.inputs.map(({ name }) => name)).toEqual(Object.keys(inputs));
      expectClose(valuesOf(run(entry, inputs)), logits[4] as number[]);
    },
  );

  it.each([
    { sequence: 5, kept: 0 },
    { sequence: 2, kept: 2 },
    { sequence: 1, kept: 2 },
  ])('of Mistral looks at a window of tokens: %o', async ({ sequence, kept }) => {
    const past = 5 - sequence;
    const files = { 'model.safetensors': safetensors(tensors) };
    const mistral = { ...config, model_type: 'mistral', sliding_window: 3 };
    const entry = await read({ config: mistral, files, dims: { sequence, past } });
    const looks = (i: number, j: number) => j <= i && i - j < 3;
    const { logits, caches } = formula(tokens, tensors, looks);
    const inputs: Record<string, ArrayLike<number>> = { input_ids: tokens.slice(past) };
    for (const [at, cache] of kept === 0 ? [] : caches.entries()) {
      // [heads, tokens, features] of the last tokens before these.
      const byHead = (rows: Rows) =>
        [0, 1].flatMap((head) =>
          rows.slice(past - kept, past).flatMap((row) => row.slice(4 * head, 4 * head + 4)),
        );
      inputs[`past_keys.${at}`] = byHead(cache.keys);
      inputs[`past_values.${at}`] = byHead(cache.values);
    }
    expectClose(valuesOf(run(entry, inputs)), logits[4] as number[]);
    expect(formula(tokens).logits[4]).not.toEqual(logits[4]);
  });

  it('reads shards that an index names, and loads a layer when it is asked for', async () => {
    const [first, second] = [new Map([...tensors].slice(0, 9)), new Map([...tensors].slice(9))];
    const map = (part: Tensors, file: string) => [...part.keys()].map((name) => [name, file]);
    const files = {
      'model.safetensors.index.json': json({
        metadata: { total_size: 1 },
        weight_map: Object.fromEntries([
          ...map(first, 'a.safetensors'),
          ...map(second, 'b.safetensors'),
        ]),
      }),
      'a.safetensors': safetensors(first, 'BF16'),
      'b.safetensors': safetensors(second, 'BF16'),
    };
    const entry = await read({ config, files, dims: { sequence: 5 } });
    expectClose(valuesOf(run(entry, { input_ids: tokens })), formula(tokens).logits[4] as number[]);
    const { weights } = entry.densities.layers['layers.1.mlp.up_proj'] ?? {};
    const own = tensors.get('model.layers.1.mlp.up_proj.weight')?.values ?? [];
    expect(weights).toBe([...own].filter((value) => value !== 0).length / own.length);
    const without = { ...files, 'b.safetensors': safetensors(first) };
    await expect(read({ config, files: without })).rejects.toThrow(
      /: found no tensor \S+ in b.safetensors, expected one/,
    );
  });

  it('takes the embedding for its logits where they are tied', async () => {
    const tied = new Map([...tensors].filter(([name]) => name !== 'lm_head.weight'));
    const entry = await read({
      config: { ...config, tie_word_embeddings: true },
      files: { 'model.safetensors': safetensors(tied) },
      dims: { sequence: 5 },
    });
    const both = new Map([
      ...tied,
      ['lm_head.weight', tied.get('model.embed_tokens.weight') as Tensor],
    ]);
    expectClose(
      valuesOf(run(entry, { input_ids: tokens })),
      formula(tokens, both).logits[4] as number[],
    );
  });

  it('draws what a folder without weights lacks, and says so', async () => {
    const { network, notes, weights, densities } = await read({ config });
    expect(weights).toBeUndefined();
    expect(notes).toEqual([
      'folder/config.json: no weights beside it: they are random, none of them zero',
    ]);
    expect(network.inputs[0]?.shape).toEqual([1, 16]);
    expect(densities.others?.['layers.0.self_attn.probabilities']).toBe(17 / 32);
  });

  const file = 'folder/config.json';
  it.each([
    [
      { ...config, hidden_act: 'wave' },
      /^folder\/config.json: hidden_act: found "wave", expected gelu, /,
    ],
    [
      { ...config, rope_scaling: { rope_type: 'llama3' } },
      `${file}: rope_scaling: found {"rope_type":"llama3"}, expected`,
    ],
    [
      { ...config, model_type: 'mamba' },
      `${file}: model_type: found 'mamba', expected llama, qwen2, mistral, qwen3, mixtral`,
    ],
    [
      { ...config, num_attention_heads: 5 },
      `${file}: found 5 heads of 24 features, expected a divisor`,
    ],
    [
      { ...config, num_key_value_heads: 4 },
      `${file}: num_key_value_heads: found 4, expected a divisor of 6`,
    ],
    [{ ...config, hidden_size: -1 }, `${file}: hidden_size: found -1, expected at least 1`],
    [
      { ...config, quantization_config: { bits: 4 } },
      `${file}: quantization_config: found quantised weights`,
    ],
    [
      { ...config, num_hidden_layers: 1e6 },
      `${file}: found 42000000 layers, expected at most 100000`,
    ],
    [{ ...config, vocab_size: 2 ** 30 }, /elements of a tensor \(vocab_size\), expected at most/],
    [[], `${file}: found [], expected an object`],
  ])('refuses %o', async (wrong, message) => {
    await expect(read({ config: wrong })).rejects.toThrow(message);
  });

  it('says which tensor is missing, which has another shape, and which nobody uses', async () => {
    const withTensor = (name: string, shape: readonly number[] | null) => {
      const changed = Object.entries({ ...shapes, [name]: shape }).filter(
        ([, each]) => each !== null,
      );
      return read({
        config,
        files: { 'model.safetensors': safetensors(randomTensors(Object.fromEntries(changed))) },
      });
    };
    await expect(withTensor('model.norm.weight', null)).rejects.toThrow(
      'tensor norm.weight: found none, expected 24',
    );
    await expect(withTensor('lm_head.weight', [11, 23])).rejects.toThrow(
      'tensor lm_head.weight: found 11×23, expected 11×24',
    );
    expect((await withTensor('model.layers.0.self_attn.rotary_emb.inv_freq', [2])).notes).toEqual(
      [],
    );
    expect((await withTensor('score.weight', [2, 24])).notes).toEqual([
      `${file}: 1 tensor not used: score.weight`,
    ]);
  });

  it('checks the extents that users choose', async () => {
    const at = (dims: Readonly<Record<string, number>>) => read({ config, dims });
    await expect(at({ sequence: 17 })).rejects.toThrow(
      'sequence: found 17, expected a whole number from 1 to 16',
    );
    await expect(at({ sequence: 9, past: 8 })).rejects.toThrow(
      'found --dim sequence=9 and past=8, expected at most 16',
    );
    await expect(at({ sequense: 4 })).rejects.toThrow(
      "found dimension 'sequense'; did you mean sequence?",
    );
  });

  it('says how to convert weights of another kind', async () => {
    const files = { 'pytorch_model.bin': new Uint8Array(4) };
    await expect(read({ config, files })).rejects.toThrow(
      /found weights in pytorch_model.bin, .* python -c /,
    );
  });
});

it('Qwen2 has biases in queries, keys and values', async () => {
  const config = {
    model_type: 'qwen2',
    vocab_size: 9,
    hidden_size: 8,
    num_hidden_layers: 1,
    num_attention_heads: 2,
  };
  const { network } = await read({
    config: { ...config, num_key_value_heads: 1, intermediate_size: 6 },
  });
  // Embedding and logits, norms, attention, gated layers.
  expect(parametersIn(network)).toBe(
    2 * 9 * 8 + 3 * 8 + (8 * 8 + 8) + 2 * (4 * 8 + 4) + 8 * 8 + 3 * 6 * 8,
  );
});
