import { describe, expect, it } from 'vitest';
import { expectClose, randomTensors, read, run, safetensors, tokens, valuesOf } from './folder.js';
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
} from './formulas.js';

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
      expectClose(valuesOf(run(entry, { input_ids: tokens })), logits);
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
    expectClose(
      valuesOf(output),
      layerNorm(tensors, `${own}output_layer_norm`, outer, 1e-12).flat(),
    );
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
    expectClose(valuesOf(run(entry, { pixel_values: picture })), logits.flat());
  });
});
