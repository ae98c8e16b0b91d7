// The memory that the two inner loops of the EIE model work in. The loops are WebAssembly SIMD (asm/timing.ts), four
// PEs at a time: plain TypeScript takes about eight times as long over the same recurrence.

import type { WordSpans } from './layout.js';
import { wasm } from './timing.wasm.js';

/** Bytes of an i32, and of four i32 lanes. */
const WORD = 4;
const VECTOR = 16;

interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** What this file uses of the WebAssembly interface; the compiler's library knows it for browsers only. */
interface Engine {
  readonly Memory: new (size: { initial: number }) => Memory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Kernels };
}

/** The exports of asm/timing.ts; all addresses are in bytes. */
interface Kernels {
  time(
    count: number,
    gaps: number,
    rows: number,
    finished: number,
    finish: number,
    busy: number,
    depthBytes: number,
    laneBytes: number,
  ): number;
  words(count: number, rows: number, previous: number, reads: number, laneBytes: number): void;
}

const PAGE = 65_536;
/** Resident layouts beyond this are dropped, all at once: they are copied in again when they are next worked on. */
const MOST_RESIDENT_BYTES = 192 * 2 ** 20;

/** The kernels, their memory, and what is in it: work arrays first, then the layouts that were worked on. */
class Workbench {
  /** When each activation can follow the one before, and where its column's row stands. */
  gaps = new Int32Array(0);
  rows = new Int32Array(0);
  /** Zeros for the queue's depth, then the time at which each activation has left every PE. */
  finished = new Int32Array(0);
  /** One number per PE. */
  finish = new Int32Array(0);
  busy = new Int32Array(0);
  previous = new Int32Array(0);
  reads = new Int32Array(0);

  readonly #memory: Memory;
  readonly #kernels: Kernels;
  #room = { activations: 0, stride: 0 };
  #resident = new WeakMap<Uint16Array | WordSpans, number>();
  #firstFree = 0;
  #free = 0;

  constructor() {
    const { WebAssembly: engine } = globalThis as unknown as { readonly WebAssembly: Engine };
    this.#memory = new engine.Memory({ initial: 1 });
    const module = new engine.Module(Uint8Array.from(atob(wasm), (character) => character.charCodeAt(0)));
    this.#kernels = new engine.Instance(module, { env: { memory: this.#memory } }).exports;
  }

  /** Makes room for `activations` (queue depth included) on `stride` PEs, and `data` resident. Returns its address. */
  open(data: Uint16Array | WordSpans, activations: number, stride: number): number {
    if (activations > this.#room.activations || stride > this.#room.stride) this.#makeRoom(activations, stride);
    const known = this.#resident.get(data);
    return known ?? this.#load(data);
  }

  /** Runs the broadcast recurrence over the first `count` > 0 rows and gaps. Returns the last broadcast's cycle. */
  time(count: number, depth: number, stride: number): number {
    const { gaps, rows, finished, finish, busy } = this;
    return this.#kernels.time(
      count,
      gaps.byteOffset,
      rows.byteOffset,
      finished.byteOffset,
      finish.byteOffset,
      busy.byteOffset,
      depth * WORD,
      stride * WORD,
    );
  }

  /** Counts word reads over the first `count` > 0 rows into `reads`. */
  words(count: number, stride: number): void {
    const { rows, previous, reads } = this;
    this.#kernels.words(count, rows.byteOffset, previous.byteOffset, reads.byteOffset, stride * WORD);
  }

  #makeRoom(activations: number, stride: number): void {
    const before = this.#room;
    this.#room = {
      // Doubled only where it is what lacks: arrays of more and more PEs alone would double it each time.
      activations:
        activations > before.activations ? Math.max(2 * before.activations, activations, 4096) : before.activations,
      stride: Math.max(before.stride, stride, 64),
    };
    this.#firstFree = WORD * (3 * this.#room.activations + 4 * this.#room.stride);
    this.#clear();
    this.#reserve(this.#firstFree);
  }

  #clear(): void {
    this.#resident = new WeakMap();
    this.#free = Math.ceil(this.#firstFree / VECTOR) * VECTOR;
  }

  #load(data: Uint16Array | WordSpans): number {
    if (this.#free + data.byteLength > MOST_RESIDENT_BYTES) this.#clear();
    const address = this.#free;
    this.#free += Math.ceil(data.byteLength / VECTOR) * VECTOR;
    this.#reserve(this.#free);
    new Uint8Array(this.#memory.buffer, address).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    this.#resident.set(data, address);
    return address;
  }

  /** Grows the memory to `bytes`; growing detaches every view, so they are made anew. */
  #reserve(bytes: number): void {
    const missing = bytes - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE));
    const { activations, stride } = this.#room;
    const { buffer } = this.#memory;
    if (this.gaps.buffer === buffer && this.gaps.length === activations && this.finish.length === stride) return;
    let at = 0;
    const next = (length: number) => {
      const view = new Int32Array(buffer, at, length);
      at += view.byteLength;
      return view;
    };
    this.gaps = next(activations);
    this.rows = next(activations);
    this.finished = next(activations);
    this.finish = next(stride);
    this.busy = next(stride);
    this.previous = next(stride);
    this.reads = next(stride);
  }
}

export type { Workbench };

let shared: Workbench | undefined;

/** The one workbench. What it remembers is only copies: no result depends on what ran before. */
export function workbench(): Workbench {
  shared ??= new Workbench();
  return shared;
}
