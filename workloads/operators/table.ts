// The one table of operators. A new operator is one row of one of these files.

import { elementwiseOperators } from './binary.js';
import { blockOperators } from './blocks.js';
import { col2imOperators } from './col2im.js';
import { convolutionOperators } from './convolutions.js';
import { deformableOperators } from './deformable.js';
import { einsumOperators } from './einsum.js';
import { embeddingOperators } from './embedding.js';
import { expertOperators } from './experts.js';
import { gatherOperators } from './gathers.js';
import { joinOperators } from './joins.js';
import { matmulOperators } from './matmul.js';
import { moveOperators } from './moves.js';
import { normalisationOperators } from './normalise.js';
import { opaqueOperators } from './opaque.js';
import type { Operator } from './operator.js';
import { poolOperators } from './pool-nd.js';
import { poolingOperators } from './pooling.js';
import { quantisationOperators } from './quantise.js';
import { recurrentOperators } from './recurrent.js';
import { reductionOperators } from './reduce.js';
import { reluOperators } from './relu.js';
import { resizeOperators } from './resize.js';
import { samplingOperators } from './sampling.js';
import { scatterOperators } from './scatters.js';
import { signalOperators } from './signal.js';
import { normaliseOperators } from './softmax.js';
import { topKOperators } from './top-k.js';
import { unaryOperators } from './unary.js';
import { weightedOperators } from './weighted.js';

export const operators = {
  ...weightedOperators,
  ...elementwiseOperators,
  ...blockOperators,
  ...col2imOperators,
  ...convolutionOperators,
  ...deformableOperators,
  ...einsumOperators,
  ...embeddingOperators,
  ...expertOperators,
  ...gatherOperators,
  ...joinOperators,
  ...matmulOperators,
  ...moveOperators,
  ...normalisationOperators,
  ...opaqueOperators,
  ...poolOperators,
  ...poolingOperators,
  ...quantisationOperators,
  ...reluOperators,
  ...recurrentOperators,
  ...reductionOperators,
  ...resizeOperators,
  ...samplingOperators,
  ...scatterOperators,
  ...signalOperators,
  ...normaliseOperators,
  ...topKOperators,
  ...unaryOperators,
} as const;

type Table = typeof operators;
type AttributesOf<Row> = Row extends Operator<infer Attributes> ? Attributes : never;

export type LayerKind = keyof Table;

/** What a layer does to its inputs: an operator and what it is written with. */
export type LayerOp = {
  readonly [Kind in LayerKind]: { readonly kind: Kind } & AttributesOf<Table[Kind]>;
}[LayerKind];

export type OpOf<Kind extends LayerKind> = Extract<LayerOp, { readonly kind: Kind }>;

/** The row of a kind, with its own attributes' type forgotten: callers hold a whole layer. */
export function rowOf(kind: LayerKind): Operator<LayerOp> {
  return operators[kind] as unknown as Operator<LayerOp>;
}
