// A folder's config.json: what it says in numbers, checked, defaults as in transformers.

import { z } from 'zod';
import { InputError } from '../../base/errors.js';
import { repeatedKey } from '../json-keys.js';
import { type SourceFile, textOf } from '../source.js';
import { Activation, activations, Count, decoder, Epsilon, only } from './fields.js';

const Bert = z.object({
  vocab_size: Count.default(30_522),
  hidden_size: Count.default(768),
  num_hidden_layers: Count.default(12),
  num_attention_heads: Count.default(12),
  intermediate_size: Count.default(3072),
  max_position_embeddings: Count.default(512),
  type_vocab_size: Count.default(2),
  hidden_act: Activation.default('gelu'),
  layer_norm_eps: Epsilon.default(1e-12),
  position_embedding_type: only('absolute'),
  is_decoder: only(false),
});

const DistilBert = z.object({
  vocab_size: Count.default(30_522),
  dim: Count.default(768),
  n_layers: Count.default(6),
  n_heads: Count.default(12),
  hidden_dim: Count.default(3072),
  max_position_embeddings: Count.default(512),
  activation: Activation.default('gelu'),
});

const Llama = z.object({
  ...decoder,
  head_dim: Count.nullish(),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
});

const Mistral = z.object({
  ...decoder,
  num_key_value_heads: Count.nullish().default(8),
  intermediate_size: Count.default(14_336),
  max_position_embeddings: Count.default(131_072),
  head_dim: Count.nullish(),
  sliding_window: Count.nullish().default(4096),
});

const Qwen2 = z.object({
  ...decoder,
  vocab_size: Count.default(151_936),
  intermediate_size: Count.default(22_016),
  max_position_embeddings: Count.default(32_768),
  use_sliding_window: only(false),
});

const Qwen3 = z.object({
  ...decoder,
  vocab_size: Count.default(151_936),
  intermediate_size: Count.default(22_016),
  max_position_embeddings: Count.default(32_768),
  head_dim: Count.nullish().default(128),
  attention_bias: z.boolean().default(false),
  use_sliding_window: only(false),
});

/** Every block has experts. */
const experts = {
  num_experts_per_tok: Count,
  decoder_sparse_step: only(1),
  mlp_only_layers: z.array(Count).max(0).nullish(),
  norm_topk_prob: z.boolean().default(false),
};

const Mixtral = z.object({
  ...decoder,
  num_key_value_heads: Count.nullish().default(8),
  intermediate_size: Count.default(14_336),
  max_position_embeddings: Count.default(131_072),
  rms_norm_eps: Epsilon.default(1e-5),
  rope_theta: z.number().positive().default(1e6),
  head_dim: Count.nullish(),
  sliding_window: Count.nullish(),
  num_local_experts: Count.default(8),
  num_experts_per_tok: Count.default(2),
});

const Olmoe = z.object({
  ...{ ...decoder, ...experts },
  vocab_size: Count.default(50_304),
  hidden_size: Count.default(2048),
  num_hidden_layers: Count.default(16),
  num_attention_heads: Count.default(16),
  intermediate_size: Count.default(1024),
  max_position_embeddings: Count.default(4096),
  rms_norm_eps: Epsilon.default(1e-5),
  attention_bias: only(false),
  clip_qkv: z.null().optional(),
  num_experts: Count.default(64),
  num_experts_per_tok: Count.default(8),
});

const Qwen2Moe = z.object({
  ...{ ...decoder, ...experts },
  vocab_size: Count.default(151_936),
  max_position_embeddings: Count.default(32_768),
  use_sliding_window: only(false),
  num_experts: Count.default(60),
  num_experts_per_tok: Count.default(4),
  moe_intermediate_size: Count.default(1408),
  shared_expert_intermediate_size: Count.default(5632),
});

const Qwen3Moe = z.object({
  ...{ ...decoder, ...experts },
  vocab_size: Count.default(151_936),
  max_position_embeddings: Count.default(32_768),
  head_dim: Count.nullish(),
  attention_bias: z.boolean().default(false),
  use_sliding_window: only(false),
  num_experts: Count.default(128),
  num_experts_per_tok: Count.default(8),
  moe_intermediate_size: Count.default(768),
});

