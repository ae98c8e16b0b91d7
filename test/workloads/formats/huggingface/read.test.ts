import { describe, expect, it } from 'vitest';
import { parametersIn } from '../../../../workloads/network.js';
import type { Tensor } from '../../../../workloads/tensor.js';
import { json, randomTensors, read, run, safetensors } from './folder.js';
import {
  attend,
  causal,
  each,
  gelu,
  geluTanh,
  layerNorm,
  linear,
  matrix,
  plus,
  type Rows,
  rmsNorm,
  rotate,
  silu,
  type Tensors,
} from './formulas.js';

function expectClose(found: ArrayLike<number>, expected: readonly number[]) {
  expect(found.length).toBe(expected.length);
  const max = Math.max(...expected.map(Math.abs));
  for (const [at, value] of expected.entries()) {
    expect(Math.abs((found[at] as number) - value)).toBeLessThan(2e-5 * max);
  }
}

const values = ([output]: readonly Tensor[]) => output?.values ?? [];
const tokens = [3, 1, 10, 0, 7];

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
      expectClose(values(run(entry, { input_ids: tokens })), formula(tokens).logits[4] as number[]);
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
      expectClose(values(run(entry, inputs)), logits[4] as number[]);
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
    expectClose(values(run(entry, inputs)), logits[4] as number[]);
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
    expectClose(values(run(entry, { input_ids: tokens })), formula(tokens).logits[4] as number[]);
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
      values(run(entry, { input_ids: tokens })),
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

describe('GPT-2', () => {
  const config = {
    model_type: 'gpt2',
    vocab_size: 11,
    n_positions: 8,
    n_embd: 12,
    n_layer: 2,
    n_head: 3,
  };
  const layer = (at: number) => ({
    [`h.${at}.ln_1.weight`]: [12],
    [`h.${at}.ln_1.bias`]: [12],
    [`h.${at}.attn.bias`]: [1, 1, 8, 8],
    [`h.${at}.attn.c_attn.weight`]: [12, 36],
    [`h.${at}.attn.c_attn.bias`]: [36],
    [`h.${at}.attn.c_proj.weight`]: [12, 12],
    [`h.${at}.attn.c_proj.bias`]: [12],
    [`h.${at}.ln_2.weight`]: [12],
    [`h.${at}.ln_2.bias`]: [12],
    [`h.${at}.mlp.c_fc.weight`]: [12, 48],
    [`h.${at}.mlp.c_fc.bias`]: [48],
    [`h.${at}.mlp.c_proj.weight`]: [48, 12],
    [`h.${at}.mlp.c_proj.bias`]: [12],
  });
  const head = {
    'wte.weight': [11, 12],
    'wpe.weight': [8, 12],
    'ln_f.weight': [12],
    'ln_f.bias': [12],
  };
  const tensors = randomTensors({ ...head, ...layer(0), ...layer(1) });

  it('computes what its formulas say, its matrices stored with inputs in rows, its logits tied', async () => {
    const [words, places] = [matrix(tensors, 'wte.weight'), matrix(tensors, 'wpe.weight')];
    let x: Rows = tokens.map((number, at) =>
      (words[number] as number[]).map((v, i) => v + (places[at]?.[i] as number)),
    );
    for (const at of [0, 1]) {
      const all = linear(
        tensors,
        `h.${at}.attn.c_attn`,
        layerNorm(tensors, `h.${at}.ln_1`, x, 1e-5),
        true,
      );
      const [q, k, v] = [0, 12, 24].map((from) => all.map((row) => row.slice(from, from + 12))) as [
        Rows,
        Rows,
        Rows,
      ];
      const gathered = attend(q, k, v, { heads: 3, sharedHeads: 3, looks: causal });
      x = plus(x, linear(tensors, `h.${at}.attn.c_proj`, gathered, true));
      const inner = linear(
        tensors,
        `h.${at}.mlp.c_fc`,
        layerNorm(tensors, `h.${at}.ln_2`, x, 1e-5),
        true,
      );
      x = plus(x, linear(tensors, `h.${at}.mlp.c_proj`, each(inner, geluTanh), true));
    }
    const last = layerNorm(tensors, 'ln_f', x, 1e-5)[4] as number[];
    const logits = words.map((row) =>
      row.reduce((sum, value, i) => sum + value * (last[i] as number), 0),
    );
    const prefixed = new Map([...tensors].map(([name, tensor]) => [`transformer.${name}`, tensor]));
    for (const each of [tensors, prefixed]) {
      const entry = await read({
        config,
        files: { 'model.safetensors': safetensors(each, 'F16') },
        dims: { sequence: 5 },
      });
      expect(entry.notes).toEqual([]);
      expectClose(values(run(entry, { input_ids: tokens })), logits);
    }
  });
});

