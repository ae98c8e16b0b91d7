// Rotary position embedding (Su et al., arXiv 2104.09864) as the Llama models have it: feature i
// turns with feature i + width / 2. Angles are made as Hugging Face's transformers makes them, step
// by step in float32.

import type { Sketch } from './sketch.js';

export interface Rotary {
  /** What its layers' names begin with: 'rotary' where left out. */
  readonly name?: string;
  readonly base: number;
  /** Features of a head. */
  readonly width: number;
  readonly positions: number;
  /** The first position's number. */
  readonly before: number;
  /** What the period of each pair of features is multiplied by; 1 everywhere where left out. */
  readonly stretch?: readonly number[];
}

/** How Llama 3.1 stretches periods, by its config.json's names. */
export interface Llama3Stretch {
  readonly factor: number;
  readonly low_freq_factor: number;
  readonly high_freq_factor: number;
  readonly original_max_position_embeddings: number;
}

/**
 * Periods beyond the context that was trained on are stretched by `factor`, short ones are left,
 * and between the two the frequencies are mixed (transformers, modeling_rope_utils.py,
 * _compute_llama3_parameters).
 */
export function llama3Stretch(
  base: number,
  width: number,
  { factor, ...limits }: Llama3Stretch,
): readonly number[] {
  const trained = limits.original_max_position_embeddings;
  const [low, high] = [limits.low_freq_factor, limits.high_freq_factor];
  return Array.from({ length: width / 2 }, (_, at) => {
    const wavelength = 2 * Math.PI * base ** ((2 * at) / width);
    if (wavelength < trained / high) return 1;
    if (wavelength > trained / low) return factor;
    const share = (trained / wavelength - low) / (high - low);
    return 1 / ((1 - share) / factor + share);
  });
}

/** How YaRN stretches periods (Peng et al., arXiv 2309.00071), by config.json's names. */
export interface YarnStretch {
  readonly factor: number;
  readonly beta_fast: number;
  readonly beta_slow: number;
  readonly original_max_position_embeddings: number;
}

/**
 * Periods that turn often within the context that was trained on are left, those that turn little
 * are stretched by `factor`, and between the two the frequencies are mixed (transformers,
 * modeling_rope_utils.py, _compute_yarn_parameters).
 */
export function yarnStretch(base: number, width: number, scaling: YarnStretch): readonly number[] {
  const { factor, original_max_position_embeddings: trained } = scaling;
  const pairOf = (turns: number) =>
    (width * Math.log(trained / (turns * 2 * Math.PI))) / (2 * Math.log(base));
  const low = Math.max(0, Math.floor(pairOf(scaling.beta_fast)));
  const high = Math.max(low + 0.001, Math.min(width - 1, Math.ceil(pairOf(scaling.beta_slow))));
  return Array.from({ length: width / 2 }, (_, at) => {
    const stretched = Math.min(1, Math.max(0, (at - low) / (high - low)));
    return 1 / (stretched / factor + (1 - stretched));
  });
}

/** What scores are multiplied by beside it, squared: 0.1 · scale · ln(factor) + 1. */
export const yarnMagnitude = (factor: number, scale: number): number =>
  factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1;

/** Of fixed-point numbers, which are tables and no parameters. */
const FRACTION = 2 ** 24;

function factorsOf(sketch: Sketch, called: string, stretch: readonly number[]): string {
  const fixed = sketch.table(`${called}.fixed`, [stretch.length], 'int64', (at) =>
    Math.round((stretch[at] as number) * FRACTION),
  );
  const float = sketch.cast(`${called}.fixed.float`, fixed, 'float32');
  return sketch.binary(
    `${called}.factors`,
    'divide',
    float,
    sketch.scalar(`${called}.fraction`, FRACTION),
  );
}

/** What turns [1, heads, positions, width]. */
export function rotary(sketch: Sketch, spec: Rotary) {
  const { name: called = 'rotary', base, width, positions, before, stretch } = spec;
  const half = width / 2;
  const float = (name: string) => sketch.cast(`${name}.float`, name, 'float32');
  const steps = float(sketch.table(`${called}.steps`, [half], 'int64', (at) => 2 * at));
  const exponents = sketch.binary(
    `${called}.exponents`,
    'divide',
    steps,
    sketch.scalar(`${called}.width`, width),
  );
  const periods = sketch.binary(
    `${called}.periods`,
    'power',
    sketch.scalar(`${called}.base`, base),
    exponents,
  );
  const stretched = stretch
    ? sketch.binary(`${called}.stretched`, 'multiply', periods, factorsOf(sketch, called, stretch))
    : periods;
  const frequencies = sketch.unary(`${called}.frequencies`, stretched, 'reciprocal');
  const numbers = float(
    sketch.table(`${called}.positions`, [positions, 1], 'int64', (at) => before + at),
  );
  const angles = sketch.binary(`${called}.angles`, 'multiply', numbers, frequencies);
  const cosines = sketch.unary(`${called}.cos_half`, angles, 'cos');
  const sines = sketch.unary(`${called}.sin_half`, angles, 'sin');
  const cos = sketch.concat(`${called}.cos`, -1, cosines, cosines);
  const sin = sketch.concat(
    `${called}.sin`,
    -1,
    sketch.unary(`${called}.sin_negative`, sines, 'neg'),
    sines,
  );
  return (name: string, heads: string): string => {
    const [first = '', second = ''] = sketch.split(`${name}.halves`, heads, 3, [half, half]);
    const swapped = sketch.concat(`${name}.swapped`, 3, second, first);
    const straight = sketch.binary(`${name}.straight`, 'multiply', heads, cos);
    const across = sketch.binary(`${name}.across`, 'multiply', swapped, sin);
    return sketch.sum(name, straight, across);
  };
}
