// Profiles how a warp processes a CSR matrix: the steps of its rows and the sectors that it
// touches, counted on the matrix's own rows and columns.

import { type RowEntries, rowsOf } from '../../workloads/weights/entries.js';
import type { StackedMatrix, WeightStore } from '../../workloads/weights/store.js';

export interface CsrProfile {
  readonly rows: number;
  readonly columns: number;
  readonly nonzeros: number;
  /** Warp-wide steps: each row takes ⌈entries / lanes⌉, so that short rows leave lanes idle. */
  readonly steps: number;
  /** Mean over blocks of the longest row's steps: a block lasts as long as its slowest warp. */
  readonly stepsOfSlowestRow: number;
  /** Sectors of the dense vector that the steps' gathers touch, each once a step. */
  readonly gatherSectors: number;
  /** Sectors of the index array that the steps read; the value array has as many. */
  readonly streamSectors: number;
  /** Column indices, values and row pointers, 4 bytes each. */
  readonly bytes: number;
}

export interface WarpShape {
  readonly lanes: number;
  readonly rowsPerBlock: number;
  /** 32-bit words in a sector. */
  readonly sectorWords: number;
}

const cache = new WeakMap<WeightStore, Map<string, CsrProfile>>();

/** The profile of a weight store; computed once per store and warp shape. */
export function profileOf(store: WeightStore, shape: WarpShape): CsrProfile {
  let profiles = cache.get(store);
  if (!profiles) {
    profiles = new Map();
    cache.set(store, profiles);
  }
  const key = `${shape.lanes}/${shape.rowsPerBlock}/${shape.sectorWords}`;
  let profile = profiles.get(key);
  if (!profile) {
    profile = profileStore(store, shape);
    profiles.set(key, profile);
  }
  return profile;
}

/** A CSR matrix's bytes: 4 each for every index, value and row pointer. */
export function csrBytes({ rows, nonzeros }: { rows: number; nonzeros: number }): number {
  return 8 * nonzeros + 4 * (rows + 1);
}

function profileStore(store: WeightStore, shape: WarpShape): CsrProfile {
  const isOfBlocks =
    store.format === 'stacked' &&
    store.parts.every(({ rows }) => rows % shape.rowsPerBlock === 0) &&
    new Set(store.parts).size < store.parts.length;
  return isOfBlocks ? profileStack(store, shape) : profileRows(store, shape, 0);
}

/** Of whole blocks each: a matrix that stands there again counts as it did, by where it begins. */
function profileStack({ rows, columns, parts }: StackedMatrix, shape: WarpShape): CsrProfile {
  const known = new Map<WeightStore, CsrProfile[]>();
  const whole = { steps: 0, gatherSectors: 0, streamSectors: 0 };
  let [nonzeros, slowest] = [0, 0];
  for (const part of parts) {
    const each = known.get(part) ?? [];
    known.set(part, each);
    const from = nonzeros % shape.sectorWords;
    const own = each[from] ?? profileRows(part, shape, from);
    each[from] = own;
    nonzeros += own.nonzeros;
    whole.steps += own.steps;
    whole.gatherSectors += own.gatherSectors;
    whole.streamSectors += own.streamSectors;
    slowest += own.stepsOfSlowestRow * (own.rows / shape.rowsPerBlock);
  }
  const stepsOfSlowestRow = slowest / (rows / shape.rowsPerBlock);
  return {
    rows,
    columns,
    nonzeros,
    ...whole,
    stepsOfSlowestRow,
    bytes: csrBytes({ rows, nonzeros }),
  };
}

/** `from`: where the first entry lies in its sector. */
function profileRows(store: WeightStore, shape: WarpShape, from: number): CsrProfile {
  const { rows, columns } = store;
  const { lanes, rowsPerBlock, sectorWords } = shape;
  const rowAt = rowsOf(store);
  const sectorOf = Uint32Array.from({ length: columns }, (_, at) => Math.floor(at / sectorWords));
  const whole = { steps: 0, gatherSectors: 0, streamSectors: 0 };
  let [nonzeros, slowest, slowestSum] = [0, 0, 0];
  let last: RowEntries | undefined;
  // A row that is the same one again counts as it did, by where it begins.
  let known: RowProfile[] = [];
  for (let row = 0; row < rows; row++) {
    const entries = rowAt(row);
    if (entries !== last) known = [];
    last = entries;
    const start = (from + nonzeros) % sectorWords;
    const own = known[start] ?? profileRow(entries, start, sectorOf, shape);
    known[start] = own;
    whole.steps += own.steps;
    whole.gatherSectors += own.gatherSectors;
    whole.streamSectors += own.streamSectors;
    nonzeros += entries.to - entries.from;
    slowest = Math.max(slowest, Math.ceil((entries.to - entries.from) / lanes));
    if ((row + 1) % rowsPerBlock === 0 || row === rows - 1) {
      slowestSum += slowest;
      slowest = 0;
    }
  }
  return {
    ...{ rows, columns, nonzeros, ...whole },
    stepsOfSlowestRow: slowestSum / Math.ceil(rows / rowsPerBlock),
    bytes: csrBytes({ rows, nonzeros }),
  };
}

type RowProfile = Pick<CsrProfile, 'steps' | 'gatherSectors' | 'streamSectors'>;

/** `from`: where the row's first entry lies in its sector. */
function profileRow(
  { indices, from: rowStart, to: end }: RowEntries,
  from: number,
  sectorOf: Uint32Array,
  { lanes, sectorWords }: WarpShape,
): RowProfile {
  let [steps, gatherSectors, streamSectors] = [0, 0, 0];
  for (let start = rowStart; start < end; start += lanes) {
    const stop = Math.min(end, start + lanes);
    steps++;
    const first = start - rowStart + from;
    const last = first + stop - start - 1;
    streamSectors += Math.floor(last / sectorWords) - Math.floor(first / sectorWords) + 1;
    // Columns ascend, so equal sectors are neighbours.
    let previous = -1;
    for (let at = start; at < stop; at++) {
      const sector = sectorOf[indices[at] as number] as number;
      gatherSectors += sector === previous ? 0 : 1;
      previous = sector;
    }
  }
  return { steps, gatherSectors, streamSectors };
}
