// The seeded draw of a sparse matrix. Its loops are WebAssembly (asm/draw.ts), which has the 64-bit
// numbers that the generator works in; test/reference/draw.ts says in plain TypeScript what they
// draw.

import { InputError, invariant } from '../base/errors.js';
import type { Random } from '../base/random.js';
import type { Steps } from '../base/steps.js';
import { loadKernels, reserve } from '../base/webassembly.js';
import { wasm } from './draw.wasm.js';
import { csrOnDemand, matrixOnDemand } from './on-demand.js';
import type { CsrMatrix, DenseMatrix } from './store.js';

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
    bits: number,
    columns: number,
    first: number,
    rows: number,
    ends: number,
    indices: number,
    room: number,
  ): number;
  groups(
    state: number,
    rows: number,
    columns: number,
    keep: number,
    of: number,
    table: number,
    shift: number,
    indices: number,
    values: number,
  ): void;
  pick(state: number, count: number, table: number, shift: number, values: number): void;
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
/** Entries that are listed, or values drawn, before they are copied out: in the second-level cache. */
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

type Loaded = ReturnType<typeof loadKernels<Kernels>>;

/** One for places and one for values, which may be read while places are being drawn. */
const loaded: { places?: Loaded; values?: Loaded } = {};
/** The draw that the memory of the kernels for places belongs to. */
let holder: MatrixDraw | undefined;

/**
 * A matrix with exactly `nonzeros` entries. Places are drawn in proportion to their row's and their
 * column's chance until so many differ; where entries are more than half of all places, it is the
 * empty ones that are drawn so. Values are drawn when they are first read. A draw that pauses must
 * not be taken up again once another one has begun. @throws InputError for matrices that are too
 * large.
 */
export function* drawMatrix(draw: MatrixDraw, random: Random): Steps<CsrMatrix> {
  const { rowChances, columnChances, nonzeros, table } = draw;
  const [rows, columns] = [rowChances.length, columnChances.length];
  const size = rows * columns;
  requireDrawable(rows, columns);
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
  const ends = take(rows * WORD);
  const listed = take(room * WORD);
  const bits = take(Math.ceil(size / 32) * WORD);

  const { kernels, buffer } = kernelsFor('places', space.bytes());
  const words = (address: number, length: number) => new Uint32Array(buffer, address, length);
  const drawsOnes = nonzeros <= size / 2;
  const before = drawsOnes ? 0 : ONES;
  words(bits, Math.ceil(size / 32)).fill(before);
  words(rowLimits, rows).set(limitsOf(rowChances));
  words(columnLimits, columns).set(limitsOf(columnChances));
  const stream = random.state();
  words(state, stream.length).set(stream);

  for (let left = drawsOnes ? nonzeros : size - nonzeros; left > 0; left -= MARKS_PER_CALL) {
    const count = Math.min(left, MARKS_PER_CALL);
    kernels.mark(state, rows, rowLimits, columns, columnLimits, bits, before, count, pairs);
    yield* pause();
  }
  const pointers = new Uint32Array(rows + 1);
  const indices = new Uint32Array(nonzeros);
  for (let row = 0, at = 0; row < rows; at = pointers[row] as number) {
    const stop = kernels.list(bits, columns, row, rows, ends, listed, room);
    const rowEnds = words(ends, stop - row);
    for (const [past, end] of rowEnds.entries()) pointers[row + past + 1] = at + end;
    indices.set(words(listed, rowEnds.at(-1) ?? 0), at);
    row = stop;
    yield* pause();
  }
  random.resume(words(state, stream.length));
  return csrOnDemand({ rows, columns, pointers, indices }, drawnLater(nonzeros, table, random));
}

/**
 * {@link drawMatrix} where every place is taken: no chance is drawn, and of the matrix nothing
 * until its values are read. @throws InputError for matrices that are too large.
 */
export function drawFull(
  rows: number,
  columns: number,
  table: Float32Array,
  random: Random,
): DenseMatrix {
  requireDrawable(rows, columns);
  return matrixOnDemand(rows, columns, drawnLater(rows * columns, table, random), true);
}

