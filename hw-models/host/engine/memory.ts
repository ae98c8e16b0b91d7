// The one memory that a network's weights and values live in, and who has which part of it.

import { InputError } from '../../../workloads/base/errors.js';
import type { Values } from '../../../workloads/tensor.js';
import type { NativeLibrary } from '../native/library.node.js';
import type { Heap, Scratch } from './kernel.js';
import { createMemory, PAGE, type SharedMemory } from './webassembly.js';

const ALIGNMENT = 64;
/** What kernels may read beyond a tensor. */
const OVERRUN = 256;
/** Below lie the modules' constant tables (scripts/build-wasm.mjs). */
const FIRST_FREE = 2 ** 20;
const MAX_BYTES = 2 ** 32;

export function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/**
 * A memory that a network has done with, to be used again: V8 does not count the room that shared
 * memories take and lets them lie for long.
 */
const MAX_SPARE_BYTES = 2 ** 30;
let spare: WeakRef<SharedMemory> | null = null;

function takeSpare(): SharedMemory | null {
  const memory = spare?.deref() ?? null;
  spare = null;
  return memory;
}

/**
 * Weights first, placed once; behind them whatever a plan lays out. Growing never moves anything.
 */
export class EngineMemory implements Heap {
  readonly memory: SharedMemory = takeSpare() ?? createMemory(FIRST_FREE / PAGE + 1);
  /** The first address behind the weights. */
  end = FIRST_FREE;

  readonly vectorFloats: number;

  constructor(
    readonly threads: number,
    native: Pick<NativeLibrary, 'vectorFloats' | 'useLargePages'> | null = null,
  ) {
    this.vectorFloats = native?.vectorFloats ?? 4;
    native?.useLargePages(this.memory.buffer, MAX_BYTES);
  }

  /** The address of `bytes` bytes that stay taken. */
  take(bytes: number): number {
    const address = this.end;
    this.end = aligned(address + bytes);
    this.reserve(this.end);
    return address;
  }

  place(data: Values): number {
    const address = this.take(data.byteLength);
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    new Uint8Array(this.memory.buffer, address, data.byteLength).set(bytes);
    return address;
  }

  /** Makes addresses below `end` usable. @throws InputError beyond 4 GiB. */
  reserve(end: number): void {
    const missing = end + OVERRUN - this.memory.buffer.byteLength;
    if (missing <= 0) return;
    if (end + OVERRUN > MAX_BYTES) {
      throw new InputError(
        `found a network that takes ${(end / 2 ** 30).toFixed(1)} GiB of memory, expected at most 4 GiB on the host`,
      );
    }
    this.memory.grow(Math.ceil(missing / PAGE));
  }

  /**
   * Gives the memory to the next network, all zero, unless that would keep much room. Nobody may
   * use it through this any more.
   */
  release(): void {
    if (this.memory.buffer.byteLength > MAX_SPARE_BYTES) return;
    new Uint8Array(this.memory.buffer, FIRST_FREE).fill(0);
    spare = new WeakRef(this.memory);
  }
}

/**
 * Parts of the memory behind `base` for tensors that come and go: the first gap that is large
 * enough.
 */
export class ValueSpace {
  #taken: { readonly start: number; readonly end: number; users: number }[] = [];
  /** Behind everything ever taken. */
  end: number;

  constructor(readonly base: number) {
    this.end = base;
  }

  take(bytes: number): number {
    let start = this.base;
    let at = 0;
    for (; at < this.#taken.length; at++) {
      const next = this.#taken[at] as { readonly start: number; readonly end: number };
      if (next.start - start >= Math.max(1, bytes)) break;
      start = next.end;
    }
    // Nothing too has a place of its own.
    const end = aligned(start + Math.max(1, bytes));
    this.#taken.splice(at, 0, { start, end, users: 1 });
    this.end = Math.max(this.end, end);
    return start;
  }

  /** One more who uses what begins at `start`, if it was taken here. */
  share(start: number): void {
    for (const part of this.#taken) if (part.start === start) part.users++;
  }

  /** One less: free where nobody is left. */
  release(start: number): void {
    for (const part of this.#taken) if (part.start === start) part.users--;
    this.#taken = this.#taken.filter(({ users }) => users > 0);
  }
}

/** A piece of work space, all of one owner's: a thread's, or no thread's. */
interface Piece {
  readonly owner: number | undefined;
  readonly start: number;
  readonly end: number;
  next: number;
}

/**
 * One layer's work space: what a layer took is free again for the next, but never for another
 * thread, whose cache would have to fetch each line from the one that wrote it last.
 */
export class LayerScratch implements Scratch {
  readonly #pieces: Piece[] = [];
  /** Behind everything that any layer took. */
  end: number;

  constructor(
    readonly threads: number,
    base: number,
  ) {
    this.end = base;
  }

  take(bytes: number, thread?: number): number {
    const needed = aligned(bytes);
    const owner = this.threads === 1 ? undefined : thread;
    let piece = this.#pieces.find((one) => one.owner === owner && one.next + needed <= one.end);
    if (!piece) {
      piece = { owner, start: this.end, end: this.end + needed, next: this.end };
      this.#pieces.push(piece);
      this.end = piece.end;
    }
    const address = piece.next;
    piece.next += needed;
    return address;
  }

  reset(): void {
    for (const piece of this.#pieces) piece.next = piece.start;
  }
}
