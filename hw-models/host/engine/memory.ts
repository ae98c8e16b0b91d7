// The one memory that a network's weights and values live in, and who has which part of it.

import { InputError } from '../../../workloads/base/errors.js';
import type { Heap, Scratch } from './kernel.js';
import { createMemory, PAGE, type SharedMemory } from './webassembly.js';

const ALIGNMENT = 64;
/** What kernels may read beyond a tensor. */
const OVERRUN = 256;
/** Below lie the modules' constant tables (scripts/build-wasm.mjs). */
const FIRST_FREE = 2 ** 20;
const MOST_BYTES = 2 ** 32;

export function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** Weights first, placed once; behind them whatever a plan lays out. Growing never moves anything. */
export class EngineMemory implements Heap {
  readonly memory: SharedMemory = createMemory(FIRST_FREE / PAGE + 1);
  /** The first address behind the weights. */
  end = FIRST_FREE;

  constructor(readonly threads: number) {}

  place(data: Float32Array | Uint32Array | Int32Array | Uint16Array | Uint8Array | Int8Array): number {
    const address = this.end;
    this.end = aligned(address + data.byteLength);
    this.reserve(this.end);
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    new Uint8Array(this.memory.buffer, address, data.byteLength).set(bytes);
    return address;
  }

  /** Makes addresses below `end` usable. @throws InputError beyond 4 GiB. */
  reserve(end: number): void {
    const missing = end + OVERRUN - this.memory.buffer.byteLength;
    if (missing <= 0) return;
    if (end + OVERRUN > MOST_BYTES) {
      throw new InputError(`found a network of ${(end / 2 ** 30).toFixed(1)} GiB, expected at most 4 GiB on the host`);
    }
    this.memory.grow(Math.ceil(missing / PAGE));
  }
}

/** Parts of the memory behind `base` for values that come and go: the first gap that is large enough. */
export class ValueSpace {
  #taken: { readonly start: number; readonly end: number }[] = [];
  /** Behind everything ever taken. */
  end: number;

  constructor(readonly base: number) {
    this.end = base;
  }

  take(bytes: number): number {
    let start = this.base;
    let at = 0;
    for (; at < this.#taken.length; at++) {
      const next = this.#taken[at] as { start: number; end: number };
      if (next.start - start >= bytes) break;
      start = next.end;
    }
    const end = aligned(start + bytes);
    this.#taken.splice(at, 0, { start, end });
    this.end = Math.max(this.end, end);
    return start;
  }

  release(start: number): void {
    this.#taken = this.#taken.filter((part) => part.start !== start);
  }
}

/** One layer's work space: what a layer took is free again for the next. */
export class LayerScratch implements Scratch {
  #next: number;
  /** Behind everything that any layer took. */
  end: number;

  constructor(
    readonly threads: number,
    readonly base: number,
  ) {
    this.#next = base;
    this.end = base;
  }

  take(bytes: number): number {
    const address = this.#next;
    this.#next = aligned(address + bytes);
    this.end = Math.max(this.end, this.#next);
    return address;
  }

  reset(): void {
    this.#next = this.base;
  }
}
