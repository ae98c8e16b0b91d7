// Configurations → networks: one row a model type, with the names that its tensors have in a file.

import type { Architecture } from '../../architectures/architecture.js';
import { bert, distilbert } from '../../architectures/bert.js';
import { gpt2 } from '../../architectures/gpt2.js';
import { llama } from '../../architectures/llama.js';
import { type Llama3Stretch, llama3Stretch } from '../../architectures/rotary.js';
import type { Learned } from '../../architectures/sketch.js';
import { vit } from '../../architectures/vit.js';
import { InputError } from '../../base/errors.js';
import type { Citation } from '../../network.js';
import type { Dimension } from '../../zoo/dimensions.js';
import type { Config, ConfigOf, ModelType } from './config.js';

/** The largest extents, which are checked before anything is made. */
export interface Sizes {
  readonly layers: number;
  /** Elements of the largest tensors, by what they are. */
  readonly tensors: Readonly<Record<string, number>>;
}

export interface HuggingFaceModel {
  readonly source: Citation;
  readonly dimensions: Readonly<Record<string, Dimension>>;
  sizes(dims: Readonly<Record<string, number>>): Sizes;
  /** `has` tells whether a file has a tensor; null where there is none. */
  build(
    dims: Readonly<Record<string, number>>,
    learned: Learned,
    has: ((tensor: string) => boolean) | null,
  ): Architecture;
  /** What tensors' names may begin with. */
  readonly prefixes: readonly string[];
  /** Layers whose matrices are stored with inputs in rows. */
  readonly transposed: (layer: string) => boolean;
  /** A layer whose matrix is another one's. */
  readonly tied: ReadonlyMap<string, string>;
  /** Tensors that are computed and nevertheless stored. */
  readonly computed: RegExp;
}

type Row<Type extends ModelType> = (config: ConfigOf<Type>, file: string) => HuggingFaceModel;

const never = () => false;
const none: ReadonlyMap<string, string> = new Map();
const usual = {
  transposed: never,
  tied: none,
  computed: /(^|\.)(position_ids|token_type_ids|inv_freq)$/,
} as const;
const sequences = (max: number, meaning: string, usually: number): Dimension => ({
  ...{ default: Math.min(usually, max), min: 1, max, meaning },
});

/** @throws InputError where heads do not share a width evenly. */
function widthOfHead(file: string, width: number, heads: number): number {
  if (width % heads !== 0)
    throw new InputError(`${file}: found ${heads} heads of ${width} features, expected a divisor`);
  return width / heads;
}

/** Of a decoder: no more tokens than it has positions for. */
function requireRoom(
  file: string,
  max: number,
  { sequence = 1, past = 0 }: Readonly<Record<string, number>>,
): void {
  if (sequence + past <= max) return;
  throw new InputError(
    `${file}: found --dim sequence=${sequence} and past=${past}, expected at most ${max} together`,
  );
}

const decoderDimensions = (max: number) => ({
  sequence: sequences(max, 'tokens of this pass', 512),
  past: {
    ...{ default: 0, min: 0, max: max - 1 },
    meaning: 'tokens before, of which keys and values are held',
  },
});

const scores = (heads: number, { sequence = 1, past = 0 }: Readonly<Record<string, number>>) =>
  heads * sequence * (sequence + past);

