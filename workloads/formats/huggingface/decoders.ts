// Configurations of decoders that descend from Llama: a row a model type.

import type { DecoderActivation, Mixture } from '../../architectures/feed-forward.js';
import { type Latent, partOfWide } from '../../architectures/latent-attention.js';
import { type LlamaConfig, llama } from '../../architectures/llama.js';
import {
  type Llama3Stretch,
  llama3Stretch,
  yarnMagnitude,
  yarnStretch,
} from '../../architectures/rotary.js';
import { InputError } from '../../base/errors.js';
import type { Citation } from '../../network.js';
import type { ConfigOf, ModelType } from './config.js';
import {
  decoderDimensions,
  type HuggingFaceModel,
  none,
  type Row,
  requireRoom,
  scores,
  usual,
  widthOfHead,
} from './model.js';

type DecoderType = Exclude<ModelType, 'gpt2' | 'bert' | 'distilbert' | 'vit'>;

/** Numbers that all of them have. */
type Common = Pick<
  ConfigOf<'llama'>,
  | 'vocab_size'
  | 'hidden_size'
  | 'num_hidden_layers'
  | 'num_attention_heads'
  | 'num_key_value_heads'
  | 'intermediate_size'
  | 'rms_norm_eps'
  | 'max_position_embeddings'
  | 'rope_theta'
  | 'rope_scaling'
  | 'rope_parameters'
  | 'rope_factors'
  | 'tie_word_embeddings'
>;

/** What periods of rotary angles are multiplied by; null where they are as trained. */
function stretchOf(
  { rope_scaling: scaling, rope_factors: factors }: Common,
  file: string,
  base: number,
  width: number,
): readonly number[] | null {
  if (factors && factors.length !== width / 2) {
    throw new InputError(
      `${file}: rope_factors: found ${factors.length}, expected ${width / 2}, one for each pair`,
    );
  }
  if (factors) return factors;
  if (scaling === null || !('rope_type' in scaling) || scaling.rope_type === 'default') return null;
  return scaling.rope_type === 'linear'
    ? Array.from({ length: width / 2 }, () => (scaling as { factor: number }).factor)
    : llama3Stretch(base, width, scaling as Llama3Stretch);
}

/** Where one type of decoder is another than Llama. */
interface Own extends Omit<Partial<LlamaConfig>, 'headWidth'> {
  readonly activation: DecoderActivation;
  readonly source: Citation;
  readonly headWidth?: number | null;
  readonly cut?: HuggingFaceModel['cut'];
  readonly renamed?: (tensor: string) => string;
}

const noBiases = { inputs: false, output: false, inner: false };

/** Layers of a block, at the most, and what experts, second norms and caps bring. */
const LAYERS = { plain: 42, experts: 22, norms: 7, latent: 40 };

