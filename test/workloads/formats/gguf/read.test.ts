import { describe, expect, it } from 'vitest';
import { openBytes } from '../../../../workloads/base/open-file.js';
import { readGguf } from '../../../../workloads/formats/gguf/read.js';
import { defaultLimits, type SourceFile } from '../../../../workloads/formats/source.js';
import type { Tensor } from '../../../../workloads/tensor.js';
import type { ZooEntry } from '../../../../workloads/zoo/entry.js';
import { randomTensors, read as readFolder, run, safetensors } from '../huggingface/folder.js';
import { float32, gguf, q8, type Value, type WrittenTensor } from './writer.js';

function sourceFile(bytes: Uint8Array, dims: Readonly<Record<string, number>> = {}): SourceFile {
  return {
    ...{ name: 'tiny.gguf', bytes: new Uint8Array(0), pieces: openBytes(bytes) },
    ...{ limits: defaultLimits, dims: new Map(Object.entries(dims)), beside: async () => null },
  };
}

async function read(bytes: Uint8Array, dims?: Readonly<Record<string, number>>): Promise<ZooEntry> {
  const [entry] = await readGguf(sourceFile(bytes, dims));
  if (!entry) throw new Error('no entry');
  return entry;
}

type Tensors = ReadonlyMap<string, Tensor>;
type Store = (shape: readonly number[], values: ArrayLike<number>) => WrittenTensor;

/** Rows of each head as llama.cpp stores them: those that turn together beside each other. */
function neighbours({ shape, values }: Tensor, heads: number): Tensor {
  const [rows = 1, columns = 1] = shape;
  const half = rows / heads / 2;
  const mixed = new Float32Array(values.length);
  let to = 0;
  for (let head = 0; head < heads; head++) {
    for (let feature = 0; feature < half; feature++) {
      for (const row of [2 * half * head + feature, 2 * half * head + half + feature]) {
        for (let column = 0; column < columns; column++) {
          mixed[to++] = values[row * columns + column] as number;
        }
      }
    }
  }
  return { shape, type: 'float32', values: mixed };
}

function stored(tensors: Tensors, names: Readonly<Record<string, string>>, store: Store = float32) {
  return Object.fromEntries(
    Object.entries(names).map(([written, name]) => {
      const { shape, values } = tensors.get(name) as Tensor;
      return [written, (shape.length > 1 ? store : float32)(shape, values)];
    }),
  );
}

const width = 32;
const heads = { q: 4, k: 2 };
const llamaShapes = {
  'model.embed_tokens.weight': [11, width],
  'model.layers.0.input_layernorm.weight': [width],
  'model.layers.0.post_attention_layernorm.weight': [width],
  'model.layers.0.self_attn.q_proj.weight': [32, width],
  'model.layers.0.self_attn.k_proj.weight': [16, width],
  'model.layers.0.self_attn.v_proj.weight': [16, width],
  'model.layers.0.self_attn.o_proj.weight': [width, 32],
  'model.layers.0.mlp.gate_proj.weight': [64, width],
  'model.layers.0.mlp.up_proj.weight': [64, width],
  'model.layers.0.mlp.down_proj.weight': [width, 64],
  'model.norm.weight': [width],
  'lm_head.weight': [11, width],
};
const llamaNames = {
  'token_embd.weight': 'model.embed_tokens.weight',
  'blk.0.attn_norm.weight': 'model.layers.0.input_layernorm.weight',
  'blk.0.ffn_norm.weight': 'model.layers.0.post_attention_layernorm.weight',
  'blk.0.attn_q.weight': 'model.layers.0.self_attn.q_proj.weight',
  'blk.0.attn_k.weight': 'model.layers.0.self_attn.k_proj.weight',
  'blk.0.attn_v.weight': 'model.layers.0.self_attn.v_proj.weight',
  'blk.0.attn_output.weight': 'model.layers.0.self_attn.o_proj.weight',
  'blk.0.ffn_gate.weight': 'model.layers.0.mlp.gate_proj.weight',
  'blk.0.ffn_up.weight': 'model.layers.0.mlp.up_proj.weight',
  'blk.0.ffn_down.weight': 'model.layers.0.mlp.down_proj.weight',
  'output_norm.weight': 'model.norm.weight',
  'output.weight': 'lm_head.weight',
};
const llamaConfig = {
  ...{ model_type: 'llama', vocab_size: 11, hidden_size: width, num_hidden_layers: 1 },
  ...{ num_attention_heads: heads.q, num_key_value_heads: heads.k, intermediate_size: 64 },
  ...{ hidden_act: 'silu', rms_norm_eps: 1e-5, rope_theta: 500.5, max_position_embeddings: 16 },
};

