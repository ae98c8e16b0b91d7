// The loops of the seeded draw of weights in AssemblyScript: which are kept, and what they are. The
// stream is that of base/random.ts (xoroshiro128+, its low 32 bits), number for number. Addresses
// are bytes in the module's memory.

const WORD: usize = 4;
const LINE: usize = 8;
/**
 * Pairs that are drawn before they are marked: marking drives the limits out of the caches, so it
 * must not come often.
 */
const PAIRS: u32 = 32768;

/**
 * Marks `count` bits of a matrix in `bits` that still are as they were `before` (0, or all ones):
 * row and column are drawn in turns, each until one is taken. `state`: 128 bits of the stream,
 * moved on; `rowLimits[r]`: up to which number row r is taken, and likewise for columns; `pairs`:
 * room for 2 × PAIRS numbers.
 */
export function mark(
  state: usize,
  rows: u32,
  rowLimits: usize,
  columns: u32,
  columnLimits: usize,
  bits: usize,
  before: u32,
  count: u32,
  pairs: usize,
): void {
  let s0 = load<u64>(state);
  let s1 = load<u64>(state + LINE);
  for (let left = count; left > 0; ) {
    // As many pairs as bits are missing cannot be one too many.
    const end = <usize>(2 * min(left, PAIRS)) * WORD;
    for (let at: usize = 0; at < end; ) {
      const pick = <u64>(<u32>(s0 + s1));
      let mixed = s0 ^ s1;
      s0 = rotl(s0, 24) ^ mixed ^ (mixed << 16);
      s1 = rotl(mixed, 37);
      const chance = <u32>(s0 + s1);
      mixed = s0 ^ s1;
      s0 = rotl(s0, 24) ^ mixed ^ (mixed << 16);
      s1 = rotl(mixed, 37);
      // Judged as a row and as a column, then chosen by a mask: branches on chance would be
      // mispredicted.
      const row = <u32>((pick * rows) >> 32);
      const column = <u32>((pick * columns) >> 32);
      const isColumn: u32 = 0 - ((<u32>at / <u32>WORD) & 1);
      const rowTaken = <u32>(chance <= load<u32>(rowLimits + <usize>row * WORD));
      const columnTaken = <u32>(chance <= load<u32>(columnLimits + <usize>column * WORD));
      store<u32>(pairs + at, row ^ ((row ^ column) & isColumn));
      at += <usize>(rowTaken ^ ((rowTaken ^ columnTaken) & isColumn)) * WORD;
    }
    for (let at: usize = 0; at < end; at += 2 * WORD) {
      const position = load<u32>(pairs + at) * columns + load<u32>(pairs + at + WORD);
      const address = bits + <usize>(position >> 5) * WORD;
      const word = load<u32>(address);
      const bit: u32 = 1 << (position & 31);
      left -= <u32>(((word ^ before) & bit) == 0);
      store<u32>(address, before ^ ((word ^ before) | bit));
    }
  }
  store<u64>(state, s0);
  store<u64>(state + LINE, s1);
}

/**
 * Lists the ones of `bits` from row `first` on: their columns. Goes on as long as a whole row has
 * room in `room` entries, writes where each row ends, counted from the first entry listed, and
 * returns the row it stopped before.
 */
export function list(
  bits: usize,
  columns: u32,
  first: u32,
  rows: u32,
  ends: usize,
  indices: usize,
  room: u32,
): u32 {
  let at: usize = 0;
  let row = first;
  for (; row < rows && at + columns <= <usize>room; row++) {
    const from = <u64>row * columns;
    const to = from + columns;
    for (let word = from >> 5; word << 5 < to; word++) {
      let ones = load<u32>(bits + <usize>word * WORD);
      if (word << 5 < from) ones &= <u32>-1 << <u32>(from & 31);
      if ((word + 1) << 5 > to) ones &= ~(<u32>-1 << <u32>(to & 31));
      const base = <u32>((word << 5) - from);
      for (; ones != 0; ones &= ones - 1) {
        store<u32>(indices + at * WORD, base + ctz(ones));
        at++;
      }
    }
    store<u32>(ends + <usize>(row - first) * WORD, <u32>at);
  }
  return row;
}

/** Draws `count` values among the 2^(32 − `shift`) of `table`. */
export function pick(state: usize, count: u32, table: usize, shift: u32, values: usize): void {
  let s0 = load<u64>(state);
  let s1 = load<u64>(state + LINE);
  const end = values + <usize>count * WORD;
  for (let at = values; at < end; at += WORD) {
    const pick = <u32>(s0 + s1) >> shift;
    const mixed = s0 ^ s1;
    s0 = rotl(s0, 24) ^ mixed ^ (mixed << 16);
    s1 = rotl(mixed, 37);
    store<f32>(at, load<f32>(table + <usize>pick * WORD));
  }
  store<u64>(state, s0);
  store<u64>(state + LINE, s1);
}

/**
 * Draws `rows` rows in which each group of `width` columns keeps `keep`, of a last, shorter one as many
 * at most: selection sampling, each of the columns left is taken with the chance that is left for
 * it. Columns go to `indices`, a value for each, drawn like in {@link pick}, to `values`.
 */
export function groups(
  state: usize,
  rows: u32,
  columns: u32,
  keep: u32,
  width: u32,
  table: usize,
  shift: u32,
  indices: usize,
  values: usize,
): void {
  let s0 = load<u64>(state);
  let s1 = load<u64>(state + LINE);
  let at: usize = 0;
  for (let row: u32 = 0; row < rows; row++) {
    for (let group: u32 = 0; group < columns; group += width) {
      const end = min(group + width, columns);
      let left = min(keep, end - group);
      for (let column = group; left > 0; column++) {
        const chance = <u64>(<u32>(s0 + s1));
        let mixed = s0 ^ s1;
        s0 = rotl(s0, 24) ^ mixed ^ (mixed << 16);
        s1 = rotl(mixed, 37);
        if (<u32>((chance * (end - column)) >> 32) >= left) continue;
        const pick = <u32>(s0 + s1) >> shift;
        mixed = s0 ^ s1;
        s0 = rotl(s0, 24) ^ mixed ^ (mixed << 16);
        s1 = rotl(mixed, 37);
        store<u32>(indices + at, column);
        store<f32>(values + at, load<f32>(table + <usize>pick * WORD));
        at += WORD;
        left--;
      }
    }
  }
  store<u64>(state, s0);
  store<u64>(state + LINE, s1);
}
