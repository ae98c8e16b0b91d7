// Fields that several kinds of config.json have.

import { z } from 'zod';
import type { UnaryName } from '../../operators/unary.js';

/** transformers' names of functions. */
export const activations: Readonly<Record<string, UnaryName>> = {
  gelu: 'gelu',
  gelu_new: 'gelu-tanh',
  gelu_fast: 'gelu-tanh',
  gelu_pytorch_tanh: 'gelu-tanh',
  quick_gelu: 'quick-gelu',
  relu: 'relu',
  silu: 'swish',
  swish: 'swish',
  tanh: 'tanh',
  sigmoid: 'sigmoid',
  mish: 'mish',
};

export const Count = z
  .number()
  .int()
  .min(1)
  .max(2 ** 31);
export const Epsilon = z.number().min(0).max(1);
export const Activation = z
  .string()
  .refine((name) => Object.hasOwn(activations, name), {
    error: Object.keys(activations).join(', '),
  })
  .transform((name) => activations[name] as UnaryName);
/** A decoder's may be ReLU² too. */
export const DecoderFunction = z.union([
  z.literal('relu2').transform(() => 'relu-squared' as const),
  Activation,
]);
/** Settings of which one value alone is built here. */
export const only = <Value extends string | boolean | number>(value: Value) =>
  z.literal(value).default(value as never);

/** How the angles of a rotary embedding are stretched. */
const RotaryScaling = z
  .union([
    z.null(),
    z.object({ rope_type: z.literal('default') }).loose(),
    z.object({ type: z.literal('default') }).loose(),
    z
      .object({
        rope_type: z.literal('llama3'),
        factor: z.number().min(1),
        low_freq_factor: z.number().positive(),
        high_freq_factor: z.number().positive(),
        original_max_position_embeddings: Count,
      })
      .refine((scaling) => scaling.high_freq_factor > scaling.low_freq_factor, {
        error: 'a high_freq_factor above low_freq_factor',
      }),
    z.object({ rope_type: z.literal('linear'), factor: z.number().min(1) }),
    // As older files say it.
    z
      .object({ type: z.literal('linear'), factor: z.number().min(1) })
      .transform(({ factor }) => ({ rope_type: 'linear' as const, factor })),
  ])
  .default(null);

export const decoder = {
  vocab_size: Count.default(32_000),
  hidden_size: Count.default(4096),
  num_hidden_layers: Count.default(32),
  num_attention_heads: Count.default(32),
  num_key_value_heads: Count.nullish(),
  intermediate_size: Count.default(11_008),
  hidden_act: DecoderFunction.default('swish'),
  rms_norm_eps: Epsilon.default(1e-6),
  max_position_embeddings: Count.default(2048),
  rope_theta: z.number().positive().default(10_000),
  rope_scaling: RotaryScaling,
  rope_parameters: z
    .object({
      rope_type: z.literal('default').optional(),
      rope_theta: z.number().positive().optional(),
    })
    .nullish(),
  /** Of a GGUF file, which has the factors themselves. */
  rope_factors: z.array(z.number().positive()).optional(),
  partial_rotary_factor: only(1),
  tie_word_embeddings: z.boolean().default(false),
};
