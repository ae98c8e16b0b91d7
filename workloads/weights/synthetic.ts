// Seeded weights and activations at a given density, for networks whose real ones are not at hand.

import { probit } from 'simple-statistics';
import { InputError } from '../base/errors.js';
import { createRandom, type Random } from '../base/random.js';
import { overDispersion } from '../data/dispersion.js';
import type { WeightShape } from '../layers/index.js';
import type { Activations, LayerWeights } from '../network.js';
import type { CsrMatrix } from './store.js';

/** The whole number of a tensor's `size` elements that a density keeps. @throws InputError outside 0 to 1. */
export function keptOf(size: number, density: number): number {
  if (!(density >= 0 && density <= 1)) throw new InputError(`found density ${density}, expected 0 to 1`);
  return Math.round(size * density);
}

/**
 * Weights with exactly round(density · size) non-zeros. Rows and columns keep more or less than the mean by factors
 * that vary as in a real pruned matrix (`overDispersion`, the same spread for every layer). Values are what magnitude pruning
 * leaves of a Gaussian (both tails), scaled so that the layer keeps its input's variance (He).
 */
export function drawWeights(shape: WeightShape, density: number, seed: number, label: string): LayerWeights {
  const { rows, columns } = shape;
  const random = createRandom(seed, `${label}/weights`);
  const nonzeros = keptOf(rows * columns, density);
  const chosen = chooseUnevenly(rows, columns, nonzeros, random);
  const pointers = new Uint32Array(rows + 1);
  const indices = new Uint32Array(nonzeros);
  const values = new Float32Array(nonzeros);
  const draw = tailDraw(density, Math.sqrt(2 / (density * columns)), random);
  let at = 0;
  let row = 0;
  let rowStart = 0;
  // Word by word, from one to the next: most of a pruned matrix is zeros.
  for (let word = 0; word < chosen.length; word++) {
    for (let ones = chosen[word] as number; ones !== 0; ones &= ones - 1) {
      const position = 32 * word + 31 - Math.clz32(ones & -ones);
      for (; position >= rowStart + columns; rowStart += columns) pointers[++row] = at;
      indices[at] = position - rowStart;
      values[at++] = draw();
    }
  }
  pointers.fill(at, row + 1);
  const store: CsrMatrix = { format: 'csr', rows, columns, pointers, indices, values };
  const bias = shape.biases > 0 ? drawBias(shape.biases, random) : null;
  return { store, bias, origin: 'synthetic' };
}

/**
 * Weights of which each row keeps `kept` of every `of` in a row, at positions equally likely; of a last, shorter block
 * at most as many. Values as in {@link drawWeights}.
 */
export function drawBlockWeights(
  shape: WeightShape,
  { kept, of }: { readonly kept: number; readonly of: number },
  seed: number,
  label: string,
): LayerWeights {
  const { rows, columns } = shape;
  const random = createRandom(seed, `${label}/weights`);
  const perRow = Math.floor(columns / of) * kept + Math.min(kept, columns % of);
  const draw = tailDraw(kept / of, Math.sqrt((2 * of) / (kept * columns)), random);
  const pointers = Uint32Array.from({ length: rows + 1 }, (_, row) => row * perRow);
  const indices = new Uint32Array(rows * perRow);
  const values = new Float32Array(rows * perRow);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    for (let block = 0; block < columns; block += of) {
      // Selection sampling: each of the positions left is taken with the chance that is left for it.
      const end = Math.min(block + of, columns);
      for (let column = block, left = Math.min(kept, end - block); left > 0; column++) {
        if (random.below(end - column) >= left) continue;
        indices[at] = column;
        values[at++] = draw();
        left--;
      }
    }
  }
  const store: CsrMatrix = { format: 'csr', rows, columns, pointers, indices, values };
  const bias = shape.biases > 0 ? drawBias(shape.biases, random) : null;
  return { store, bias, origin: 'synthetic' };
}

