// Profiles how a warp processes a CSR matrix: the steps of its rows and the sectors that it
// touches, counted on the matrix's own rows and columns.

import {
  patternOf,
  type SparsePattern,
  type StackedMatrix,
  type WeightStore,
} from '../../workloads/weights/store.js';

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
  return isOfBlocks ? profileStack(store, shape) : profileRows(patternOf(store), shape, 0);
}

/** Of whole blocks each: a matrix that stands there again counts as it did, by where it begins. */
function profileStack({ rows, columns, parts }: StackedMatrix, shape: WarpShape): CsrProfile {
  const known = new Map<SparsePattern, CsrProfile[]>();
  const whole = { steps: 0, gatherSectors: 0, streamSectors: 0 };
  let [nonzeros, slowest] = [0, 0];
  for (const part of parts) {
    const pattern = patternOf(part);
    const each = known.get(pattern) ?? [];
    known.set(pattern, each);
    const from = nonzeros % shape.sectorWords;
    const own = each[from] ?? profileRows(pattern, shape, from);
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
function profileRows(
  csr: SparsePattern,
  { lanes, rowsPerBlock, sectorWords }: WarpShape,
  from: number,
): CsrProfile {
  const { rows, columns, pointers, indices } = csr;
  let steps = 0;
  let gatherSectors = 0;
  let streamSectors = 0;
  let slowest = 0;
  let slowestSum = 0;
  for (let row = 0; row < rows; row++) {
    const end = pointers[row + 1] as number;
    const rowStart = pointers[row] as number;
    for (let start = rowStart; start < end; start += lanes) {
      const stop = Math.min(end, start + lanes);
      steps++;
      const [first, last] = [start + from, stop - 1 + from];
      streamSectors += Math.floor(last / sectorWords) - Math.floor(first / sectorWords) + 1;
      // Columns ascend, so equal sectors are neighbours.
      let previous = -1;
      for (let at = start; at < stop; at++) {
        const sector = Math.floor((indices[at] as number) / sectorWords);
        if (sector !== previous) gatherSectors++;
        previous = sector;
      }
    }
    slowest = Math.max(slowest, Math.ceil((end - rowStart) / lanes));
    if ((row + 1) % rowsPerBlock === 0 || row === rows - 1) {
      slowestSum += slowest;
      slowest = 0;
    }
  }
  return {
    rows,
    columns,
    nonzeros: indices.length,
    steps,
    stepsOfSlowestRow: slowestSum / Math.ceil(rows / rowsPerBlock),
    gatherSectors,
    streamSectors,
    bytes: csrBytes({ rows, nonzeros: indices.length }),
  };
}
