// Computes the size of a weight matrix in each storage format, from their layouts: plain numbers,
// blocks that share scales, and formats that leave zeros out.

import { invariant } from '../base/errors.js';
import { blockFormats } from '../formats/gguf/blocks.js';

/** A matrix as a format sees it. */
export interface StoredMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly nonzeros: number;
  /** Whether no four weights of a row, from its first on, hold more than two. */
  readonly isTwoOfFour: boolean;
}

export interface StoredFormat {
  /** 'bitmask-16' */
  readonly name: string;
  /** What lies where, and where that is written down. */
  readonly layout: string;
  /** Whether zeros take less room than other weights. */
  readonly skipsZeros: boolean;
  /** Null for a matrix that the format cannot hold. */
  readonly bytes: (matrix: StoredMatrix) => number | null;
}

const HALF_BYTES = 2;
const POINTER_BYTES = 4;

/** Every weight in so many bytes. */
function plain(name: string, bytes: number, layout: string): StoredFormat {
  return { ...{ name, layout, skipsZeros: false }, bytes: (m) => m.rows * m.columns * bytes };
}

/** Blocks along a row, the last one of it whole. */
function blocks(name: string, elements: number, bytes: number, layout: string): StoredFormat {
  return {
    ...{ name, layout, skipsZeros: false },
    bytes: ({ rows, columns }) => rows * Math.ceil(columns / elements) * bytes,
  };
}

/** A block format of GGUF files, as they are read. */
function ofGguf(name: string): StoredFormat {
  const format = [...blockFormats.values()].find((one) => one.name === name);
  invariant(format !== undefined, () => `no block format ${name}`);
  const { elements, bytes } = format;
  return blocks(name, elements, bytes, `GGUF: ${bytes} bytes for ${elements} weights`);
}

/** A bit for each weight, and values of `bits` of those that are left. */
function bitmask(bits: 16 | 8 | 4, values: string): StoredFormat {
  return {
    ...{ name: `bitmask-${bits}`, skipsZeros: true },
    layout: `a bit a weight and, of what is left, ${values}`,
    bytes({ rows, columns, nonzeros }) {
      const scales = bits === 16 ? 0 : bits === 8 ? rows * HALF_BYTES : scalesOf(nonzeros);
      return rows * Math.ceil(columns / 8) + Math.ceil((nonzeros * bits) / 8) + scales;
    },
  };
}

/** Halves for groups of 32 of so many packed weights. */
const GROUP = 32;
const scalesOf = (weights: number) => Math.ceil(weights / GROUP) * HALF_BYTES;

/** Columns below each other: a row's number beside each value, pointers to columns. */
function csc(name: string, valueBytes: number, indexBytes: number, layout: string): StoredFormat {
  return {
    ...{ name, layout, skipsZeros: true },
    bytes({ rows, columns, nonzeros }) {
      if (rows > 2 ** (8 * indexBytes)) return null;
      return nonzeros * (valueBytes + indexBytes) + (columns + 1) * POINTER_BYTES;
    },
  };
}

/** Two of every four weights of a row, each with its place in 2 bits. */
function twoOfFour(bits: 16 | 8 | 4, values: string): StoredFormat {
  return {
    ...{ name: `2:4-${bits}`, skipsZeros: true },
    layout: `two of every four weights as ${values}, places of 2 bits`,
    bytes({ rows, columns, isTwoOfFour }) {
      if (!isTwoOfFour) return null;
      const fours = rows * Math.ceil(columns / 4);
      const scales = bits === 16 ? 0 : bits === 8 ? rows * HALF_BYTES : scalesOf(2 * fours);
      return Math.ceil((fours * 2 * (bits + 2)) / 8) + scales;
    },
  };
}

/** AutoAWQ's WQLinear_GEMM: groups of 128 along a row, a half as scale, 4 bits of zero. */
const awq = blocks(
  'AWQ-128',
  128,
  64 + HALF_BYTES + 0.5,
  'AutoAWQ: 128 of 4 bits with a 16-bit scale and a 4-bit zero',
);

/** From wide to narrow, formats that leave zeros out behind those that do not. */
export const storedFormats: readonly StoredFormat[] = [
  plain('fp32', 4, '32-bit floats'),
  plain('fp16', 2, '16-bit floats, bfloat16 among them'),
  {
    ...{ name: 'int8', layout: 'bytes with a 16-bit scale a row', skipsZeros: false },
    bytes: ({ rows, columns }) => rows * (columns + HALF_BYTES),
  },
  ofGguf('Q8_0'),
  ofGguf('Q4_K'),
  ofGguf('Q4_0'),
  ofGguf('MXFP4'),
  awq,
  csc('CSC-32', 4, 4, '32-bit floats and row numbers of what is left'),
  csc('CSC-16', 2, 2, '16-bit floats and row numbers of what is left'),
  bitmask(16, '16-bit floats'),
  bitmask(8, 'bytes with a 16-bit scale a row'),
  bitmask(4, '4 bits with a 16-bit scale for 32'),
  twoOfFour(16, '16-bit floats'),
  twoOfFour(8, 'bytes with a 16-bit scale a row'),
  twoOfFour(4, '4 bits with a 16-bit scale for 32'),
];

/**
 * The share of weights at which `sparse` takes as many bytes as `dense` for a matrix of this shape:
 * below it pruning alone is smaller. Null where it never is, or always.
 */
export function equalDensity(
  sparse: StoredFormat,
  dense: StoredFormat,
  { rows, columns }: Pick<StoredMatrix, 'rows' | 'columns'>,
): number | null {
  const size = rows * columns;
  const at = (density: number) =>
    sparse.bytes({ rows, columns, nonzeros: density * size, isTwoOfFour: false });
  const wanted = dense.bytes({ rows, columns, nonzeros: size, isTwoOfFour: false });
  const [empty, full] = [at(0), at(1)];
  if (wanted === null || empty === null || full === null) return null;
  if (empty >= wanted || full <= wanted) return null;
  return (wanted - empty) / (full - empty);
}
