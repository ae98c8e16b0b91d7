// Configurations → networks: one row a model type, with the names that its tensors have in a file.

import { bert, distilbert } from '../../architectures/bert.js';
import { gpt2 } from '../../architectures/gpt2.js';
import { vit } from '../../architectures/vit.js';
import { InputError } from '../../base/errors.js';
import type { Config, ModelType } from './config.js';
import { decoderRows } from './decoders.js';
import {
  decoderDimensions,
  type HuggingFaceModel,
  none,
  type Row,
  requireRoom,
  type Sizes,
  scores,
  sequences,
  usual,
  widthOfHead,
} from './model.js';

const rows: { readonly [Type in ModelType]: Row<Type> } = {
  ...decoderRows,
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
