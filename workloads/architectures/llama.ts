// Llama's decoder (Touvron et al., arXiv 2302.13971 and 2307.09288), which Qwen2 shares but for its
// projections' biases, and Mistral (Jiang et al., arXiv 2310.06825) but for its window. Layers have the names of Hugging Face's transformers without the leading
// `model.`.

import type { NamedTensor } from '../network.js';
import type { UnaryName } from '../operators/unary.js';
import type { Architecture } from './architecture.js';
import { attention, causalDensity, causalMask, probabilitiesOf } from './attention.js';
import { withLogits } from './decoder.js';
import { rotary } from './rotary.js';
import { type Learned, Sketch, unlearned } from './sketch.js';

export interface LlamaConfig {
  readonly vocabulary: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  /** Heads of keys and of values. */
  readonly sharedHeads: number;
  /** Features of a head. */
  readonly headWidth: number;
  readonly inner: number;
  readonly activation: UnaryName;
  readonly epsilon: number;
  readonly rotaryBase: number;
  /** What the period of each pair of features is multiplied by. */
  readonly rotaryStretch?: readonly number[];
  /** Tokens that each looks at, itself the last of them; all before it where left out. */
  readonly window?: number;
  readonly biases: { readonly inputs: boolean; readonly output: boolean; readonly inner: boolean };
}

export interface Tokens {
  /** Tokens of this pass. */
  readonly sequence: number;
  /** Tokens of earlier passes, whose keys and values are inputs. */
  readonly past: number;
  /** Of what follows the last token alone unless told. */
  readonly logits?: 'last' | 'all';
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
  const { vocabulary, width, heads, sharedHeads, headWidth, inner, activation, epsilon, biases } =
    config;
  const sketch = new Sketch(learned);
  const inputs: NamedTensor[] = [{ name: 'input_ids', shape: [1, sequence], type: 'int64' }];
  const probabilities = new Map<string, number>();
  const turn = rotary(sketch, {
    base: config.rotaryBase,
    width: headWidth,
    positions: sequence,
    before: past,
    ...(config.rotaryStretch ? { stretch: config.rotaryStretch } : {}),
  });
  const { window = Number.POSITIVE_INFINITY } = config;
  // What no token of this pass looks at any more is in no cache.
  const kept = Math.min(past, window - 1);
  const mask = causalMask(sketch, sequence, kept, window);
  const cached = (name: string): string => {
    inputs.push({ name, shape: [1, sharedHeads, kept, headWidth], type: 'float32' });
    return name;
  };
  let hidden = sketch.embedding('embed_tokens', 'input_ids', vocabulary, width);
  for (let at = 0; at < config.layers; at++) {
    const own = (name: string) => `layers.${at}.${name}`;
    const normal = sketch.rmsNorm(own('input_layernorm'), hidden, width, epsilon);
    const project = (name: string, count: number) =>
      sketch.dense(own(`self_attn.${name}_proj`), normal, count * headWidth, biases.inputs);
    const context = attention(
      sketch,
      {
        ...{
          name: own('self_attn'),
          heads,
          sharedHeads,
          width: headWidth,
          positions: sequence,
          turn,
        },
        ...(mask ? { mask } : {}),
        ...(kept > 0
          ? {
              before: kept,
              past: { keys: cached(`past_keys.${at}`), values: cached(`past_values.${at}`) },
            }
          : {}),
      },
      {
        query: project('q', heads),
        key: project('k', sharedHeads),
        value: project('v', sharedHeads),
      },
    );
    if (mask)
      probabilities.set(probabilitiesOf(own('self_attn')), causalDensity(sequence, kept, window));
    const attended = sketch.dense(own('self_attn.o_proj'), context, width, biases.output);
    const middle = sketch.sum(own('self_attn.sum'), hidden, attended);
    const second = sketch.rmsNorm(own('post_attention_layernorm'), middle, width, epsilon);
    const gate = sketch.dense(own('mlp.gate_proj'), second, inner, biases.inner);
    const up = sketch.dense(own('mlp.up_proj'), second, inner, biases.inner);
    const gated = sketch.binary(
      own('mlp.gated'),
      'multiply',
      sketch.unary(own('mlp.act_fn'), gate, activation),
      up,
    );
    const down = sketch.dense(own('mlp.down_proj'), gated, width, biases.inner);
    hidden = sketch.sum(own('mlp.sum'), middle, down);
  }
  return withLogits({
    ...{ sketch, hidden, sequence, vocabulary, logits, inputs, probabilities },
    normalise: (last) => sketch.rmsNorm('norm', last, width, epsilon),
  });
}
