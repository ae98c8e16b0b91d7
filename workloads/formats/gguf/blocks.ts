// Element types of GGUF files: blocks of a few dozen weights that share scales, and plain numbers.
// Layouts as in ggml (ggml-common.h, ggml-quants.c of github.com/ggml-org/ggml, and the GGUF
// specification in its docs/gguf.md); a file is little-endian.

import { brainToNumber, halfToNumber } from '../half.js';

/** How one element type is stored. */
export interface BlockFormat {
  readonly name: string;
  /** ggml's number of it. */
  readonly code: number;
  /** Elements of a block. */
  readonly elements: number;
  /** Bytes of a block. */
  readonly bytes: number;
  /** Widens the block that begins at byte `from` of `view` into `to`, from element `at` on. */
  widen(view: DataView, from: number, to: Float32Array, at: number): void;
}

const half = (view: DataView, at: number): number => halfToNumber(view.getUint16(at, true));

/** One element a block. */
function plain(
  name: string,
  code: number,
  bytes: number,
  read: (view: DataView, at: number) => number,
): BlockFormat {
  return {
    ...{ name, code, elements: 1, bytes },
    widen(view, from, to, at) {
      to[at] = read(view, from);
    },
  };
}

/** Elements of a block whose scale stands before it. */
const BLOCK = 32;
/** Elements of a block of blocks. */
const SUPER = 256;

/**
 * 32 numbers of 4 or 5 bits behind a scale and, if `hasMin`, a smallest value. Byte i holds the
 * low bits of elements i and i + 16; without a smallest value they lie around `middle`.
 */
function nibbles(
  name: string,
  code: number,
  { hasMin, hasFifthBit }: { readonly hasMin: boolean; readonly hasFifthBit: boolean },
): BlockFormat {
  const bitsAt = hasMin ? 4 : 2;
  const numbersAt = bitsAt + (hasFifthBit ? 4 : 0);
  const middle = hasMin ? 0 : hasFifthBit ? 16 : 8;
  return {
    ...{ name, code, elements: BLOCK, bytes: numbersAt + BLOCK / 2 },
    widen(view, from, to, at) {
      const scale = half(view, from);
      const min = hasMin ? half(view, from + 2) : 0;
      const high = hasFifthBit ? view.getUint32(from + bitsAt, true) : 0;
      for (let index = 0; index < BLOCK; index++) {
        const byte = view.getUint8(from + numbersAt + (index % (BLOCK / 2)));
        const low = index < BLOCK / 2 ? byte & 15 : byte >> 4;
        const number = low + 16 * ((high >>> index) & 1);
        to[at + index] = (number - middle) * scale + min;
      }
    },
  };
}

const q8: BlockFormat = {
  ...{ name: 'Q8_0', code: 8, elements: BLOCK, bytes: 2 + BLOCK },
  widen(view, from, to, at) {
    const scale = half(view, from);
    for (let index = 0; index < BLOCK; index++) {
      to[at + index] = scale * view.getInt8(from + 2 + index);
    }
  },
};

/** Scale and smallest value, 6 bits each, of block `index` of 8, packed in 12 bytes. */
function packedScale(view: DataView, from: number, index: number): readonly [number, number] {
  const byte = (at: number) => view.getUint8(from + at);
  if (index < 4) return [byte(index) & 63, byte(index + 4) & 63];
  const low = byte(index + 4);
  return [(low & 15) | ((byte(index - 4) >> 6) << 4), (low >> 4) | ((byte(index) >> 6) << 4)];
}

/** 8 blocks of 32 numbers of 4 or 5 bits, their scales and smallest values themselves scaled. */
function superNibbles(name: string, code: number, hasFifthBit: boolean): BlockFormat {
  const SCALES = 4;
  const bitsAt = SCALES + 12;
  const numbersAt = bitsAt + (hasFifthBit ? SUPER / 8 : 0);
  return {
    ...{ name, code, elements: SUPER, bytes: numbersAt + SUPER / 2 },
    widen(view, from, to, at) {
      const scale = half(view, from);
      const minScale = half(view, from + 2);
      for (let block = 0; block < SUPER / BLOCK; block++) {
        const [factor, min] = packedScale(view, from + SCALES, block);
        // Two blocks share 32 bytes: the first has their low halves.
        const bytesAt = from + numbersAt + BLOCK * (block >> 1);
        for (let index = 0; index < BLOCK; index++) {
          const byte = view.getUint8(bytesAt + index);
          const low = block % 2 === 0 ? byte & 15 : byte >> 4;
          const high = hasFifthBit ? (view.getUint8(from + bitsAt + index) >> block) & 1 : 0;
          const number = low + 16 * high;
          to[at + BLOCK * block + index] = scale * factor * number - minScale * min;
        }
      }
    },
  };
}

