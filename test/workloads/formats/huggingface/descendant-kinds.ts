// Small configurations of decoders that descend from Llama, with the tensors of their folders.

import type { Descendant } from './descendants.js';

export const WIDTH = 16;
export const [HEADS, SHARED, HEAD, INNER, VOCABULARY] = [4, 2, 6, 10, 11];

export const sizes = {
  ...{ vocab_size: VOCABULARY, hidden_size: WIDTH, num_hidden_layers: 2 },
  ...{ num_attention_heads: HEADS, num_key_value_heads: SHARED, head_dim: HEAD },
  ...{ intermediate_size: INNER, max_position_embeddings: 32, rms_norm_eps: 1e-5 },
};
const own = { layers: 2, heads: HEADS, sharedHeads: SHARED, base: 10_000, epsilon: 1e-5 };

export type Shapes = Record<string, readonly number[]>;

/** Of one block: norms, attention, and what `inside` adds. */
export function blockShapes(at: number, inside: Shapes, head = HEAD): Shapes {
  const shapes: Shapes = {
    'input_layernorm.weight': [WIDTH],
    'post_attention_layernorm.weight': [WIDTH],
    'self_attn.q_proj.weight': [HEADS * head, WIDTH],
    'self_attn.k_proj.weight': [SHARED * head, WIDTH],
    'self_attn.v_proj.weight': [SHARED * head, WIDTH],
    'self_attn.o_proj.weight': [WIDTH, HEADS * head],
    ...inside,
  };
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [`model.layers.${at}.${name}`, shape]),
  );
}

const stack = (name: string, inner: number): Shapes => ({
  [`${name}.gate_proj.weight`]: [inner, WIDTH],
  [`${name}.up_proj.weight`]: [inner, WIDTH],
  [`${name}.down_proj.weight`]: [WIDTH, inner],
});

const experts = (count: number, inner: number): Shapes =>
  Object.assign(
    { 'mlp.gate.weight': [count, WIDTH] },
    ...Array.from({ length: count }, (_, at) => stack(`mlp.experts.${at}`, inner)),
  );

const mixtral = (count: number, inner: number): Shapes =>
  Object.assign(
    { 'block_sparse_moe.gate.weight': [count, WIDTH] },
    ...Array.from({ length: count }, (_, at) => ({
      [`block_sparse_moe.experts.${at}.w1.weight`]: [inner, WIDTH],
      [`block_sparse_moe.experts.${at}.w3.weight`]: [inner, WIDTH],
      [`block_sparse_moe.experts.${at}.w2.weight`]: [WIDTH, inner],
    })),
  );

const headNorms: Shapes = { 'self_attn.q_norm.weight': [HEAD], 'self_attn.k_norm.weight': [HEAD] };
const biases = (head: number): Shapes => ({
  'self_attn.q_proj.bias': [HEADS * head],
  'self_attn.k_proj.bias': [SHARED * head],
  'self_attn.v_proj.bias': [SHARED * head],
});
const gemmaNorms: Shapes = {
  'pre_feedforward_layernorm.weight': [WIDTH],
  'post_feedforward_layernorm.weight': [WIDTH],
};

export interface Kind {
  readonly config: Readonly<Record<string, unknown>>;
  readonly inside: Shapes;
  readonly head?: number;
  readonly expected: Descendant;
  readonly isTied?: boolean;
}

