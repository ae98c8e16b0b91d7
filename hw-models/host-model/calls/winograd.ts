// hw-models/host/asm/winograd.ts, counted.

import { invariant } from '../../../workloads/base/errors.js';
import type { LoopName } from '../loops.js';
import { type CallCount, FLOAT, type Turns, VECTOR, vectors } from './work.js';

/** Vectors of a dense tile at most. */
const MAX = 3;

interface Transforms {
  readonly column: LoopName;
  readonly tiles: LoopName;
  readonly back: LoopName;
}

/** By outputs of a tile's edge: straight-line code, each its own. */
const transforms: ReadonlyMap<number, Transforms> = new Map([
  [2, { column: 'winogradColumn2', tiles: 'winogradTiles2', back: 'winogradBack2' }],
  [4, { column: 'winogradColumn4', tiles: 'winogradTiles4', back: 'winogradBack4' }],
  [6, { column: 'winogradColumn6', tiles: 'winogradTiles6', back: 'winogradBack6' }],
]);

function transformsOf(outputs: number): Transforms {
  const found = transforms.get(outputs);
  invariant(found !== undefined, () => `no loops are known of Winograd F(${outputs}×${outputs})`);
  return found;
}

const transformInputs: CallCount = (values) => {
  const [
    outputs = 0,
    taps = 0,
    input = 0,
    planeBytes = 0,
    channels = 0,
    height = 0,
    width = 0,
    ...rest
  ] = values;
  const [, , tileRows = 0, tilesX = 0, to = 0, channelBytes = 0, positionBytes = 0] = rest;
  const size = outputs + taps - 1;
  const rows = channels * tileRows;
  const { column, tiles } = transformsOf(outputs);
  const imageRows = Math.min(height, tileRows * outputs + taps - 1);
  return {
    turns: {
      call: 1,
      winogradRow: rows,
      [column]: rows * vectors(width),
      [tiles]: rows * vectors(tilesX),
    },
    touches: [
      {
        address: input,
        bytes: channels * Math.min(planeBytes, imageRows * width * FLOAT),
        starts: channels,
      },
      {
        address: to,
        bytes: (size ** 2 - 1) * positionBytes + channels * channelBytes,
        writes: true,
      },
    ],
  };
};

const dense: CallCount = (values) => {
  const [
    outputs = 0,
    taps = 0,
    from = 0,
    positionBytes = 0,
    channels = 0,
    span = 0,
    weights = 0,
    ...rest
  ] = values;
  const [
    weightPositionBytes = 0,
    rows = 0,
    chunk = 1,
    output = 0,
    planeBytes = 0,
    ,
    width = 0,
    ...tiling
  ] = rest;
  const [, tileRows = 0, tilesX = 0, tileBytes = 0, , , productBytes = 0, scratch = 0] = tiling;
  const size = outputs + taps - 1;
  const positions = size ** 2;
  const quads = Math.ceil(rows / 4);
  const spans = Math.ceil(span / MAX);
  const chunks = Math.ceil(rows / chunk);
  const tapTurns: Turns = {};
  let left = span;
  for (let at = spans; at > 0; at--) {
    const tileWidth = Math.ceil(left / at);
    const loop = (['winogradTap1', 'winogradTap2', 'winogradTap3'] as const)[
      tileWidth - 1
    ] as LoopName;
    tapTurns[loop] = (tapTurns[loop] ?? 0) + positions * quads * channels;
    left -= tileWidth;
  }
  const valueBytes = (positions - 1) * positionBytes + channels * tileBytes;
  const sums = {
    address: scratch,
    bytes: positions * productBytes,
    passes: chunks,
    apart: valueBytes + positions * productBytes,
  };
  const imageBytes = Math.min(planeBytes, tileRows * outputs * width * FLOAT);
  // The products of a chunk of rows, then their way back.
  return [
    {
      turns: {
        call: 1,
        ...tapTurns,
        winogradTile: positions * quads * spans,
        winogradPack: positions * channels * span * chunks,
      },
      touches: [
        {
          address: weights,
          bytes: (positions - 1) * weightPositionBytes + quads * channels * VECTOR,
          passes: spans,
          apart: quads * channels * VECTOR,
        },
        { address: from, bytes: valueBytes, passes: chunks, apart: sums.apart },
        { ...sums, writes: true },
      ],
    },
    {
      turns: {
        [transformsOf(outputs).back]: rows * tileRows * vectors(tilesX),
        winogradFinish: rows * tileRows * outputs * vectors(width),
      },
      touches: [sums, { address: output, bytes: rows * imageBytes, writes: true }],
    },
  ];
};

export const winogradCalls = { transformInputs, dense } satisfies Readonly<
  Record<string, CallCount>
>;
