// Llama's decoder (Touvron et al., arXiv 2302.13971 and 2307.09288) and what others made of it:
// Qwen2 with biases, Mistral with a window (arXiv 2310.06825), Qwen3 with normalised queries and
// keys (arXiv 2505.09388), Gemma 1 to 3 with norms on both sides and windows in some blocks (arXiv
// 2403.08295, 2408.00118, 2503.19786), Mixtral, OLMoE, Qwen2-MoE and Qwen3-MoE with experts (arXiv
// 2401.04088, 2409.02060), DeepSeek-V2 and V3 with attention over latents (arXiv 2405.04434,
// 2412.19437). Layers have the names of Hugging Face's transformers without the leading
// `model.`.

import type { NamedTensor } from '../network.js';
import type { Architecture } from './architecture.js';
import { attention, causalDensity, causalMask, type Mask, probabilitiesOf } from './attention.js';
import { withLogits } from './decoder.js';
import {
  type FeedForward,
  feedForward,
  largestOf,
  type Mixture,
  mixtureOfExperts,
} from './feed-forward.js';
import { type Latent, latentAttention } from './latent-attention.js';
import { rotary } from './rotary.js';
import { type Learned, Sketch, unlearned } from './sketch.js';

export interface LlamaConfig extends Omit<FeedForward, 'bias'> {
  readonly vocabulary: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  /** Heads of keys and of values. */
  readonly sharedHeads: number;
  /** Features of a head. */
  readonly headWidth: number;
  readonly epsilon: number;
  readonly rotaryBase: number;
  /** What the period of each pair of features is multiplied by. */
  readonly rotaryStretch?: readonly number[];
  /** Of blocks with a window, whose periods are not stretched; as of the others where left out. */
  readonly windowRotaryBase?: number;
  /**
   * Tokens that each looks at, itself the last of them, in all blocks or block by block; all before
   * it where left out or null.
   */
  readonly window?: number | readonly (number | null)[];
  readonly biases: { readonly inputs: boolean; readonly output: boolean; readonly inner: boolean };
  /** Queries and keys are normalised before they turn: each head, or all features together. */
  readonly normalised?: 'heads' | 'whole';
  /** What is added to the norms' learned scales: 1 of Gemma, 0 where left out. */
  readonly scaleShift?: number;
  /** Whether results of attention and of the fully connected layers are normalised too. */
  readonly isNormalisedBehind?: boolean;
  /** What words' features are multiplied by; 1 where left out. */
  readonly embeddingFactor?: number;
  /** What scores are multiplied by; 1 / √width of a head where left out. */
  readonly scoreFactor?: number;
  /** Scores and logits x become c · tanh(x / c). */
  readonly scoreCap?: number;
  readonly logitCap?: number;
  /** In the place of one stack of fully connected layers a block, but for the first blocks. */
  readonly experts?: Mixture & { readonly denseBlocks?: number };
  /** Keys and values are made of a latent, which alone is kept; `headWidth` is of what turns. */
  readonly latent?: Latent;
}

export interface Tokens {
  /** Tokens of this pass. */
  readonly sequence: number;
  /** Tokens of earlier passes, whose keys and values are inputs. */
  readonly past: number;
  /** Of what follows the last token alone unless told. */
  readonly logits?: 'last' | 'all';
}

/** What blocks with one window have in common. */
interface Sight {
  readonly window: number;
  /** Tokens before whose keys and values are given: what nobody looks at any more is not held. */
  readonly kept: number;
  readonly mask: Mask | undefined;
  readonly turn: (name: string, heads: string) => string;
}

/**
 * Input: token numbers, and keys and values of tokens before. Output: logits of what follows the
 * last token, or each.
 */
