// hw-models/host/asm/strided.ts, counted. Copies' loops do what those that close up rows, copy with
// a halo and transpose do, and are taken for them.

import type { LoopName } from '../loops.js';
import { type CallCount, FLOAT, type Touch, type Turns } from './work.js';

/** Bytes of a cache line. */
const LINE = 64;
/** Values of a line from which on it is copied as a whole. */
const BULK = 64;

/**
 * By the functions' numbers; the lesser and the larger of two take what sums with a ReLU do.
 */
const functionLoops = [
  ...(['combineVector', 'combineVector', 'combineVector', 'quotientVector'] as const),
  ...(['addVector', 'addVector', 'combineVector'] as const),
] satisfies readonly LoopName[];

/** Axes from the outermost to the innermost as they are walked. */
type Axes = readonly { readonly extent: number; readonly stride: number }[];

const axesOf = (extents: readonly number[], strides: readonly number[]): Axes =>
  extents.map((extent, axis) => ({ extent, stride: strides[axis] ?? FLOAT }));

/** Bytes that are gone through at least once: whole lines where less of one lies between gaps. */
function bytesOf(axes: Axes): number {
  const steps = axes
    .filter(({ extent, stride }) => extent > 1 && stride !== 0)
    .map(({ extent, stride }) => ({ extent, step: Math.abs(stride) }))
    .sort((a, b) => a.step - b.step);
  let [run, runs] = [FLOAT, 1];
  for (const { extent, step } of steps) {
    if (runs === 1 && step <= Math.max(run, LINE)) run += (extent - 1) * step;
    else runs *= extent;
  }
  return runs === 1 ? run : runs * Math.max(run, LINE);
}

/**
 * How often an axis has what lies within it gone through: again and again, or a part of each line
 * at a time.
 */
function timesOf({ stride, extent }: Axes[number], within: Axes): number {
  if (stride === 0) return within.some((axis) => axis.extent > 1 && axis.stride !== 0) ? extent : 1;
  const isSplit = within.some((axis) => axis.extent > 1 && Math.abs(axis.stride) >= LINE);
  return isSplit ? Math.min(extent, Math.max(1, Math.floor(LINE / Math.abs(stride)))) : 1;
}

/**
 * What walking an operand from `address` on touches, `beside` others being walked at the same time.
 */
function walk(address: number, axes: Axes, beside: number): Touch {
  const lowest = axes.reduce(
    (sum, { extent, stride }) => sum + Math.min(0, (extent - 1) * stride),
    address,
  );
  const times = axes.map((axis, at) => timesOf(axis, axes.slice(at + 1)));
  const outermost = times.findIndex((each) => each > 1);
  const bytes = bytesOf(axes);
  if (outermost < 0) return { address: lowest, bytes };
  const within = axes.slice(outermost + 1);
  const values = within.reduce((product, { extent }) => product * extent, 1);
  const passes = times.reduce((product, each) => product * each, 1);
  return { address: lowest, bytes, passes, apart: bytesOf(within) + beside * values * FLOAT };
}

/** Of `lines` lines of `count` values each. */
function copied(lines: number, count: number): Turns {
  if (count >= BULK) return { gatherRow: lines, copyVector: (lines * count) / 4 };
  return { compactRow: lines, compactVector: lines * (Math.floor(count / 4) + (count % 4)) };
}

/** Of `rows` × `columns` values, four by four, those left over one by one. */
function turned(rows: number, columns: number): Turns {
  const [down, across] = [Math.floor(rows / 4), Math.floor(columns / 4)];
  return {
    compactRow: across + (columns % 4),
    transposeBlock: down * across,
    gatherPixel: rows * columns - 16 * down * across,
  };
}

const scaled = (turns: Turns, by: number): Turns =>
  Object.fromEntries(Object.entries(turns).map(([name, times]) => [name, times * by]));

const move: CallCount = (values) => {
  const [input = 0, output = 0, n0 = 0, n1 = 0, n2 = 0, n3 = 0] = values;
  const [from, to] = [values.slice(6, 10), values.slice(10, 14)];
  const [i0 = 0, i1 = 0, i2 = 0, i3 = 0] = from;
  const [o0 = 0, o1 = 0, o2 = 0, o3 = 0] = to;
  if (i3 !== FLOAT && i2 === FLOAT && o3 === FLOAT) {
    // Down the columns, which have no gaps, four of them at a time.
    const columns = axesOf([n0, n1, n3, n2], [i0, i1, i3, i2]);
    const fours = axesOf([n0, n1, Math.ceil(n3 / 4), n2], [o0, o1, 4 * FLOAT, o2]);
    return {
      turns: { call: 1, ...scaled(turned(n2, n3), n0 * n1) },
      touches: [walk(input, columns, 1), { ...walk(output, fours, 1), writes: true }],
    };
  }
  const extents = [n0, n1, n2, n3];
  const lines = n0 * n1 * n2;
  const isCopied = i3 === FLOAT && o3 === FLOAT;
  return {
    turns: {
      call: 1,
      ...(isCopied ? copied(lines, n3) : { compactRow: lines, gatherPixel: lines * n3 }),
    },
    touches: [
      walk(input, axesOf(extents, from), 1),
      { ...walk(output, axesOf(extents, to), 1), writes: true },
    ],
  };
};

const combine: CallCount = (values) => {
  const [which = 0, left = 0, right = 0, output = 0] = values;
  const extents = values.slice(4, 8);
  const [ofLeft, ofRight, ofOutput] = [
    values.slice(8, 12),
    values.slice(12, 16),
    values.slice(16, 19),
  ];
  const [n0 = 0, n1 = 0, n2 = 0, n3 = 0] = extents;
  const lines = n0 * n1 * n2;
  // Four at a time where operands lie as the result does, or stay the same.
  const isEven = [ofLeft[3], ofRight[3]].every((stride) => stride === FLOAT || stride === 0);
  const across = isEven ? Math.floor(n3 / 4) : 0;
  return {
    turns: {
      call: 1,
      combineLine: lines,
      [functionLoops[which] as LoopName]: lines * across,
      combineValue: lines * (n3 - 4 * across),
    },
    touches: [
      walk(left, axesOf(extents, ofLeft), 2),
      walk(right, axesOf(extents, ofRight), 2),
      { ...walk(output, axesOf(extents, ofOutput), 2), writes: true },
    ],
  };
};

/** One by one, as values of two operands are that lie apart; the condition is bytes. */
const choose: CallCount = (values) => {
  const [condition = 0, left = 0, right = 0, output = 0] = values;
  const extents = values.slice(4, 8);
  const strides = [8, 12, 16, 20].map((at) => values.slice(at, at + 4));
  const [ofCondition = [], ofLeft = [], ofRight = [], ofOutput = []] = strides;
  const [n0 = 0, n1 = 0, n2 = 0, n3 = 0] = extents;
  return {
    turns: { call: 1, combineLine: n0 * n1 * n2, combineValue: n0 * n1 * n2 * n3 },
    touches: [
      walk(condition, axesOf(extents, ofCondition), 3),
      walk(left, axesOf(extents, ofLeft), 3),
      walk(right, axesOf(extents, ofRight), 3),
      { ...walk(output, axesOf(extents, ofOutput), 3), writes: true },
    ],
  };
};

export const stridedCalls = { move, combine, choose } satisfies Readonly<Record<string, CallCount>>;
