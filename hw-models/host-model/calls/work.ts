// Counts the work in a call of an engine function: iterations of inner loops, and the memory that
// it accesses.

import type { LoopName } from '../loops.js';

export const FLOAT = 4;
export const VECTOR = 16;

export type Turns = Partial<Record<LoopName, number>>;

/** Consecutive bytes that a call reads or writes. */
export interface Touch {
  readonly address: number;
  readonly bytes: number;
  readonly writes?: boolean;
  /** How often they are gone through; 1 unless told. */
  readonly passes?: number;
  /**
   * Bytes gone through, these and others, from one pass over a byte to the next; `bytes` unless
   * told.
   */
  readonly apart?: number;
  /** How often reading starts anew somewhere else, where no prefetching helps. */
  readonly starts?: number;
  /**
   * How often one of several streams that are read side by side goes on to another column, and to
   * another page.
   */
  readonly streams?: number;
  readonly pages?: number;
}

export interface CallWork {
  readonly turns: Turns;
  readonly touches: readonly Touch[];
}

/** Kinds of code by how much of a cache line's way they hide behind their work. */
export const codes = [
  'columns',
  'sparseRows',
  'denseRows',
  'winograd',
  'fft',
  'pools',
  'elementwise',
  'copies',
] as const;
export const nativeCodes = [
  'nativeColumns',
  'nativeRows',
  'nativePanels',
  'nativeStreams',
] as const;
export type WebAssemblyCode = (typeof codes)[number];
export type NativeCode = (typeof nativeCodes)[number];
export type Code = WebAssemblyCode | NativeCode;

/** One piece of a call that was counted. */
export interface CountedWork extends CallWork {
  readonly code: Code;
}

/**
 * What counting needs to see: what was placed in memory, and one frame of the layer's first input.
 */
export interface Seen {
  /** `count` 32-bit words that were placed at `address`. */
  words(address: number, count: number): Uint32Array;
  readonly activations: Float32Array;
  /**
   * Where all frames of that input lie, one behind the other; without it a call counts as one on
   * the first values.
   */
  readonly input?: { readonly address: number; readonly bytes: number };
}

/** The first of the activations that a call at `address` meets. */
export function firstActivation({ activations, input }: Seen, address: number): number {
  const offset = input ? address - input.address : -1;
  return input && offset >= 0 && offset < input.bytes ? (offset / FLOAT) % activations.length : 0;
}

/**
 * Counts a call by its arguments, in the order in which the AssemblyScript function has them: one
 * piece of work, or several that follow each other, where what one waits for the next one cannot
 * hide.
 */
export type CallCount = (values: readonly number[], seen: Seen) => CallWork | readonly CallWork[];

/** Vectors that hold `floats` values. */
export const vectors = (floats: number) => Math.ceil(floats / 4);
