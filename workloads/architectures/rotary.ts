// Rotary position embedding (Su et al., arXiv 2104.09864) as the Llama models have it: feature i
// turns with feature i + width / 2. Angles are made as Hugging Face's transformers makes them, step
// by step in float32.

import type { Sketch } from './sketch.js';

export interface Rotary {
  readonly base: number;
  /** Features of a head. */
  readonly width: number;
  readonly positions: number;
  /** The first position's number. */
  readonly before: number;
}

/** What turns [1, heads, positions, width]. */
export function rotary(sketch: Sketch, { base, width, positions, before }: Rotary) {
  const half = width / 2;
  const float = (name: string) => sketch.cast(`${name}.float`, name, 'float32');
  const steps = float(sketch.table('rotary.steps', [half], 'int64', (at) => 2 * at));
  const exponents = sketch.binary(
    'rotary.exponents',
    'divide',
    steps,
    sketch.scalar('rotary.width', width),
  );
  const periods = sketch.binary(
    'rotary.periods',
    'power',
    sketch.scalar('rotary.base', base),
    exponents,
  );
  const frequencies = sketch.unary('rotary.frequencies', periods, 'reciprocal');
  const numbers = float(
    sketch.table('rotary.positions', [positions, 1], 'int64', (at) => before + at),
  );
  const angles = sketch.binary('rotary.angles', 'multiply', numbers, frequencies);
  const cosines = sketch.unary('rotary.cos_half', angles, 'cos');
  const sines = sketch.unary('rotary.sin_half', angles, 'sin');
  const cos = sketch.concat('rotary.cos', -1, cosines, cosines);
  const sin = sketch.concat(
    'rotary.sin',
    -1,
    sketch.unary('rotary.sin_negative', sines, 'neg'),
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
