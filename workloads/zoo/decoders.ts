// Decoders of the Llama kind, some with the prunings published for its kind.

import { type LlamaConfig, llama } from '../architectures/llama.js';
import { llama3Stretch, yarnMagnitude, yarnStretch } from '../architectures/rotary.js';
import { InputError } from '../base/errors.js';
import { buildNetwork } from '../graph.js';
import type { Citation, Layer } from '../network.js';
import { type DimensionedEntry, dimensioned } from './dimensions.js';
import { denseEstimate } from './entry.js';
import { everywhere, type Pruning, withVariants } from './pruned.js';

/** What a decoder of the zoo is built from. */
export interface Decoder {
  readonly name: string;
  readonly title: string;
  readonly source: Citation;
  /** Tokens of the longest sequence. */
  readonly context: number;
  readonly config: LlamaConfig;
}

export function decoder({ name, title, source, context, config }: Decoder): DimensionedEntry {
  return dimensioned({
    name,
    dimensions: {
      sequence: { default: 512, min: 1, max: context, meaning: 'tokens of this pass' },
      past: {
        default: 0,
        min: 0,
        max: context - 1,
        meaning: 'tokens before, of which keys and values are held',
      },
    },
    build({ sequence, past }) {
      if (sequence + past > context) {
        throw new InputError(
          `${name}: found --dim sequence=${sequence} and past=${past}, expected at most ${context} together`,
        );
      }
      const { probabilities, ...architecture } = llama(config, { sequence, past });
      const tokens = `${sequence} ${sequence === 1 ? 'token' : 'tokens'}`;
      const network = buildNetwork({
        ...architecture,
        name,
        title: `${title}, ${tokens}${past > 0 ? ` after ${past} in the cache` : ''}`,
        source: { ...source, at: `${source.at}; logits of the last token alone` },
      });
      const densities = denseEstimate(network, probabilities);
      return { network, densities, preprocessing: null };
    },
  });
}

const usual = {
  activation: 'swish',
  epsilon: 1e-5,
  rotaryBase: 10_000,
  biases: { inputs: false, output: false, inner: false },
} as const;

const tinyllama: Decoder = {
  name: 'tinyllama-1.1b',
  title: 'TinyLlama 1.1B',
  source: { work: 'Zhang et al., TinyLlama (arXiv 2401.02385)', at: 'Table 2' },
  context: 2048,
  config: {
    ...{ vocabulary: 32_000, width: 2048, layers: 22, heads: 32, sharedHeads: 4, headWidth: 64 },
    ...{ inner: 5632, ...usual },
  },
};

const llama2 = {
  work: 'Touvron et al., Llama 2 (arXiv 2307.09288)',
  at: 'Table 1 and config.json',
};

const llama2Of7B: Decoder = {
  name: 'llama-2-7b',
  title: 'Llama 2 7B',
  source: llama2,
  context: 4096,
  config: {
    ...{ vocabulary: 32_000, width: 4096, layers: 32, heads: 32, sharedHeads: 32, headWidth: 128 },
    ...{ inner: 11_008, ...usual },
  },
};

const llama2Of13B: Decoder = {
  name: 'llama-2-13b',
  title: 'Llama 2 13B',
  source: llama2,
  context: 4096,
  config: {
    ...{ vocabulary: 32_000, width: 5120, layers: 40, heads: 40, sharedHeads: 40, headWidth: 128 },
    ...{ inner: 13_824, ...usual },
  },
};

const llama3 = {
  work: 'Grattafiori et al., The Llama 3 herd of models (arXiv 2407.21783)',
  at: 'Table 3 and config.json',
};
const llama3Usual = { ...usual, vocabulary: 128_256, sharedHeads: 8, rotaryBase: 500_000 } as const;
/**
 * Tokens that a pass may have here: the models' 131,072 make masks and scores of many gigabytes.
 */
const CONTEXT = 16_384;
const trained = { low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 8192 };

