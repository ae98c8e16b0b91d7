// Attention over several heads (Vaswani et al., arXiv 1706.03762, section 3.2). Where several heads
// of queries share keys and values (Ainslie et al., arXiv 2305.13245), their queries are rows of
// one product: nothing is copied.

import type { LayerSpec } from '../spec.js';
import type { Sketch } from './sketch.js';

export interface Heads {
  readonly heads: number;
  /** Heads of keys and of values: a divisor of `heads`. */
  readonly sharedHeads: number;
  readonly width: number;
}

/** Names of queries, keys and values as [1, positions, heads × width]. */
export interface Projected {
  readonly query: string;
  readonly key: string;
  readonly value: string;
}

export interface AttentionSpec extends Heads {
  readonly name: string;
  /** Positions that look. */
  readonly positions: number;
  /** Positions that are looked at before these, from `past`. */
  readonly before?: number;
  /** Names of keys and values of the positions before, [1, heads, before, width]. */
  readonly past?: { readonly keys: string; readonly values: string };
  /** What becomes of queries and keys, [1, heads, positions, width], before they meet. */
  readonly turn?: (name: string, heads: string, part: 'q' | 'k') => string;
  /** What scores are multiplied by; 1 / √width where left out. */
  readonly factor?: number;
  /** Scores x become c · tanh(x / c). */
  readonly cap?: number;
  /**
   * What becomes of scores, [1, shared heads, heads of each, positions, all positions], before
   * their softmax.
   */
  readonly mask?: Mask;
}

export type Mask = (name: string, scores: string) => string;

/** What each position gathers from those that it looks at, [1, positions, heads × width]. */
export function attention(
  sketch: Sketch,
  spec: AttentionSpec,
  { query, key, value }: Projected,
): string {
  const { name, heads, sharedHeads, width, positions, before = 0, past } = spec;
  const { turn = (_name, tensor) => tensor, mask = (_name, scores) => scores } = spec;
  const together = heads / sharedHeads;
  const all = before + positions;
  const perHead = (label: string, tensor: string, count: number) =>
    sketch.transpose(
      `${name}.${label}_heads`,
      sketch.reshape(`${name}.${label}_split`, tensor, [1, positions, count, width]),
      [0, 2, 1, 3],
    );
  const queries = turn(`${name}.query_rotary`, perHead('query', query, heads), 'q');
  let keys = turn(`${name}.key_rotary`, perHead('key', key, sharedHeads), 'k');
  let values = perHead('value', value, sharedHeads);
  if (past) {
    keys = sketch.append(`${name}.keys`, 2, past.keys, keys);
    values = sketch.append(`${name}.values`, 2, past.values, values);
  }
  const rows = [1, sharedHeads, together * positions];
  const scores = sketch.add({
    ...{
      kind: 'matmul',
      name: `${name}.scores`,
      transposeRight: true,
      alpha: spec.factor ?? 1 / Math.sqrt(width),
    },
    inputs: [sketch.reshape(`${name}.query_rows`, queries, [...rows, width]), keys],
  });
  const apart = sketch.reshape(`${name}.scores_apart`, scores, [
    1,
    sharedHeads,
    together,
    positions,
    all,
  ]);
  const capped =
    spec.cap === undefined ? apart : sketch.capped(`${name}.scores_capped`, apart, spec.cap);
  const probabilities = sketch.add({
    ...{ kind: 'softmax', name: probabilitiesOf(name), axis: -1 },
    inputs: [mask(`${name}.mask`, capped)],
  });
  const gathered = sketch.add({
    ...{ kind: 'matmul', name: `${name}.gathered` },
    inputs: [sketch.reshape(`${name}.probability_rows`, probabilities, [...rows, all]), values],
  });
  const byHead = sketch.reshape(`${name}.gathered_heads`, gathered, [1, heads, positions, width]);
  const byPosition = sketch.transpose(`${name}.gathered_positions`, byHead, [0, 2, 1, 3]);
  return sketch.reshape(`${name}.context`, byPosition, [1, positions, heads * width]);
}

/** The name of the softmax of an attention. */
export function probabilitiesOf(attention: string): string {
  return `${attention}.probabilities`;
}

/** The lowest score: what it becomes after a softmax beside any other is 0. */
export const LOWEST = -3.4028234663852886e38;

/**
 * Scores of positions that lie behind the one that looks, or `window` and more before it, are
 * lowered; nothing to do where one position looks, which has no others before it than it looks at.
 */
export function causalMask(
  sketch: Sketch,
  positions: number,
  before: number,
  window = Number.POSITIVE_INFINITY,
  called = 'causal_mask',
): Mask | undefined {
  if (positions === 1) return undefined;
  const all = before + positions;
  const visible = (index: number) => {
    const [own, other] = [before + Math.floor(index / all), index % all];
    return other <= own && own - other < window ? 1 : 0;
  };
  const table = sketch.table(called, [positions, all], 'bool', visible);
  const lowest = sketch.scalar(`${called}.lowest`, LOWEST);
  return (name, scores) =>
    sketch.add({ kind: 'where', name, inputs: [table, scores, lowest] } as unknown as LayerSpec);
}

/** The share of probabilities that a causal mask leaves. */
export function causalDensity(
  positions: number,
  before: number,
  window = Number.POSITIVE_INFINITY,
): number {
  let visible = 0;
  for (let at = 0; at < positions; at++) visible += Math.min(before + at + 1, window);
  return visible / (positions * (before + positions));
}

/**
 * What a mask of whole numbers, [1, positions], adds to scores: 0 where it is 1, the lowest where
 * it is 0.
 */
export function paddingMask(sketch: Sketch, mask: string, positions: number) {
  const shares = sketch.cast(`${mask}.shares`, mask, 'float32');
  const hidden = sketch.binary(
    `${mask}.hidden`,
    'subtract',
    sketch.scalar(`${mask}.one`, 1),
    shares,
  );
  const added = sketch.binary(
    `${mask}.added`,
    'multiply',
    hidden,
    sketch.scalar(`${mask}.lowest`, LOWEST),
  );
  const spread = sketch.reshape(`${mask}.spread`, added, [1, 1, 1, 1, positions]);
  return (name: string, scores: string) => sketch.binary(name, 'add', scores, spread);
}