export const kinds: Readonly<Record<string, Kind>> = {
  mixtral: {
    config: { model_type: 'mixtral', num_local_experts: 4, num_experts_per_tok: 2 },
    inside: mixtral(4, INNER),
    expected: {
      ...{ ...own, base: 1e6 },
      experts: { count: 4, perToken: 2, isNormalised: true, isMixtral: true },
    },
  },
  olmoe: {
    config: { model_type: 'olmoe', num_experts: 5, num_experts_per_tok: 3, head_dim: undefined },
    inside: {
      ...experts(5, INNER),
      'self_attn.q_norm.weight': [WIDTH],
      'self_attn.k_norm.weight': [WIDTH / 2],
    },
    head: WIDTH / HEADS,
    expected: {
      ...{ ...own, normalised: 'whole' },
      experts: { count: 5, perToken: 3, isNormalised: false },
    },
  },
  'qwen2-moe': {
    config: {
      ...{ model_type: 'qwen2_moe', num_experts: 3, num_experts_per_tok: 2 },
      ...{ moe_intermediate_size: 7, shared_expert_intermediate_size: 5, head_dim: undefined },
    },
    inside: {
      ...experts(3, 7),
      ...stack('mlp.shared_expert', 5),
      'mlp.shared_expert_gate.weight': [1, WIDTH],
      ...biases(WIDTH / HEADS),
    },
    head: WIDTH / HEADS,
    expected: {
      ...own,
      experts: { count: 3, perToken: 2, isNormalised: false, isShared: true },
    },
  },
  'qwen3-moe': {
    config: {
      ...{ model_type: 'qwen3_moe', num_experts: 4, num_experts_per_tok: 2 },
      ...{ moe_intermediate_size: 7, norm_topk_prob: true },
    },
    inside: { ...experts(4, 7), ...headNorms },
    expected: {
      ...{ ...own, normalised: 'heads' },
      experts: { count: 4, perToken: 2, isNormalised: true },
    },
  },
  qwen3: {
    config: { model_type: 'qwen3' },
    inside: { ...stack('mlp', INNER), ...headNorms },
    expected: { ...own, normalised: 'heads' },
  },
  gemma: {
    config: { model_type: 'gemma' },
    inside: stack('mlp', INNER),
    expected: { ...own, isGemma: true },
    isTied: true,
  },
  'gemma-2': {
    config: {
      ...{ model_type: 'gemma2', sliding_window: 3, query_pre_attn_scalar: 9 },
      ...{ attn_logit_softcapping: 2, final_logit_softcapping: 5 },
    },
    inside: { ...stack('mlp', INNER), ...gemmaNorms },
    expected: {
      ...{ ...own, isGemma: true, isNormalisedBehind: true, scoreFactor: 1 / 3 },
      ...{ scoreCap: 2, logitCap: 5 },
      window: (block) => (block % 2 === 0 ? 3 : Number.POSITIVE_INFINITY),
    },
    isTied: true,
  },
  'gemma-3': {
    config: {
      ...{ model_type: 'gemma3_text', sliding_window: 3, query_pre_attn_scalar: 4 },
      ...{ sliding_window_pattern: 2, rope_theta: 500, rope_local_base_freq: 50 },
    },
    inside: { ...stack('mlp', INNER), ...gemmaNorms, ...headNorms },
    expected: {
      ...{ ...own, isGemma: true, isNormalisedBehind: true, scoreFactor: 1 / 2 },
      ...{ normalised: 'heads', base: 500, nearBase: 50 },
      window: (block) => (block % 2 === 0 ? 3 : Number.POSITIVE_INFINITY),
    },
    isTied: true,
  },
  'gemma-3 by its layer_types': {
    config: {
      ...{ model_type: 'gemma3_text', sliding_window: 2, query_pre_attn_scalar: 4 },
      layer_types: ['full_attention', 'sliding_attention'],
    },
    inside: { ...stack('mlp', INNER), ...gemmaNorms, ...headNorms },
    expected: {
      ...{ ...own, isGemma: true, isNormalisedBehind: true, scoreFactor: 1 / 2 },
      ...{ normalised: 'heads', base: 1e6, nearBase: 10_000 },
      window: (block) => (block === 1 ? 2 : Number.POSITIVE_INFINITY),
    },
    isTied: true,
  },
};

/** Of the whole network. */
export function shapesOf({ inside, head, isTied = false }: Kind): Shapes {
  return {
    'model.embed_tokens.weight': [VOCABULARY, WIDTH],
    ...blockShapes(0, inside, head),
    ...blockShapes(1, inside, head),
    'model.norm.weight': [WIDTH],
    ...(isTied ? {} : { 'lm_head.weight': [VOCABULARY, WIDTH] }),
  };
}
