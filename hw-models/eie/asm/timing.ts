// The two inner loops of the EIE model in AssemblyScript, four PEs at a time. Addresses are bytes
// in shared memory; `laneBytes` is one i32 per PE, rounded up to whole vectors.

const VECTOR: usize = 16;
const WORD: usize = 4;

/**
 * The broadcast recurrence over `count` > 0 activations. `gaps[k]`: cycles from broadcast k − 1 at
 * which broadcast k can follow it; `rows[k]`: address of its column's 16-bit counts; `finished[k +
 * depth]`: the first cycle in which it leaves room to broadcast k + depth, with `depth` zeros
 * before; `room`: how many cycles after the last PE finished it that is; `finish`, `busy`: per PE.
 * Returns the cycle of the last broadcast.
 */
export function time(
  count: i32,
  gaps: usize,
  rows: usize,
  finished: usize,
  finish: usize,
  busy: usize,
  room: i32,
  depthBytes: usize,
  laneBytes: usize,
): i32 {
  const one = i32x4.splat(1);
  let broadcast: i32 = -1;
  for (let k: i32 = 0; k < count; k++) {
    const at = <usize>k * WORD;
    broadcast = max(broadcast + load<i32>(gaps + at), load<i32>(finished + at));
    const start = i32x4.splat(broadcast + 1);
    const row = <usize>load<u32>(rows + at);
    let latest = i32x4.splat(0);
    for (let lane: usize = 0; lane < laneBytes; lane += VECTOR) {
      const cycles = i32x4.max_s(v128.load_ext<u16>(row + (lane >> 1)), one);
      const done = i32x4.add(i32x4.max_s(v128.load(finish + lane), start), cycles);
      v128.store(finish + lane, done);
      v128.store(busy + lane, i32x4.add(v128.load(busy + lane), cycles));
      latest = i32x4.max_s(latest, done);
    }
    const low = max(i32x4.extract_lane(latest, 0), i32x4.extract_lane(latest, 1));
    const high = max(i32x4.extract_lane(latest, 2), i32x4.extract_lane(latest, 3));
    store<i32>(finished + depthBytes + at, max(low, high) + room);
  }
  return broadcast;
}

/**
 * What stands for a PE without entries: an address no read has, and a last word one before it,
 * hence no words.
 */
const NO_FIRST = -2;
const NO_LAST = -3;

/**
 * First and last word of each column in each PE when a word holds 1 / `perEntry` entries: [columns
 * × 2 × lanes] at `spans`, first words then last words. `entries`: 16-bit counts; `next`: a zero
 * per PE.
 */
export function spans(
  columns: i32,
  entries: usize,
  spans: usize,
  next: usize,
  perEntry: f64,
  laneBytes: usize,
): void {
  const zero = i32x4.splat(0);
  const one = i32x4.splat(1);
  const factor = f64x2.splat(perEntry);
  let from = entries;
  let to = spans;
  for (let column: i32 = 0; column < columns; column++) {
    for (let lane: usize = 0; lane < laneBytes; lane += VECTOR) {
      const held = v128.load_ext<u16>(from + (lane >> 1));
      const start = v128.load(next + lane);
      const end = i32x4.add(start, held);
      const none = i32x4.eq(held, zero);
      const first = wordsOf(start, factor);
      const last = wordsOf(i32x4.sub(end, one), factor);
      v128.store(to + lane, v128.bitselect(i32x4.splat(NO_FIRST), first, none));
      v128.store(to + laneBytes + lane, v128.bitselect(i32x4.splat(NO_LAST), last, none));
      v128.store(next + lane, end);
    }
    from += laneBytes >> 1;
    to += 2 * laneBytes;
  }
}

/** The words of four entries. Of the middle of an entry, so that rounding decides nothing. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function wordsOf(entries: v128, factor: v128): v128 {
  const half = f64x2.splat(0.5);
  const low = f64x2.mul(f64x2.add(f64x2.convert_low_i32x4_s(entries), half), factor);
  const upper = v128.shuffle<i32>(entries, entries, 2, 3, 2, 3);
  const high = f64x2.mul(f64x2.add(f64x2.convert_low_i32x4_s(upper), half), factor);
  return v128.shuffle<i32>(i32x4.trunc_sat_f64x2_s_zero(low), i32x4.trunc_sat_f64x2_s_zero(high), 0, 1, 4, 5);
}

/**
 * Words read for `count` > 0 activations: a column's span of words, less one where its first word
 * is the last one read. `rows[k]`: address of its first words, its last words `laneBytes` further
 * on; `previous`, `reads`: per PE.
 */
export function words(count: i32, rows: usize, previous: usize, reads: usize, laneBytes: usize): void {
  const one = i32x4.splat(1);
  for (let k: i32 = 0; k < count; k++) {
    const row = <usize>load<u32>(rows + <usize>k * WORD);
    for (let lane: usize = 0; lane < laneBytes; lane += VECTOR) {
      const first = v128.load(row + lane);
      const last = v128.load(row + lane + laneBytes);
      const word = v128.load(previous + lane);
      const span = i32x4.add(i32x4.sub(last, first), one);
      // A comparison that holds is −1 in every bit: one word less.
      const read = i32x4.add(span, i32x4.eq(first, word));
      v128.store(reads + lane, i32x4.add(v128.load(reads + lane), read));
      // Addresses ascend within a vector, so the largest is the latest, also past PEs without
      // entries.
      v128.store(previous + lane, i32x4.max_s(word, last));
    }
  }
}
