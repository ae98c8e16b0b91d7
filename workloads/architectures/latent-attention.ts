// Attention over a latent of each token in the place of its keys and values (multi-head latent
// attention: DeepSeek-V2, arXiv 2405.04434, section 2.1). The cache holds the latent and one key of
// rotary features that all heads share.

import { type Mask, probabilitiesOf } from './attention.js';
import type { Sketch } from './sketch.js';

export interface Latent {
  /** Features of the latent of queries; null where they are made at once. */
  readonly queryRank: number | null;
  /** Features of the latent of keys and values. */
  readonly rank: number;
  /** Features of a head's keys that do not turn, that turn, and of its values. */
  readonly straight: number;
  readonly turning: number;
  readonly values: number;
  /** What scores are multiplied by. */
  readonly scoreFactor: number;
  readonly bias: boolean;
}

export interface LatentSpec extends Latent {
  readonly name: string;
  readonly heads: number;
  /** Positions that look. */
  readonly positions: number;
  readonly epsilon: number;
  /** Of the positions before: names of latents and of turned keys, [1, 1, before, features]. */
  readonly past: {
    readonly latents: string;
    readonly turned: string;
    readonly before: number;
  } | null;
  /** What turns [1, heads, positions, turning], of which feature i goes with i + turning / 2. */
  readonly turn: (name: string, heads: string) => string;
  readonly mask?: Mask;
}

/**
 * What each position gathers, [1, positions, heads × values]. A prompt widens its latents to keys
 * and values. Behind others, heads look at the latents themselves: their matrices meet the queries
 * and what was gathered (section 2.1.2), so that no key or value of the positions before is made.
 */
export function latentAttention(sketch: Sketch, spec: LatentSpec, input: string): string {
  const { name, heads, positions, rank, straight, turning, values, past } = spec;
  const own = (part: string) => `${name}.${part}`;
  const normal = (part: string, tensor: string, width: number) =>
    sketch.rmsNorm(own(part), tensor, width, spec.epsilon);
  const perHead = (part: string, tensor: string, count: number, width: number) =>
    sketch.transpose(
      own(`${part}_heads`),
      sketch.reshape(own(`${part}_split`), tensor, [1, positions, count, width]),
      [0, 2, 1, 3],
    );
  const turned = (part: string, tensor: string, count: number) =>
    spec.turn(
      own(`${part}_rotary`),
      inHalves(sketch, own(part), tensor, [count, positions, turning]),
    );

  const width = heads * (straight + turning);
  const query =
    spec.queryRank === null
      ? sketch.dense(own('q_proj'), input, width, false)
      : sketch.dense(
          own('q_b_proj'),
          normal(
            'q_a_layernorm',
            sketch.dense(own('q_a_proj'), input, spec.queryRank, spec.bias),
            spec.queryRank,
          ),
          ...([width, false] as const),
        );
  const [still = '', moving = ''] = sketch.split(
    own('query_parts'),
    perHead('query', query, heads, straight + turning),
    ...([3, [straight, turning]] as const),
  );
  const shared = sketch.dense(own('kv_a_proj_with_mqa'), input, rank + turning, spec.bias);
  const [narrow = '', key = ''] = sketch.split(own('kv_parts'), shared, 2, [rank, turning]);
  const latent = normal('kv_a_layernorm', narrow, rank);
  const queries = turned('query', moving, heads);
  let keys = turned('key', sketch.reshape(own('key_heads'), key, [1, 1, positions, turning]), 1);
  if (past) keys = sketch.append(own('keys'), 2, past.turned, keys);
  const all = positions + (past?.before ?? 0);

  const score = (part: string, rows: string, columns: string) =>
    sketch.add({
      ...{ kind: 'matmul', name: own(part), transposeRight: true, alpha: spec.scoreFactor },
      inputs: [rows, columns],
    });
  /** Rows of all heads meet what they share. */
  const together = (part: string, tensor: string, features: number) =>
    sketch.reshape(own(part), tensor, [1, 1, heads * positions, features]);
  const shape = [1, heads, positions, all];
  const turnedScores = score('scores_rotary', together('query_rows', queries, turning), keys);
  const probabilitiesFrom = (scores: string) => {
    const sums = sketch.sum(
      own('scores'),
      scores,
      sketch.reshape(own('scores_rotary_apart'), turnedScores, shape),
    );
    return sketch.add({
      ...{ kind: 'softmax', name: probabilitiesOf(name), axis: -1 },
      inputs: [spec.mask ? spec.mask(own('mask'), sums) : sums],
    });
  };
  if (!past) {
    const wide = sketch.dense(own('kv_b_proj'), latent, heads * (straight + values), false);
    const [stillKeys = '', ownValues = ''] = sketch.split(
      own('kv_wide'),
      perHead('kv', wide, heads, straight + values),
      ...([3, [straight, values]] as const),
    );
    const probabilities = probabilitiesFrom(score('scores_straight', still, stillKeys));
    const gathered = sketch.add({
      ...{ kind: 'matmul', name: own('gathered') },
      inputs: [probabilities, ownValues],
    });
    const byPosition = sketch.transpose(own('gathered_positions'), gathered, [0, 2, 1, 3]);
    return sketch.reshape(own('context'), byPosition, [1, positions, heads * values]);
  }
  const known = sketch.append(
    ...([own('latents'), 2, past.latents] as const),
    sketch.reshape(own('latent_heads'), latent, [1, 1, positions, rank]),
  );
  const inward = perHeadProduct(
    sketch,
    own('kv_b_proj.keys'),
    still,
    [heads, positions, straight],
    rank,
  );
  const rows = together('query_latent_rows', inward, rank);
  const probabilities = probabilitiesFrom(
    sketch.reshape(own('scores_straight_apart'), score('scores_straight', rows, known), shape),
  );
  const gathered = sketch.add({
    ...{ kind: 'matmul', name: own('gathered') },
    inputs: [together('probability_rows', probabilities, all), known],
  });
  const byHead = sketch.reshape(own('gathered_heads'), gathered, [1, heads, positions, rank]);
  const outward = perHeadProduct(
    sketch,
    own('kv_b_proj.values'),
    byHead,
    [heads, positions, rank],
    values,
  );
  const byPosition = sketch.transpose(own('gathered_positions'), outward, [0, 2, 1, 3]);
  return sketch.reshape(own('context'), byPosition, [1, positions, heads * values]);
}

