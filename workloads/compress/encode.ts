// A layer's weights as bytes: dense, sparse with gaps, or codes into a table of shared weights,
// plain or Huffman coded. Han et al., "Deep Compression", ICLR 2016, Sections 2 to 4: a gap too
// long for its bits is bridged by padding entries.

import { InputError, invariant } from '../base/errors.js';
import { packBits, packedBytes, unpackBits } from './bits.js';
import { huffmanDecode, huffmanEncode } from './huffman.js';

/** Where the weights that are written lie. */
export interface Gaps {
  /** Of each entry the count of weights before it that are not written, below 2^gapBits. */
  readonly values: Uint8Array;
  /** Bits of a gap; 0: every weight is written. */
  readonly bits: number;
}

export type EncodedMatrix =
  | { readonly encoding: 'dense'; readonly values: Float32Array }
  /** Each entry's value as it is; padding entries are 0. */
  | { readonly encoding: 'sparse'; readonly values: Float32Array; readonly gaps: Gaps }
  /** Each entry is codebook[code], times its scale where there are scales. */
  | {
      readonly encoding: 'coded';
      readonly codebook: Float32Array;
      readonly scales: Scales | null;
      readonly codes: Uint8Array;
      readonly codeBits: number;
      readonly gaps: Gaps;
    };

/** What codes are multiplied by. */
export interface Scales {
  /** [rows][groups of columns]; of whole rows float32, of groups each a float16. */
  readonly values: Float32Array;
  /** Columns of a group, the last one of a row may have fewer; null: all of a row. */
  readonly group: number | null;
}

/** How many scales a row has. */
export function scalesPerRow(columns: number, group: number | null): number {
  return group === null ? 1 : Math.ceil(columns / group);
}

const scaleBytes = (group: number | null) => (group === null ? 4 : 2);

/**
 * Weights [rows][columns] to encode; `coded` where they are shared: weight i is codebook[codes[i]]
 * times its scale.
 */
export interface Encodable {
  readonly rows: number;
  readonly columns: number;
  readonly weights: Float32Array;
  readonly coded: {
    readonly codebook: Float32Array;
    readonly scales: Scales | null;
    readonly codes: Uint8Array;
  } | null;
}

const MAX_GAP_BITS = 8;

/** The smallest of the encodings that fit, with the gap width that makes it so. */
export function encodeMatrix(matrix: Encodable, huffman: boolean): EncodedMatrix {
  const candidates = matrix.coded ? codedForms(matrix.coded) : plainForms(matrix.weights);
  const [first, ...rest] = candidates.map((form) => ({ form, bytes: matrixBytes(form, huffman) }));
  invariant(first !== undefined, 'a matrix has an encoding');
  return rest.reduce((best, next) => (next.bytes < best.bytes ? next : best), first).form;
}

function plainForms(weights: Float32Array): readonly EncodedMatrix[] {
  const sparse = Array.from({ length: MAX_GAP_BITS }, (_, at): EncodedMatrix => {
    const bits = at + 1;
    const { gaps, positions } = entriesOf(
      weights.length,
      (position) => weights[position] !== 0,
      bits,
    );
    return {
      encoding: 'sparse',
      values: Float32Array.from(positions, (position) => weights[position] as number),
      gaps: { values: gaps, bits },
    };
  });
  return [{ encoding: 'dense', values: weights }, ...sparse];
}

function codedForms({
  codebook,
  scales,
  codes,
}: NonNullable<Encodable['coded']>): readonly EncodedMatrix[] {
  const codeBits = Math.max(1, Math.ceil(Math.log2(codebook.length)));
  invariant(codeBits <= 8, () => `a codebook of ${codebook.length} entries has at most 256`);
  // Without a zero to pad with every weight is written.
  const widths =
    codebook[0] === 0 ? Array.from({ length: MAX_GAP_BITS + 1 }, (_, bits) => bits) : [0];
  return widths.map((bits) => {
    const { gaps, positions } = entriesOf(
      codes.length,
      (position) => codebook[codes[position] as number] !== 0,
      bits,
    );
    return {
      encoding: 'coded',
      codebook,
      scales,
      codes: Uint8Array.from(positions, (position) => codes[position] as number),
      codeBits,
      gaps: { values: gaps, bits },
    };
  });
}

