// hw-models/host/asm/fully-connected.ts, counted. Columns whose activation is zero are neither read
// nor multiplied.

import { type CallCount, FLOAT, firstActivation, type Seen, vectors } from './work.js';

/**
 * Bytes of a group of 4 weights, or of 8 codes, with how many rows each is below the one before.
 */
const QUAD = 20;
const OCTET = 16;
/** Reading that goes on so near finds its lines on their way already. */
const NEAR_BYTES = 256;
const PAGE = 4096;

/**
 * Bytes of a column in the list of those that are active, and how many of them are fetched ahead
 * together.
 */
const ACTIVE = 12;
const AHEAD = 16;

interface ActiveColumns {
  /** Columns whose activation is not zero, and groups of weights gone through. */
  readonly started: number;
  readonly groups: number;
  readonly bytes: number;
  /** How often a fetch begins anew far from where the one before ended. */
  readonly restarts: number;
}

export function activeColumns(
  seen: Seen,
  values: readonly number[],
  groupBytes: number,
): ActiveColumns {
  const [input = 0, , pointers = 0, , , columns = 0] = values;
  const vector = firstActivation(seen, input);
  const bounds = seen.words(pointers, columns + 1);
  let [started, groups, restarts] = [0, 0, 0];
  let end = bounds[0] as number;
  for (let column = 0; column < columns; column++) {
    if (seen.activations[vector + column] === 0) continue;
    started++;
    const [first, next] = [bounds[column] as number, bounds[column + 1] as number];
    if (next === first) continue;
    if ((first - end) * groupBytes > NEAR_BYTES) restarts++;
    groups += next - first;
    end = next;
  }
  return { started, groups, bytes: groups * groupBytes, restarts };
}

/**
 * Whatever the columns' format is: their activations, their pointers, the groups of weights that
 * are met, the sums.
 */
function columnTouches(values: readonly number[], { started, bytes, restarts }: ActiveColumns) {
  const [
    input = 0,
    output = 0,
    pointers = 0,
    weights = 0,
    bias = 0,
    columns = 0,
    rows = 0,
    ,
    list = 0,
  ] = values;
  return [
    { address: input, bytes: columns * FLOAT },
    { address: pointers, bytes: columns * FLOAT },
    { address: list, bytes: (started + AHEAD) * ACTIVE, writes: true },
    { address: weights, bytes, starts: restarts },
    { address: bias, bytes: rows * FLOAT },
    { address: output, bytes: rows * FLOAT, writes: true, passes: 2, apart: bytes },
  ];
}

const sparseColumns: CallCount = (values, seen) => {
  const [, , , , , columns = 0, rows = 0] = values;
  const active = activeColumns(seen, values, QUAD);
  return {
    turns: {
      call: 1,
      vectorOfRows: vectors(rows),
      column: columns,
      columnStart: active.started,
      quad: active.groups,
    },
    touches: columnTouches(values, active),
  };
};

const codedColumns: CallCount = (values, seen) => {
  const [, , , , , columns = 0, rows = 0, , , , shared = 0] = values;
  const active = activeColumns(seen, values, OCTET);
  return {
    turns: {
      call: 1,
      vectorOfRows: vectors(rows),
      column: columns,
      codedStart: active.started,
      codedTable: active.started * vectors(shared),
      octet: active.groups,
    },
    touches: columnTouches(values, active),
  };
};

const denseColumns: CallCount = (values, seen) => {
  const [
    input = 0,
    output = 0,
    weights = 0,
    bias = 0,
    columns = 0,
    rows = 0,
    columnBytes = 0,
    list = 0,
  ] = values;
  const vector = firstActivation(seen, input);
  let started = 0;
  for (let column = 0; column < columns; column++)
    if (seen.activations[vector + column] !== 0) started++;
  const fours = Math.ceil(started / 4);
  const bytes = Math.min(columnBytes, rows * FLOAT);
  // Four columns are read side by side: each goes on three columns further, or to its next page,
  // where prefetching stops.
  const streams = 3 * columnBytes > NEAR_BYTES ? started : 0;
  const pages = (streams * bytes) / PAGE;
  return {
    turns: {
      call: 1,
      vectorOfRows: vectors(rows),
      columnList: columns,
      fourColumns: fours,
      fourColumnsVector: fours * Math.floor(rows / 4),
      fourColumnsRow: fours * (rows % 4),
    },
    touches: [
      { address: input, bytes: columns * FLOAT },
      { address: list, bytes: columns * 2 * FLOAT, passes: 2 },
      { address: weights, bytes: started * bytes, streams, pages },
      { address: bias, bytes: rows * FLOAT },
      {
        address: output,
        bytes: rows * FLOAT,
        writes: true,
        passes: 2,
        apart: started * rows * FLOAT,
      },
    ],
  };
};

const transpose: CallCount = (values) => {
  const [input = 0, output = 0, rows = 0, columns = 0, inputBytes = 0, outputBytes = 0] = values;
  return {
    turns: { call: 1, transposeBlock: vectors(rows) * vectors(columns) },
    touches: [
      { address: input, bytes: (rows - 1) * inputBytes + columns * FLOAT, starts: rows },
      { address: output, bytes: (columns - 1) * outputBytes + rows * FLOAT, writes: true },
    ],
  };
};

export const fullyConnectedCalls = {
  sparseColumns,
  codedColumns,
  denseColumns,
  transpose,
} satisfies Readonly<Record<string, CallCount>>;
