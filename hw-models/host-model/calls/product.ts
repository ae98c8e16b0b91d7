// hw-models/host/asm/product.ts, counted. Its loops do what those of dense rows do, four rows or
// two on two vectors, and are taken for them.

import { type CallCount, FLOAT, vectors } from './work.js';

/** Columns of a panel, and bytes of one of its rows. */
const PANEL = 8;
const ROW = PANEL * FLOAT;

const panelsOf = (columns: number) => Math.ceil(columns / PANEL);

const multiply: CallCount = (values) => {
  const [left = 0, panels = 0, bias = 0, output = 0, rows = 0, depth = 0, columns = 0] = values;
  const across = panelsOf(columns);
  const [fours, two, one] = [Math.floor(rows / 4), rows % 4 >= 2 ? 1 : 0, rows % 2];
  const tiles = fours + two + one;
  const panelBytes = depth * ROW;
  const leftBytes = rows * depth * FLOAT;
  return {
    turns: {
      call: 1,
      denseTile: across * tiles,
      denseTap: across * fours * depth,
      denseNarrowTap: across * two * depth,
      sparseEntry2: across * one * depth,
    },
    touches: [
      { address: left, bytes: leftBytes, passes: across, apart: leftBytes + panelBytes },
      {
        address: panels,
        bytes: across * panelBytes,
        passes: tiles,
        apart: panelBytes + 4 * depth * FLOAT,
      },
      { address: bias, bytes: across * ROW },
      { address: output, bytes: rows * columns * FLOAT, writes: true },
    ],
  };
};

/** What a matrix becomes: panels, the last one filled up. */
function packing([input = 0, output = 0, depth = 0, columns = 0]: readonly number[]) {
  return [
    { address: input, bytes: depth * columns * FLOAT },
    { address: output, bytes: panelsOf(columns) * depth * ROW, writes: true },
  ];
}

const pack: CallCount = (values) => {
  const [, , depth = 0, columns = 0] = values;
  return {
    turns: { call: 1, gatherVector: 2 * panelsOf(columns) * depth },
    touches: packing(values),
  };
};

const packTurned: CallCount = (values) => {
  const [, , depth = 0, columns = 0] = values;
  return {
    turns: { call: 1, transposeBlock: 2 * panelsOf(columns) * vectors(depth) },
    touches: packing(values),
  };
};

export const productCalls = { multiply, pack, packTurned } satisfies Readonly<
  Record<string, CallCount>
>;
