// Canonical Huffman coding of small whole numbers. Huffman, "A method for the construction of
// minimum-redundancy codes", 1952; the code words follow from their lengths alone (as in RFC 1951,
// Section 3.2.2), so only those are stored.

import { InputError, invariant } from '../base/errors.js';

export interface HuffmanStream {
  /** By symbol: the length of its code word in bits, 0 where it never comes. */
  readonly lengths: Uint8Array;
  /** The code words, first bit highest, filled up with zeros to whole bytes. */
  readonly bits: Uint8Array;
}

/** Longer code words would need more symbols than 2³² together. */
const LONGEST = 32;

/** Encodes symbols below `alphabet`. A single symbol takes one bit each. */
export function huffmanEncode(symbols: Uint8Array, alphabet: number): HuffmanStream {
  const lengths = codeLengths(frequenciesOf(symbols, alphabet));
  const words = codeWords(lengths);
  let total = 0;
  for (let at = 0; at < symbols.length; at++) total += lengths[symbols[at] as number] as number;
  const bits = new Uint8Array(Math.ceil(total / 8));
  let to = 0;
  for (let at = 0; at < symbols.length; at++) {
    const symbol = symbols[at] as number;
    const word = words[symbol] as number;
    for (let bit = (lengths[symbol] as number) - 1; bit >= 0; bit--, to++) {
      if ((word >>> bit) & 1) bits[to >>> 3] = (bits[to >>> 3] as number) | (0x80 >>> (to & 7));
    }
  }
  return { lengths, bits };
}

/**
 * `count` symbols. @throws InputError, without the file's name, for lengths that make no code or
 * bits that run out.
 */
export function huffmanDecode({ lengths, bits }: HuffmanStream, count: number): Uint8Array {
  const symbols = new Uint8Array(count);
  if (count === 0) return symbols;
  checkLengths(lengths);
  // Symbols in the order of their code words; of each length the first word and where its symbols
  // begin.
  const ordered = Uint16Array.from(lengths.keys()).filter(
    (symbol) => (lengths[symbol] as number) > 0,
  );
  ordered.sort((a, b) => (lengths[a] as number) - (lengths[b] as number) || a - b);
  const counts = new Uint32Array(LONGEST + 1);
  for (const symbol of ordered)
    counts[lengths[symbol] as number] = (counts[lengths[symbol] as number] as number) + 1;
  let from = 0;
  for (let at = 0; at < count; at++) {
    let word = 0;
    let first = 0;
    let before = 0;
    for (let length = 1; ; length++) {
      if (length > LONGEST || from >= 8 * bits.length) {
        throw new InputError(`found bits that end within symbol ${at}, expected ${count} symbols`);
      }
      word = 2 * word + (((bits[from >>> 3] as number) >>> (7 - (from & 7))) & 1);
      from++;
      const ofLength = counts[length] as number;
      if (word - first < ofLength) {
        symbols[at] = ordered[before + word - first] as number;
        break;
      }
      first = 2 * (first + ofLength);
      before += ofLength;
    }
  }
  return symbols;
}

function frequenciesOf(symbols: Uint8Array, alphabet: number): Uint32Array {
  const frequencies = new Uint32Array(alphabet);
  for (let at = 0; at < symbols.length; at++) {
    const symbol = symbols[at] as number;
    invariant(symbol < alphabet, () => `symbol ${symbol} is outside an alphabet of ${alphabet}`);
    frequencies[symbol] = (frequencies[symbol] as number) + 1;
  }
  return frequencies;
}

/** The two rarest trees are joined until one is left; of equally rare ones the first made. */
function codeLengths(frequencies: Uint32Array): Uint8Array {
  const lengths = new Uint8Array(frequencies.length);
  let trees = Array.from(frequencies, (weight, symbol) => ({ weight, symbols: [symbol] })).filter(
    (t) => t.weight > 0,
  );
  if (trees.length === 1) lengths[(trees[0]?.symbols[0] as number) ?? 0] = 1;
  while (trees.length > 1) {
    trees = trees.sort((a, b) => a.weight - b.weight);
    const [a, b, ...rest] = trees as [(typeof trees)[0], (typeof trees)[0], ...typeof trees];
    const symbols = [...a.symbols, ...b.symbols];
    for (const symbol of symbols) lengths[symbol] = (lengths[symbol] as number) + 1;
    trees = [...rest, { weight: a.weight + b.weight, symbols }];
  }
  return lengths;
}

/**
 * Shorter words first, of one length in the order of their symbols, each one above the word before.
 */
function codeWords(lengths: Uint8Array): Uint32Array {
  const words = new Uint32Array(lengths.length);
  let word = 0;
  for (let length = 1; length <= LONGEST; length++) {
    for (let symbol = 0; symbol < lengths.length; symbol++)
      if (lengths[symbol] === length) words[symbol] = word++;
    word *= 2;
  }
  return words;
}

/** A code that can be decoded fills its tree at most (Kraft). */
function checkLengths(lengths: Uint8Array): void {
  let filled = 0;
  for (const length of lengths) {
    if (length > LONGEST)
      throw new InputError(`found a code word of ${length} bits, expected at most ${LONGEST}`);
    if (length > 0) filled += 2 ** -length;
  }
  if (!(filled > 0 && filled <= 1))
    throw new InputError('found code word lengths that make no code');
}