describe('encoders', () => {
  const norm = (name: string) => ({ [`${name}.weight`]: [12], [`${name}.bias`]: [12] });
  const square = (name: string, outputs = 12, inputs = 12) => ({
    [`${name}.weight`]: [outputs, inputs],
    [`${name}.bias`]: [outputs],
  });

  it('BERT computes what its formulas say, some tokens hidden', async () => {
    const own = 'bert.encoder.layer.0.';
    const tensors = randomTensors({
      'bert.embeddings.word_embeddings.weight': [11, 12],
      'bert.embeddings.token_type_embeddings.weight': [2, 12],
      'bert.embeddings.position_embeddings.weight': [8, 12],
      ...norm('bert.embeddings.LayerNorm'),
      ...square(`${own}attention.self.query`),
      ...square(`${own}attention.self.key`),
      ...square(`${own}attention.self.value`),
      ...square(`${own}attention.output.dense`),
      ...norm(`${own}attention.output.LayerNorm`),
      ...square(`${own}intermediate.dense`, 20, 12),
      ...square(`${own}output.dense`, 12, 20),
      ...norm(`${own}output.LayerNorm`),
      ...square('bert.pooler.dense'),
      ...square('cls.predictions.transform.dense'),
    });
    const [types, shown] = [
      [0, 0, 1, 1, 1],
      [1, 1, 1, 0, 1],
    ];
    const [words, kinds, places] = ['word', 'token_type', 'position'].map((name) =>
      matrix(tensors, `bert.embeddings.${name}_embeddings.weight`),
    ) as [Rows, Rows, Rows];
    const sum = tokens.map((number, at) =>
      (words[number] as number[]).map(
        (v, i) => v + (kinds[types[at] as number]?.[i] ?? 0) + (places[at]?.[i] ?? 0),
      ),
    );
    const x = layerNorm(tensors, 'bert.embeddings.LayerNorm', sum, 1e-12);
    const [q, k, v] = ['query', 'key', 'value'].map((name) =>
      linear(tensors, `${own}attention.self.${name}`, x),
    ) as [Rows, Rows, Rows];
    const gathered = attend(q, k, v, { heads: 3, sharedHeads: 3, looks: (_, j) => shown[j] === 1 });
    const attended = plus(linear(tensors, `${own}attention.output.dense`, gathered), x);
    const middle = layerNorm(tensors, `${own}attention.output.LayerNorm`, attended, 1e-12);
    const inner = each(linear(tensors, `${own}intermediate.dense`, middle), gelu);
    const outer = plus(linear(tensors, `${own}output.dense`, inner), middle);
    const last = layerNorm(tensors, `${own}output.LayerNorm`, outer, 1e-12);
    const pooled = each(linear(tensors, 'bert.pooler.dense', [last[0] as number[]]), Math.tanh);

    // As TensorFlow's checkpoints name scales and shifts.
    const renamed = new Map(
      [...tensors].map(([name, tensor]) => [
        name
          .replace('LayerNorm.weight', 'LayerNorm.gamma')
          .replace('LayerNorm.bias', 'LayerNorm.beta'),
        tensor,
      ]),
    );
    const config = {
      ...{
        model_type: 'bert',
        vocab_size: 11,
        hidden_size: 12,
        num_hidden_layers: 1,
        num_attention_heads: 3,
      },
      ...{ intermediate_size: 20, max_position_embeddings: 8 },
    };
    const entry = await read({
      config,
      files: { 'model.safetensors': safetensors(renamed) },
      dims: { sequence: 5 },
    });
    const [hidden, pooler] = run(entry, {
      input_ids: tokens,
      token_type_ids: types,
      attention_mask: shown,
    });
    expectClose(hidden?.values ?? [], last.flat());
    expectClose(pooler?.values ?? [], pooled.flat());
    expect(entry.notes?.[0]).toContain(
      '2 tensors not used: cls.predictions.transform.dense.weight',
    );
  });

  it('DistilBERT computes what its formulas say', async () => {
    const own = 'transformer.layer.0.';
    const tensors = randomTensors({
      'embeddings.word_embeddings.weight': [11, 12],
      'embeddings.position_embeddings.weight': [8, 12],
      ...norm('embeddings.LayerNorm'),
      ...square(`${own}attention.q_lin`),
      ...square(`${own}attention.k_lin`),
      ...square(`${own}attention.v_lin`),
      ...square(`${own}attention.out_lin`),
      ...norm(`${own}sa_layer_norm`),
      ...square(`${own}ffn.lin1`, 20, 12),
      ...square(`${own}ffn.lin2`, 12, 20),
      ...norm(`${own}output_layer_norm`),
    });
    const [words, places] = [
      matrix(tensors, 'embeddings.word_embeddings.weight'),
      matrix(tensors, 'embeddings.position_embeddings.weight'),
    ];
    const sum = tokens.map((number, at) =>
      (words[number] as number[]).map((v, i) => v + (places[at]?.[i] ?? 0)),
    );
    const x = layerNorm(tensors, 'embeddings.LayerNorm', sum, 1e-12);
    const [q, k, v] = ['q', 'k', 'v'].map((name) =>
      linear(tensors, `${own}attention.${name}_lin`, x),
    ) as [Rows, Rows, Rows];
    const gathered = attend(q, k, v, { heads: 2, sharedHeads: 2, looks: () => true });
    const attended = plus(linear(tensors, `${own}attention.out_lin`, gathered), x);
    const middle = layerNorm(tensors, `${own}sa_layer_norm`, attended, 1e-12);
    const inner = each(linear(tensors, `${own}ffn.lin1`, middle), (value) => Math.max(0, value));
    const outer = plus(linear(tensors, `${own}ffn.lin2`, inner), middle);
    const config = {
      ...{
        model_type: 'distilbert',
        vocab_size: 11,
        dim: 12,
        n_layers: 1,
        n_heads: 2,
        hidden_dim: 20,
      },
      ...{ max_position_embeddings: 8, activation: 'relu' },
    };
    const entry = await read({
      config,
      files: { 'model.safetensors': safetensors(tensors) },
      dims: { sequence: 5 },
    });
    const output = run(entry, { input_ids: tokens, attention_mask: [1, 1, 1, 1, 1] });
    expectClose(values(output), layerNorm(tensors, `${own}output_layer_norm`, outer, 1e-12).flat());
    expect(entry.densities.others?.['transformer.layer.0.activation']).toBe(0.5);
  });

  it('ViT computes what its formulas say', async () => {
    const own = 'vit.encoder.layer.0.';
    const tensors = randomTensors({
      'vit.embeddings.cls_token': [1, 1, 12],
      'vit.embeddings.position_embeddings': [1, 5, 12],
      'vit.embeddings.patch_embeddings.projection.weight': [12, 3, 4, 4],
      'vit.embeddings.patch_embeddings.projection.bias': [12],
      ...norm(`${own}layernorm_before`),
      ...square(`${own}attention.attention.query`),
      ...square(`${own}attention.attention.key`),
      ...square(`${own}attention.attention.value`),
      ...square(`${own}attention.output.dense`),
      ...norm(`${own}layernorm_after`),
      ...square(`${own}intermediate.dense`, 20, 12),
      ...square(`${own}output.dense`, 12, 20),
      ...norm('vit.layernorm'),
      ...square('classifier', 4, 12),
    });
    const picture = Array.from({ length: 3 * 8 * 8 }, (_, at) => Math.sin(at));
    const patches: Rows = [0, 1].flatMap((y) =>
      [0, 1].map((x) =>
        [0, 1, 2].flatMap((channel) =>
          Array.from({ length: 16 }, (_, at) => {
            const [row, column] = [4 * y + Math.floor(at / 4), 4 * x + (at % 4)];
            return picture[(channel * 8 + row) * 8 + column] as number;
          }),
        ),
      ),
    );
    const projected = linear(tensors, 'vit.embeddings.patch_embeddings.projection', patches);
    const first = [...(tensors.get('vit.embeddings.cls_token')?.values ?? [])];
    const flat = [...(tensors.get('vit.embeddings.position_embeddings')?.values ?? [])];
    let x: Rows = [first, ...projected].map((row, at) =>
      row.map((value, i) => value + (flat[12 * at + i] as number)),
    );
    const normal = layerNorm(tensors, `${own}layernorm_before`, x, 1e-12);
    const [q, k, v] = ['query', 'key', 'value'].map((name) =>
      linear(tensors, `${own}attention.attention.${name}`, normal),
    ) as [Rows, Rows, Rows];
    const gathered = attend(q, k, v, { heads: 3, sharedHeads: 3, looks: () => true });
    x = plus(x, linear(tensors, `${own}attention.output.dense`, gathered));
    const inner = each(
      linear(
        tensors,
        `${own}intermediate.dense`,
        layerNorm(tensors, `${own}layernorm_after`, x, 1e-12),
      ),
      gelu,
    );
    x = plus(x, linear(tensors, `${own}output.dense`, inner));
    const logits = linear(tensors, 'classifier', [
      layerNorm(tensors, 'vit.layernorm', x, 1e-12)[0] as number[],
    ]);
    const config = {
      ...{
        model_type: 'vit',
        architectures: ['ViTForImageClassification'],
        hidden_size: 12,
        num_hidden_layers: 1,
      },
      ...{ num_attention_heads: 3, intermediate_size: 20, image_size: 8, patch_size: 4 },
      id2label: { 0: 'a', 1: 'b', 2: 'c', 3: 'd' },
    };
    const entry = await read({ config, files: { 'model.safetensors': safetensors(tensors) } });
    expectClose(values(run(entry, { pixel_values: picture })), logits.flat());
  });
});