/** Attention over latents, experts behind a few dense blocks, some of which all tokens meet. */
const deepseek = {
  ...decoder,
  num_experts_per_tok: Count,
  n_routed_experts: Count,
  n_shared_experts: Count.nullish(),
  moe_intermediate_size: Count,
  first_k_dense_replace: z.number().int().min(0).default(0),
  moe_layer_freq: only(1),
  routed_scaling_factor: z.number().positive().default(1),
  n_group: Count.nullish(),
  topk_group: Count.nullish(),
  q_lora_rank: Count.nullish(),
  kv_lora_rank: Count.default(512),
  qk_nope_head_dim: Count.default(128),
  qk_rope_head_dim: Count.default(64),
  v_head_dim: Count.default(128),
  attention_bias: z.boolean().default(false),
  rope_interleave: only(true),
  rope_parameters: z.null().optional(),
  rope_scaling: z
    .union([
      z.null(),
      z
        .object({
          type: z.literal('yarn'),
          factor: z.number().min(1),
          beta_fast: z.number().positive().default(32),
          beta_slow: z.number().positive().default(1),
          mscale: z.number().positive(),
          mscale_all_dim: z.number().positive(),
          original_max_position_embeddings: Count,
        })
        .refine((scaling) => scaling.mscale === scaling.mscale_all_dim, {
          error: 'mscale and mscale_all_dim alike',
        }),
    ])
    .default(null),
};

const DeepseekV2 = z.object({
  ...deepseek,
  topk_method: z.enum(['greedy', 'group_limited_greedy']).default('greedy'),
  scoring_func: only('softmax'),
  norm_topk_prob: only(false),
});

const DeepseekV3 = z.object({
  ...deepseek,
  topk_method: only('noaux_tc'),
  scoring_func: only('sigmoid'),
  norm_topk_prob: z.boolean().default(true),
});

const gemma = {
  ...decoder,
  vocab_size: Count.default(256_000),
  hidden_size: Count.default(3072),
  num_hidden_layers: Count.default(28),
  num_attention_heads: Count.default(16),
  num_key_value_heads: Count.nullish().default(16),
  intermediate_size: Count.default(24_576),
  max_position_embeddings: Count.default(8192),
  head_dim: Count.default(256),
  attention_bias: only(false),
  tie_word_embeddings: z.boolean().default(true),
  /** Of a GGUF file, whose norms have 1 + w where a folder has w. */
  stores_scales_whole: z.boolean().default(false),
};

const Gemma = z.object({
  ...gemma,
  /** Of the first files, which meant the approximation: what `hidden_activation` says counts. */
  hidden_act: z.unknown().optional(),
  hidden_activation: Activation.nullish().default('gelu-tanh'),
});

/** Blocks with a window and without. */
const LayerTypes = z.array(z.enum(['sliding_attention', 'full_attention'])).nullish();

const windowed = {
  ...gemma,
  hidden_act: z.unknown().optional(),
  hidden_activation: Activation.default('gelu-tanh'),
  query_pre_attn_scalar: z.number().positive().default(256),
  sliding_window: Count.nullish().default(4096),
  layer_types: LayerTypes,
};

const Gemma2 = z.object({
  ...windowed,
  hidden_size: Count.default(2304),
  num_hidden_layers: Count.default(26),
  num_attention_heads: Count.default(8),
  num_key_value_heads: Count.nullish().default(4),
  intermediate_size: Count.default(9216),
  attn_logit_softcapping: z.number().positive().nullish().default(50),
  final_logit_softcapping: z.number().positive().nullish().default(30),
});

const Gemma3 = z.object({
  ...windowed,
  vocab_size: Count.default(262_208),
  hidden_size: Count.default(2304),
  num_hidden_layers: Count.default(26),
  num_attention_heads: Count.default(8),
  num_key_value_heads: Count.nullish().default(4),
  intermediate_size: Count.default(9216),
  max_position_embeddings: Count.default(131_072),
  rope_theta: z.number().positive().default(1e6),
  rope_local_base_freq: z.number().positive().default(10_000),
  /** One block in so many looks at all tokens. */
  sliding_window_pattern: Count.default(6),
  attn_logit_softcapping: z.null().optional(),
  final_logit_softcapping: z.null().optional(),
  use_bidirectional_attention: only(false),
});

const Gpt2 = z.object({
  vocab_size: Count.default(50_257),
  n_positions: Count.default(1024),
  n_embd: Count.default(768),
  n_layer: Count.default(12),
  n_head: Count.default(12),
  n_inner: Count.nullish(),
  activation_function: Activation.default('gelu-tanh'),
  layer_norm_epsilon: Epsilon.default(1e-5),
  scale_attn_weights: only(true),
  scale_attn_by_inverse_layer_idx: only(false),
  add_cross_attention: only(false),
  tie_word_embeddings: z.boolean().default(true),
});