function decoder(config: Common, file: string, own: Own): HuggingFaceModel {
  const { vocab_size: vocabulary, hidden_size: width, num_attention_heads: heads } = config;
  const {
    intermediate_size: inner,
    max_position_embeddings: max,
    num_hidden_layers: layers,
  } = config;
  const { source, headWidth: given, renamed, cut, ...rest } = own;
  const sharedHeads = config.num_key_value_heads ?? heads;
  const headWidth = given ?? widthOfHead(file, width, heads);
  if (heads % sharedHeads !== 0) {
    throw new InputError(
      `${file}: num_key_value_heads: found ${sharedHeads}, expected a divisor of ${heads}`,
    );
  }
  if (headWidth % 2 !== 0)
    throw new InputError(`${file}: found heads of ${headWidth} features, expected an even number`);
  const rotaryBase = config.rope_parameters?.rope_theta ?? config.rope_theta;
  const stretch = stretchOf(config, file, rotaryBase, headWidth);
  const experts = rest.experts && checkedMixture(rest.experts, file);
  const perBlock =
    LAYERS.plain +
    (experts ? LAYERS.experts : 0) +
    (rest.isNormalisedBehind ? LAYERS.norms : 0) +
    (rest.latent ? LAYERS.latent : 0);
  const stack = experts && !rest.experts?.denseBlocks ? 0 : inner;
  const widest = Math.max(stack, experts?.inner ?? 0, experts?.shared?.inner ?? 0);
  const { latent } = rest;
  const ofHead = latent ? latent.straight + latent.turning + latent.values : headWidth;
  return {
    ...usual,
    source,
    dimensions: decoderDimensions(max),
    sizes: (dims) => ({
      layers: layers * perBlock,
      tensors: {
        vocab_size: vocabulary * width,
        intermediate_size: width * widest,
        hidden_size: Math.max(width, latent?.rank ?? 0) * Math.max(width, heads * ofHead),
        sequence: Math.max(
          scores(heads, dims),
          (dims.sequence ?? 1) * Math.max(widest * (experts?.perToken ?? 1), width),
        ),
      },
    }),
    build(dims, learned) {
      requireRoom(file, max, dims);
      const { sequence = 1, past = 0 } = dims;
      const sizes = { vocabulary, width, layers, heads, sharedHeads, headWidth, inner };
      const angles = { rotaryBase, ...(stretch ? { rotaryStretch: stretch } : {}) };
      const epsilon = config.rms_norm_eps;
      return llama(
        { ...sizes, ...angles, epsilon, biases: noBiases, ...rest },
        { sequence, past },
        learned,
      );
    },
    prefixes: ['model.'],
    ...(renamed ? { renamed } : {}),
    ...(cut ? { cut } : {}),
    tied: config.tie_word_embeddings ? new Map([['lm_head', 'embed_tokens']]) : none,
  };
}

/** @throws InputError where a token would meet more experts than there are. */
function checkedMixture(mixture: Mixture, file: string): Mixture {
  if (mixture.perToken <= mixture.count) return mixture;
  throw new InputError(
    `${file}: num_experts_per_tok: found ${mixture.perToken}, expected at most ${mixture.count}`,
  );
}

/** Left out where there is none. */
const windowOf = (window: LlamaConfig['window'] | null) => (window ? { window } : {});

/** The window of each block: as `layer_types` say, else of those that `slides` says. */
function windowsOf(
  config: ConfigOf<'gemma2' | 'gemma3_text'>,
  file: string,
  slides: (block: number) => boolean,
): { readonly window?: readonly (number | null)[] } {
  const { sliding_window: window, layer_types: types, num_hidden_layers: layers } = config;
  if (types && types.length !== layers) {
    throw new InputError(`${file}: layer_types: found ${types.length}, expected ${layers}`);
  }
  if (!window) return {};
  const isNear = (block: number) => (types ? types[block] === 'sliding_attention' : slides(block));
  return { window: Array.from({ length: layers }, (_, at) => (isNear(at) ? window : null)) };
}

const gemmaOwn = ({
  hidden_size: width,
  stores_scales_whole: isWhole,
}: Pick<ConfigOf<'gemma'>, 'hidden_size' | 'stores_scales_whole'>) => ({
  scaleShift: isWhole ? 0 : 1,
  embeddingFactor: Math.sqrt(width),
});

/** Mixtral's names as the others have them. */
const mixtralParts: Readonly<Record<string, string>> = {
  ...{ w1: 'gate_proj', w2: 'down_proj', w3: 'up_proj' },
};
const fromMixtral = (tensor: string): string =>
  tensor
    .replace('.block_sparse_moe.', '.mlp.')
    .replace(
      /(\.experts\.\d+\.)(w[123])\./,
      (_, before, part) => `${before}${mixtralParts[part]}.`,
    );

