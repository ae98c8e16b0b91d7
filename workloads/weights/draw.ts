// The seeded draw of a sparse matrix. Its loops are WebAssembly (asm/draw.ts), which has the 64-bit
// numbers that the generator works in; test/reference/draw.ts says in plain TypeScript what they
// draw.

import { InputError, invariant } from '../base/errors.js';
import type { Random } from '../base/random.js';
import type { Steps } from '../base/steps.js';
import { loadKernels, reserve } from '../base/webassembly.js';
import { wasm } from './draw.wasm.js';
import type { CsrMatrix } from './store.js';

/** The exports of asm/draw.ts; all addresses are in bytes. */
interface Kernels {
  mark(
    state: number,
    rows: number,
    rowLimits: number,
    columns: number,
    columnLimits: number,
    bits: number,
    before: number,
    count: number,
    pairs: number,
  ): void;
  list(
    state: number,
    bits: number,
    columns: number,
    first: number,
    rows: number,
    table: number,
    shift: number,
    ends: number,
    indices: number,
    values: number,
    room: number,
  ): number;
}

/** What decides a matrix besides the stream that it is drawn from. */
export interface MatrixDraw {
  /** Chances of the rows against each other, and of the columns, in any unit. */
  readonly rowChances: Float64Array;
  readonly columnChances: Float64Array;
  /** How many entries it has. */
  readonly nonzeros: number;
  /** Values, equally likely: two, four or any higher power of two. */
  readonly table: Float32Array;
}

const WORD = 4;
const TWO_POW_32 = 2 ** 32;
/** As in asm/draw.ts. */
const STATE_BYTES = 16;
const PAIRS_BYTES = 2 * 2 ** 15 * WORD;
/**
 * Entries that are listed before they are copied out: in the second-level cache with their values.
 */
const MIN_ROOM = 2 ** 15;
/**
 * Engines begin with code that is compiled quickly, and go over to better code between calls alone.
 */
const MARKS_PER_CALL = 2 ** 16;
const ALIGNMENT = 16;
/** All bits of a word. */
const ONES = TWO_POW_32 - 1;

/** Places of a row, and of a column, that a number of 32 bits times their count tells exactly. */
const MAX_PLACES = 2 ** 21;

let loaded: ReturnType<typeof loadKernels<Kernels>> | undefined;
/** The draw that the kernels' memory belongs to. */
let holder: MatrixDraw | undefined;

/**
 * A matrix with exactly `nonzeros` entries. Places are drawn in proportion to their row's and their
 * column's chance until so many differ; where entries are more than half of all places, it is the
 * empty ones that are drawn so. A draw that pauses must not be taken up again once another one has
 * begun. @throws InputError for matrices that are too large.
 */
export function* drawMatrix(draw: MatrixDraw, random: Random): Steps<CsrMatrix> {
  const { rowChances, columnChances, nonzeros, table } = draw;
  const [rows, columns] = [rowChances.length, columnChances.length];
  const size = rows * columns;
  if (!(rows <= MAX_PLACES && columns <= MAX_PLACES && size < TWO_POW_32)) {
    throw new InputError(
      `found weights of ${rows} × ${columns}, expected at most ${MAX_PLACES} rows and columns, ${TWO_POW_32} in all`,
    );
  }
  holder = draw;
  const pause = function* (): Steps<void> {
    yield;
    invariant(holder === draw, 'a draw went on after another one had begun');
  };
  const room = Math.max(columns, MIN_ROOM);
  const { take, ...space } = createSpace();
  const state = take(STATE_BYTES);
  const pairs = take(PAIRS_BYTES);
  const rowLimits = take(rows * WORD);
  const columnLimits = take(columns * WORD);
  const choices = take(table.byteLength);
  const ends = take(rows * WORD);
  const listed = take(room * WORD);
  const chosen = take(room * WORD);
  const bits = take(Math.ceil(size / 32) * WORD);

  loaded ??= loadKernels<Kernels>(wasm);
  const { memory, kernels } = loaded;
  reserve(memory, space.bytes());
  const { buffer } = memory;
  const words = (address: number, length: number) => new Uint32Array(buffer, address, length);
  const drawsOnes = nonzeros <= size / 2;
  const before = drawsOnes ? 0 : ONES;
  words(bits, Math.ceil(size / 32)).fill(before);
  words(rowLimits, rows).set(limitsOf(rowChances));
  words(columnLimits, columns).set(limitsOf(columnChances));
  new Float32Array(buffer, choices, table.length).set(table);
  const stream = random.state();
  words(state, stream.length).set(stream);

  for (let left = drawsOnes ? nonzeros : size - nonzeros; left > 0; left -= MARKS_PER_CALL) {
    const count = Math.min(left, MARKS_PER_CALL);
    kernels.mark(state, rows, rowLimits, columns, columnLimits, bits, before, count, pairs);
    yield* pause();
  }
  const pointers = new Uint32Array(rows + 1);
  const indices = new Uint32Array(nonzeros);
  const values = new Float32Array(nonzeros);
  const shift = 32 - Math.log2(table.length);
  for (let row = 0, at = 0; row < rows; at = pointers[row] as number) {
    const stop = kernels.list(
      state,
      bits,
      columns,
      row,
      rows,
      choices,
      shift,
      ends,
      listed,
      chosen,
      room,
    );
    const rowEnds = words(ends, stop - row);
    for (const [past, end] of rowEnds.entries()) pointers[row + past + 1] = at + end;
    const entries = rowEnds.at(-1) ?? 0;
    indices.set(words(listed, entries), at);
    values.set(new Float32Array(buffer, chosen, entries), at);
    row = stop;
    yield* pause();
  }
  random.resume(words(state, stream.length));
  return { format: 'csr', rows, columns, pointers, indices, values };
}

/** Hands out addresses one after another, each at the start of a SIMD vector. */
function createSpace() {
  let end = 0;
  return {
    take(bytes: number): number {
      const start = end;
      end = Math.ceil((start + bytes) / ALIGNMENT) * ALIGNMENT;
      return start;
    },
    bytes: () => end,
  };
}

/**
 * Up to which of 2³² equally likely numbers each place is taken: the largest u for which u / 2³² ×
 * the largest chance is at most its own, as floating point has it.
 */
function limitsOf(chances: Float64Array): Uint32Array {
  const largest = chances.reduce((max, chance) => Math.max(max, chance), 0);
  return Uint32Array.from(chances, (chance) => {
    const isTaken = (number: number) => (number / TWO_POW_32) * largest <= chance;
    let limit = Math.min(ONES, Math.floor((chance / largest) * TWO_POW_32));
    while (limit < ONES && isTaken(limit + 1)) limit++;
    while (!isTaken(limit)) limit--;
    return limit;
  });
}
