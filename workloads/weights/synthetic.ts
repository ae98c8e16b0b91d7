// Seeded weights and activations at a given density, for networks whose real ones are not at hand.

import { probit } from 'simple-statistics';
import { InputError } from '../base/errors.js';
import { createRandom, type Random } from '../base/random.js';
import { finish, type Steps } from '../base/steps.js';
import type { PrunePattern } from '../compress/pattern.js';
import { overDispersion } from '../data/dispersion.js';
import type { Activations } from '../network.js';
import type { LayerWeights, WeightShape } from '../operators/operator.js';
import { drawFull, drawGroups, drawMatrix } from './draw.js';
import type { CsrMatrix } from './store.js';

/**
 * The whole number of a tensor's `size` elements that a density keeps. @throws InputError outside 0
 * to 1.
 */
export function keptOf(size: number, density: number): number {
  if (!(density >= 0 && density <= 1))
    throw new InputError(`found density ${density}, expected 0 to 1`);
  return Math.round(size * density);
}

/**
 * Weights with exactly round(density · size) non-zeros. Rows and columns keep more or less than the
 * mean by factors that vary as in a real pruned matrix (`overDispersion`, the same spread for every
 * layer). Values are what magnitude pruning leaves of a Gaussian (both tails), scaled so that the
 * layer keeps its input's variance (He).
 */
export function drawWeights(
  shape: WeightShape,
  density: number,
  seed: number,
  label: string,
): LayerWeights {
  return finish(drawingWeights(shape, density, seed, label));
}

/** {@link drawWeights} with pauses. */
export function* drawingWeights(
  shape: WeightShape,
  density: number,
  seed: number,
  label: string,
): Steps<LayerWeights> {
  const { rows, columns } = shape;
  const random = createRandom(seed, `${label}/weights`);
  const nonzeros = keptOf(rows * columns, density);
  const table = Float32Array.from(tailTable(density, Math.sqrt(2 / (density * columns))));
  const store =
    nonzeros === rows * columns
      ? drawFull(rows, columns, table, afterChances(rows + columns, random))
      : yield* drawMatrix(
          { ...chancesFor(rows, columns, nonzeros, random), nonzeros, table },
          random,
        );
  const bias = shape.biases > 0 ? drawBias(shape.biases, random) : null;
  return { store, bias, origin: 'synthetic' };
}

/** The chances of a matrix's rows and columns to be drawn. */
function chancesFor(rows: number, columns: number, nonzeros: number, random: Random) {
  const { ofRows, ofColumns } = scatterFor(nonzeros, rows * columns);
  return {
    rowChances: unevenChances(rows, ofRows, random),
    columnChances: unevenChances(columns, ofColumns, random),
  };
}

/** The stream where it stands behind so many chances, which a matrix without zeros has no use for. */
function afterChances(count: number, random: Random): Random {
  random.skip(count);
  return random;
}

/** Patterns that weights are drawn in, layer by layer. */
export type DrawnPattern =
  | Extract<PrunePattern, { readonly kind: 'n-of-m' | 'block' | 'rows' | 'columns' }>
  | HeadsPattern;

/** Equal blocks of rows or columns, one a head, the same ones in all layers of an attention. */
export interface HeadsPattern {
  readonly kind: 'heads';
  readonly attention: string;
  readonly heads: number;
  readonly axis: 'rows' | 'columns';
}

/**
 * Weights in a pattern, at places equally likely. N:M keeps all it allows, of a last, shorter group
 * as many at most; of whole blocks, rows or columns as many are kept as fit into round(density ·
 * size). Values as in {@link drawWeights}.
 */
export function drawPatternWeights(
  shape: WeightShape,
  pattern: DrawnPattern,
  density: number,
  seed: number,
  label: string,
): LayerWeights {
  const { rows, columns } = shape;
  const random = createRandom(seed, `${label}/weights`);
  const drawn = (): CsrMatrix => {
    if (pattern.kind === 'n-of-m') {
      const { keep, of } = pattern;
      const table = tailTable(keep / of, Math.sqrt((2 * of) / (keep * columns)));
      return drawGroups({ rows, columns, keep, of, table: Float32Array.from(table) }, random);
    }
    const placing =
      pattern.kind === 'heads' ? createRandom(seed, `${pattern.attention}/heads`) : random;
    const blocks = drawBlocks(shape, extentsOf(pattern, shape), density, random, placing);
    return { format: 'csr', rows, columns, ...blocks };
  };
  const store = drawn();
  const bias = shape.biases > 0 ? drawBias(shape.biases, random) : null;
  return { store, bias, origin: 'synthetic' };
}

type Entries = Pick<CsrMatrix, 'pointers' | 'indices' | 'values'>;

function extentsOf(
  pattern: Exclude<DrawnPattern, { kind: 'n-of-m' }>,
  { rows, columns }: WeightShape,
): { readonly high: number; readonly wide: number } {
  if (pattern.kind === 'rows') return { high: 1, wide: columns };
  if (pattern.kind === 'columns') return { high: rows, wide: 1 };
  if (pattern.kind === 'heads') {
    return pattern.axis === 'rows'
      ? { high: rows / pattern.heads, wide: columns }
      : { high: rows, wide: columns / pattern.heads };
  }
  return { high: pattern.rows, wide: pattern.columns };
}