/** What periods of rotary angles are multiplied by; null where they are as trained. */
function stretchOf(
  { rope_scaling: scaling, rope_factors: factors }: ConfigOf<'llama' | 'qwen2' | 'mistral'>,
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

function llamaLike(
  config: ConfigOf<'llama' | 'qwen2' | 'mistral'>,
  file: string,
  biases: { readonly inputs: boolean; readonly output: boolean; readonly inner: boolean },
  source: Citation,
  givenWidth: number | null = null,
  window: number | null = null,
): HuggingFaceModel {
  const { vocab_size: vocabulary, hidden_size: width, num_attention_heads: heads } = config;
  const {
    intermediate_size: inner,
    max_position_embeddings: max,
    num_hidden_layers: layers,
  } = config;
  const sharedHeads = config.num_key_value_heads ?? heads;
  const headWidth = givenWidth ?? widthOfHead(file, width, heads);
  if (heads % sharedHeads !== 0) {
    throw new InputError(
      `${file}: num_key_value_heads: found ${sharedHeads}, expected a divisor of ${heads}`,
    );
  }
  if (headWidth % 2 !== 0)
    throw new InputError(`${file}: found heads of ${headWidth} features, expected an even number`);
  const rotaryBase = config.rope_parameters?.rope_theta ?? config.rope_theta;
  const stretch = stretchOf(config, file, rotaryBase, headWidth);
  return {
    ...usual,
    source,
    dimensions: decoderDimensions(max),
    sizes: (dims) => ({
      layers: 42 * layers,
      tensors: {
        vocab_size: vocabulary * width,
        intermediate_size: width * inner,
        hidden_size: width * Math.max(width, heads * headWidth),
        sequence: Math.max(scores(heads, dims), (dims.sequence ?? 1) * Math.max(inner, width)),
      },
    }),
    build(dims, learned) {
      requireRoom(file, max, dims);
      const { sequence = 1, past = 0 } = dims;
      const sizes = { vocabulary, width, layers, heads, sharedHeads, headWidth, inner };
      const rest = {
        activation: config.hidden_act,
        epsilon: config.rms_norm_eps,
        rotaryBase,
        ...(stretch ? { rotaryStretch: stretch } : {}),
        ...(window === null ? {} : { window }),
        biases,
      };
      return llama({ ...sizes, ...rest }, { sequence, past }, learned);
    },
    prefixes: ['model.'],
    tied: config.tie_word_embeddings ? new Map([['lm_head', 'embed_tokens']]) : none,
  };
}

const rows: { readonly [Type in ModelType]: Row<Type> } = {
  llama: (config, file) =>
    llamaLike(
      ...([config, file] as const),
      { inputs: config.attention_bias, output: config.attention_bias, inner: config.mlp_bias },
      { work: 'Touvron et al., Llama (arXiv 2302.13971)', at: 'config.json' },
      config.head_dim ?? null,
    ),
  qwen2: (config, file) =>
    llamaLike(
      ...([config, file] as const),
      { inputs: true, output: false, inner: false },
      { work: 'Yang et al., Qwen2 (arXiv 2407.10671)', at: 'config.json' },
    ),
  mistral: (config, file) =>
    llamaLike(
      ...([config, file] as const),
      { inputs: false, output: false, inner: false },
      { work: 'Jiang et al., Mistral 7B (arXiv 2310.06825)', at: 'config.json' },
      config.head_dim ?? null,
      config.sliding_window ?? null,
    ),
  gpt2(config, file) {
    const {
      vocab_size: vocabulary,
      n_positions: maxPositions,
      n_embd: width,
      n_layer: layers,
      n_head: heads,
    } = config;
    const inner = config.n_inner ?? 4 * width;
    widthOfHead(file, width, heads);
    return {
      ...usual,
      source: {
        work: 'Radford et al., Language models are unsupervised multitask learners, 2019',
        at: 'config.json',
      },
      dimensions: decoderDimensions(maxPositions),
      sizes: (dims) => ({
        layers: 28 * layers,
        tensors: {
          vocab_size: vocabulary * width,
          n_positions: maxPositions * width,
          ...{ n_inner: width * inner, n_embd: 3 * width * width },
          sequence: Math.max(
            scores(heads, dims),
            (dims.sequence ?? 1) * Math.max(inner, 3 * width),
          ),
        },
      }),
      build(dims, learned) {
        requireRoom(file, maxPositions, dims);
        const { sequence = 1, past = 0 } = dims;
        const rest = { activation: config.activation_function, epsilon: config.layer_norm_epsilon };
        return gpt2(
          { vocabulary, maxPositions, width, layers, heads, inner, ...rest },
          { sequence, past },
          learned,
        );
      },
      prefixes: ['transformer.'],
      transposed: (layer) => layer.startsWith('h.'),
      tied: config.tie_word_embeddings ? new Map([['lm_head', 'wte']]) : none,
      computed: /(^|\.)attn\.(bias|masked_bias)$/,
    };
  },
  bert(config, file) {
    const {
      vocab_size: vocabulary,
      hidden_size: width,
      num_attention_heads: heads,
      num_hidden_layers: layers,
    } = config;
    const {
      intermediate_size: inner,
      max_position_embeddings: maxPositions,
      type_vocab_size: types,
    } = config;
    widthOfHead(file, width, heads);
    const sizes = { vocabulary, width, layers, heads, inner, maxPositions };
    return {
      ...usual,
      source: { work: 'Devlin et al., BERT (arXiv 1810.04805)', at: 'config.json' },
      dimensions: { sequence: sequences(maxPositions, 'tokens', 128) },
      sizes: (dims) => encoderSizes({ ...sizes, types }, dims),
      build: ({ sequence = 1 }, learned, has) =>
        bert(
          {
            ...{ ...sizes, types, activation: config.hidden_act, epsilon: config.layer_norm_eps },
            pooler: has?.('pooler.dense.weight') ?? true,
          },
          ...([sequence, learned] as const),
        ),
      prefixes: ['bert.'],
    };
  },
  distilbert(config, file) {
    const {
      vocab_size: vocabulary,
      dim: width,
      n_layers: layers,
      n_heads: heads,
      hidden_dim: inner,
    } = config;
    widthOfHead(file, width, heads);
    const sizes = {
      vocabulary,
      width,
      layers,
      heads,
      inner,
      maxPositions: config.max_position_embeddings,
    };
    return {
      ...usual,
      source: { work: 'Sanh et al., DistilBERT (arXiv 1910.01108)', at: 'config.json' },
      dimensions: { sequence: sequences(sizes.maxPositions, 'tokens', 128) },
      sizes: (dims) => encoderSizes({ ...sizes, types: 1 }, dims),
      build: ({ sequence = 1 }, learned) =>
        distilbert({ ...sizes, activation: config.activation, epsilon: 1e-12 }, sequence, learned),
      prefixes: ['distilbert.'],
    };
  },
  vit(config, file) {
    const {
      hidden_size: width,
      num_hidden_layers: layers,
      num_attention_heads: heads,
      patch_size: patch,
    } = config;
    const { intermediate_size: inner, image_size: side, num_channels: channels } = config;
    widthOfHead(file, width, heads);
    if (patch > side)
      throw new InputError(`${file}: patch_size: found ${patch}, expected at most ${side}`);
    const isClassifier =
      config.architectures?.some((name) => name.endsWith('ForImageClassification')) ?? false;
    const labels = config.id2label ? Object.keys(config.id2label).length : (config.num_labels ?? 2);
    const classes = isClassifier && labels > 0 ? labels : null;
    const positions = Math.floor(side / patch) ** 2 + 1;
    return {
      ...usual,
      source: {
        work: 'Dosovitskiy et al., Vision transformer (arXiv 2010.11929)',
        at: 'config.json',
      },
      dimensions: {},
      sizes: () => ({
        layers: 28 * layers,
        tensors: {
          image_size: channels * side * side,
          patch_size: width * channels * patch * patch,
          ...{ intermediate_size: width * inner, hidden_size: width * Math.max(width, positions) },
          'image_size / patch_size': positions * Math.max(heads * positions, inner),
        },
      }),
      build: (_dims, learned) =>
        vit(
          {
            ...{ side, patch, channels, width, layers, heads, inner, classes },
            ...{
              activation: config.hidden_act,
              epsilon: config.layer_norm_eps,
              bias: config.qkv_bias,
            },
          },
          learned,
        ),
      prefixes: ['vit.'],
    };
  },
};

function encoderSizes(
  sizes: Readonly<
    Record<'vocabulary' | 'width' | 'layers' | 'heads' | 'inner' | 'maxPositions' | 'types', number>
  >,
  { sequence = 1 }: Readonly<Record<string, number>>,
): Sizes {
  const { vocabulary, width, layers, heads, inner, maxPositions, types } = sizes;
  return {
    layers: 28 * layers,
    tensors: {
      vocab_size: vocabulary * width,
      max_position_embeddings: maxPositions * width,
      type_vocab_size: types * width,
      ...{ intermediate_size: width * inner, hidden_size: width * width },
      sequence: Math.max(heads * sequence * sequence, sequence * Math.max(inner, width)),
    },
  };
}

/** @throws InputError for a configuration that cannot be. */
export function modelOf({ type, config }: Config, file: string): HuggingFaceModel {
  return (rows[type] as Row<ModelType>)(config as never, file);
}
