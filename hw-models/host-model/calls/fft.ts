// hw-models/host/asm/fft.ts, counted.

import { invariant } from '../../../workloads/base/errors.js';
import type { LoopName } from '../loops.js';
import { type CallCount, VECTOR, vectors } from './work.js';

/** A vector of real parts and one of imaginary parts. */
const COMPLEX = 2 * VECTOR;
/** Vectors of a dense tile at most. */
const MAX = 2;

interface Transforms {
  readonly inputs: LoopName;
  readonly outputs: LoopName;
}

/** By the size of the transform, which decides how much there is to do for four tiles. */
const transforms: ReadonlyMap<number, Transforms> = new Map([
  [16, { inputs: 'fftInputs16', outputs: 'fftOutputs16' }],
  [32, { inputs: 'fftInputs32', outputs: 'fftOutputs32' }],
]);

function transformsOf(size: number): Transforms {
  const found = transforms.get(size);
  invariant(found !== undefined, () => `no loops are known of Fourier transforms of ${size}`);
  return found;
}

/** Frequencies that are kept of a transform. */
function positionsOf(size: number): number {
  return size * (size / 2 + 1);
}

const transformInputs: CallCount = (values) => {
  const [
    size = 0,
    ,
    input = 0,
    planeBytes = 0,
    ,
    channels = 0,
    firstTile = 0,
    endTile = 0,
    ,
    ...rest
  ] = values;
  const [to = 0, tileBytes = 0, positionBytes = 0, , , work = 0] = rest;
  const groups = channels * vectors(endTile - firstTile);
  return {
    turns: { call: 1, [transformsOf(size).inputs]: groups },
    touches: [
      { address: input, bytes: channels * planeBytes },
      { address: work, bytes: positionsOf(size) * COMPLEX, writes: true, passes: 2 * groups },
      {
        address: to,
        bytes: (positionsOf(size) - 1) * positionBytes + channels * 2 * tileBytes,
        writes: true,
      },
    ],
  };
};

const dense: CallCount = (values) => {
  const [size = 0, , from = 0, positionBytes = 0, channels = 0, span = 0, weights = 0, ...rest] =
    values;
  const [weightPositionBytes = 0, rows = 0, chunk = 1, output = 0, planeBytes = 0, , ...tiling] =
    rest;
  const [, firstTile = 0, endTile = 0, , tileBytes = 0, , , productBytes = 0, , , scratch = 0] =
    tiling;
  const positions = positionsOf(size);
  const pairs = Math.ceil(rows / 2);
  const spans = Math.ceil(span / MAX);
  const chunks = Math.ceil(rows / chunk);
  const valueBytes = (positions - 1) * positionBytes + channels * 2 * tileBytes;
  const sumBytes = positions * productBytes;
  const pairBytes = channels * VECTOR;
  const sums = { address: scratch, bytes: sumBytes, passes: chunks, apart: valueBytes + sumBytes };
  // The products of a chunk of rows, then their way back.
  return [
    {
      turns: {
        call: 1,
        fftTap2: positions * pairs * channels * Math.floor(span / MAX),
        fftTap1: positions * pairs * channels * (span % MAX),
        fftTile: positions * pairs * spans,
        fftPack: positions * channels * span * chunks,
      },
      touches: [
        {
          address: weights,
          bytes: (positions - 1) * weightPositionBytes + pairs * pairBytes,
          passes: spans,
          apart: pairs * pairBytes,
        },
        { address: from, bytes: valueBytes, passes: chunks, apart: sums.apart },
        { ...sums, writes: true },
      ],
    },
    {
      turns: { [transformsOf(size).outputs]: rows * vectors(endTile - firstTile) },
      touches: [sums, { address: output, bytes: rows * planeBytes, writes: true }],
    },
  ];
};

export const fftCalls = { transformInputs, dense } satisfies Readonly<Record<string, CallCount>>;