const llama31Of8B: Decoder = {
  name: 'llama-3.1-8b',
  title: 'Llama 3.1 8B',
  source: llama3,
  context: CONTEXT,
  config: {
    ...{ ...llama3Usual, width: 4096, layers: 32, heads: 32, headWidth: 128, inner: 14_336 },
    rotaryStretch: llama3Stretch(500_000, 128, { ...trained, factor: 8 }),
  },
};

const llama32Of3B: Decoder = {
  name: 'llama-3.2-3b',
  title: 'Llama 3.2 3B',
  source: { work: 'Meta, Llama 3.2 model card, 2024', at: 'config.json' },
  context: CONTEXT,
  config: {
    ...{ ...llama3Usual, width: 3072, layers: 28, heads: 24, headWidth: 128, inner: 8192 },
    rotaryStretch: llama3Stretch(500_000, 128, { ...trained, factor: 32 }),
  },
};

const llama32Of1B: Decoder = {
  name: 'llama-3.2-1b',
  title: 'Llama 3.2 1B',
  source: { work: 'Meta, Llama 3.2 model card, 2024', at: 'config.json' },
  context: CONTEXT,
  config: {
    ...{ ...llama3Usual, width: 2048, layers: 16, heads: 32, headWidth: 64, inner: 8192 },
    rotaryStretch: llama3Stretch(500_000, 64, { ...trained, factor: 32 }),
  },
};

const mistralOf7B: Decoder = {
  name: 'mistral-7b',
  title: 'Mistral 7B',
  source: { work: 'Jiang et al., Mistral 7B (arXiv 2310.06825)', at: 'Table 1' },
  context: CONTEXT,
  config: {
    ...{ vocabulary: 32_000, width: 4096, layers: 32, heads: 32, sharedHeads: 8, headWidth: 128 },
    ...{ inner: 14_336, ...usual, window: 4096 },
  },
};

const experts = { ...usual, sharedHeads: 4, headWidth: 128, inner: 0 } as const;

const mixtralOf8x7B: Decoder = {
  name: 'mixtral-8x7b',
  title: 'Mixtral 8x7B',
  source: { work: 'Jiang et al., Mixtral of experts (arXiv 2401.04088)', at: 'Table 1' },
  context: CONTEXT,
  config: {
    ...{ ...experts, vocabulary: 32_000, width: 4096, layers: 32, heads: 32, sharedHeads: 8 },
    rotaryBase: 1e6,
    experts: { count: 8, perToken: 2, inner: 14_336, isNormalised: true },
  },
};

const olmoe: Decoder = {
  name: 'olmoe-1b-7b',
  title: 'OLMoE 1B-7B',
  source: { work: 'Muennighoff et al., OLMoE (arXiv 2409.02060)', at: 'Table 1 and config.json' },
  context: 4096,
  config: {
    ...{ ...experts, vocabulary: 50_304, width: 2048, layers: 16, heads: 16, sharedHeads: 16 },
    normalised: 'whole',
    experts: { count: 64, perToken: 8, inner: 1024, isNormalised: false },
  },
};

const qwen3Of30B: Decoder = {
  name: 'qwen3-30b-a3b',
  title: 'Qwen3 30B-A3B',
  source: { work: 'Yang et al., Qwen3 (arXiv 2505.09388)', at: 'Table 2 and config.json' },
  context: CONTEXT,
  config: {
    ...{ ...experts, vocabulary: 151_936, width: 2048, layers: 48, heads: 32 },
    ...{ epsilon: 1e-6, rotaryBase: 1e6, normalised: 'heads' },
    experts: { count: 128, perToken: 8, inner: 768, isNormalised: true },
  },
};

const yarn = { factor: 40, beta_fast: 32, beta_slow: 1, original_max_position_embeddings: 4096 };

