// The seeded draw of a matrix in plain TypeScript: row and column in turns, each until one is
// taken; then a value for each entry, row after row. Slow and obviously right.

import type { Random } from '../../workloads/base/random.js';
import type { GroupDraw, MatrixDraw } from '../../workloads/weights/draw.js';

/** Every entry by its place row · columns + column, ascending. */
export function drawEntries(
  { rowChances, columnChances, nonzeros, table }: MatrixDraw,
  random: Random,
) {
  const [rows, columns] = [rowChances.length, columnChances.length];
  const size = rows * columns;
  const drawsOnes = nonzeros <= size / 2;
  const [rowMax, columnMax] = [Math.max(...rowChances), Math.max(...columnChances)];
  const taken = new Set<number>();
  while (taken.size < (drawsOnes ? nonzeros : size - nonzeros)) {
    const row = pick(rowChances, rowMax, random);
    taken.add(row * columns + pick(columnChances, columnMax, random));
  }
  const places = Array.from({ length: size }, (_, place) => place).filter(
    (place) => taken.has(place) === drawsOnes,
  );
  return places.map((place) => [place, table[random.below(table.length)] as number] as const);
}

/** A place in proportion to its chance. */
function pick(chances: Float64Array, largest: number, random: Random): number {
  for (;;) {
    const place = random.below(chances.length);
    if (random.uniform() * largest <= (chances[place] as number)) return place;
  }
}

/** Every entry of a matrix of groups: its row, its column, and the value drawn behind them. */
export function drawGroupEntries({ rows, columns, keep, of, table }: GroupDraw, random: Random) {
  const entries: (readonly [row: number, column: number, value: number])[] = [];
  for (let row = 0; row < rows; row++) {
    for (let group = 0; group < columns; group += of) {
      const end = Math.min(group + of, columns);
      let left = Math.min(keep, end - group);
      for (let column = group; left > 0; column++) {
        if (random.below(end - column) >= left) continue;
        entries.push([row, column, table[random.below(table.length)] as number]);
        left--;
      }
    }
  }
  return entries;
}