/** Attention over latents, experts behind `first_k_dense_replace` blocks. */
function deepseek(
  config: ConfigOf<'deepseek_v2'> | ConfigOf<'deepseek_v3'>,
  file: string,
  routing: Pick<Mixture, 'scoring' | 'isCorrected' | 'isNormalised'> & { readonly best: number },
  source: Citation,
): HuggingFaceModel {
  const { num_attention_heads: heads, moe_intermediate_size: inner } = config;
  const { qk_nope_head_dim: straight, qk_rope_head_dim: turning, rope_scaling: yarn } = config;
  const { n_group: groups, topk_group: kept, n_routed_experts: count } = config;
  const magnitude = yarn ? yarnMagnitude(yarn.factor, yarn.mscale_all_dim) : 1;
  const latent: Latent = {
    ...{ queryRank: config.q_lora_rank ?? null, rank: config.kv_lora_rank, straight, turning },
    ...{ values: config.v_head_dim, bias: config.attention_bias },
    scoreFactor: (straight + turning) ** -0.5 * magnitude ** 2,
  };
  const { best, ...shares } = routing;
  const isGrouped = config.topk_method !== 'greedy' && (groups ?? 1) > 1;
  return decoder({ ...config, rope_scaling: null }, file, {
    activation: config.hidden_act,
    biases: { ...noBiases, output: config.attention_bias },
    ...{ source, headWidth: turning, latent },
    ...(yarn ? { rotaryStretch: yarnStretch(config.rope_theta, turning, yarn) } : {}),
    experts: {
      ...{ count, perToken: config.num_experts_per_tok, inner, ...shares },
      ...{ factor: config.routed_scaling_factor, denseBlocks: config.first_k_dense_replace },
      ...(isGrouped
        ? { groups: checkedGroups({ count: groups ?? 1, kept: kept ?? 0, best }, count, file) }
        : {}),
      ...(config.n_shared_experts
        ? { shared: { inner: config.n_shared_experts * inner, isGated: false } }
        : {}),
    },
    renamed: (tensor) => tensor.replace('.mlp.shared_experts.', '.mlp.shared_expert.'),
    cut(layer) {
      const [, wide, part] = /^(.*\.kv_b_proj)\.(keys|values)$/.exec(layer) ?? [];
      if (wide === undefined) return null;
      return {
        tensor: `${wide}.weight`,
        shape: [heads * (straight + latent.values), latent.rank],
        values: (whole) => partOfWide(whole, part as 'keys' | 'values', heads, latent),
      };
    },
  });
}

/** @throws InputError for groups that experts do not fill, or of which too many are kept. */
function checkedGroups(
  groups: NonNullable<Mixture['groups']>,
  experts: number,
  file: string,
): NonNullable<Mixture['groups']> {
  const { count, kept, best } = groups;
  if (experts % count !== 0 || experts / count < best) {
    throw new InputError(
      `${file}: n_group: found ${count}, expected a divisor of the ${experts} experts, ${best} in each at least`,
    );
  }
  if (kept >= 1 && kept <= count) return groups;
  throw new InputError(`${file}: topk_group: found ${kept}, expected 1 to ${count}`);
}

