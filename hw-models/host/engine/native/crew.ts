// Native steps as they lie in memory, and the threads that run them: a programme's native steps
// that follow each other are one call of the library, which hands them out without coming back
// here.

import { invariant } from '../../../../workloads/base/errors.js';
import type { NativeLibrary } from '../../native/library.node.js';
import type { Call } from '../kernel.js';

/** Of a call: a function's address and its numbers'; of a lane and a step: an address, a count. */
const ENTRY_WORDS = 2;
const WORD_BYTES = 8;
/** Times that a thread which waits for others to wake gives way at most. */
const YIELDS = 200;

/** For each step its lanes, for each of them calls to be run in turn. */
export type NativeSteps = readonly (readonly (readonly Call[])[])[];

/** Where steps lie. */
interface LaidSteps {
  /** Of the first step's entry. */
  readonly address: bigint;
  /** When each was done at its last run, in seconds from the run's beginning. */
  readonly ends: Float64Array;
  readonly endsAddress: bigint;
}

/** `threads` threads, whoever runs a programme included, over the memory at `base`. */
export class NativeCrew {
  readonly #crew: bigint;
  #laid: LaidSteps | null = null;

  constructor(
    readonly library: NativeLibrary,
    readonly threads: number,
    readonly base: bigint,
  ) {
    this.#crew = library.startCrew(threads - 1);
    invariant(this.#crew !== 0n, 'no memory for threads');
  }

  /** Only the steps that were laid last can run. */
  lay(steps: NativeSteps): void {
    this.#laid = steps.length > 0 ? laidSteps(this.library, steps) : null;
  }

  /** Runs `count` steps from `first` on; how many seconds each took is added by `took`. */
  run(first: number, count: number, took: (step: number, seconds: number) => void): void {
    const laid = this.#laid;
    invariant(laid !== null && first + count <= laid.ends.length, 'no such native steps');
    const { address, ends, endsAddress } = laid;
    this.library.runCrew(
      this.#crew,
      this.base,
      address + BigInt(first * ENTRY_WORDS * WORD_BYTES),
      count,
      endsAddress + BigInt(first * WORD_BYTES),
    );
    let before = 0;
    for (let step = first; step < first + count; step++) {
      const end = ends[step] as number;
      took(step, end - before);
      before = end;
    }
  }

  /** So that a run that follows at once meets threads that are awake. */
  rouse(): void {
    this.library.rouseCrew(this.#crew, this.threads > 1 ? YIELDS : 0);
  }

  /** Nothing can run any more. */
  stop(): void {
    this.library.stopCrew(this.#crew);
  }
}

/** One buffer of words: the steps, their ends, all lanes, all calls, all numbers. */
function laidSteps(library: NativeLibrary, steps: NativeSteps): LaidSteps {
  const lanes = steps.flat();
  const calls = lanes.flat();
  const numbers = calls.reduce((sum, call) => sum + call.arguments.length, 0);
  const entries = ENTRY_WORDS * (steps.length + lanes.length + calls.length);
  const buffer = new SharedArrayBuffer((entries + steps.length + numbers) * WORD_BYTES);
  const words = new BigUint64Array(buffer);
  const floats = new Float64Array(buffer);
  const base = library.addressOf(buffer);
  const addressOf = (word: number) => base + BigInt(word * WORD_BYTES);
  const ends = ENTRY_WORDS * steps.length;
  let lane = ends + steps.length;
  let call = lane + ENTRY_WORDS * lanes.length;
  let number = call + ENTRY_WORDS * calls.length;
  const entry = (word: number, first: bigint, second: bigint) => {
    words[word] = first;
    words[word + 1] = second;
    return word + ENTRY_WORDS;
  };
  for (const [at, own] of steps.entries()) {
    invariant(own.length > 0, 'a step without lanes');
    entry(ENTRY_WORDS * at, addressOf(lane), BigInt(own.length));
    for (const together of own) {
      lane = entry(lane, addressOf(call), BigInt(together.length));
      for (const { function: name, arguments: values } of together) {
        call = entry(call, library.functionAt(name), addressOf(number));
        floats.set(values, number);
        number += values.length;
      }
    }
  }
  return {
    address: base,
    ends: floats.subarray(ends, ends + steps.length),
    endsAddress: addressOf(ends),
  };
}