function drawBlocks(
  { rows, columns }: WeightShape,
  { high, wide }: { readonly high: number; readonly wide: number },
  density: number,
  random: Random,
  placing: Random,
): Entries {
  const across = Math.ceil(columns / wide);
  const order = Uint32Array.from({ length: across * Math.ceil(rows / high) }, (_, at) => at);
  const isKept = new Uint8Array(order.length);
  let left = keptOf(rows * columns, density);
  // Blocks in random order (Fisher and Yates), each taken that still fits: those at edges are less.
  for (let at = 0; at < order.length && left > 0; at++) {
    const other = at + placing.below(order.length - at);
    const block = order[other] as number;
    order[other] = order[at] as number;
    const [down, along] = [Math.floor(block / across), block % across];
    const size = Math.min(high, rows - down * high) * Math.min(wide, columns - along * wide);
    if (size > left) continue;
    isKept[block] = 1;
    left -= size;
  }
  const pointers = new Uint32Array(rows + 1);
  const indices: number[] = [];
  for (let row = 0; row < rows; row++) {
    const first = Math.floor(row / high) * across;
    for (let along = 0; along < across; along++) {
      if (isKept[first + along] === 0) continue;
      const end = Math.min(columns, (along + 1) * wide);
      for (let column = along * wide; column < end; column++) indices.push(column);
    }
    pointers[row + 1] = indices.length;
  }
  const share = indices.length / (rows * columns);
  const draw = share === 0 ? () => 0 : tailDraw(share, Math.sqrt(2 / (share * columns)), random);
  return {
    ...{ pointers, indices: Uint32Array.from(indices) },
    values: Float32Array.from({ length: indices.length }, draw),
  };
}

/**
 * Values for `entries` places of a matrix that are known, row after row, as in {@link drawWeights};
 * none is zero.
 */
export function drawValues(
  { rows, columns }: Pick<WeightShape, 'rows' | 'columns'>,
  entries: number,
  seed: number,
  label: string,
): Float32Array {
  if (entries === 0) return new Float32Array();
  const density = entries / (rows * columns);
  const draw = tailDraw(
    density,
    Math.sqrt(2 / (density * columns)),
    createRandom(seed, `${label}/values`),
  );
  return Float32Array.from({ length: entries }, draw);
}

/**
 * Activations after a ReLU: exactly round(density · size) positive values, half-normal, the
 * rest zero.
 */
export function drawActivations(
  size: number,
  density: number,
  seed: number,
  label: string,
): Activations {
  const random = createRandom(seed, `${label}/activations`);
  const kept = keptOf(size, density);
  const chosen = chooseBits(size, kept, random);
  const values = new Float32Array(size);
  const draw = tailDraw(1, 1, random);
  for (let i = 0; i < size; i++) {
    if (((chosen[i >>> 5] as number) >>> (i & 31)) & 1) values[i] = Math.abs(draw());
  }
  return { values, density: densityOf(size, density), origin: 'synthetic' };
}

/** The density of what {@link drawActivations} draws. */
export const densityOf = (size: number, density: number): number =>
  size === 0 ? 0 : keptOf(size, density) / size;

/**
 * Standard deviations of the logarithms of rows' and columns' chances to be drawn where `kept` of
 * `size` are kept.
 */
function scatterFor(kept: number, size: number) {
  // Where zeros are the rarer kind they are drawn, and fall less often where weights are kept.
  const sign = kept <= size / 2 ? 1 : -1;
  const random = Math.min(kept, size - kept) / size;
  // Positions are not drawn twice, which evens out what is drawn; in log odds by this factor.
  const evening = random > 0 ? -Math.log1p(-random) / random : 1;
  return {
    ofRows: (sign * overDispersion.rows) / evening,
    ofColumns: (sign * overDispersion.columns) / evening,
  };
}

/**
 * Chances of n places against each other: their logarithms are normal with standard deviation
 * |sigma|.
 */
function unevenChances(n: number, sigma: number, random: Random): Float64Array {
  return Float64Array.from({ length: n }, () => Math.exp(sigma * probit(random.uniform())));
}

/**
 * A bit set of `size` with exactly `kept` ones, every such set equally likely: the rarer kind is
 * drawn.
 */
function chooseBits(size: number, kept: number, random: Random): Uint32Array {
  const drawsOnes = kept <= size / 2;
  const bits = new Uint32Array(Math.ceil(size / 32)).fill(drawsOnes ? 0 : 0xffffffff);
  for (let left = drawsOnes ? kept : size - kept; left > 0; ) {
    const at = random.below(size);
    const word = bits[at >>> 5] as number;
    const isOne = (word >>> (at & 31)) & 1;
    if (isOne === (drawsOnes ? 1 : 0)) continue;
    bits[at >>> 5] = word ^ (1 << (at & 31));
    left--;
  }
  return bits;
}

const QUANTILES = 1024;

/**
 * Values of the outer `density` share of a Gaussian, equally likely, scaled to the root mean square
 * `scale`; no zero.
 */
function tailTable(density: number, scale: number): Float64Array {
  const magnitudes = Float64Array.from({ length: QUANTILES }, (_, i) =>
    probit(1 - (density / 2) * (1 - (i + 0.5) / QUANTILES)),
  );
  const squares = magnitudes.reduce((sum, magnitude) => sum + magnitude * magnitude, 0);
  const factor = scale / Math.sqrt(squares / QUANTILES);
  // Both signs.
  return Float64Array.from({ length: 2 * QUANTILES }, (_, pick) => {
    const magnitude = (magnitudes[pick >>> 1] as number) * factor;
    return pick & 1 ? -magnitude : magnitude;
  });
}

/** Draws from {@link tailTable}. */
function tailDraw(density: number, scale: number, random: Random): () => number {
  const table = tailTable(density, scale);
  return () => table[random.below(table.length)] as number;
}

function drawBias(size: number, random: Random): Float32Array {
  const draw = tailDraw(1, 0.01, random);
  return Float32Array.from({ length: size }, draw);
}