export function llama(
  config: LlamaConfig,
  { sequence, past, logits = 'last' }: Tokens,
  learned: Learned = unlearned,
): Architecture {
  const { vocabulary, width, heads, sharedHeads, headWidth, epsilon, biases } = config;
  const { scaleShift = 0, isNormalisedBehind = false, embeddingFactor = 1 } = config;
  const sketch = new Sketch(
    scaleShift === 0
      ? learned
      : (name, shape, filler) => shifted(learned(name, shape, filler - scaleShift), scaleShift),
  );
  const inputs: NamedTensor[] = [{ name: 'input_ids', shape: [1, sequence], type: 'int64' }];
  const probabilities = new Map<string, number>();
  const sightOf = sights(sketch, config, sequence, past);
  const cached = (name: string, kept: number, count = sharedHeads, features = headWidth) => {
    inputs.push({ name, shape: [1, count, kept, features], type: 'float32' });
    return name;
  };
  const words = sketch.embedding('embed_tokens', 'input_ids', vocabulary, width);
  let hidden =
    embeddingFactor === 1 ? words : sketch.scaled('embed_tokens.scaled', words, embeddingFactor);
  for (let at = 0; at < config.layers; at++) {
    const own = (name: string) => `layers.${at}.${name}`;
    const { window, kept, mask, turn } = sightOf(at);
    const norm = (name: string, input: string) => sketch.rmsNorm(own(name), input, width, epsilon);
    const largest = (name: string, input: string, count: number) =>
      largestOf(sketch, own(name), input, count, config, probabilities);
    const normal = largest('input.kept', norm('input_layernorm', hidden), width);
    const project = (part: 'q' | 'k' | 'v', count: number) => {
      const projected = sketch.dense(
        ...([own(`self_attn.${part}_proj`), normal, count * headWidth, biases.inputs] as const),
      );
      return config.normalised === 'whole' && part !== 'v'
        ? sketch.rmsNorm(own(`self_attn.${part}_norm`), projected, count * headWidth, epsilon)
        : projected;
    };
    const turned = (name: string, tensor: string, part: 'q' | 'k') =>
      turn(
        name,
        config.normalised === 'heads'
          ? sketch.rmsNorm(own(`self_attn.${part}_norm`), tensor, headWidth, epsilon)
          : tensor,
      );
    const plainContext = () =>
      attention(
        sketch,
        {
          ...{ name: own('self_attn'), heads, sharedHeads, width: headWidth, positions: sequence },
          turn: turned,
          ...(config.scoreFactor === undefined ? {} : { factor: config.scoreFactor }),
          ...(config.scoreCap === undefined ? {} : { cap: config.scoreCap }),
          ...(mask ? { mask } : {}),
          ...(kept > 0
            ? {
                before: kept,
                past: {
                  keys: cached(`past_keys.${at}`, kept),
                  values: cached(`past_values.${at}`, kept),
                },
              }
            : {}),
        },
        {
          query: project('q', heads),
          key: project('k', sharedHeads),
          value: project('v', sharedHeads),
        },
      );
    const latentContext = (latent: Latent) =>
      latentAttention(
        sketch,
        {
          ...{ ...latent, name: own('self_attn'), heads, positions: sequence, epsilon, turn },
          ...(mask ? { mask } : {}),
          past:
            kept > 0
              ? {
                  latents: cached(`past_latents.${at}`, kept, 1, latent.rank),
                  turned: cached(`past_keys.${at}`, kept, 1, latent.turning),
                  before: kept,
                }
              : null,
        },
        normal,
      );
    const context = config.latent ? latentContext(config.latent) : plainContext();
    if (mask)
      probabilities.set(probabilitiesOf(own('self_attn')), causalDensity(sequence, kept, window));
    const gathered = largest(
      'self_attn.context.kept',
      context,
      heads * (config.latent?.values ?? headWidth),
    );
    const projected = sketch.dense(own('self_attn.o_proj'), gathered, width, biases.output);
    const attended = isNormalisedBehind ? norm('post_attention_layernorm', projected) : projected;
    const middle = sketch.sum(own('self_attn.sum'), hidden, attended);
    const before = isNormalisedBehind ? 'pre_feedforward_layernorm' : 'post_attention_layernorm';
    const second = largest('mlp.input.kept', norm(before, middle), width);
    const layers = { ...config, bias: biases.inner };
    const { result, densities } =
      config.experts && at >= (config.experts.denseBlocks ?? 0)
        ? mixtureOfExperts(sketch, own('mlp'), second, sequence, layers, config.experts)
        : feedForward(sketch, own('mlp'), second, layers);
    for (const [name, density] of densities) probabilities.set(name, density);
    const down = isNormalisedBehind ? norm('post_feedforward_layernorm', result) : result;
    hidden = sketch.sum(own('mlp.sum'), middle, down);
  }
  return withLogits({
    ...{ sketch, hidden, sequence, vocabulary, logits, inputs, probabilities },
    ...(config.logitCap === undefined ? {} : { cap: config.logitCap }),
    normalise: (last) => sketch.rmsNorm('norm', last, width, epsilon),
  });
}

function shifted(tensor: ReturnType<Learned>, by: number): ReturnType<Learned> {
  return { ...tensor, values: Float32Array.from(tensor.values, (value) => value + by) };
}

/** Masks and angles by block; those of one window are made once. */
function sights(
  sketch: Sketch,
  { window, headWidth, rotaryBase, rotaryStretch, windowRotaryBase }: LlamaConfig,
  sequence: number,
  past: number,
): (block: number) => Sight {
  const angles = (name: string, base: number, stretch?: readonly number[]) =>
    rotary(sketch, {
      ...{ name, base, width: headWidth, positions: sequence, before: past },
      ...(stretch ? { stretch } : {}),
    });
  const turnAll = angles('rotary', rotaryBase, rotaryStretch);
  const turnNear =
    windowRotaryBase === undefined ? turnAll : angles('rotary_near', windowRotaryBase);
  const known = new Map<number, Sight>();
  return (block) => {
    const own = typeof window === 'object' ? window[block] : window;
    const reach = own ?? Number.POSITIVE_INFINITY;
    const kept = Math.min(past, reach - 1);
    const isFar = reach === Number.POSITIVE_INFINITY;
    const name = isFar || typeof window !== 'object' ? 'causal_mask' : `causal_mask.${reach}`;
    const sight = known.get(reach) ?? {
      ...{ window: reach, kept, turn: isFar ? turnAll : turnNear },
      mask: causalMask(sketch, sequence, kept, reach, name),
    };
    known.set(reach, sight);
    return sight;
  };
}
