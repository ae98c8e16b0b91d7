// Native products with vectors and matrices (hw-models/host/native/c), counted: columns of weights
// times one vector, sparse and dense rows times many.

import { activeColumns } from './fully-connected.js';
import { addTurns, type NativeCount } from './native-convolution.js';
import { FLOAT, firstActivation, type Touch, type Turns } from './work.js';

/** Bytes of a block of 8 entries: their rows, and values or codes. */
const BLOCK = 48;
const CODED_BLOCK = 24;
/** Bytes of a column in the list of those that are active. */
const ACTIVE = 8;
const vectorsOf = (floats: number, lanes: number) => Math.ceil(floats / lanes);

/** What columns of whatever format touch. */
function columnTouches(values: readonly number[], started: number, weights: Touch) {
  const [input = 0, output = 0, pointers = 0, , bias = 0, columns = 0, rows = 0] = values;
  const [active = 0, sums = 0] = values.slice(9);
  return [
    { address: input, bytes: columns * FLOAT },
    { address: pointers, bytes: columns * FLOAT },
    { address: active, bytes: started * ACTIVE, writes: true },
    weights,
    { address: bias, bytes: rows * FLOAT },
    { address: sums, bytes: rows * FLOAT, writes: true, passes: 2, apart: weights.bytes },
    { address: output, bytes: rows * FLOAT, writes: true },
  ];
}

const columnsSparse: NativeCount = (values, seen, lanes) => {
  const [, , , blocks = 0, , columns = 0, rows = 0] = values;
  const { started, groups, bytes } = activeColumns(seen, values, BLOCK);
  return {
    turns: {
      nativeCall: 1,
      nativeColumn: columns,
      nativeColumnStart: started,
      nativeBlock: groups,
      nativeSumVector: vectorsOf(rows, lanes),
    },
    touches: columnTouches(values, started, { address: blocks, bytes }),
  };
};

const columnsCoded: NativeCount = (values, seen, lanes) => {
  const [, , , blocks = 0, , columns = 0, rows = 0] = values;
  const [entries = 0] = values.slice(12);
  const { started, groups, bytes } = activeColumns(seen, values, CODED_BLOCK);
  return {
    turns: {
      nativeCall: 1,
      nativeColumn: columns,
      nativeColumnStart: started,
      nativeTableEntry: started * vectorsOf(entries, lanes),
      nativeCodedBlock: groups,
      nativeSumVector: vectorsOf(rows, lanes),
    },
    touches: columnTouches(values, started, { address: blocks, bytes }),
  };
};

const columnsDense: NativeCount = (values, seen, lanes) => {
  const [input = 0, output = 0, weights = 0, bias = 0, columns = 0, rows = 0, step = 0] = values;
  const vector = firstActivation(seen, input);
  const own = seen.activations.subarray(vector, vector + columns);
  const started = own.reduce((sum, value) => sum + (value === 0 ? 0 : 1), 0);
  const [fours, rest] = [Math.floor(started / 4), started % 4];
  const width = vectorsOf(rows, lanes);
  const read = started * rows * FLOAT;
  return {
    turns: {
      nativeCall: 1,
      nativeColumn: columns,
      nativeFourColumns: fours + rest,
      nativeFourColumnsVector: (fours + rest / 2) * width,
      nativeSumVector: width,
    },
    touches: [
      { address: input, bytes: columns * FLOAT },
      // Where a call makes some rows, its part of each column lies apart from the next one's.
      { address: weights, bytes: read, starts: rows * FLOAT < step ? started : 0 },
      { address: bias, bytes: rows * FLOAT },
      {
        ...{ address: output, bytes: rows * FLOAT, writes: true },
        ...{ passes: 2 + fours + rest, apart: rows * FLOAT * 5 },
      },
    ],
  };
};

/** Columns of a packed panel; rows and depth of what stays in the second-level cache. */
const PANEL = 32;
const BLOCK_DEPTH = 768;
const tileRowsOf = (lanes: number) => (lanes === 16 ? 14 : lanes === 8 ? 6 : 8);

const product: NativeCount = (values, _seen, lanes) => {
  const [left = 0, leftStep = 0, right = 0, , panelStep = 0, bias = 0, output = 0] = values;
  const [outputStep = 0, rows = 0, depth = 0, columns = 0] = values.slice(7);
  const tileRows = tileRowsOf(lanes);
  const blockRows = 12 * tileRows;
  const blocks = Math.ceil(rows / blockRows);
  const depths = Math.max(1, Math.ceil(depth / BLOCK_DEPTH));
  let tiles = 0;
  for (let row = 0; row < rows; row += blockRows)
    tiles += Math.ceil(Math.min(blockRows, rows - row) / tileRows);
  // A rest of one vector takes half of what two take.
  const across = vectorsOf(columns, lanes) / 2;
  const rightBytes = Math.ceil(columns / PANEL) * Math.max(panelStep, depth * PANEL * FLOAT);
  const leftBytes = rows * depth * FLOAT;
  return {
    turns: {
      nativeCall: 1,
      nativeProductTile: Math.ceil(across) * tiles * depths,
      nativeProductStep: across * tiles * depth,
      nativeProductRow: across * rows * depth,
    },
    touches: [
      {
        ...{ address: left, bytes: Math.max(leftBytes, rows * leftStep) },
        ...{ passes: Math.ceil(across), apart: leftBytes / Math.max(1, blocks * depths) },
      },
      {
        ...{ address: right, bytes: rightBytes, passes: Math.max(1, tiles) },
        apart: (PANEL * Math.min(depth, BLOCK_DEPTH) * FLOAT) / 2,
      },
      ...(bias > 0 ? [{ address: bias, bytes: columns * FLOAT }] : []),
      {
        ...{ address: output, bytes: rows * Math.min(outputStep, columns * FLOAT) },
        ...{ writes: true, passes: depths },
      },
    ],
  };
};