const deepseekV2Lite: Decoder = {
  name: 'deepseek-v2-lite',
  title: 'DeepSeek-V2-Lite 16B',
  source: {
    work: 'DeepSeek-AI, DeepSeek-V2 (arXiv 2405.04434)',
    at: 'Appendix B and config.json',
  },
  context: CONTEXT,
  config: {
    ...{ ...experts, vocabulary: 102_400, width: 2048, layers: 27, heads: 16, sharedHeads: 16 },
    ...{ headWidth: 64, inner: 10_944, epsilon: 1e-6, rotaryStretch: yarnStretch(1e4, 64, yarn) },
    latent: {
      ...{ queryRank: null, rank: 512, straight: 128, turning: 64, values: 128, bias: false },
      scoreFactor: 192 ** -0.5 * yarnMagnitude(40, 707 / 1000) ** 2,
    },
    experts: {
      ...{ count: 64, perToken: 6, inner: 1408, isNormalised: false, factor: 1, denseBlocks: 1 },
      shared: { inner: 2816, isGated: false },
    },
  },
};

const gemma3Of1B: Decoder = {
  name: 'gemma-3-1b',
  title: 'Gemma 3 1B',
  source: { work: 'Gemma team, Gemma 3 (arXiv 2503.19786)', at: 'Section 2 and config.json' },
  context: CONTEXT,
  config: {
    ...{ vocabulary: 262_144, width: 1152, layers: 26, heads: 4, sharedHeads: 1, headWidth: 256 },
    ...{ ...usual, inner: 6912, epsilon: 1e-6, activation: 'gelu-tanh' },
    ...{ rotaryBase: 1e6, windowRotaryBase: 10_000, normalised: 'heads' },
    ...{ scaleShift: 1, isNormalisedBehind: true, embeddingFactor: Math.sqrt(1152) },
    scoreFactor: 256 ** -0.5,
    window: Array.from({ length: 26 }, (_, at) => ((at + 1) % 6 === 0 ? null : 512)),
  },
};

const isInBlock = ({ name, kind }: Layer) =>
  (kind === 'dense' || kind === 'experts') && name.startsWith('layers.');

const methods = {
  sparsegpt: {
    title: 'SparseGPT',
    work: 'Frantar and Alistarh, SparseGPT, ICML 2023 (arXiv 2301.00774)',
    at: 'Section 4: every matrix of the decoder’s blocks; embedding and logits dense. There of OPT and BLOOM',
  },
  wanda: {
    title: 'Wanda',
    work: 'Sun et al., A simple and effective pruning approach for large language models, ICLR 2024 (arXiv 2306.11695)',
    at: 'Section 4: every matrix of the decoder’s blocks; embedding and logits dense. There of LLaMA',
  },
};

const half = (method: keyof typeof methods): Pruning => ({
  variant: `${method}-50`,
  title: `50 % pruned by ${methods[method].title}`,
  source: methods[method],
  kept: everywhere(0.5, isInBlock),
});

const twoOfFour = (method: keyof typeof methods): Pruning => ({
  variant: `${method}-2of4`,
  title: `2 of every 4 pruned by ${methods[method].title}`,
  source: methods[method],
  kept: (layer) =>
    isInBlock(layer) ? { weights: 1 / 2, pattern: { kind: 'n-of-m', keep: 2, of: 4 } } : null,
});

const prunings = [half('sparsegpt'), twoOfFour('sparsegpt'), half('wanda'), twoOfFour('wanda')];

/** All of them, as they are. */
export const plainDecoders: readonly Decoder[] = [
  ...[tinyllama, llama2Of7B, llama2Of13B, llama31Of8B, llama32Of1B, llama32Of3B, mistralOf7B],
  ...[mixtralOf8x7B, olmoe, qwen3Of30B, deepseekV2Lite, gemma3Of1B],
];

const pruned: readonly Decoder[] = [tinyllama, llama2Of7B];

export const decoders: readonly DimensionedEntry[] = plainDecoders.flatMap((each) =>
  pruned.includes(each) ? withVariants(decoder(each), prunings) : [decoder(each)],
);