/** The positions to write: those wanted, and of the others as many as the gaps cannot bridge. */
function entriesOf(size: number, wanted: (position: number) => boolean, bits: number) {
  const reach = 2 ** bits;
  const gaps: number[] = [];
  const positions: number[] = [];
  let skipped = 0;
  for (let position = 0; position < size; position++) {
    if (bits > 0 && !wanted(position) && skipped < reach - 1) {
      skipped++;
      continue;
    }
    gaps.push(skipped);
    positions.push(position);
    skipped = 0;
  }
  // Padding behind the last weight that is wanted bridges nothing.
  while (bits > 0 && positions.length > 0 && !wanted(positions.at(-1) as number)) {
    positions.pop();
    gaps.pop();
  }
  return { gaps: Uint8Array.from(gaps), positions: Uint32Array.from(positions) };
}

/**
 * Every weight again, [rows][columns]. @throws InputError, without the file's name, for entries
 * beyond the matrix.
 */
export function decodeMatrix(matrix: EncodedMatrix, rows: number, columns: number): Float32Array {
  const size = rows * columns;
  if (matrix.encoding === 'dense') return matrix.values;
  const weights = new Float32Array(size);
  let position = -1;
  matrix.gaps.values.forEach((gap, at) => {
    position += gap + 1;
    if (position >= size) {
      throw new InputError(
        `found entry ${at} at weight ${position}, expected a position below ${size}`,
      );
    }
    weights[position] = entryValue(matrix, at, position, columns);
  });
  return weights;
}

function entryValue(
  matrix: Exclude<EncodedMatrix, { encoding: 'dense' }>,
  at: number,
  position: number,
  columns: number,
): number {
  if (matrix.encoding === 'sparse') return matrix.values[at] as number;
  const value = matrix.codebook[matrix.codes[at] as number] ?? Number.NaN;
  if (!matrix.scales) return value;
  const { values, group } = matrix.scales;
  const own = group === null ? 0 : Math.floor((position % columns) / group);
  const place = Math.floor(position / columns) * scalesPerRow(columns, group) + own;
  return value * (values[place] as number);
}

/** Small whole numbers as bytes: packed, or Huffman coded with the lengths of the code words. */
export interface CodedNumbers {
  readonly bytes: Uint8Array;
  /** Null where the numbers are packed. */
  readonly lengths: Uint8Array | null;
}

/** Takes Huffman's code only where it is allowed and smaller, its table included. */
export function encodeNumbers(values: Uint8Array, bits: number, huffman: boolean): CodedNumbers {
  const packed = packBits(values, bits);
  if (!huffman || bits === 0) return { bytes: packed, lengths: null };
  const coded = huffmanEncode(values, 2 ** bits);
  const smaller = coded.bits.length + coded.lengths.length < packed.length;
  return smaller ? { bytes: coded.bits, lengths: coded.lengths } : { bytes: packed, lengths: null };
}

export function decodeNumbers(
  { bytes, lengths }: CodedNumbers,
  count: number,
  bits: number,
): Uint8Array {
  if (lengths) return huffmanDecode({ lengths, bits: bytes }, count);
  if (bytes.length !== packedBytes(count, bits)) {
    throw new InputError(
      `found ${bytes.length} bytes, expected ${packedBytes(count, bits)} for ${count} of ${bits} bits`,
    );
  }
  return unpackBits(bytes, count, bits);
}

const FLOAT_BYTES = 4;

/** Bytes of all that `matrix` consists of. */
export function matrixBytes(matrix: EncodedMatrix, huffman: boolean): number {
  const numbers = (values: Uint8Array, bits: number) => {
    const { bytes, lengths } = encodeNumbers(values, bits, huffman);
    return bytes.length + (lengths?.length ?? 0);
  };
  switch (matrix.encoding) {
    case 'dense':
      return FLOAT_BYTES * matrix.values.length;
    case 'sparse':
      return FLOAT_BYTES * matrix.values.length + numbers(matrix.gaps.values, matrix.gaps.bits);
    case 'coded': {
      const { codebook, scales } = matrix;
      return (
        FLOAT_BYTES * codebook.length +
        (scales ? scaleBytes(scales.group) * scales.values.length : 0) +
        numbers(matrix.codes, matrix.codeBits) +
        numbers(matrix.gaps.values, matrix.gaps.bits)
      );
    }
  }
}