const decoder = (type: string): Record<string, Value> => ({
  'general.architecture': type,
  'tokenizer.ggml.tokens': ['a', 'b'],
  [`${type}.context_length`]: 16,
  [`${type}.embedding_length`]: width,
  [`${type}.block_count`]: 1,
  [`${type}.feed_forward_length`]: 64,
  [`${type}.attention.head_count`]: heads.q,
  [`${type}.attention.head_count_kv`]: heads.k,
  [`${type}.attention.layer_norm_rms_epsilon`]: 1e-5,
  [`${type}.rope.freq_base`]: 500.5,
});

function llamaFile(
  tensors: Tensors,
  store: Store = float32,
  extra: Readonly<Record<string, Value>> = {},
): Uint8Array {
  const mixed = new Map(tensors);
  for (const [name, count] of Object.entries(heads)) {
    const key = `model.layers.0.self_attn.${name}_proj.weight`;
    mixed.set(key, neighbours(tensors.get(key) as Tensor, count));
  }
  return gguf({
    metadata: { ...decoder('llama'), ...extra },
    tensors: stored(mixed, llamaNames, store),
  });
}

const tokens = [3, 1, 10, 0, 7];
const logits = (entry: ZooEntry) => run(entry, { input_ids: tokens })[0]?.values;

