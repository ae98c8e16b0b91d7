// hw-models/host/asm/sampling.ts, counted. Its loops are taken for others: sums of samples for
// those of pools' windows and of sparse rows, reductions for means of rows, bytes for functions of
// single values.

import { type CallCount, FLOAT, type Seen, VECTOR, vectors } from './work.js';

/** Bytes of what a sample reads: an offset and a weight. */
const ENTRY = 8;

/** Entries of all samples together. */
function entriesOf(seen: Seen, pointers: number, samples: number): number {
  const bounds = seen.words(pointers, samples + 1);
  return (bounds[samples] as number) - (bounds[0] as number);
}

const sampleColumns: CallCount = (values, seen) => {
  const [input = 0, output = 0, planes = 0, rows = 0, samples = 0, inputPlaneBytes = 0, ...rest] =
    values;
  const [outputPlaneBytes = 0, , pointers = 0, entries = 0] = rest;
  const entriesRead = entriesOf(seen, pointers, samples);
  const lines = planes * rows;
  const again = { passes: lines, apart: entriesRead * ENTRY + samples * 3 * FLOAT };
  return {
    turns: {
      call: 1,
      compactRow: lines,
      gatherPixel: lines * samples,
      poolTap: lines * entriesRead,
    },
    touches: [
      { address: pointers, bytes: (samples + 1) * FLOAT, ...again },
      { address: entries, bytes: entriesRead * ENTRY, ...again },
      { address: input, bytes: planes * inputPlaneBytes },
      { address: output, bytes: planes * outputPlaneBytes, writes: true },
    ],
  };
};

const sampleRows: CallCount = (values, seen) => {
  const [input = 0, output = 0, planes = 0, rows = 0, width = 0, inputPlaneBytes = 0, ...rest] =
    values;
  const [outputPlaneBytes = 0, pointers = 0, entries = 0] = rest;
  const entriesRead = entriesOf(seen, pointers, rows);
  const across = vectors(width);
  const again = { passes: planes, apart: entriesRead * ENTRY + inputPlaneBytes + outputPlaneBytes };
  return {
    turns: {
      call: 1,
      sparseRow: planes * rows * across,
      sparseEntry1: planes * entriesRead * across,
    },
    touches: [
      { address: pointers, bytes: (rows + 1) * FLOAT, ...again },
      { address: entries, bytes: entriesRead * ENTRY, ...again },
      // Rows of the input that several rows of the result meet lie near.
      {
        address: input,
        bytes: planes * inputPlaneBytes,
        passes: Math.max(1, entriesRead / rows),
        apart: 4 * width * FLOAT,
      },
      { address: output, bytes: planes * outputPlaneBytes, writes: true },
    ],
  };
};

const reduceRows: CallCount = (values) => {
  const [which = 0, input = 0, output = 0, rows = 0, count = 0, rowBytes = 0, outputBytes = 0] =
    values;
  // Larger and lesser take longer than sums do.
  const loop = which >= 2 ? 'addVector' : 'meanVector';
  return {
    turns: {
      call: 1,
      compactRow: rows,
      [loop]: rows * Math.floor(count / 4),
      poolTap: rows * (3 + (count % 4)),
    },
    touches: [
      { address: input, bytes: (rows - 1) * rowBytes + count * FLOAT },
      { address: output, bytes: (rows - 1) * outputBytes + FLOAT, writes: true },
    ],
  };
};

const quantise: CallCount = (values) => {
  const [input = 0, output = 0, count = 0] = values;
  return {
    turns: {
      call: 1,
      quotientVector: vectors(count),
      clipVector: vectors(count),
      gatherPixel: count,
    },
    touches: [
      { address: input, bytes: vectors(count) * VECTOR },
      { address: output, bytes: count, writes: true },
    ],
  };
};

const dequantise: CallCount = (values) => {
  const [input = 0, output = 0, count = 0] = values;
  return {
    turns: { call: 1, combineValue: count },
    touches: [
      { address: input, bytes: count },
      { address: output, bytes: count * FLOAT, writes: true },
    ],
  };
};

export const samplingCalls = {
  sampleColumns,
  sampleRows,
  reduceRows,
  quantise,
  dequantise,
} satisfies Readonly<Record<string, CallCount>>;
