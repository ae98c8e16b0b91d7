// Records folds on the array: when stationary registers fill, steps enter each row and sums leave
// each column, and how long the array waits for DRAM. Starts are those of timing.ts; rows and
// columns are in use as on the ticking array of test/reference. Of DRAM the model knows a sum: each
// fold has an equal share of its cycles, and of the waits for it.

import { invariant } from '../../workloads/base/errors.js';
import type { Recorder } from '../contract.js';
import { createMeans } from '../means.js';
import type { Dataflow, SystolicConfig } from './config.js';
import { type Fold, foldsOf, lengthOf, type Range, usedBy } from './folds.js';
import type { Batched, Schedule } from './schedule.js';

const ARRAY = 'array';
const DRAM = 'DRAM';
/** Rows and columns that have tracks of their own, evenly spread. */
const SHOWN = 16;
/** Slices of a fold beside those: a fetch, two waits, a fill, its steps and a drain. */
const BESIDE = 6;
/** Consecutive folds that are told where there is no room for all. */
const RUN = 8;
/** Room for rounding, as a share. */
const ROUNDING = 1e-9;

type Array2d = Pick<SystolicConfig, 'rows' | 'columns' | 'stationarySets'>;

/** What an array holds and what passes through it, by dataflow. */
const words: Readonly<
  Record<Dataflow, Readonly<Record<'held' | 'row' | 'column' | 'step' | 'entering', string>>>
> = {
  ws: { held: 'weights', row: 'depth', column: 'outputs', step: 'pixels', entering: 'inputs' },
  is: { held: 'inputs', row: 'depth', column: 'pixels', step: 'outputs', entering: 'weights' },
  os: { held: 'sums', row: 'pixels', column: 'outputs', step: 'depth', entering: 'inputs' },
};

/** Tells a batch, some frames after others, from cycle 0. */
export function recordFolds(
  { chunk, chunks, rest }: Batched,
  dataflow: Dataflow,
  config: Array2d,
  recorder: Recorder,
): void {
  const schedules = [...Array.from({ length: chunks }, () => chunk), ...(rest ? [rest] : [])];
  const sum = (of: (each: Schedule) => number) =>
    schedules.reduce((all, each) => all + of(each), 0);
  const means = createMeans(sum(({ cycles }) => cycles));
  const addPes = means.of('PEs at work');
  const addRows = means.of('rows that take in operands');
  const addColumns = means.of('columns that hand out sums');
  const isTold = foldsToTell(
    sum(({ array }) => array.folds),
    recorder.room,
    config,
  );
  const edges = edgesOf(dataflow, config);
  if (chunk.memoryCycles > 0)
    recorder.note('Each fold has an equal share of the cycles of DRAM: the model knows their sum.');
  let [from, number] = [0, 0];
  for (const schedule of schedules) {
    const fetch = schedule.memoryCycles / schedule.array.folds;
    const clock = createClock(schedule, dataflow, config, from);
    let fetched = from;
    for (const fold of foldsOf(schedule, dataflow, config)) {
      const times = clock.next(lengthOf(fold.steps));
      const { rows, columns } = usedBy(fold);
      for (const { from, until, count } of diagonalsOf(fold, times)) addPes(from, until, count);
      for (let row = 0; row < rows; row++) addRows(...edges.row(fold, times, row));
      for (let column = 0; column < columns; column++)
        addColumns(...edges.column(fold, times, column));
      // While the fold before it is worked on, and in the time that the array waits for it.
      const fetchFrom = Math.max(fetched, times.start - times.fill - fetch);
      fetched = fetchFrom + fetch;
      if (isTold(number)) {
        if (fetch > 0) recorder.slice(DRAM, `fetch for fold ${number}`, fetchFrom, fetch);
        tellArray(fold, number, times, dataflow, config, recorder);
        tellEdges(fold, times, dataflow, config, recorder);
      }
      number++;
    }
    const end = clock.end();
    from += schedule.cycles;
    invariant(Math.abs(end - from) <= ROUNDING * from, () => `recorded ${end} cycles of ${from}`);
  }
  means.tell(recorder);
}

/** Which folds are told: all where there is room; else the last, and runs of some, evenly spread. */
function foldsToTell(
  folds: number,
  room: number,
  { rows, columns }: Array2d,
): (fold: number) => boolean {
  const affordable = room / (Math.min(rows, SHOWN) + Math.min(columns, SHOWN) + BESIDE);
  if (affordable >= folds) return () => true;
  const length = Math.max(1, Math.min(RUN, Math.floor(affordable)));
  const distance = folds / Math.max(1, Math.floor(affordable / length));
  return (fold) => fold % distance < length || fold === folds - 1;
}

/** When the parts of a fold are. The array waits from `begin` on, then its registers fill. */
interface Times {
  readonly begin: number;
  /** For the registers, which the fold before it holds, and for DRAM. */
  readonly registerWait: number;
  readonly memoryWait: number;
  /** Cycles until the first column's registers are filled, where no other fold hides them. */
  readonly fill: number;
  /** The first step enters the first row. */
  readonly start: number;
  readonly steps: number;
  /** Cycles from the last step's entry to the last sum's end, where no other fold hides them. */
  readonly drain: number;
}

/** Cycles before a fold's steps, in which registers fill, and behind them, in which sums leave. */
function aroundOf(dataflow: Dataflow, { rows, columns }: Array2d) {
  return dataflow === 'os'
    ? { fill: 0, drain: 2 * rows + columns - 2 }
    : { fill: rows, drain: rows + columns - 2 };
}

