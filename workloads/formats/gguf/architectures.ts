// The architectures of GGUF files that are read, a row each: their numbers as a config.json of
// Hugging Face says them, and their tensors' names as transformers has them
// (gguf-py/gguf/constants.py and tensor_mapping.py of github.com/ggml-org/llama.cpp).

import { widenBlocks } from './blocks.js';
import type { GgufTensor } from './container.js';
import type { Metadata } from './metadata.js';

export interface Architecture {
  /** What config.json would say. @throws InputError where a number is missing. */
  config(
    metadata: Metadata,
    tensors: ReadonlyMap<string, GgufTensor>,
  ): Readonly<Record<string, unknown>>;
  /** The tensor's name in a Hugging Face folder without a prefix, or null where it has none. */
  nameOf(tensor: string): string | null;
  /** By how many heads rows are stored with neighbours turning together; null for others. */
  turnedHeads(tensor: string, metadata: Metadata): number | null;
}

const BLOCK = /^blk\.(\d+)\.(.+)\.(weight|bias)$/;
const TOP = /^(.+)\.(weight|bias)$/;

/** Names of whole tensors and, with the block's number, of those in it. */
function namer(
  layers: string,
  top: Readonly<Record<string, string>>,
  inside: Readonly<Record<string, string>>,
): (tensor: string) => string | null {
  return (tensor) => {
    const block = BLOCK.exec(tensor);
    if (block) {
      const [, at = '', name = '', part = ''] = block;
      return Object.hasOwn(inside, name) ? `${layers}.${at}.${inside[name]}.${part}` : null;
    }
    const [, name = '', part = ''] = TOP.exec(tensor) ?? [];
    return Object.hasOwn(top, name) ? `${top[name]}.${part}` : null;
  };
}

const llamaName = namer(
  'layers',
  { token_embd: 'embed_tokens', output_norm: 'norm', output: 'lm_head' },
  {
    attn_norm: 'input_layernorm',
    attn_q: 'self_attn.q_proj',
    attn_k: 'self_attn.k_proj',
    attn_v: 'self_attn.v_proj',
    attn_output: 'self_attn.o_proj',
    ffn_norm: 'post_attention_layernorm',
    ffn_gate: 'mlp.gate_proj',
    ffn_up: 'mlp.up_proj',
    ffn_down: 'mlp.down_proj',
  },
);

/** What Llama and Qwen2 have in common. */
function decoderConfig(metadata: Metadata, tensors: ReadonlyMap<string, GgufTensor>) {
  const scaling = metadata.get('rope.scaling.type');
  if (scaling !== undefined && scaling !== 'none' && scaling !== 'linear')
    throw metadata.fault('rope.scaling.type', `${scaling}`, "'none' or 'linear'");
  const factors = tensors.get('rope_freqs.weight');
  const heads = metadata.number('attention.head_count');
  const width = metadata.number('embedding_length');
  const headWidth = metadata.get('attention.key_length') ?? width / heads;
  const turned = metadata.get('rope.dimension_count') ?? headWidth;
  if (turned !== headWidth)
    throw metadata.fault('rope.dimension_count', `${turned}`, `all ${headWidth} of a head`);
  const valueWidth = metadata.get('attention.value_length') ?? headWidth;
  if (valueWidth !== headWidth)
    throw metadata.fault('attention.value_length', `${valueWidth}`, `${headWidth} as of keys`);
  if (metadata.get('attention.sliding_window') !== undefined)
    throw metadata.fault('attention.sliding_window', 'one', 'attention to all tokens');
  if (metadata.get('expert_count') !== undefined && metadata.get('expert_count') !== 0)
    throw metadata.fault('expert_count', `${metadata.get('expert_count')}`, 'no experts');
  return {
    vocab_size: vocabularyOf(metadata, tensors),
    hidden_size: width,
    num_hidden_layers: metadata.number('block_count'),
    num_attention_heads: heads,
    num_key_value_heads: metadata.get('attention.head_count_kv') ?? heads,
    intermediate_size: metadata.number('feed_forward_length'),
    hidden_act: 'silu',
    rms_norm_eps: metadata.number('attention.layer_norm_rms_epsilon'),
    max_position_embeddings: metadata.number('context_length'),
    rope_theta: metadata.get('rope.freq_base') ?? 10_000,
    tie_word_embeddings: !tensors.has('output.weight'),
    head_dim: headWidth,
    ...(scaling === 'linear'
      ? { rope_scaling: { rope_type: 'linear', factor: metadata.number('rope.scaling.factor') } }
      : {}),
    ...(factors ? { rope_factors: [...widenBlocks(factors.format, factors.read())] } : {}),
  };
}

/** Entries of the vocabulary: as stated, else rows of the embedding. */
function vocabularyOf(metadata: Metadata, tensors: ReadonlyMap<string, GgufTensor>): unknown {
  return tensors.get('token_embd.weight')?.shape[0] ?? metadata.number('vocab_size');
}

const gpt2Name = namer(
  'h',
  { token_embd: 'wte', position_embd: 'wpe', output_norm: 'ln_f', output: 'lm_head' },
  {
    attn_norm: 'ln_1',
    attn_qkv: 'attn.c_attn',
    attn_output: 'attn.c_proj',
    ffn_norm: 'ln_2',
    ffn_up: 'mlp.c_fc',
    ffn_down: 'mlp.c_proj',
  },
);

export const architectures = {
  llama: {
    config(metadata, tensors) {
      metadata.get('vocab_size');
      return {
        ...decoderConfig(metadata, tensors),
        attention_bias: tensors.has('blk.0.attn_q.bias'),
        mlp_bias: tensors.has('blk.0.ffn_up.bias'),
      };
    },
    nameOf: llamaName,
    turnedHeads(tensor, metadata) {
      const heads = metadata.number('attention.head_count');
      if (/^blk\.\d+\.attn_q\./.test(tensor)) return heads;
      if (!/^blk\.\d+\.attn_k\./.test(tensor)) return null;
      return Number(metadata.get('attention.head_count_kv') ?? heads);
    },
  },
  qwen2: {
    config(metadata, tensors) {
      metadata.get('vocab_size');
      const { head_dim: _, ...config } = decoderConfig(metadata, tensors);
      return config;
    },
    nameOf: llamaName,
    turnedHeads: () => null,
  },
  gpt2: {
    config(metadata, tensors) {
      metadata.get('vocab_size');
      return {
        vocab_size: vocabularyOf(metadata, tensors),
        n_positions: metadata.number('context_length'),
        n_embd: metadata.number('embedding_length'),
        n_layer: metadata.number('block_count'),
        n_head: metadata.number('attention.head_count'),
        n_inner: metadata.number('feed_forward_length'),
        activation_function: 'gelu_new',
        layer_norm_epsilon: metadata.number('attention.layer_norm_epsilon'),
        tie_word_embeddings: !tensors.has('output.weight'),
      };
    },
    nameOf: gpt2Name,
    turnedHeads: () => null,
  },
} as const satisfies Readonly<Record<string, Architecture>>;
