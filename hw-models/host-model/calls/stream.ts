// hw-models/host/asm/stream.ts, counted.

import type { LoopName } from '../loops.js';
import { type CallCount, FLOAT, VECTOR, vectors } from './work.js';

/** By the functions' numbers; those that clip take what ReLUs do. */
const functionLoops = [
  ...(['errorVector', 'tangentVector', 'sigmoidVector', 'tangentVector', 'sigmoidVector'] as const),
  ...(['clipVector', 'clipVector', 'functionVector', 'exponentialVector', 'errorVector'] as const),
  ...([
    'functionVector',
    'functionVector',
    'rootVector',
    'functionVector',
    'clipVector',
    'quotientVector',
  ] as const),
] satisfies readonly LoopName[];

const apply: CallCount = (values) => {
  const [which = 0, input = 0, output = 0, count = 0] = values;
  const bytes = count * FLOAT;
  return {
    turns: { call: 1, [functionLoops[which] as LoopName]: vectors(count) },
    touches: [
      { address: input, bytes },
      { address: output, bytes, writes: true },
    ],
  };
};

const softmaxRows: CallCount = (values) => {
  const [input = 0, output = 0, rows = 0, count = 0, logarithm = 0] = values;
  const rowBytes = count * FLOAT;
  // What a row's last vector is filled up with is not written: values left over are divided one by
  // one.
  const alone = logarithm ? 0 : count % 4;
  return {
    turns: {
      call: 1,
      softmaxRow: rows,
      softmaxVector: rows * vectors(count),
      poolDivide: rows * alone,
    },
    touches: [
      { address: input, bytes: rows * rowBytes, passes: logarithm ? 3 : 2, apart: 2 * rowBytes },
      {
        address: output,
        bytes: rows * rowBytes,
        writes: true,
        passes: logarithm ? 1 : 2,
        apart: rowBytes,
      },
    ],
  };
};

const softmaxLines: CallCount = (values) => {
  const [input = 0, output = 0, count = 0, across = 0, , room = 0] = values;
  const line = across * VECTOR;
  const bytes = count * line;
  // The largest of a column and its sum are taken up for every line, twice.
  const lines = { bytes: line, writes: true, passes: 2 * count, apart: 3 * line };
  return {
    turns: {
      call: 1,
      compactVector: across,
      addVector: (count - 1) * across,
      softmaxLineVector: count * across,
    },
    touches: [
      { address: input, bytes, passes: 2, apart: bytes },
      { address: room, ...lines },
      { address: room + line, ...lines },
      { address: output, bytes, writes: true, passes: 2, apart: bytes },
    ],
  };
};

const normaliseRows: CallCount = (values) => {
  const [input = 0, output = 0, rows = 0, count = 0, scale = 0, shift = 0, , centred = 0] = values;
  const rowBytes = count * FLOAT;
  const across = rows * vectors(count);
  const again = { bytes: rowBytes, passes: rows, apart: 4 * rowBytes };
  return {
    turns: { call: 1, meanRow: rows, meanVector: centred ? across : 0, meanSquareVector: across },
    touches: [
      { address: input, bytes: rows * rowBytes, passes: centred ? 3 : 2, apart: rowBytes },
      { address: scale, ...again },
      { address: shift, ...again },
      { address: output, bytes: rows * rowBytes, writes: true },
    ],
  };
};

export const streamCalls = { apply, softmaxRows, softmaxLines, normaliseRows } satisfies Readonly<
  Record<string, CallCount>
>;