function createClock(
  { array, memoryCycles, cycles }: Schedule,
  dataflow: Dataflow,
  config: Array2d,
  from: number,
) {
  const { fill, drain } = aroundOf(dataflow, config);
  const waits = cycles - array.total;
  // Where fetches bound the layer, the array waits for each of them; else for the first alone.
  const isByMemory = memoryCycles > array.total && array.folds > 1;
  const firstWait = isByMemory ? memoryCycles / array.folds : waits;
  const laterWait = isByMemory ? (waits - firstWait) / (array.folds - 1) : 0;
  const hides = config.stationarySets > 1;
  let [fold, end, stepsBefore] = [0, from, 0];
  return {
    next(steps: number): Times {
      const isFirst = fold === 0;
      const isLast = ++fold === array.folds;
      const begin = end;
      const memoryWait = isFirst ? firstWait : laterWait;
      const registerWait = hides && !isFirst ? Math.max(0, config.rows - stepsBefore) : 0;
      const own = {
        fill: isFirst || !hides ? fill : 0,
        drain: isLast || !hides ? drain : 0,
      };
      const start = begin + registerWait + memoryWait + own.fill;
      end = start + steps + own.drain;
      stepsBefore = steps;
      return { begin, registerWait, memoryWait, start, steps, ...own };
    },
    end: () => end,
  };
}

type Span = readonly [from: number, until: number];

/** When steps enter a row that a fold uses, and sums leave a column. */
function edgesOf(dataflow: Dataflow, { rows }: Array2d) {
  return {
    row: (_: Fold, { start, steps }: Times, row: number): Span => [
      start + row,
      start + row + steps,
    ],
    column(fold: Fold, { start, steps }: Times, column: number): Span {
      const lowest = start + rows - 1 + column;
      if (dataflow !== 'os') return [lowest, lowest + steps];
      // All sums of a column go down together; those of unused rows lie below and leave first.
      const used = usedBy(fold).rows;
      return [lowest + steps + rows - used, lowest + steps + rows];
    },
  };
}

/** PEs of a fold that work in the same cycles, as they are as far from the corner. */
function* diagonalsOf(fold: Fold, { start, steps }: Times) {
  const [height, width] = [lengthOf(fold.rows), lengthOf(fold.columns)];
  for (let group = 0; group < lengthOf(fold.groups); group++) {
    const corner = start + group * (height + width);
    for (let apart = 0; apart < height + width - 1; apart++) {
      const count = Math.min(apart + 1, height, width, height + width - 1 - apart);
      yield { from: corner + apart, until: corner + apart + steps, count };
    }
  }
}

/** '64–127' */
const spoken = ({ from, to }: Range) => (to - from === 1 ? `${from}` : `${from}–${to - 1}`);

function tellArray(
  fold: Fold,
  number: number,
  { begin, registerWait, memoryWait, fill, start, steps, drain }: Times,
  dataflow: Dataflow,
  config: Array2d,
  recorder: Recorder,
): void {
  const { held, row, column, step } = words[dataflow];
  const { rows, columns } = usedBy(fold);
  const pes = lengthOf(fold.groups) * lengthOf(fold.rows) * lengthOf(fold.columns);
  const share = Math.round((100 * pes) / (config.rows * config.columns));
  const groups = lengthOf(fold.groups) > 1 ? ` of groups ${spoken(fold.groups)}` : '';
  const tell = (name: string, at: number, cycles: number) => {
    if (cycles > 0) recorder.slice(ARRAY, name, at, cycles);
  };
  tell(
    dataflow === 'os' ? 'wait for sums to leave' : 'wait for registers to fill',
    begin,
    registerWait,
  );
  tell('wait for DRAM', begin + registerWait, memoryWait);
  tell(`fill with ${held} of fold ${number}`, start - fill, fill);
  tell(
    `fold ${number}: ${held} of ${row} ${spoken(fold.rows)} × ${column} ${spoken(fold.columns)}${groups} in ${rows} × ${columns} of ${config.rows} × ${config.columns} PEs (${share} %), ${step} ${spoken(fold.steps)} pass`,
    start,
    steps,
  );
  tell(`drain the last sums of fold ${number}`, start + steps, drain);
}

function tellEdges(
  fold: Fold,
  times: Times,
  dataflow: Dataflow,
  config: Array2d,
  recorder: Recorder,
): void {
  const edges = edgesOf(dataflow, config);
  const { row: along, column: across, entering } = words[dataflow];
  const used = usedBy(fold);
  const place = (range: Range, at: number) => range.from + (at % lengthOf(range));
  for (const row of shownOf(config.rows)) {
    if (row >= used.rows) break;
    const [from, until] = edges.row(fold, times, row);
    recorder.slice(
      `row ${row}`,
      `${entering}, ${along} ${place(fold.rows, row)}`,
      from,
      until - from,
    );
  }
  for (const column of shownOf(config.columns)) {
    if (column >= used.columns) break;
    const [from, until] = edges.column(fold, times, column);
    const name = `sums, ${across} ${place(fold.columns, column)}`;
    recorder.slice(`column ${column}`, name, from, until - from);
  }
}

/** Every so many of an axis. */
function shownOf(extent: number): readonly number[] {
  const every = Math.ceil(extent / SHOWN);
  return Array.from({ length: Math.ceil(extent / every) }, (_, at) => at * every);
}
