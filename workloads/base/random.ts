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
  /** Leaves out so many numbers, < 2³², without making them. */
  skip(count: number): void;
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
    state: () => stateOf(generator),
    resume(state) {
      generator = generatorAt(state);
    },
    skip(count) {
      generator = generatorAt(stateAfter(stateOf(generator), count));
    },
  };
}

const generatorAt = (state: Uint32Array): Generator => {
  const [low0 = 0, high0 = 0, low1 = 0, high1 = 0] = Int32Array.from(state);
  return xoroshiro128plusFromState([high0, low0, high1, low1]);
};

type Generator = ReturnType<typeof xoroshiro128plus>;

// pure-rand tells high words first.
const stateOf = (generator: Generator): Uint32Array => {
  const [high0 = 0, low0 = 0, high1 = 0, low1 = 0] = generator.getState();
  return Uint32Array.of(low0, high0, low1, high1);
};

const WORDS = 4;
const STATE_BITS = 32 * WORDS;

/**
 * What 2^k steps make of each bit of a state alone, by k: WORDS words a bit. A step is exclusive ors
 * of the state's bits, so what several bits become is the exclusive or of what each one becomes.
 */
const jumps: Uint32Array[] = [];

/** The state that `count` steps lead to. */
function stateAfter(state: Uint32Array, count: number): Uint32Array {
  let after = state;
  for (let [k, left] = [0, count]; left > 0; k++, left = Math.floor(left / 2))
    if (left % 2 === 1) after = jumped(after, jumpOf(k));
  return after;
}

function jumpOf(k: number): Uint32Array {
  const known = jumps[k];
  if (known) return known;
  const jump = new Uint32Array(STATE_BITS * WORDS);
  for (let bit = 0; bit < STATE_BITS; bit++) {
    const state = new Uint32Array(WORDS);
    state[bit >>> 5] = 1 << (bit & 31);
    jump.set(
      k === 0 ? nextState(state) : jumped(jumped(state, jumpOf(k - 1)), jumpOf(k - 1)),
      bit * WORDS,
    );
  }
  jumps[k] = jump;
  return jump;
}

function nextState(state: Uint32Array): Uint32Array {
  const generator = generatorAt(state);
  generator.next();
  return stateOf(generator);
}

function jumped(state: Uint32Array, jump: Uint32Array): Uint32Array {
  const after = new Uint32Array(WORDS);
  for (let bit = 0; bit < STATE_BITS; bit++) {
    if ((((state[bit >>> 5] as number) >>> (bit & 31)) & 1) === 0) continue;
    for (let word = 0; word < WORDS; word++)
      after[word] = (after[word] as number) ^ (jump[bit * WORDS + word] as number);
  }
  return after;
}
