import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../workloads/base/errors.js';
import { packBits, packedBytes, unpackBits } from '../../../workloads/compress/bits.js';
import { huffmanDecode, huffmanEncode } from '../../../workloads/compress/huffman.js';

const streams = fc
  .integer({ min: 1, max: 8 })
  .chain((bits) =>
    fc.tuple(fc.constant(bits), fc.uint8Array({ max: 2 ** bits - 1, maxLength: 300 })),
  );

describe("Huffman's code", () => {
  it('reads back what was written', () => {
    fc.assert(
      fc.property(streams, ([bits, symbols]) => {
        expect(huffmanDecode(huffmanEncode(symbols, 2 ** bits), symbols.length)).toEqual(symbols);
      }),
    );
  });

  it('takes less than one bit a symbol more than the entropy, and no less than it', () => {
    fc.assert(
      fc.property(streams, ([bits, symbols]) => {
        const counts = new Map<number, number>();
        for (const symbol of symbols) counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
        if (counts.size < 2) return;
        const entropy = [...counts.values()].reduce(
          (sum, n) => sum - n * Math.log2(n / symbols.length),
          0,
        );
        const { lengths } = huffmanEncode(symbols, 2 ** bits);
        const taken = symbols.reduce((sum, symbol) => sum + (lengths[symbol] as number), 0);
        expect(taken).toBeGreaterThanOrEqual(entropy - 1e-9);
        expect(taken).toBeLessThan(entropy + symbols.length);
      }),
    );
  });

  it('gives the words of the textbook: a 5, b 2, c 1, d 1', () => {
    const symbols = Uint8Array.of(0, 0, 0, 0, 0, 1, 1, 2, 3);
    const { lengths, bits } = huffmanEncode(symbols, 4);
    expect([...lengths]).toEqual([1, 2, 3, 3]);
    // 0 0 0 0 0 10 10 110 111.
    expect([...bits]).toEqual([0b00000101, 0b01101110]);
  });

  it('refuses damaged bits in one line', () => {
    fc.assert(
      fc.property(streams, fc.nat(), fc.nat(255), (stream, place, byte) => {
        const [bits, symbols] = stream;
        const { lengths, bits: words } = huffmanEncode(symbols, 2 ** bits);
        const damaged = lengths.slice();
        if (damaged.length > 0) damaged[place % damaged.length] = byte;
        for (const broken of [
          { lengths: damaged, bits: words },
          { lengths, bits: words.subarray(0, words.length - 1) },
        ]) {
          try {
            expect(huffmanDecode(broken, symbols.length)).toHaveLength(symbols.length);
          } catch (error) {
            expect(error).toBeInstanceOf(InputError);
          }
        }
      }),
    );
  });
});

describe('packed numbers', () => {
  it('read back as they were', () => {
    fc.assert(
      fc.property(streams, ([bits, values]) => {
        const packed = packBits(values, bits);
        expect(packed.length).toBe(packedBytes(values.length, bits));
        expect(unpackBits(packed, values.length, bits)).toEqual(values);
      }),
    );
    expect([...packBits(Uint8Array.of(1, 2, 3), 3)]).toEqual([0b11010001, 0b0]);
    expect(unpackBits(packBits(new Uint8Array(5), 0), 5, 0)).toEqual(new Uint8Array(5));
  });
});
