import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** The one source of randomness: seeded, passed in, the same bits on every machine. */
export interface Random {
  /** A whole number in [0, bound), bound ≤ 2³². */
  below(bound: number): number;
  /** A number in [0, 1) with 32 random bits. */
  uniform(): number;
}

const TWO_POW_32 = 2 ** 32;

/** Mixes a label into a seed, so that each drawn thing has its own stream whatever else is drawn before it. */
export function seedFor(seed: number, label: string): number {
  let hash = (seed ^ 0x811c9dc5) >>> 0; // FNV-1a
  for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}

/** A generator of its own for `label` under `seed`. */
export function createRandom(seed: number, label: string): Random {
  const generator = xoroshiro128plus(seedFor(seed, label));
  const uniform = () => (generator.next() >>> 0) / TWO_POW_32;
  // Multiply-shift: its bias is below bound / 2³², invisible at the sizes drawn here.
  return { uniform, below: (bound) => Math.floor(uniform() * bound) };
}