describe('GGUF files', () => {
  const tensors = randomTensors(llamaShapes);

  it.each([
    ['F32', float32],
    ['Q8_0', q8],
  ] as const)('Llama from %s computes what the Hugging Face folder does', async (type, store) => {
    const folder = await readFolder({
      config: llamaConfig,
      files: { 'model.safetensors': safetensors(tensors) },
      dims: { sequence: 5 },
    });
    const entry = await read(llamaFile(tensors, store), { sequence: 5 });
    expect(entry.notes).toEqual([]);
    expect(entry.network.title).toContain(type);
    expect(logits(entry)).toEqual(logits(folder));
    expect(entry.densities.layers['layers.0.mlp.up_proj']?.weights).toBe(
      folder.densities.layers['layers.0.mlp.up_proj']?.weights,
    );
  });

  it('Qwen2 has biases and rows in their own order', async () => {
    const shapes: Record<string, number[]> = { ...llamaShapes };
    const names: Record<string, string> = { ...llamaNames };
    for (const [part, rows] of Object.entries({ q: 32, k: 16, v: 16 })) {
      shapes[`model.layers.0.self_attn.${part}_proj.bias`] = [rows];
      names[`blk.0.attn_${part}.bias`] = `model.layers.0.self_attn.${part}_proj.bias`;
    }
    const own = randomTensors(shapes, 2);
    const folder = await readFolder({
      config: { ...llamaConfig, model_type: 'qwen2' },
      files: { 'model.safetensors': safetensors(own) },
      dims: { sequence: 5 },
    });
    const bytes = gguf({ metadata: decoder('qwen2'), tensors: stored(own, names) });
    expect(logits(await read(bytes, { sequence: 5 }))).toEqual(logits(folder));
  });

  it('has the window that it says', async () => {
    const bytes = llamaFile(tensors, float32, { 'llama.attention.sliding_window': 3 });
    const folder = await readFolder({
      config: { ...llamaConfig, model_type: 'mistral', sliding_window: 3 },
      files: { 'model.safetensors': safetensors(tensors) },
      dims: { sequence: 5 },
    });
    expect(logits(await read(bytes, { sequence: 5 }))).toEqual(logits(folder));
  });

  it('GPT-2 shares its embedding with its logits', async () => {
    const shapes = {
      ...{ 'wte.weight': [7, 4], 'wpe.weight': [8, 4], 'ln_f.weight': [4], 'ln_f.bias': [4] },
      ...{ 'h.0.ln_1.weight': [4], 'h.0.ln_1.bias': [4], 'h.0.ln_2.weight': [4] },
      ...{ 'h.0.ln_2.bias': [4], 'h.0.attn.c_attn.weight': [4, 12], 'h.0.attn.c_attn.bias': [12] },
      ...{ 'h.0.attn.c_proj.weight': [4, 4], 'h.0.attn.c_proj.bias': [4] },
      ...{ 'h.0.mlp.c_fc.weight': [4, 6], 'h.0.mlp.c_fc.bias': [6] },
      ...{ 'h.0.mlp.c_proj.weight': [6, 4], 'h.0.mlp.c_proj.bias': [4] },
    };
    const own = randomTensors(shapes, 3);
    const folder = await readFolder({
      config: {
        ...{ model_type: 'gpt2', vocab_size: 7, n_positions: 8, n_embd: 4, n_layer: 1, n_head: 2 },
        ...{ n_inner: 6, layer_norm_epsilon: 1e-5 },
      },
      files: { 'model.safetensors': safetensors(own) },
      dims: { sequence: 5 },
    });
    const turned = new Map(
      [...own].map(([name, tensor]) => [name, /c_\w+\.weight/.test(name) ? flip(tensor) : tensor]),
    );
    const names = Object.fromEntries(Object.keys(shapes).map((name) => [ggufName(name), name]));
    const bytes = gguf({
      metadata: {
        'general.architecture': 'gpt2',
        ...{ 'gpt2.context_length': 8, 'gpt2.embedding_length': 4, 'gpt2.block_count': 1 },
        ...{ 'gpt2.feed_forward_length': 6, 'gpt2.attention.head_count': 2 },
        'gpt2.attention.layer_norm_epsilon': 1e-5,
      },
      tensors: stored(turned, names),
    });
    const ids = tokens.map((token) => token % 7);
    const found = await read(bytes, { sequence: 5 });
    expect(run(found, { input_ids: ids })).toEqual(run(folder, { input_ids: ids }));
  });

  it('names metadata that nobody asked for', async () => {
    const entry = await read(llamaFile(tensors, float32, { 'llama.logit_scale': 2 }));
    expect(entry.notes).toEqual(['tiny.gguf: metadata not used: llama.logit_scale']);
  });

  it.each([
    ['another kind of file', () => new TextEncoder().encode('GGML and more'), 'the letters GGUF'],
    ['an old version', () => gguf({ version: 1, metadata: {}, tensors: {} }), 'version 2 or 3'],
    ['a big-endian one', () => gguf({ version: 0x03000000, metadata: {}, tensors: {} }), 'little'],
    ['a truncated header', () => llamaFile(tensors).subarray(0, 200), 'truncated'],
    ['truncated data', () => llamaFile(tensors).subarray(0, 9000), 'truncated'],
    ['no architecture', () => gguf({ metadata: {}, tensors: {} }), 'expected a text'],
    [
      'an unknown one',
      () => gguf({ metadata: { 'general.architecture': 'rwkv' }, tensors: {} }),
      "found 'rwkv', expected llama, qwen2, qwen3",
    ],
    [
      'a type that is not read',
      () =>
        gguf({
          metadata: decoder('llama'),
          tensors: { 'token_embd.weight': { code: 10, shape: [256], bytes: new Uint8Array(84) } },
        }),
      'Q2_K',
    ],
    [
      'stretched angles',
      () => llamaFile(tensors, float32, { 'llama.rope.scaling.type': 'yarn' }),
      "found yarn, expected 'none' or 'linear'",
    ],
    [
      'more experts than there are',
      () => llamaFile(tensors, float32, { 'llama.expert_count': 8, 'llama.expert_used_count': 9 }),
      'num_experts_per_tok: found 9, expected at most 8',
    ],
  ])('refuses %s in one line', async (_, bytes, said) => {
    const message = await read(bytes()).then(
      () => '',
      (error: Error) => error.message,
    );
    expect(message).toContain(said);
    expect(message).toMatch(/^tiny\.gguf: /);
    expect(message).not.toContain('\n');
  });
});

function flip({ shape, values }: Tensor): Tensor {
  const [rows = 1, columns = 1] = shape;
  const turned = Float32Array.from(
    values as Float32Array,
    (_, at) => values[(at % rows) * columns + Math.floor(at / rows)] as number,
  );
  return { shape: [columns, rows], type: 'float32', values: turned };
}

function ggufName(name: string): string {
  const parts: Readonly<Record<string, string>> = {
    ...{ wte: 'token_embd', wpe: 'position_embd', ln_f: 'output_norm', ln_1: 'attn_norm' },
    ...{ ln_2: 'ffn_norm', 'attn.c_attn': 'attn_qkv', 'attn.c_proj': 'attn_output' },
    ...{ 'mlp.c_fc': 'ffn_up', 'mlp.c_proj': 'ffn_down' },
  };
  const [, block, own = '', part] = /^(h\.0\.)?(.+)\.(weight|bias)$/.exec(name) ?? [];
  return `${block ? 'blk.0.' : ''}${parts[own]}.${part}`;
}
