// The one table of operators. A new operator is one row of one of these files.

import { joinOperators } from './joins.js';
import { normaliseOperators } from './softmax.js';
import type { Operator } from './operator.js';
import { poolingOperators } from './pooling.js';
import { rectifyOperators } from './rectify.js';
import { weightedOperators } from './weighted.js';

export const operators = {
  ...weightedOperators,
  ...poolingOperators,
  ...normaliseOperators,
  ...joinOperators,
  ...rectifyOperators,
} as const;

type Table = typeof operators;
type AttributesOf<Row> = Row extends Operator<infer Attributes> ? Attributes : never;

export type LayerKind = keyof Table;

/** What a layer does to its inputs: an operator and what it is written with. */
export type LayerOp = { readonly [Kind in LayerKind]: { readonly kind: Kind } & AttributesOf<Table[Kind]> }[LayerKind];

export type OpOf<Kind extends LayerKind> = Extract<LayerOp, { readonly kind: Kind }>;

/** The row of a kind, with its own attributes' type forgotten: callers hold a whole layer. */
export function rowOf(kind: LayerKind): Operator<LayerOp> {
  return operators[kind] as unknown as Operator<LayerOp>;
}
