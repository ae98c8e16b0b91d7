// hw-models/host/asm/convolution.ts, counted.

import type { LoopName } from '../loops.js';
import { type CallCount, FLOAT, type Turns, VECTOR, vectors } from './work.js';

/** Bytes of a kept weight: an offset and a value. */
const ENTRY = 8;
/** Bytes of a cache line. */
const LINE = 64;
/** Vectors of a sparse tile at most. */
const MAX = 7;

const entryLoops = [
  ...(['sparseEntry1', 'sparseEntry2', 'sparseEntry3', 'sparseEntry4'] as const),
  ...(['sparseEntry5', 'sparseEntry6', 'sparseEntry7'] as const),
] satisfies readonly LoopName[];

/**
 * Turns of `rows` sparse rows with `entries` weights in all over `span` vectors, cut into tiles of
 * nearly equal width.
 */
function sparseTiles(rows: number, entries: number, span: number, times: number): Turns {
  const turns: Turns = {};
  let left = span;
  for (let tiles = Math.ceil(span / MAX); tiles > 0; tiles--) {
    const width = Math.ceil(left / tiles);
    const loop = entryLoops[width - 1] as LoopName;
    turns[loop] = (turns[loop] ?? 0) + times * entries;
    left -= width;
  }
  return { ...turns, sparseRow: times * rows * Math.ceil(span / MAX) };
}

const gather: CallCount = (values) => {
  const [input = 0, output = 0, channels = 0, height = 0, width = 0, planeBytes = 0, ...rest] =
    values;
  const [strideY = 1, strideX = 1, , , phaseHeight = 0, pitch = 0, phaseBytes = 0] = rest;
  const phases = strideY * strideX;
  const pixels = channels * phases * Math.min(phaseHeight, height) * Math.min(pitch, width);
  return {
    turns: {
      call: 1,
      gatherRow: channels * phases * phaseHeight,
      ...(strideX === 1 ? { gatherVector: pixels / 4 } : { gatherPixel: pixels }),
    },
    touches: [
      {
        address: input,
        bytes: channels * planeBytes,
        passes: strideX,
        apart: planeBytes + phases * phaseBytes,
      },
      { address: output, bytes: channels * phases * phaseBytes, writes: true },
    ],
  };
};

const compact: CallCount = (values) => {
  const [
    input = 0,
    output = 0,
    planes = 0,
    height = 0,
    width = 0,
    ,
    inputPlaneBytes = 0,
    outputPlaneBytes = 0,
  ] = values;
  const rows = planes * height;
  return {
    turns: {
      call: 1,
      compactRow: rows,
      compactVector: rows * (width < 4 ? width : vectors(width)),
    },
    touches: [
      { address: input, bytes: planes * inputPlaneBytes },
      { address: output, bytes: planes * outputPlaneBytes, writes: true },
    ],
  };
};

const sparse: CallCount = (values, seen) => {
  const [
    input = 0,
    output = 0,
    pointers = 0,
    entries = 0,
    ,
    rows = 0,
    lines = 0,
    span = 0,
    ...rest
  ] = values;
  const [inputLineBytes = 0, outputLineBytes = 0, outputPlaneBytes = 0, continues = 0] = rest;
  const bounds = seen.words(pointers, rows + 1);
  const first = bounds[0] as number;
  const count = (bounds[rows] as number) - first;
  const entryBytes = count * ENTRY;
  const tiles = lines * Math.ceil(span / MAX);
  const offsets = seen.words(entries + first * ENTRY, 2 * count);
  const distinct = new Set<number>();
  for (let at = 0; at < offsets.length; at += 2) distinct.add(offsets[at] as number);
  const tileBytes = Math.ceil(span / Math.ceil(span / MAX)) * VECTOR;
  const footprint = footprintOf(distinct, tileBytes);
  const { lowest, reach } = rangeOf(distinct);
  const extent = reach + (lines - 1) * inputLineBytes + span * VECTOR;
  const sums = (lines - 1) * outputLineBytes + span * VECTOR;
  // Whether a tile's inputs stay near from row to row is a matter of how many lines all weights
  // meet.
  const bytesRead = tiles * count * (tileBytes + LINE - FLOAT);
  return {
    turns: { call: 1, ...sparseTiles(rows, count, span, lines) },
    touches: [
      {
        address: entries + first * ENTRY,
        bytes: entryBytes,
        passes: tiles,
        apart: entryBytes + footprint,
      },
      {
        address: input + lowest,
        bytes: extent,
        passes: Math.max(1, bytesRead / extent),
        apart: footprint,
      },
      ...(continues ? [{ address: output, bytes: rows * sums }] : []),
      { address: output, bytes: (rows - 1) * outputPlaneBytes + sums, writes: true },
    ],
  };
};

/**
 * The lowest offset, and how far the highest lies behind it: a group of channels reads its own
 * planes only.
 */
function rangeOf(offsets: Iterable<number>): { readonly lowest: number; readonly reach: number } {
  let [lowest, highest] = [Number.POSITIVE_INFINITY, 0];
  for (const offset of offsets) {
    lowest = Math.min(lowest, offset);
    highest = Math.max(highest, offset);
  }
  return highest < lowest ? { lowest: 0, reach: 0 } : { lowest, reach: highest - lowest };
}

/** Bytes of the cache lines in which the inputs of a tile lie. */
function footprintOf(offsets: ReadonlySet<number>, tileBytes: number): number {
  const lines = new Set<number>();
  for (const offset of offsets) {
    for (let line = Math.floor(offset / LINE); line * LINE < offset + tileBytes; line++)
      lines.add(line);
  }
  return lines.size * LINE;
}

const dense: CallCount = (values, seen) => {
  const [
    input = 0,
    output = 0,
    offsets = 0,
    weights = 0,
    ,
    taps = 0,
    rows = 0,
    span = 0,
    outputPlaneBytes = 0,
  ] = values;
  const quads = Math.ceil(rows / 4);
  const pairs = Math.floor(span / 2);
  const single = span % 2;
  const { lowest, reach } = rangeOf(seen.words(offsets, taps));
  const passes = pairs + single;
  const weightBytes = quads * taps * VECTOR;
  const extent = reach + span * VECTOR;
  return {
    turns: {
      call: 1,
      denseTile: quads * passes,
      denseTap: quads * pairs * taps,
      denseNarrowTap: quads * single * taps,
    },
    touches: [
      { address: weights, bytes: weightBytes, passes, apart: weightBytes + extent / passes },
      { address: offsets, bytes: taps * FLOAT },
      { address: input + lowest, bytes: extent },
      { address: output, bytes: (rows - 1) * outputPlaneBytes + span * VECTOR, writes: true },
    ],
  };
};

export const convolutionCalls = { gather, compact, sparse, dense } satisfies Readonly<
  Record<string, CallCount>
>;