/** Rows by groups of `of` columns, each of which keeps `keep`, of a last, shorter one at most. */
export interface GroupDraw {
  readonly rows: number;
  readonly columns: number;
  readonly keep: number;
  readonly of: number;
  readonly table: Float32Array;
}

/**
 * A matrix of groups: in each, every choice of places is equally likely. A value is drawn behind
 * its place; all of them are drawn again when they are read.
 */
export function drawGroups(draw: GroupDraw, random: Random): CsrMatrix {
  const { rows, columns } = draw;
  const before = random.state();
  const indices = new Uint32Array(rows * keptPerRow(draw));
  random.resume(groupsFrom(draw, before, (at, drawn) => indices.set(drawn.indices, at)));
  const pointers = Uint32Array.from({ length: rows + 1 }, (_, row) => row * keptPerRow(draw));
  return csrOnDemand({ rows, columns, pointers, indices }, () => {
    const made = new Float32Array(indices.length);
    groupsFrom(draw, before, (at, drawn) => made.set(drawn.values, at));
    return made;
  });
}

const keptPerRow = ({ columns, keep, of }: GroupDraw) =>
  Math.floor(columns / of) * keep + Math.min(keep, columns % of);

/** Hands out entries as they are drawn, some rows at a time. Returns where the stream then stands. */
function groupsFrom(
  draw: GroupDraw,
  from: Uint32Array,
  take: (
    at: number,
    drawn: { readonly indices: Uint32Array; readonly values: Float32Array },
  ) => void,
): Uint32Array {
  const { rows, columns, keep, of, table } = draw;
  const perRow = keptPerRow(draw);
  const rowsAtOnce = Math.max(1, Math.floor(MIN_ROOM / Math.max(1, perRow)));
  const { take: place, ...space } = createSpace();
  const state = place(STATE_BYTES);
  const choices = place(table.byteLength);
  const listed = place(rowsAtOnce * perRow * WORD);
  const chosen = place(rowsAtOnce * perRow * WORD);
  const { kernels, buffer } = kernelsFor('values', space.bytes());
  const stream = new Uint32Array(buffer, state, from.length);
  stream.set(from);
  new Float32Array(buffer, choices, table.length).set(table);
  const shift = 32 - Math.log2(table.length);
  for (let row = 0; row < rows; row += rowsAtOnce) {
    const some = Math.min(rowsAtOnce, rows - row);
    kernels.groups(state, some, columns, keep, of, choices, shift, listed, chosen);
    take(row * perRow, {
      indices: new Uint32Array(buffer, listed, some * perRow),
      values: new Float32Array(buffer, chosen, some * perRow),
    });
  }
  return stream.slice();
}

function requireDrawable(rows: number, columns: number): void {
  if (rows <= MAX_PLACES && columns <= MAX_PLACES && rows * columns < TWO_POW_32) return;
  throw new InputError(
    `found weights of ${rows} × ${columns}, expected at most ${MAX_PLACES} rows and columns, ${TWO_POW_32} in all`,
  );
}

/** Draws the values that the stream has next, each time anew. The stream goes on behind them. */
function drawnLater(count: number, table: Float32Array, random: Random): () => Float32Array {
  const state = random.state();
  random.skip(count);
  return () => drawValues(count, table, state);
}

function drawValues(count: number, table: Float32Array, from: Uint32Array): Float32Array {
  const { take, ...space } = createSpace();
  const state = take(STATE_BYTES);
  const choices = take(table.byteLength);
  const chosen = take(MIN_ROOM * WORD);
  const { kernels, buffer } = kernelsFor('values', space.bytes());
  new Uint32Array(buffer, state, from.length).set(from);
  new Float32Array(buffer, choices, table.length).set(table);
  const values = new Float32Array(count);
  for (let at = 0; at < count; at += MIN_ROOM) {
    const some = Math.min(MIN_ROOM, count - at);
    kernels.pick(state, some, choices, 32 - Math.log2(table.length), chosen);
    values.set(new Float32Array(buffer, chosen, some), at);
  }
  return values;
}

function kernelsFor(drawn: keyof typeof loaded, bytes: number) {
  loaded[drawn] ??= loadKernels<Kernels>(wasm);
  const { memory, kernels } = loaded[drawn];
  reserve(memory, bytes);
  return { kernels, buffer: memory.buffer };
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
