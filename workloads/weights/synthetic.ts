// Seeded weights and activations at a given density, for networks whose real ones are not at hand.

import { probit } from 'simple-statistics';
import { InputError } from '../base/errors.js';
import { createRandom, type Random } from '../base/random.js';
import type { WeightShape } from '../layers/index.js';
import type { Activations, LayerWeights } from '../network.js';
import type { CsrMatrix } from './store.js';

/** The whole number of a tensor's `size` elements that a density keeps. @throws InputError outside 0 to 1. */
export function keptOf(size: number, density: number): number {
  if (!(density >= 0 && density <= 1)) throw new InputError(`found density ${density}, expected 0 to 1`);
  return Math.round(size * density);
}

/**
 * Weights with exactly round(density · size) non-zeros, every set of positions equally likely. Values are what
 * magnitude pruning leaves of a Gaussian (both tails), scaled so that the layer keeps its input's variance (He).
 */
export function drawWeights(shape: WeightShape, density: number, seed: number, label: string): LayerWeights {
  const { rows, columns } = shape;
  const random = createRandom(seed, `${label}/weights`);
  const nonzeros = keptOf(rows * columns, density);
  const chosen = chooseBits(rows * columns, nonzeros, random);
  const pointers = new Uint32Array(rows + 1);
  const indices = new Uint32Array(nonzeros);
  const values = new Float32Array(nonzeros);
  const draw = tailDraw(density, Math.sqrt(2 / (density * columns)), random);
  let at = 0;
  for (let row = 0, position = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, position++) {
      if (((chosen[position >>> 5] as number) >>> (position & 31)) & 1) {
        indices[at] = column;
        values[at++] = draw();
      }
    }
    pointers[row + 1] = at;
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

/** A bit set of `size` with exactly `kept` ones: draws positions until enough differ (of the rarer kind). */
function chooseBits(size: number, kept: number, random: Random): Uint32Array {
  const drawOnes = kept <= size / 2;
  const bits = new Uint32Array(Math.ceil(size / 32)).fill(drawOnes ? 0 : 0xffffffff);
  for (let left = drawOnes ? kept : size - kept; left > 0; ) {
    const position = random.below(size);
    const word = bits[position >>> 5] as number;
    const flipped = word ^ (1 << (position & 31));
    const isOne = (word >>> (position & 31)) & 1;
    if (isOne === (drawOnes ? 1 : 0)) continue;
    bits[position >>> 5] = flipped;
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
