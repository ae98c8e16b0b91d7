// Vision transformer (Dosovitskiy et al., arXiv 2010.11929): a picture's patches as tokens behind
// one that stands for the whole picture. Layers have the names of Hugging Face's transformers,
// without the leading `vit.`.

import type { UnaryName } from '../operators/unary.js';
import type { Architecture } from './architecture.js';
import { attention } from './attention.js';
import { type Learned, Sketch, unlearned } from './sketch.js';

export interface VitConfig {
  readonly side: number;
  readonly patch: number;
  readonly channels: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly inner: number;
  readonly activation: UnaryName;
  readonly epsilon: number;
  /** Whether queries, keys and values have biases. */
  readonly bias: boolean;
  /** Without them the result is what the first token has become. */
  readonly classes: number | null;
}

/** Input: a picture [1, channels, side, side]. */
export function vit(config: VitConfig, learned: Learned = unlearned): Architecture {
  const { side, patch, channels, width, heads, activation, epsilon, bias, classes } = config;
  const sketch = new Sketch(learned);
  const across = Math.floor(side / patch);
  const positions = across * across + 1;
  const patches = sketch.add({
    ...{
      kind: 'conv2d',
      name: 'embeddings.patch_embeddings.projection',
      inputs: ['pixel_values'],
      channels: width,
    },
    ...{ kernel: patch, stride: patch, pad: 0, groups: 1, bias: true, activation: 'none' },
  });
  const rows = sketch.reshape('embeddings.rows', patches, [1, width, across * across]);
  const tokens = sketch.concat(
    'embeddings.tokens',
    1,
    sketch.parameter('embeddings.cls_token', [1, 1, width], 0),
    sketch.transpose('embeddings.patches', rows, [0, 2, 1]),
  );
  const places = sketch.parameter('embeddings.position_embeddings', [1, positions, width], 0);
  let hidden = sketch.binary('embeddings', 'add', tokens, places);
  for (let at = 0; at < config.layers; at++) {
    const own = (name: string) => `encoder.layer.${at}.${name}`;
    const normal = sketch.layerNorm(own('layernorm_before'), hidden, width, epsilon);
    const project = (name: string) =>
      sketch.dense(own(`attention.attention.${name}`), normal, width, bias);
    const context = attention(
      sketch,
      {
        name: own('attention.attention'),
        heads,
        sharedHeads: heads,
        width: width / heads,
        positions,
      },
      { query: project('query'), key: project('key'), value: project('value') },
    );
    const attended = sketch.dense(own('attention.output.dense'), context, width, true);
    const middle = sketch.sum(own('attention.sum'), attended, hidden);
    const second = sketch.layerNorm(own('layernorm_after'), middle, width, epsilon);
    const inner = sketch.dense(own('intermediate.dense'), second, config.inner, true);
    const outer = sketch.dense(
      own('output.dense'),
      sketch.unary(own('activation'), inner, activation),
      width,
      true,
    );
    hidden = sketch.sum(own('output.sum'), outer, middle);
  }
  const normal = sketch.layerNorm('layernorm', hidden, width, epsilon);
  const first = sketch.slice('first', normal, 1, 0, 1);
  const logits = classes === null ? first : sketch.dense('classifier', first, classes, true);
  return {
    inputs: [{ name: 'pixel_values', shape: [1, channels, side, side], type: 'float32' }],
    outputs: [sketch.reshape('logits', logits, [1, classes ?? width])],
    ...{ layers: sketch.layers, constants: sketch.constants, probabilities: new Map() },
  };
}