/** Whole tiles in registers, the rest value by value. */
function turned(rows: number, columns: number, lanes: number) {
  const tiles = Math.floor(rows / lanes) * Math.floor(columns / lanes);
  return {
    nativeTurnedVector: tiles * lanes,
    nativeTurnedRest: rows * columns - tiles * lanes * lanes,
  };
}

const transpose: NativeCount = ([from = 0, , to = 0, , rows = 0, columns = 0], _seen, lanes) => ({
  turns: { nativeCall: 1, ...turned(rows, columns, lanes) },
  touches: [
    { address: from, bytes: rows * columns * FLOAT },
    { address: to, bytes: rows * columns * FLOAT, writes: true },
  ],
});

/** Tokens of a tile, and bytes of one of its features. */
const TILE = 64;
const TILE_BYTES = TILE * FLOAT;
/** Tiles whose sums have a room together. */
const TILES_TOGETHER = 2;
/** Tokens are met in quarters of a tile. */
const QUARTER = 16;

const tokensApart: NativeCount = (values, _seen, lanes) => {
  const [from = 0, to = 0, tokens = 0, first = 0, end = 0, features = 0] = values;
  const tiles = Math.ceil(tokens / TILE);
  const own = end - first;
  const [whole, rest] = [Math.floor(tokens / TILE), tokens % TILE];
  return {
    turns: addTurns(
      {
        nativeCall: 1,
        nativeClearedVector: rest > 0 ? (own * TILE) / lanes : 0,
        ...turned(rest, own, lanes),
      },
      turned(whole * TILE, own, lanes),
    ),
    touches: [
      { address: from + first * FLOAT, bytes: tokens * own * FLOAT },
      { address: to, bytes: (tiles * features * TILE_BYTES * own) / features, writes: true },
    ],
  };
};

const tokensSparse: NativeCount = (values, seen, lanes) => {
  const [tiles = 0, output = 0, lists = 0, entries = 0, bias = 0, sums = 0] = values;
  const [tokens = 0, rows = 0, groupRows = 1, features = 0, chunk = 1] = values.slice(6);
  const chunks = Math.ceil(features / chunk);
  const counts = seen.words(lists, 2 * rows * chunks);
  let count = 0;
  for (let at = 1; at < counts.length; at += 2) count += counts[at] as number;
  const turns: Turns = {};
  let vectors = 0;
  for (let token = 0; token < tokens; token += TILE) {
    const own = Math.min(TILE, tokens - token);
    vectors += (Math.ceil(own / QUARTER) * QUARTER) / lanes;
    for (let row = 0; row < rows; row += groupRows)
      addTurns(turns, turned(Math.min(groupRows, rows - row), own, lanes));
  }
  const tileCount = Math.ceil(tokens / TILE);
  const blocks = Math.ceil(tileCount / TILES_TOGETHER);
  const groups = Math.ceil(rows / groupRows);
  const tileBytes = tileCount * features * TILE_BYTES;
  const entryBytes = count * 2 * FLOAT;
  const sumBytes = Math.min(tileCount, TILES_TOGETHER) * groupRows * TILE_BYTES;
  return {
    turns: {
      nativeCall: 1,
      nativeTokenRow: rows * chunks * tileCount,
      nativeTokenSum: rows * chunks * vectors,
      nativeToken: count * tileCount,
      nativeTokenVector: count * vectors,
      ...turns,
    },
    touches: [
      {
        ...{ address: tiles, bytes: tileBytes, passes: groups },
        apart: tileBytes + entryBytes / groups + sumBytes,
      },
      { address: lists, bytes: 2 * rows * chunks * FLOAT, passes: blocks },
      {
        ...{ address: entries, bytes: entryBytes, passes: tileCount },
        // Tiles that go together meet a chunk's entries one after the other.
        apart: entryBytes / (groups * chunks),
      },
      { address: bias, bytes: rows * FLOAT },
      {
        ...{ address: sums, bytes: sumBytes, writes: true, passes: groups * blocks * chunks },
        apart: sumBytes + chunk * TILE_BYTES,
      },
      { address: output, bytes: tokens * rows * FLOAT, writes: true },
    ],
  };
};

export const nativeProductCalls = {
  zs_columns_sparse: columnsSparse,
  zs_columns_coded: columnsCoded,
  zs_columns_dense: columnsDense,
  zs_product: product,
  zs_transpose: transpose,
  zs_tokens_apart: tokensApart,
  zs_tokens_sparse: tokensSparse,
} satisfies Readonly<Record<string, NativeCount>>;