/** 16 blocks of 16 numbers of 6 bits around 32, with scales of 8 bits. */
const q6: BlockFormat = {
  ...{ name: 'Q6_K', code: 14, elements: SUPER, bytes: 128 + 64 + 16 + 2 },
  widen(view, from, to, at) {
    const scale = half(view, from + 208);
    for (let index = 0; index < SUPER; index++) {
      const side = index >> 7;
      const row = (index >> 5) & 3;
      const column = index & 31;
      const byte = view.getUint8(from + 64 * side + 32 * (row & 1) + column);
      const low = row < 2 ? byte & 15 : byte >> 4;
      const high = (view.getUint8(from + 128 + 32 * side + column) >> (2 * row)) & 3;
      const factor = view.getInt8(from + 192 + (index >> 4));
      to[at + index] = scale * factor * ((low | (high << 4)) - 32);
    }
  },
};

/** What 4 bits of MXFP4 stand for (OCP Microscaling Formats 1.0, section 5.3.3: E2M1). */
const E2M1 = [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0, -0.5, -1, -1.5, -2, -3, -4, -6];
/** The exponent that stands for a scale of 1. */
const E8M0_BIAS = 127;

/** 32 numbers of 4 bits behind a power of two; byte i holds elements i and i + 16. */
const mxfp4: BlockFormat = {
  ...{ name: 'MXFP4', code: 39, elements: BLOCK, bytes: 1 + BLOCK / 2 },
  widen(view, from, to, at) {
    const scale = 2 ** (view.getUint8(from) - E8M0_BIAS);
    for (let index = 0; index < BLOCK; index++) {
      const byte = view.getUint8(from + 1 + (index % (BLOCK / 2)));
      to[at + index] = scale * (E2M1[index < BLOCK / 2 ? byte & 15 : byte >> 4] as number);
    }
  },
};

const formats: readonly BlockFormat[] = [
  plain('F32', 0, 4, (view, at) => view.getFloat32(at, true)),
  plain('F16', 1, 2, half),
  nibbles('Q4_0', 2, { hasMin: false, hasFifthBit: false }),
  nibbles('Q4_1', 3, { hasMin: true, hasFifthBit: false }),
  nibbles('Q5_0', 6, { hasMin: false, hasFifthBit: true }),
  nibbles('Q5_1', 7, { hasMin: true, hasFifthBit: true }),
  q8,
  superNibbles('Q4_K', 12, false),
  superNibbles('Q5_K', 13, true),
  q6,
  plain('BF16', 30, 2, (view, at) => brainToNumber(view.getUint16(at, true))),
  mxfp4,
];

/** What is read, by ggml's numbers. */
export const blockFormats: ReadonlyMap<number, BlockFormat> = new Map(
  formats.map((format) => [format.code, format]),
);

/** Names of what is not read, for messages. */
export const otherFormats: ReadonlyMap<number, string> = new Map([
  [9, 'Q8_1'],
  [10, 'Q2_K'],
  [11, 'Q3_K'],
  [15, 'Q8_K'],
  [16, 'IQ2_XXS'],
  [17, 'IQ2_XS'],
  [18, 'IQ3_XXS'],
  [19, 'IQ1_S'],
  [20, 'IQ4_NL'],
  [21, 'IQ3_S'],
  [22, 'IQ2_S'],
  [23, 'IQ4_XS'],
  [24, 'I8'],
  [25, 'I16'],
  [26, 'I32'],
  [27, 'I64'],
  [28, 'F64'],
  [29, 'IQ1_M'],
  [34, 'TQ1_0'],
  [35, 'TQ2_0'],
]);

/** Elements of whole blocks as float32. */
export function widenBlocks(format: BlockFormat, bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blocks = bytes.length / format.bytes;
  const values = new Float32Array(blocks * format.elements);
  for (let block = 0; block < blocks; block++) {
    format.widen(view, block * format.bytes, values, block * format.elements);
  }
  return values;
}
