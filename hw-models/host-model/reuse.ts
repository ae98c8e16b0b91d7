// Computes how much memory a layer accesses between two uses of the same address range: the reuse
// distance (Mattson et al., "Evaluation techniques for storage hierarchies", IBM Systems Journal
// 1970), in whole ranges of addresses. A least-recently-used cache that is larger still holds the
// data.

interface Range {
  readonly start: number;
  readonly end: number;
}

/** The ranges gone through so far, the latest last; no two overlap. */
export class ReuseDistance {
  readonly #ranges: Range[] = [];

  /**
   * Goes through `bytes` from `start` on. Returns the bytes gone through since the range was last
   * used, itself included; null where (most of) it was not used before.
   */
  touch(start: number, bytes: number): number | null {
    const ranges = this.#ranges;
    const end = start + bytes;
    let distance = 0;
    let known = 0;
    let reached: number | null = null;
    for (let at = ranges.length - 1; at >= 0 && known < bytes; at--) {
      const range = ranges[at] as Range;
      const from = Math.max(range.start, start);
      const to = Math.min(range.end, end);
      if (from < to) {
        known += to - from;
        reached = distance + bytes;
        ranges.splice(at, 1, ...parts(range.start, from), ...parts(to, range.end));
      }
      distance += range.end - range.start;
    }
    ranges.push({ start, end });
    return 2 * known >= bytes ? reached : null;
  }

  /** Bytes gone through at least once. */
  get footprint(): number {
    return this.#ranges.reduce((sum, { start, end }) => sum + end - start, 0);
  }
}

/** What lies between two addresses, if anything does. */
function parts(start: number, end: number): readonly Range[] {
  return start < end ? [{ start, end }] : [];
}