export const decoderRows: { readonly [Type in DecoderType]: Row<Type> } = {
  llama: (config, file) =>
    decoder(config, file, {
      activation: config.hidden_act,
      biases: {
        ...{ inputs: config.attention_bias, output: config.attention_bias },
        inner: config.mlp_bias,
      },
      source: { work: 'Touvron et al., Llama (arXiv 2302.13971)', at: 'config.json' },
      headWidth: config.head_dim ?? null,
    }),
  qwen2: (config, file) =>
    decoder(config, file, {
      activation: config.hidden_act,
      biases: { ...noBiases, inputs: true },
      source: { work: 'Yang et al., Qwen2 (arXiv 2407.10671)', at: 'config.json' },
    }),
  mistral: (config, file) =>
    decoder(config, file, {
      activation: config.hidden_act,
      source: { work: 'Jiang et al., Mistral 7B (arXiv 2310.06825)', at: 'config.json' },
      headWidth: config.head_dim ?? null,
      ...windowOf(config.sliding_window),
    }),
  qwen3: (config, file) =>
    decoder(config, file, {
      activation: config.hidden_act,
      biases: { ...noBiases, inputs: config.attention_bias, output: config.attention_bias },
      source: { work: 'Yang et al., Qwen3 (arXiv 2505.09388)', at: 'config.json' },
      headWidth: config.head_dim ?? null,
      normalised: 'heads',
    }),
  mixtral: (config, file) =>
    decoder(config, file, {
      activation: config.hidden_act,
      source: { work: 'Jiang et al., Mixtral of experts (arXiv 2401.04088)', at: 'config.json' },
      headWidth: config.head_dim ?? null,
      ...windowOf(config.sliding_window),
      renamed: fromMixtral,
      experts: {
        ...{ count: config.num_local_experts, perToken: config.num_experts_per_tok },
        ...{ inner: config.intermediate_size, isNormalised: true },
      },
    }),
  olmoe: (config, file) =>
    decoder(config, file, {
      activation: config.hidden_act,
      source: { work: 'Muennighoff et al., OLMoE (arXiv 2409.02060)', at: 'config.json' },
      normalised: 'whole',
      experts: {
        ...{ count: config.num_experts, perToken: config.num_experts_per_tok },
        ...{ inner: config.intermediate_size, isNormalised: config.norm_topk_prob },
      },
    }),
  qwen2_moe: (config, file) =>
    decoder(config, file, {
      activation: config.hidden_act,
      biases: { ...noBiases, inputs: true },
      source: { work: 'Yang et al., Qwen2 (arXiv 2407.10671)', at: 'config.json' },
      experts: {
        ...{ count: config.num_experts, perToken: config.num_experts_per_tok },
        ...{ inner: config.moe_intermediate_size, isNormalised: config.norm_topk_prob },
        shared: { inner: config.shared_expert_intermediate_size, isGated: true },
      },
    }),
  qwen3_moe: (config, file) =>
    decoder(config, file, {
      activation: config.hidden_act,
      biases: { ...noBiases, inputs: config.attention_bias, output: config.attention_bias },
      source: { work: 'Yang et al., Qwen3 (arXiv 2505.09388)', at: 'config.json' },
      headWidth: config.head_dim ?? null,
      normalised: 'heads',
      experts: {
        ...{ count: config.num_experts, perToken: config.num_experts_per_tok },
        ...{ inner: config.moe_intermediate_size, isNormalised: config.norm_topk_prob },
      },
    }),
  deepseek_v2: (config, file) =>
    deepseek(...([config, file, { isNormalised: false, best: 1 }] as const), {
      work: 'DeepSeek-AI, DeepSeek-V2 (arXiv 2405.04434)',
      at: 'config.json',
    }),
  deepseek_v3: (config, file) =>
    deepseek(
      config,
      file,
      { scoring: 'sigmoid', isCorrected: true, isNormalised: config.norm_topk_prob, best: 2 },
      { work: 'DeepSeek-AI, DeepSeek-V3 (arXiv 2412.19437)', at: 'config.json' },
    ),
  gemma: (config, file) =>
    decoder(config, file, {
      activation: config.hidden_activation ?? 'gelu-tanh',
      source: { work: 'Gemma team, Gemma (arXiv 2403.08295)', at: 'config.json' },
      headWidth: config.head_dim,
      ...gemmaOwn(config),
    }),
  gemma2: (config, file) =>
    decoder(config, file, {
      activation: config.hidden_activation,
      source: { work: 'Gemma team, Gemma 2 (arXiv 2408.00118)', at: 'config.json' },
      headWidth: config.head_dim,
      ...gemmaOwn(config),
      isNormalisedBehind: true,
      scoreFactor: config.query_pre_attn_scalar ** -0.5,
      ...(config.attn_logit_softcapping ? { scoreCap: config.attn_logit_softcapping } : {}),
      ...(config.final_logit_softcapping ? { logitCap: config.final_logit_softcapping } : {}),
      ...windowsOf(config, file, (block) => block % 2 === 0),
    }),
  gemma3_text: (config, file) =>
    decoder(config, file, {
      activation: config.hidden_activation,
      source: { work: 'Gemma team, Gemma 3 (arXiv 2503.19786)', at: 'config.json' },
      headWidth: config.head_dim,
      ...gemmaOwn(config),
      isNormalisedBehind: true,
      normalised: 'heads',
      scoreFactor: config.query_pre_attn_scalar ** -0.5,
      windowRotaryBase: config.rope_local_base_freq,
      ...windowsOf(config, file, (block) => (block + 1) % config.sliding_window_pattern !== 0),
    }),
};
