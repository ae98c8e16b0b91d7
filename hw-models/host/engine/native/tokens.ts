// Sparse rows times many vectors ("tokens"), for native rows of fully connected layers: how the
// weights lie (native/c/sparse-tokens.c) and the steps that use them.

import type { CsrMatrix } from '../../../../workloads/weights/store.js';
import type { Call, Heap, Scratch, Step, Tensor } from '../kernel.js';
import { cutByWork, cutInMultiples, type Part, planeOf } from '../rows.js';
import { FLOAT } from '../tensor.js';
import { nativeCall as call } from './native.js';

/** Tokens of a tile, and how far its features lie apart. */
export const TILE = 64;
export const TILE_BYTES = TILE * FLOAT;
/** Tiles whose sums have a room together. */
const TILES_TOGETHER = 2;
/** Features of which a tile stays in a first-level cache of 32 KiB, with room for sums. */
const MAX_CHUNK = 112;
/** Rows of which two tiles' sums stay in a second-level cache of 1 MiB, with room for features. */
const MAX_GROUP = 768;
/** Up to this share of weights it is faster than the dense product. */
export const SPARSE_TOKENS_UP_TO = 0.4;

const ENTRY_BYTES = 8;
/** Values in a cache line. */
const LINE = 16;

export type Together = (
  input: Tensor,
  output: Tensor,
  count: number,
  scratch: Scratch,
) => readonly Step[];

/** A part of the rows as a kernel of tokens reads it. */
export interface TokenPart extends Part {
  readonly groupRows: number;
  readonly rowsAt: number;
  readonly entriesAt: number;
}

/** Where a matrix has entries, and what they are: 32 bits each. */
export interface TokenEntries {
  readonly rows: number;
  readonly columns: number;
  readonly pointers: Uint32Array;
  readonly indices: Uint32Array;
  readonly bits: Uint32Array;
}

/** Columns of a chunk, none of more than `max`, all of nearly the same. */
export function chunkOf(columns: number, max = MAX_CHUNK): number {
  return Math.ceil(columns / Math.ceil(columns / max));
}

/** Rows of nearly equal work for each thread. */
export function placeParts(matrix: TokenEntries, chunk: number, heap: Heap): readonly TokenPart[] {
  return cutByWork(matrix.pointers, heap.threads).map(({ first, end }) => {
    const groupRows = chunkOf(end - first, MAX_GROUP);
    const { rows, entries } = chunkLists(matrix, first, end, groupRows, chunk);
    return { first, end, groupRows, rowsAt: heap.place(rows), entriesAt: heap.place(entries) };
  });
}

/** Calls that lay out `columns` values of 32 bits of each vector of `input` as tiles. */
export function apartCalls(
  input: Tensor,
  count: number,
  columns: number,
  tilesAt: number,
  { threads }: Scratch,
): readonly Call[] {
  return cutInMultiples(columns, LINE, threads).map(({ first, end }) => {
    const extent = [count, first, end, columns, input.frameBytes];
    return call('zs_tokens_apart', planeOf(input, 0), tilesAt, ...extent);
  });
}

/** Lays out rows and says what multiplies `count` vectors by them. */
export function placeTokens(
  csr: CsrMatrix,
  biasAt: number,
  bounds: readonly [min: number, max: number],
  heap: Heap,
): Together {
  const { columns: features, values } = csr;
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const chunk = chunkOf(features);
  const parts = placeParts({ ...csr, bits }, chunk, heap);
  return (input, output, count, scratch) => {
    const tiles = Math.ceil(count / TILE);
    const tilesAt = scratch.take(tiles * features * TILE_BYTES);
    const made = parts.map(({ first, end, groupRows, rowsAt, entriesAt }, thread) => {
      const sumBytes = Math.min(tiles, TILES_TOGETHER) * groupRows * TILE_BYTES;
      const sums = scratch.take(sumBytes, thread);
      const own = [rowsAt, entriesAt, biasAt + first * FLOAT, sums];
      const extent = [count, end - first, groupRows, features, chunk, output.frameBytes];
      const to = planeOf(output, 0, first);
      return call('zs_tokens_sparse', tilesAt, to, ...own, ...extent, ...bounds);
    });
    return [apartCalls(input, count, features, tilesAt, scratch), made];
  };
}

/**
 * For each group of `groupRows` of the rows from `first` to `end` − 1, and in it for each chunk of
 * features: rows in the order of their entries' number, which loops over them then foresee, as
 * where the sums lie and how many entries; and the entries, as where the feature lies and the
 * weight.
 */
function chunkLists(
  { pointers, indices, bits, columns }: TokenEntries,
  first: number,
  end: number,
  groupRows: number,
  chunk: number,
): { readonly rows: Uint32Array; readonly entries: Uint32Array } {
  const chunks = Math.ceil(columns / chunk);
  const rows = new Uint32Array(2 * (end - first) * chunks);
  const from = pointers[first] as number;
  const entries = new Uint32Array(((pointers[end] as number) - from) * (ENTRY_BYTES / FLOAT));
  const cursors = pointers.slice(first, end);
  const counts = new Uint32Array(groupRows);
  const starts = new Uint32Array(chunk + 2);
  let [rowAt, entryAt] = [0, 0];
  for (let group = first; group < end; group += groupRows) {
    const groupEnd = Math.min(end, group + groupRows);
    for (let chunkFirst = 0; chunkFirst < columns; chunkFirst += chunk) {
      const chunkEnd = Math.min(columns, chunkFirst + chunk);
      // Counted and put in order, longest first.
      starts.fill(0);
      for (let row = group; row < groupEnd; row++) {
        const begin = cursors[row - first] as number;
        const rowEnd = pointers[row + 1] as number;
        let at = begin;
        while (at < rowEnd && (indices[at] as number) < chunkEnd) at++;
        counts[row - group] = at - begin;
        const place = chunk - (at - begin) + 1;
        starts[place] = (starts[place] as number) + 1;
      }
      for (let place = 1; place < starts.length; place++) {
        starts[place] = (starts[place] as number) + (starts[place - 1] as number);
      }
      const count = groupEnd - group;
      for (let row = 0; row < count; row++) {
        const place = chunk - (counts[row] as number);
        const to = rowAt + (starts[place] as number);
        starts[place] = (starts[place] as number) + 1;
        rows[2 * to] = row * TILE_BYTES;
        rows[2 * to + 1] = counts[row] as number;
      }
      for (let at = rowAt; at < rowAt + count; at++) {
        const row = group - first + (rows[2 * at] as number) / TILE_BYTES;
        const begin = cursors[row] as number;
        const own = begin + (rows[2 * at + 1] as number);
        cursors[row] = own;
        for (let entry = begin; entry < own; entry++, entryAt++) {
          entries[2 * entryAt] = ((indices[entry] as number) - chunkFirst) * TILE_BYTES;
          entries[2 * entryAt + 1] = bits[entry] as number;
        }
      }
      rowAt += count;
    }
  }
  return { rows, entries };
}
