// The memory that the inner loops of the EIE model work in. The loops are WebAssembly SIMD
// (asm/timing.ts), four PEs at a time: plain TypeScript takes about eight times as long over the
// same recurrence.

import { type KernelMemory, loadKernels, reserve } from '../../workloads/base/webassembly.js';
import type { ColumnLayout } from './layout.js';
import { wasm } from './timing.wasm.js';

/** Bytes of an i32, and of four i32 lanes. */
const WORD = 4;
const VECTOR = 16;

/** The exports of asm/timing.ts; all addresses are in bytes. */
interface Kernels {
  time(
    count: number,
    gaps: number,
    rows: number,
    finished: number,
    finish: number,
    busy: number,
    room: number,
    depthBytes: number,
    laneBytes: number,
  ): number;
  spans(
    columns: number,
    entries: number,
    spans: number,
    next: number,
    perEntry: number,
    laneBytes: number,
  ): void;
  words(count: number, rows: number, previous: number, reads: number, laneBytes: number): void;
}

/**
 * Resident layouts beyond this are dropped, all at once: they are copied in again when they are
 * next worked on.
 */
const MAX_RESIDENT_BYTES = 2 ** 25;

/** The words that a layout's entries lie in, when a word holds so many of them. */
export interface WordSpans {
  readonly layout: ColumnLayout;
  readonly entriesPerWord: number;
}

/**
 * The kernels, their memory, and what is in it: work arrays first, then the layouts that were
 * worked on.
 */
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

  readonly #memory: KernelMemory;
  readonly #kernels: Kernels;
  #room = { activations: 0, stride: 0 };
  #resident = new WeakMap<ColumnLayout | WordSpans, number>();
  #firstFree = 0;
  #free = 0;

  constructor() {
    const { memory, kernels } = loadKernels<Kernels>(wasm);
    this.#memory = memory;
    this.#kernels = kernels;
  }

  /**
   * Makes room for `activations` (queue depth included), and a layout's counts resident. Returns
   * their address.
   */
  openCounts(layout: ColumnLayout, activations: number): number {
    this.#makeRoom(activations, layout.stride);
    return this.#resident.get(layout) ?? this.#load(layout, 0);
  }

  /**
   * Makes room for `activations`, and words resident: [columns × 2 × stride], first words then last
   * words.
   */
  openSpans(spans: WordSpans, activations: number): number {
    this.#makeRoom(activations, spans.layout.stride);
    return this.#resident.get(spans) ?? this.#span(spans);
  }

  /**
   * Runs the broadcast recurrence over the first `count` > 0 rows and gaps. Returns the last
   * broadcast's cycle.
   */
  time(count: number, depth: number, room: number, stride: number): number {
    const { gaps, rows, finished, finish, busy } = this;
    return this.#kernels.time(
      count,
      gaps.byteOffset,
      rows.byteOffset,
      finished.byteOffset,
      finish.byteOffset,
      busy.byteOffset,
      room,
      depth * WORD,
      stride * WORD,
    );
  }

  /** Counts word reads over the first `count` > 0 rows into `reads`. */
  words(count: number, stride: number): void {
    const { rows, previous, reads } = this;
    this.#kernels.words(
      count,
      rows.byteOffset,
      previous.byteOffset,
      reads.byteOffset,
      stride * WORD,
    );
  }

  #makeRoom(activations: number, stride: number): void {
    const before = this.#room;
    if (activations <= before.activations && stride <= before.stride) return;
    this.#room = {
      // Doubled only where it is what lacks: arrays of more and more PEs alone would double it each
      // time.
      activations:
        activations > before.activations
          ? Math.max(2 * before.activations, activations, 4096)
          : before.activations,
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

  /** Copies a layout's counts in, and leaves room for `more` bytes that are taken next. */
  #load(layout: ColumnLayout, more: number): number {
    const { entries } = layout;
    if (this.#free + entries.byteLength + more > MAX_RESIDENT_BYTES) this.#clear();
    const address = this.#take(entries.byteLength);
    new Uint16Array(this.#memory.buffer, address).set(entries);
    this.#resident.set(layout, address);
    return address;
  }

  #span(spans: WordSpans): number {
    const { layout, entriesPerWord } = spans;
    const laneBytes = layout.stride * WORD;
    const bytes = 2 * layout.columns * laneBytes;
    if (this.#free + bytes > MAX_RESIDENT_BYTES) this.#clear();
    const counts = this.#resident.get(layout) ?? this.#load(layout, bytes);
    const address = this.#take(bytes);
    const { previous } = this;
    previous.fill(0, 0, layout.stride);
    this.#kernels.spans(
      layout.columns,
      counts,
      address,
      previous.byteOffset,
      1 / entriesPerWord,
      laneBytes,
    );
    this.#resident.set(spans, address);
    return address;
  }

  #take(bytes: number): number {
    const address = this.#free;
    this.#free += Math.ceil(bytes / VECTOR) * VECTOR;
    this.#reserve(this.#free);
    return address;
  }

  /** Grows the memory to `bytes`; growing detaches every view, so they are made anew. */
  #reserve(bytes: number): void {
    reserve(this.#memory, bytes);
    const { activations, stride } = this.#room;
    const { buffer } = this.#memory;
    if (
      this.gaps.buffer === buffer &&
      this.gaps.length === activations &&
      this.finish.length === stride
    )
      return;
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
