// Native calls as they lie in memory: 16 bytes each, a function's address and its numbers', then
// all numbers.

import { invariant } from '../../../../workloads/base/errors.js';
import type { NativeLibrary } from '../../native/library.node.js';
import type { Call } from '../kernel.js';

/** Calls that the library runs in turn. */
export interface NativeList {
  readonly address: bigint;
  readonly count: number;
  /** Where it lies: held as long as it may run, since workers know its address alone. */
  readonly buffer: SharedArrayBuffer;
}

const ENTRY_BYTES = 16;
const NUMBER_BYTES = 8;

/** Room for all native calls of a programme. */
export class NativeLists {
  readonly #buffer: SharedArrayBuffer;
  readonly #address: bigint;
  #next = 0;

  constructor(
    readonly library: NativeLibrary,
    calls: readonly Call[],
  ) {
    const numbers = calls.reduce((sum, call) => sum + call.arguments.length, 0);
    this.#buffer = new SharedArrayBuffer(calls.length * ENTRY_BYTES + numbers * NUMBER_BYTES);
    this.#address = library.addressOf(this.#buffer);
  }

  /** One list after the other, of the calls that there is room for. */
  add(calls: readonly Call[]): NativeList {
    const entries = new BigUint64Array(this.#buffer, this.#next, 2 * calls.length);
    const address = this.#address + BigInt(this.#next);
    let at = this.#next + calls.length * ENTRY_BYTES;
    for (const [number, { function: name, arguments: values }] of calls.entries()) {
      entries[2 * number] = this.library.functionAt(name);
      entries[2 * number + 1] = this.#address + BigInt(at);
      new Float64Array(this.#buffer, at, values.length).set(values);
      at += values.length * NUMBER_BYTES;
    }
    invariant(at <= this.#buffer.byteLength, 'more native calls than there is room for');
    this.#next = at;
    return { address, count: calls.length, buffer: this.#buffer };
  }
}
