// A systolic array, register by register and cycle by cycle: slow, and obviously right. Every cycle
// each PE reads its registers, multiplies, and all registers take their new values at once. What
// may not happen (two values in one register, a weight that comes too late) throws, so that a
// schedule is either right or refused.

export interface Grid {
  readonly rows: number;
  readonly columns: number;
}

/** [rows][columns] */
export type Matrix = readonly (readonly number[])[];

export interface Ticked {
  /** One matrix a fold. */
  readonly outputs: readonly Matrix[];
  /** One past the cycle in which the last output left. */
  readonly cycles: number;
  /** Operands that entered the array at its edges, padding apart. */
  readonly stationaryWords: number;
  readonly streamedWords: number;
  /** A cycle in which an operand enters a row at its edge, or a sum leaves a column below. */
  readonly entered: readonly Passing[];
  readonly leaving: readonly Passing[];
}

export interface Passing {
  readonly fold: number;
  /** The row or the column. */
  readonly at: number;
  readonly cycle: number;
}

const grid = <Value>({ rows, columns }: Grid, value: Value): Value[][] =>
  Array.from({ length: rows }, () => new Array<Value>(columns).fill(value));

/**
 * A fold whose stationary matrix is [rows ≤ R][columns ≤ C], streamed by `steps` vectors of `rows`
 * elements.
 */
export interface StationaryFold {
  readonly stationary: Matrix;
  readonly streamed: Matrix;
}

interface Tagged {
  readonly fold: number;
  readonly value: number;
}

/**
 * Weight- or input-stationary. Fold f's stationary values shift in from above, column c one cycle
 * after column c − 1, from cycle starts[f] on, through registers of their own; its first streamed
 * vector enters `rows` cycles later, row r one cycle after row r − 1, and on its way makes each PE
 * take up the new value. Sums go down and leave below.
 */
export function tickStationary(
  array: Grid,
  folds: readonly StationaryFold[],
  starts: readonly number[],
): Ticked {
  const { rows, columns } = array;
  let active = grid<Tagged | null>(array, null);
  let shadow = grid<Tagged | null>(array, null);
  let operands = grid<(Tagged & { readonly step: number }) | null>(array, null);
  let sums = grid<number>(array, 0);
  const outputs = folds.map(({ streamed }) =>
    streamed.map(() => new Array<number>(columns).fill(0)),
  );
  const expected = folds.reduce((all, { streamed }) => all + streamed.length * columns, 0);
  let [left, cycles, stationaryWords, streamedWords] = [0, 0, 0, 0];
  const [entered, departed]: [Passing[], Passing[]] = [[], []];

  for (let cycle = 0; left < expected; cycle++) {
    // What enters at the left edge and at the top edge in this cycle.
    const entering = Array.from({ length: rows }, (_, row) => {
      const found = folds.flatMap(({ streamed }, fold) => {
        const step = cycle - ((starts[fold] ?? 0) + rows) - row;
        if (step < 0 || step >= streamed.length) return [];
        return [
          {
            fold,
            step,
            value: streamed[step]?.[row] ?? 0,
            isReal: row < (streamed[step]?.length ?? 0),
          },
        ];
      });
      if (found.length > 1) throw new Error(`cycle ${cycle}: two vectors enter row ${row}`);
      if (found[0]?.isReal) {
        streamedWords++;
        entered.push({ fold: found[0].fold, at: row, cycle });
      }
      return found[0] ?? null;
    });
    const loading = Array.from({ length: columns }, (_, column) => {
      const found = folds.flatMap(({ stationary }, fold) => {
        const shift = cycle - (starts[fold] ?? 0) - column;
        if (shift < 0 || shift >= rows) return [];
        const row = rows - 1 - shift;
        const value = stationary[row]?.[column];
        if (value !== undefined) stationaryWords++;
        return [{ fold, value: value ?? 0 }];
      });
      if (found.length > 1)
        throw new Error(`cycle ${cycle}: two values are loaded into column ${column}`);
      return found[0] ?? null;
    });
    const [nextActive, nextShadow] = [
      grid<Tagged | null>(array, null),
      shadow.map((row) => [...row]),
    ];
    const [nextOperands, nextSums] = [
      grid<(typeof operands)[number][number]>(array, null),
      grid<number>(array, 0),
    ];
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const operand =
          column === 0 ? (entering[row] ?? null) : (operands[row]?.[column - 1] ?? null);
        let held = active[row]?.[column] ?? null;
        if (operand && operand.step === 0) held = shadow[row]?.[column] ?? null;
        if (operand && held?.fold !== operand.fold) {
          throw new Error(
            `cycle ${cycle}: PE ${row},${column} holds fold ${held?.fold}, fold ${operand.fold} meets it`,
          );
        }
        const above = row === 0 ? 0 : (sums[row - 1]?.[column] ?? 0);
        const sum = operand && held ? above + operand.value * held.value : 0;
        (nextActive[row] as (Tagged | null)[])[column] = held;
        (nextOperands[row] as (typeof operands)[number])[column] = operand;
        (nextSums[row] as number[])[column] = sum;
        if (row === rows - 1 && operand) {
          ((outputs[operand.fold] as number[][])[operand.step] as number[])[column] = sum;
          const { stationary } = folds[operand.fold] as StationaryFold;
          if (column < (stationary[0]?.length ?? 0))
            departed.push({ fold: operand.fold, at: column, cycle });
          left++;
          cycles = cycle + 1;
        }
      }
    }
    for (let column = 0; column < columns; column++) {
      const shift = folds
        .map((_, fold) => cycle - (starts[fold] ?? 0) - column)
        .find((at) => at >= 0 && at < rows);
      // Only as deep as the new values have come: what lies deeper may still wait for its fold to
      // begin.
      for (let row = shift ?? -1; row >= 0; row--) {
        const moved = row === 0 ? (loading[column] ?? null) : (shadow[row - 1]?.[column] ?? null);
        (nextShadow[row] as (Tagged | null)[])[column] = moved;
      }
    }
    [active, shadow, operands, sums] = [nextActive, nextShadow, nextOperands, nextSums];
  }
  return { outputs, cycles, stationaryWords, streamedWords, entered, leaving: departed };
}

