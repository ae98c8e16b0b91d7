// Whole numbers of a few bits each, packed one after the other, lowest bit first.

/** Bytes that `count` numbers of `bits` bits take. */
export const packedBytes = (count: number, bits: number): number => Math.ceil((count * bits) / 8);

/** Numbers below 2^bits, bits from 0 (nothing is stored) to 8. */
export function packBits(values: Uint8Array, bits: number): Uint8Array {
  const packed = new Uint8Array(packedBytes(values.length, bits));
  for (let at = 0; at < values.length; at++) {
    const first = at * bits;
    const word = (values[at] as number) << (first & 7);
    const byte = first >>> 3;
    if (bits > 0) packed[byte] = (packed[byte] as number) | (word & 0xff);
    if ((first & 7) + bits > 8) packed[byte + 1] = (packed[byte + 1] as number) | (word >>> 8);
  }
  return packed;
}

/** The first `count` numbers. */
export function unpackBits(packed: Uint8Array, count: number, bits: number): Uint8Array {
  const values = new Uint8Array(count);
  const mask = (1 << bits) - 1;
  for (let at = 0; at < count; at++) {
    const first = at * bits;
    const byte = first >>> 3;
    const word = (packed[byte] ?? 0) | ((packed[byte + 1] ?? 0) << 8);
    values[at] = (word >>> (first & 7)) & mask;
  }
  return values;
}