/** Activations after a rectifier: exactly round(density · size) positive values, half-normal, the rest zero. */
export function drawActivations(size: number, density: number, seed: number, label: string): Activations {
  const random = createRandom(seed, `${label}/activations`);
  const kept = keptOf(size, density);
  const chosen = chooseBits(size, kept, random);
  const values = new Float32Array(size);
  const draw = tailDraw(1, 1, random);
  for (let i = 0; i < size; i++) {
    if (((chosen[i >>> 5] as number) >>> (i & 31)) & 1) values[i] = Math.abs(draw());
  }
  return { values, density: size === 0 ? 0 : kept / size, origin: 'synthetic' };
}

/** A bit set of `size` with exactly `kept` ones, every such set equally likely. */
function chooseBits(size: number, kept: number, random: Random): Uint32Array {
  return chooseFrom(size, kept, () => random.below(size));
}

/** A bit set of rows × columns with exactly `kept` ones, more likely where row and column weigh more. */
function chooseUnevenly(rows: number, columns: number, kept: number, random: Random): Uint32Array {
  const size = rows * columns;
  // Where zeros are the rarer kind they are drawn, and fall less often where weights are kept.
  const sign = kept <= size / 2 ? 1 : -1;
  const drawn = Math.min(kept, size - kept) / size;
  // Positions are not drawn twice, which evens out what is drawn; in log odds by this factor.
  const evening = drawn > 0 ? -Math.log1p(-drawn) / drawn : 1;
  const ofRow = weighing(rows, (sign * overDispersion.rows) / evening, random);
  const ofColumn = weighing(columns, (sign * overDispersion.columns) / evening, random);
  return chooseFrom(size, kept, () => ofRow() * columns + ofColumn());
}

/** Draws from 0 … n − 1 in proportion to weights whose logarithms are normal with standard deviation |sigma|. */
function weighing(n: number, sigma: number, random: Random): () => number {
  const weights = Float64Array.from({ length: n }, () => Math.exp(sigma * probit(random.uniform())));
  const largest = weights.reduce((most, weight) => Math.max(most, weight), 0);
  return () => {
    for (;;) {
      const at = random.below(n);
      if (random.uniform() * largest <= (weights[at] as number)) return at;
    }
  };
}

/** A bit set of `size` with exactly `kept` ones: positions of the rarer kind are drawn until enough differ. */
function chooseFrom(size: number, kept: number, position: () => number): Uint32Array {
  const drawOnes = kept <= size / 2;
  const bits = new Uint32Array(Math.ceil(size / 32)).fill(drawOnes ? 0 : 0xffffffff);
  for (let left = drawOnes ? kept : size - kept; left > 0; ) {
    const at = position();
    const word = bits[at >>> 5] as number;
    const isOne = (word >>> (at & 31)) & 1;
    if (isOne === (drawOnes ? 1 : 0)) continue;
    bits[at >>> 5] = word ^ (1 << (at & 31));
    left--;
  }
  return bits;
}

const QUANTILES = 1024;

/** Draws of the outer `density` share of a Gaussian, both signs, scaled to the root mean square `scale`; never zero. */
function tailDraw(density: number, scale: number, random: Random): () => number {
  const magnitudes = new Float64Array(QUANTILES);
  let squares = 0;
  for (let i = 0; i < QUANTILES; i++) {
    const magnitude = probit(1 - (density / 2) * (1 - (i + 0.5) / QUANTILES));
    magnitudes[i] = magnitude;
    squares += magnitude * magnitude;
  }
  const factor = scale / Math.sqrt(squares / QUANTILES);
  return () => {
    const pick = random.below(2 * QUANTILES);
    const magnitude = (magnitudes[pick >>> 1] as number) * factor;
    return pick & 1 ? -magnitude : magnitude;
  };
}

function drawBias(size: number, random: Random): Float32Array {
  const draw = tailDraw(1, 0.01, random);
  return Float32Array.from({ length: size }, draw);
}