/**
 * A fold of outputs [rows ≤ R][columns ≤ C]: left[row][step] times top[step][column], summed over
 * steps.
 */
export interface OutputFold {
  readonly left: Matrix;
  readonly top: Matrix;
}

interface Sum extends Tagged {
  readonly row: number;
}

/**
 * Output-stationary. Fold f's operands enter from cycle starts[f] on, rows and columns each one
 * cycle after their neighbour; a PE that has seen the last step hands its sum to a register of its
 * own. When the lowest PE of a column has done so, the column's sums go down together, one PE a
 * cycle, and leave below.
 */
export function tickOutputs(
  array: Grid,
  folds: readonly OutputFold[],
  starts: readonly number[],
): Ticked {
  const { rows, columns } = array;
  const steps = folds.map(({ top }) => top.length);
  const totals = grid<number>(array, 0);
  let leaving = grid<Sum | null>(array, null);
  const outputs = folds.map(() => grid<number>(array, 0));
  const expected = folds.length * rows * columns;
  let [left, cycles, stationaryWords, streamedWords] = [0, 0, 0, 0];
  const [entered, departed]: [Passing[], Passing[]] = [[], []];

  for (let cycle = 0; left < expected; cycle++) {
    const next = grid<Sum | null>(array, null);
    const put = (row: number, column: number, sum: Sum) => {
      if (next[row]?.[column]) throw new Error(`cycle ${cycle}: two sums in PE ${row},${column}`);
      (next[row] as (Sum | null)[])[column] = sum;
    };
    for (let column = 0; column < columns; column++) {
      for (let row = 0; row < rows; row++) {
        const sum = leaving[row]?.[column];
        if (!sum) continue;
        const shift =
          cycle - ((starts[sum.fold] ?? 0) + (steps[sum.fold] ?? 0) + rows - 1 + column);
        if (shift < 0) put(row, column, sum);
        else if (row + 1 < rows) put(row + 1, column, sum);
        else {
          ((outputs[sum.fold] as number[][])[sum.row] as number[])[column] = sum.value;
          const { left: own, top } = folds[sum.fold] as OutputFold;
          if (sum.row < own.length && column < (top[0]?.length ?? 0))
            departed.push({ fold: sum.fold, at: column, cycle });
          left++;
          cycles = cycle + 1;
        }
      }
    }
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        // Both operands have come through row + column neighbours; no other fold's may be there in
        // the same cycle.
        const here = folds.flatMap((fold, at) => {
          const step = cycle - (starts[at] ?? 0) - row - column;
          return step >= 0 && step < (steps[at] ?? 0) ? [{ fold, at, step }] : [];
        });
        if (here.length > 1)
          throw new Error(`cycle ${cycle}: two folds meet in PE ${row},${column}`);
        const [active] = here;
        if (!active) continue;
        const [a, b] = [
          active.fold.left[row]?.[active.step],
          active.fold.top[active.step]?.[column],
        ];
        if (column === 0 && a !== undefined) {
          stationaryWords++;
          entered.push({ fold: active.at, at: row, cycle });
        }
        if (row === 0 && b !== undefined) streamedWords++;
        const before = active.step === 0 ? 0 : (totals[row]?.[column] ?? 0);
        const total = before + (a ?? 0) * (b ?? 0);
        (totals[row] as number[])[column] = total;
        if (active.step + 1 === steps[active.at])
          put(row, column, { fold: active.at, row, value: total });
      }
    }
    leaving = next;
  }
  return { outputs, cycles, stationaryWords, streamedWords, entered, leaving: departed };
}

/**
 * Fetches and folds, cycle by cycle: a fold starts when its fetch is done, a fetch when a half of
 * the buffer is free.
 */
export function tickDoubleBuffer(
  fetchCycles: readonly number[],
  foldCycles: readonly number[],
): number {
  let [fetched, done, fetching, folding, cycle] = [0, 0, 0, 0, 0];
  for (; done < foldCycles.length; cycle++) {
    const canFetch = fetched < fetchCycles.length && fetched - done < 2;
    const canFold = done < fetched;
    if (canFetch && ++fetching >= (fetchCycles[fetched] ?? 0)) fetching = 0;
    if (canFold && ++folding >= (foldCycles[done] ?? 0)) folding = 0;
    if (canFetch && fetching === 0) fetched++;
    if (canFold && folding === 0) done++;
  }
  return cycle;
}
