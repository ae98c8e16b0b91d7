// A Hugging Face folder whose config.json, index or tensors are broken.

import { readHuggingFace } from '../../workloads/formats/huggingface/read.js';
import { floats, writeSafetensors } from '../../workloads/formats/safetensors.js';
import type { SourceFile } from '../../workloads/formats/source.js';
import { encode, type Importer } from './importer.js';

const config = {
  ...{
    architectures: ['GPT2LMHeadModel'],
    model_type: 'gpt2',
    vocab_size: 7,
    n_positions: 4,
    n_embd: 4,
    n_layer: 1,
  },
  ...{
    n_head: 2,
    n_inner: 6,
    activation_function: 'gelu_new',
    layer_norm_epsilon: 1e-5,
    tie_word_embeddings: true,
  },
};

const llama = {
  ...{
    model_type: 'llama',
    vocab_size: 9,
    hidden_size: 8,
    num_hidden_layers: 2,
    num_attention_heads: 4,
  },
  ...{
    num_key_value_heads: 2,
    intermediate_size: 6,
    hidden_act: 'silu',
    rms_norm_eps: 1e-5,
    rope_theta: 1e4,
  },
  ...{ max_position_embeddings: 8, rope_scaling: null, tie_word_embeddings: false },
};

const shapes = {
  'wte.weight': [7, 4],
  'wpe.weight': [4, 4],
  'h.0.ln_1.weight': [4],
  'h.0.ln_1.bias': [4],
  'h.0.attn.c_attn.weight': [4, 12],
  'h.0.attn.c_attn.bias': [12],
  'h.0.attn.c_proj.weight': [4, 4],
  'h.0.attn.c_proj.bias': [4],
  'h.0.ln_2.weight': [4],
  'h.0.ln_2.bias': [4],
  'h.0.mlp.c_fc.weight': [4, 6],
  'h.0.mlp.c_fc.bias': [6],
  'h.0.mlp.c_proj.weight': [6, 4],
  'h.0.mlp.c_proj.bias': [4],
  'ln_f.weight': [4],
  'ln_f.bias': [4],
};

const SHARD = 'model-00001-of-00001.safetensors';
const INDEX = 'model.safetensors.index.json';
const shard = writeSafetensors({
  metadata: {},
  tensors: new Map(
    Object.entries(shapes).map(([name, shape]) => {
      const count = shape.reduce((product, extent) => product * extent, 1);
      return [name, floats(new Float32Array(count).fill(0.5), shape)];
    }),
  ),
});
const index = encode(
  JSON.stringify({
    metadata: { total_size: shard.length },
    weight_map: Object.fromEntries(Object.keys(shapes).map((name) => [name, SHARD])),
  }),
);
const whole = encode(JSON.stringify(config));

/** Every weight is asked for too. */
async function readAll(file: SourceFile): Promise<void> {
  for (const { weights } of await readHuggingFace(file)) for (const _layer of weights ?? []);
}

/** `file` makes a file of bytes and of those that lie beside it. */
export function huggingFaceImporters(
  file: (bytes: Uint8Array, beside?: Readonly<Record<string, Uint8Array>>) => SourceFile,
): readonly Importer[] {
  return [
    {
      name: 'Hugging Face config',
      text: true,
      whole,
      read: (bytes) => readAll(file(bytes, { [INDEX]: index, [SHARD]: shard })),
    },
    {
      name: 'Hugging Face config alone',
      text: true,
      whole: encode(JSON.stringify(llama)),
      read: (bytes) => readAll(file(bytes)),
    },
    {
      name: 'Hugging Face index',
      text: true,
      whole: index,
      read: (bytes) => readAll(file(whole, { [INDEX]: bytes, [SHARD]: shard })),
    },
    {
      name: 'Hugging Face tensors',
      text: false,
      whole: shard,
      read: (bytes) => readAll(file(whole, { 'model.safetensors': bytes })),
    },
  ];
}