/** [1, heads, positions, features] with a matrix of weights of each head. */
function perHeadProduct(
  sketch: Sketch,
  name: string,
  input: string,
  [heads, positions, features]: readonly [number, number, number],
  outputs: number,
): string {
  const swap = (label: string, tensor: string) =>
    positions === 1 ? tensor : sketch.transpose(`${name}.${label}`, tensor, [0, 1, 3, 2]);
  const channels = sketch.reshape(...([`${name}.channels`, swap('by_feature', input)] as const), [
    1,
    heads * features,
    positions,
  ]);
  const product = sketch.add({
    ...{ kind: 'conv-nd', name, inputs: [channels], channels: heads * outputs, groups: heads },
    ...{ kernel: [1], stride: [1], dilation: [1], pads: [0, 0], bias: false, activation: 'none' },
  });
  if (positions === 1) return sketch.reshape(`${name}.heads`, product, [1, heads, 1, outputs]);
  const apart = sketch.reshape(`${name}.heads`, product, [1, heads, outputs, positions]);
  return swap('by_position', apart);
}

/** Features 2i and 2i + 1, which turn together, to places i and i + half. */
function inHalves(
  sketch: Sketch,
  name: string,
  tensor: string,
  [heads, positions, features]: readonly [number, number, number],
): string {
  const pairs = sketch.reshape(`${name}_pairs`, tensor, [1, heads, positions, features / 2, 2]);
  const apart = sketch.transpose(`${name}_apart`, pairs, [0, 1, 2, 4, 3]);
  return sketch.reshape(`${name}_halves`, apart, [1, heads, positions, features]);
}

/**
 * The weights of `kv_b_proj.keys` or `.values` of one block in those of `kv_b_proj`, [heads ×
 * (straight + values), rank]: the first turned round, [heads × rank, straight], as queries meet
 * them.
 */
export function partOfWide(
  wide: Float32Array,
  part: 'keys' | 'values',
  heads: number,
  { rank, straight, values }: Latent,
): Float32Array {
  const each = straight + values;
  const count = part === 'keys' ? straight : values;
  const result = new Float32Array(heads * rank * count);
  for (let head = 0; head < heads; head++) {
    for (let row = 0; row < count; row++) {
      const from = (head * each + (part === 'keys' ? row : straight + row)) * rank;
      for (let at = 0; at < rank; at++) {
        const to =
          part === 'keys' ? (head * rank + at) * straight + row : (head * values + row) * rank + at;
        result[to] = wide[from + at] as number;
      }
    }
  }
  return result;
}