const Vit = z.object({
  architectures: z.array(z.string()).nullish(),
  hidden_size: Count.default(768),
  num_hidden_layers: Count.default(12),
  num_attention_heads: Count.default(12),
  intermediate_size: Count.default(3072),
  hidden_act: Activation.default('gelu'),
  layer_norm_eps: Epsilon.default(1e-12),
  image_size: Count.default(224),
  patch_size: Count.default(16),
  num_channels: Count.default(3),
  qkv_bias: z.boolean().default(true),
  id2label: z.record(z.string(), z.string()).nullish(),
  num_labels: Count.nullish(),
});

const Kind = z.object({ model_type: z.string(), quantization_config: z.unknown().optional() });

export const schemas = {
  llama: Llama,
  qwen2: Qwen2,
  mistral: Mistral,
  qwen3: Qwen3,
  mixtral: Mixtral,
  olmoe: Olmoe,
  qwen2_moe: Qwen2Moe,
  qwen3_moe: Qwen3Moe,
  deepseek_v2: DeepseekV2,
  deepseek_v3: DeepseekV3,
  gemma: Gemma,
  gemma2: Gemma2,
  gemma3_text: Gemma3,
  gpt2: Gpt2,
  bert: Bert,
  distilbert: DistilBert,
  vit: Vit,
} as const;

export type ModelType = keyof typeof schemas;

export type ConfigOf<Type extends ModelType> = z.infer<(typeof schemas)[Type]>;

export type Config = {
  readonly [Type in ModelType]: { readonly type: Type; readonly config: ConfigOf<Type> };
}[ModelType];

/** @throws InputError, one line, for anything that is not built here. */
export function readConfig(file: SourceFile): Config {
  const { name } = file;
  const written = parseJson(file);
  const { model_type: type, quantization_config: quantisation } = checked(Kind, written, name);
  if (!Object.hasOwn(schemas, type)) {
    throw new InputError(
      `${name}: model_type: found '${type}', expected ${Object.keys(schemas).join(', ')}`,
    );
  }
  if (quantisation !== undefined && quantisation !== null) {
    throw new InputError(
      `${name}: quantization_config: found quantised weights, expected float32, float16 or bfloat16`,
    );
  }
  const config = checked(schemas[type as ModelType] as z.ZodType, written, name);
  return { type, config } as Config;
}

/** @throws InputError for text that is no JSON, or in which a key stands twice. */
export function parseJson(file: Pick<SourceFile, 'bytes' | 'name'>): unknown {
  const text = textOf(file);
  let written: unknown;
  try {
    written = JSON.parse(text);
  } catch {
    throw new InputError(`${file.name}: found text that is no JSON, expected an object`);
  }
  const twice = repeatedKey(text);
  if (twice !== null)
    throw new InputError(`${file.name}: found the key ${twice} twice, expected each once`);
  return written;
}

/** @throws InputError of the first fault. */
export function checked<Value>(schema: z.ZodType<Value>, written: unknown, file: string): Value {
  const parsed = schema.safeParse(written);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path ?? [];
  const found = path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | null)?.[key],
    written,
  );
  const where = path.length > 0 ? `${path.join('.')}: ` : '';
  throw new InputError(`${file}: ${where}found ${shown(found)}, expected ${expectation(issue)}`);
}

function shown(found: unknown): string {
  return found === undefined ? 'nothing' : JSON.stringify(found).slice(0, 80);
}

const typeNames: Readonly<Record<string, string>> = {
  ...{ int: 'a whole number', number: 'a number', string: 'a text', boolean: 'true or false' },
  ...{ object: 'an object', record: 'an object', array: 'a list' },
};

function expectation(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code === 'invalid_value')
    return issue.values.map((value) => JSON.stringify(value)).join(' or ');
  if (issue?.code === 'invalid_type') return typeNames[issue.expected] ?? issue.expected;
  if (issue?.code === 'too_small') return `at least ${issue.minimum}`;
  if (issue?.code === 'too_big') return `at most ${issue.maximum}`;
  if (issue?.code === 'invalid_union' && issue.path.at(-1) === 'hidden_act')
    return [...Object.keys(activations), 'relu2'].join(', ');
  if (issue?.code === 'invalid_union')
    return 'null or the type "default", "linear" or "llama3", of DeepSeek "yarn", with its factors';
  return issue?.message ?? 'another value';
}
