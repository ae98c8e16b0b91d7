import { xoroshiro128plus, xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** The one source of randomness: seeded, passed in, the same bits on every machine. */
export interface Random {
  /** A whole number in [0, bound), bound ≤ 2³². */
  below(bound: number): number;
  /** A number in [0, 1) with 32 random bits. */
  uniform(): number;
  /**
   * Where the stream stands, for a kernel that draws from it itself: xoroshiro128+'s two 64-bit
   * numbers, low words first.
   */
  state(): Uint32Array;
  /** Goes on from where a kernel left the stream. */
  resume(state: Uint32Array): void;
}

const TWO_POW_32 = 2 ** 32;

/**
 * Mixes a label into a seed, so that each drawn thing has its own stream whatever else is drawn
 * before it.
 */
export function seedFor(seed: number, label: string): number {
  let hash = (seed ^ 0x811c9dc5) >>> 0; // FNV-1a
  for (let i = 0; i < label.length; i++)
    hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}

/** A generator of its own for `label` under `seed`. */
export function createRandom(seed: number, label: string): Random {
  let generator = xoroshiro128plus(seedFor(seed, label));
  const uniform = () => (generator.next() >>> 0) / TWO_POW_32;
  // Multiply-shift: its bias is below bound / 2³², invisible at the sizes drawn here.
  return {
    uniform,
    below: (bound) => Math.floor(uniform() * bound),
    // pure-rand tells high words first.
    state() {
      const [high0 = 0, low0 = 0, high1 = 0, low1 = 0] = generator.getState();
      return Uint32Array.of(low0, high0, low1, high1);
    },
    resume(state) {
      const [low0 = 0, high0 = 0, low1 = 0, high1 = 0] = Int32Array.from(state);
      generator = xoroshiro128plusFromState([high0, low0, high1, low1]);
    },
  };
}
