// GPT-2's decoder (Radford et al., "Language models are unsupervised multitask learners", 2019).
// Layers have the names of Hugging Face's transformers without the leading `transformer.`.

import type { NamedTensor } from '../network.js';
import type { UnaryName } from '../operators/unary.js';
import type { Architecture } from './architecture.js';
import { attention, causalDensity, causalMask, probabilitiesOf } from './attention.js';
import { withLogits } from './decoder.js';
import type { Tokens } from './llama.js';
import { type Learned, Sketch, unlearned } from './sketch.js';

export interface Gpt2Config {
  readonly vocabulary: number;
  readonly maxPositions: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly inner: number;
  readonly activation: UnaryName;
  readonly epsilon: number;
}

/**
 * Input: token numbers, and keys and values of tokens before. Output: logits of what follows the
 * last token.
 */
export function gpt2(
  config: Gpt2Config,
  { sequence, past }: Tokens,
  learned: Learned = unlearned,
): Architecture {
  const { vocabulary, maxPositions, width, heads, activation, epsilon } = config;
  const sketch = new Sketch(learned);
  const inputs: NamedTensor[] = [{ name: 'input_ids', shape: [1, sequence], type: 'int64' }];
  const probabilities = new Map<string, number>();
  const mask = causalMask(sketch, sequence, past);
  const cached = (name: string): string => {
    inputs.push({ name, shape: [1, heads, past, width / heads], type: 'float32' });
    return name;
  };
  const positions = sketch.table('position_ids', [1, sequence], 'int64', (at) => past + at);
  let hidden = sketch.sum(
    'embedded',
    sketch.embedding('wte', 'input_ids', vocabulary, width),
    sketch.embedding('wpe', positions, maxPositions, width),
  );
  for (let at = 0; at < config.layers; at++) {
    const own = (name: string) => `h.${at}.${name}`;
    const normal = sketch.layerNorm(own('ln_1'), hidden, width, epsilon);
    const all = sketch.dense(own('attn.c_attn'), normal, 3 * width, true);
    const [query = '', key = '', value = ''] = sketch.split(own('attn.split'), all, 2, [
      width,
      width,
      width,
    ]);
    const context = attention(
      sketch,
      {
        ...{
          name: own('attn'),
          heads,
          sharedHeads: heads,
          width: width / heads,
          positions: sequence,
        },
        ...(mask ? { mask } : {}),
        ...(past > 0
          ? {
              before: past,
              past: { keys: cached(`past_keys.${at}`), values: cached(`past_values.${at}`) },
            }
          : {}),
      },
      { query, key, value },
    );
    if (mask) probabilities.set(probabilitiesOf(own('attn')), causalDensity(sequence, past));
    const attended = sketch.dense(own('attn.c_proj'), context, width, true);
    const middle = sketch.sum(own('attn.sum'), attended, hidden);
    const second = sketch.layerNorm(own('ln_2'), middle, width, epsilon);
    const inner = sketch.unary(
      own('mlp.act'),
      sketch.dense(own('mlp.c_fc'), second, config.inner, true),
      activation,
    );
    hidden = sketch.sum(
      own('mlp.sum'),
      middle,
      sketch.dense(own('mlp.c_proj'), inner, width, true),
    );
  }
  return withLogits({
    ...{ sketch, hidden, sequence, vocabulary, inputs, probabilities },
    normalise: (last) => sketch.layerNorm('ln_f', last, width, epsilon),
  });
}
