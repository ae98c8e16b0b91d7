// The architectures of GGUF files that are read, a row each: their numbers as a config.json of
// Hugging Face says them, and their tensors' names as transformers has them
// (gguf-py/gguf/constants.py and tensor_mapping.py of github.com/ggml-org/llama.cpp).

import type { ModelType } from '../huggingface/config.js';
import { widenBlocks } from './blocks.js';
import type { GgufTensor } from './container.js';
import type { Metadata } from './metadata.js';

export interface Architecture {
  /** What Hugging Face's transformers calls it. */
  modelType(metadata: Metadata): ModelType;
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

/** What every decoder has before and behind its layers. */
const ends = { token_embd: 'embed_tokens', output_norm: 'norm', output: 'lm_head' };

/** What every decoder's layers have. */
const common = {
  attn_norm: 'input_layernorm',
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_output: 'self_attn.o_proj',
  attn_q_norm: 'self_attn.q_norm',
  attn_k_norm: 'self_attn.k_norm',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
};

const llamaName = namer('layers', ends, {
  ...common,
  ffn_norm: 'post_attention_layernorm',
  ffn_gate_inp: 'mlp.gate',
  ffn_gate_exps: 'mlp.experts.gate_proj',
  ffn_up_exps: 'mlp.experts.up_proj',
  ffn_down_exps: 'mlp.experts.down_proj',
  ffn_gate_inp_shexp: 'mlp.shared_expert_gate',
  ffn_gate_shexp: 'mlp.shared_expert.gate_proj',
  ffn_up_shexp: 'mlp.shared_expert.up_proj',
  ffn_down_shexp: 'mlp.shared_expert.down_proj',
});

/** An expert's own matrices, as files of Mixtral had them at first. */
const EXPERT = /^blk\.(\d+)\.ffn_(gate|up|down)\.(\d+)\.weight$/;

function decoderName(tensor: string): string | null {
  const [, block, part, expert] = EXPERT.exec(tensor) ?? [];
  return part === undefined
    ? llamaName(tensor)
    : `layers.${block}.mlp.experts.${expert}.${part}_proj.weight`;
}

/** Gemma 2 and 3 normalise behind attention and the fully connected layers too. */
const gemmaName = namer('layers', ends, {
  ...common,
  post_attention_norm: 'post_attention_layernorm',
  ffn_norm: 'pre_feedforward_layernorm',
  post_ffw_norm: 'post_feedforward_layernorm',
});

/** What descendants of Llama have in common. */
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

/** @throws InputError where tokens look at a window of others, or meet experts. */
function requirePlain(metadata: Metadata): void {
  if (metadata.get('attention.sliding_window') !== undefined)
    throw metadata.fault('attention.sliding_window', 'one', 'attention to all tokens');
  requireNoExperts(metadata);
}

const expertsIn = (metadata: Metadata) => Number(metadata.get('expert_count') ?? 0);

function requireNoExperts(metadata: Metadata): void {
  const found = expertsIn(metadata);
  if (found !== 0) throw metadata.fault('expert_count', `${found}`, 'no experts');
}

/** Numbers of a mixture whose weights are or are not scaled to a sum of 1 (src/models of llama.cpp). */
const mixtureConfig = (metadata: Metadata, isNormalised: boolean) => ({
  num_experts: metadata.number('expert_count'),
  num_experts_per_tok: metadata.number('expert_used_count'),
  norm_topk_prob: isNormalised,
});

/** Heads turn as halves; nothing is stored otherwise. */
const asTheyAre = () => null;

/** A window in all blocks but each one of so many, as a number or block by block. */
function windowsIn(metadata: Metadata, usualWindow: number, usualPeriod: number) {
  const pattern = metadata.get('attention.sliding_window_pattern') ?? usualPeriod;
  const blocks = metadata.number('block_count');
  const isNear = (block: number) =>
    Array.isArray(pattern)
      ? Boolean(pattern[block])
      : block % Number(pattern) < Number(pattern) - 1;
  return {
    sliding_window: metadata.get('attention.sliding_window') ?? usualWindow,
    layer_types: Array.from({ length: blocks }, (_, block) =>
      isNear(block) ? 'sliding_attention' : 'full_attention',
    ),
  };
}

/** `large`: the blocks of a model whose scores are scaled by its width (llama.cpp, gemma*.cpp). */
function gemmaConfig(
  metadata: Metadata,
  tensors: ReadonlyMap<string, GgufTensor>,
  large: number | null,
) {
  requireNoExperts(metadata);
  const { hidden_act: _, ...config } = decoderConfig(metadata, tensors);
  const { head_dim: head, hidden_size: width, num_attention_heads: heads } = config;
  const isLarge = config.num_hidden_layers === large;
  return {
    ...config,
    stores_scales_whole: true,
    ...(large === null ? {} : { query_pre_attn_scalar: isLarge ? width / heads : head }),
  };
}

export const architectures = {
  llama: {
    modelType(metadata) {
      if (expertsIn(metadata) > 0) return 'mixtral';
      return metadata.get('attention.sliding_window') === undefined ? 'llama' : 'mistral';
    },
    config(metadata, tensors) {
      metadata.get('vocab_size');
      const window = metadata.get('attention.sliding_window');
      const config = { ...decoderConfig(metadata, tensors), sliding_window: window ?? null };
      if (expertsIn(metadata) === 0) {
        return {
          ...config,
          attention_bias: tensors.has('blk.0.attn_q.bias'),
          mlp_bias: tensors.has('blk.0.ffn_up.bias'),
        };
      }
      const { num_experts: count, num_experts_per_tok: met } = mixtureConfig(metadata, true);
      return { ...config, num_local_experts: count, num_experts_per_tok: met };
    },
    nameOf: decoderName,
    turnedHeads(tensor, metadata) {
      const heads = metadata.number('attention.head_count');
      if (/^blk\.\d+\.attn_q\./.test(tensor)) return heads;
      if (!/^blk\.\d+\.attn_k\./.test(tensor)) return null;
      return Number(metadata.get('attention.head_count_kv') ?? heads);
    },
  },
  qwen2: {
    modelType: () => 'qwen2',
    config(metadata, tensors) {
      metadata.get('vocab_size');
      requirePlain(metadata);
      const { head_dim: _, ...config } = decoderConfig(metadata, tensors);
      return config;
    },
    nameOf: llamaName,
    turnedHeads: asTheyAre,
  },
  qwen3: {
    modelType: () => 'qwen3',
    config(metadata, tensors) {
      requirePlain(metadata);
      return decoderConfig(metadata, tensors);
    },
    nameOf: llamaName,
    turnedHeads: asTheyAre,
  },
  qwen2moe: {
    modelType: () => 'qwen2_moe',
    config(metadata, tensors) {
      const { head_dim: _, ...config } = decoderConfig(metadata, tensors);
      return {
        ...{ ...config, ...mixtureConfig(metadata, false) },
        moe_intermediate_size: metadata.number('expert_feed_forward_length'),
        shared_expert_intermediate_size: metadata.number('expert_shared_feed_forward_length'),
      };
    },
    nameOf: llamaName,
    turnedHeads: asTheyAre,
  },
  qwen3moe: {
    modelType: () => 'qwen3_moe',
    config: (metadata, tensors) => ({
      ...{ ...decoderConfig(metadata, tensors), ...mixtureConfig(metadata, true) },
      moe_intermediate_size: metadata.number('expert_feed_forward_length'),
    }),
    nameOf: llamaName,
    turnedHeads: asTheyAre,
  },
  olmoe: {
    modelType: () => 'olmoe',
    config(metadata, tensors) {
      const { head_dim: _, ...config } = decoderConfig(metadata, tensors);
      return { ...config, ...mixtureConfig(metadata, false) };
    },
    nameOf: llamaName,
    turnedHeads: asTheyAre,
  },
  gemma: {
    modelType: () => 'gemma',
    config: (metadata, tensors) => gemmaConfig(metadata, tensors, null),
    nameOf: llamaName,
    turnedHeads: asTheyAre,
  },
  gemma2: {
    modelType: () => 'gemma2',
    config: (metadata, tensors) => ({
      ...gemmaConfig(metadata, tensors, 46),
      ...windowsIn(metadata, 4096, 2),
      attn_logit_softcapping: metadata.get('attn_logit_softcapping') ?? 50,
      final_logit_softcapping: metadata.get('final_logit_softcapping') ?? 30,
    }),
    nameOf: gemmaName,
    turnedHeads: asTheyAre,
  },
  gemma3: {
    modelType: () => 'gemma3_text',
    config: (metadata, tensors) => ({
      ...gemmaConfig(metadata, tensors, 62),
      ...windowsIn(metadata, 1024, 6),
      rope_local_base_freq: metadata.get('rope.freq_base_swa') ?? 10_000,
    }),
    nameOf: gemmaName,
    turnedHeads: asTheyAre,
  },
  gpt2: {
    modelType: () => 'gpt2',
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
