// BERT's encoder (Devlin et al., arXiv 1810.04805) and its half as deep student DistilBERT (Sanh et
// al., arXiv 1910.01108). Layers have the names of Hugging Face's transformers.

import type { NamedTensor } from '../network.js';
import type { UnaryName } from '../operators/unary.js';
import type { Architecture } from './architecture.js';
import { attention, paddingMask } from './attention.js';
import { type Learned, Sketch, unlearned } from './sketch.js';

export interface BertConfig {
  readonly vocabulary: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly inner: number;
  readonly maxPositions: number;
  /** Segments that a token may belong to. */
  readonly types: number;
  readonly activation: UnaryName;
  readonly epsilon: number;
  /** Whether the first token's features pass through one more layer. */
  readonly pooler: boolean;
}

/** The names in which the two differ. */
const bertNames = {
  embeddingNorm: 'embeddings.LayerNorm',
  layer: 'encoder.layer.',
  ...{ query: 'attention.self.query', key: 'attention.self.key', value: 'attention.self.value' },
  ...{
    gather: 'attention.self',
    output: 'attention.output.dense',
    attentionNorm: 'attention.output.LayerNorm',
  },
  ...{ inner: 'intermediate.dense', outer: 'output.dense', outerNorm: 'output.LayerNorm' },
};

const distilbertNames: typeof bertNames = {
  embeddingNorm: 'embeddings.LayerNorm',
  layer: 'transformer.layer.',
  ...{ query: 'attention.q_lin', key: 'attention.k_lin', value: 'attention.v_lin' },
  ...{ gather: 'attention', output: 'attention.out_lin', attentionNorm: 'sa_layer_norm' },
  ...{ inner: 'ffn.lin1', outer: 'ffn.lin2', outerNorm: 'output_layer_norm' },
};

/** Inputs: token numbers, their segments, and a mask of 1 where there is a token. */
export function bert(
  config: BertConfig,
  sequence: number,
  learned: Learned = unlearned,
): Architecture {
  return encoder(config, sequence, learned, bertNames);
}

/** Without segments and without a pooler. */
export function distilbert(
  config: Omit<BertConfig, 'types' | 'pooler'>,
  sequence: number,
  learned: Learned = unlearned,
): Architecture {
  return encoder({ ...config, types: 0, pooler: false }, sequence, learned, distilbertNames);
}

function encoder(
  config: BertConfig,
  sequence: number,
  learned: Learned,
  names: typeof bertNames,
): Architecture {
  const { vocabulary, width, layers, heads, maxPositions, types, activation, epsilon, pooler } =
    config;
  const sketch = new Sketch(learned);
  const whole = (name: string): NamedTensor => ({ name, shape: [1, sequence], type: 'int64' });
  const positions = sketch.table('position_ids', [1, sequence], 'int64', (at) => at);
  const mask = paddingMask(sketch, 'attention_mask', sequence);
  const embedded = [
    sketch.embedding('embeddings.word_embeddings', 'input_ids', vocabulary, width),
    ...(types > 0
      ? [sketch.embedding('embeddings.token_type_embeddings', 'token_type_ids', types, width)]
      : []),
    sketch.embedding('embeddings.position_embeddings', positions, maxPositions, width),
  ];
  let hidden = sketch.layerNorm(
    names.embeddingNorm,
    sketch.sum('embeddings.sum', ...embedded),
    width,
    epsilon,
  );
  for (let at = 0; at < layers; at++) {
    const own = (name: string) => `${names.layer}${at}.${name}`;
    const project = (name: string) => sketch.dense(own(name), hidden, width, true);
    const gathered = attention(
      sketch,
      {
        name: own(names.gather),
        heads,
        sharedHeads: heads,
        width: width / heads,
        positions: sequence,
        mask,
      },
      { query: project(names.query), key: project(names.key), value: project(names.value) },
    );
    const attended = sketch.dense(own(names.output), gathered, width, true);
    const middle = sketch.layerNorm(
      own(names.attentionNorm),
      sketch.sum(own(`${names.attentionNorm}.sum`), attended, hidden),
      ...([width, epsilon] as const),
    );
    const inner = sketch.dense(own(names.inner), middle, config.inner, true);
    const outer = sketch.dense(
      own(names.outer),
      sketch.unary(own('activation'), inner, activation),
      width,
      true,
    );
    const sum = sketch.sum(own(`${names.outerNorm}.sum`), outer, middle);
    hidden = sketch.layerNorm(own(names.outerNorm), sum, width, epsilon);
  }
  const outputs = [hidden];
  if (pooler) {
    const first = sketch.slice('pooler.first', hidden, 1, 0, 1);
    const pooled = sketch.unary(
      'pooler.activation',
      sketch.dense('pooler.dense', first, width, true),
      'tanh',
    );
    outputs.push(sketch.reshape('pooler', pooled, [1, width]));
  }
  const inputs = [
    whole('input_ids'),
    ...(types > 0 ? [whole('token_type_ids')] : []),
    whole('attention_mask'),
  ];
  return {
    inputs,
    outputs,
    layers: sketch.layers,
    constants: sketch.constants,
    probabilities: new Map(),
  };
}
