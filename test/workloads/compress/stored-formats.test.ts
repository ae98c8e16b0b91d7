// Formats take what their layouts take, written down bit by bit.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  equalDensity,
  type StoredFormat,
  storedFormats,
} from '../../../workloads/compress/stored-formats.js';

const formatOf = (name: string) => {
  const format = storedFormats.find((one) => one.name === name);
  if (!format) throw new Error(`no ${name}`);
  return format;
};

const matrix = fc
  .record({ rows: fc.integer({ min: 1, max: 9 }), columns: fc.integer({ min: 1, max: 70 }) })
  .chain(({ rows, columns }) =>
    fc.record({
      columns: fc.constant(columns),
      rows: fc.constant(rows),
      isKept: fc.array(fc.boolean(), { minLength: rows * columns, maxLength: rows * columns }),
    }),
  );

/** Bits of each part that is written by itself, of which each begins on a byte. */
const bytesOf = (parts: readonly number[]) =>
  parts.reduce((sum, bits) => sum + Math.ceil(bits / 8), 0);

describe('stored formats', () => {
  it('that leave zeros out take what is written', () => {
    fc.assert(
      fc.property(matrix, ({ rows, columns, isKept }) => {
        const nonzeros = isKept.filter(Boolean).length;
        const own = { rows, columns, nonzeros, isTwoOfFour: false };
        const masks = Array.from({ length: rows }, () => columns);
        const scale = 16;
        const rowScales = masks.map(() => scale);
        expect(formatOf('bitmask-16').bytes(own)).toBe(bytesOf([...masks, 16 * nonzeros]));
        expect(formatOf('bitmask-8').bytes(own)).toBe(
          bytesOf([...masks, ...rowScales, 8 * nonzeros]),
        );
        let groups = 0;
        for (let from = 0; from < nonzeros; from += 32) groups++;
        expect(formatOf('bitmask-4').bytes(own)).toBe(
          bytesOf([...masks, 4 * nonzeros, scale * groups]),
        );
        let pairs = 0;
        for (let column = 0; column < columns; column++)
          for (let row = 0; row < rows; row++) if (isKept[row * columns + column]) pairs++;
        expect(formatOf('CSC-32').bytes(own)).toBe(8 * pairs + 4 * (columns + 1));
        expect(formatOf('CSC-16').bytes(own)).toBe(4 * pairs + 4 * (columns + 1));
        expect(formatOf('2:4-16').bytes(own)).toBeNull();
      }),
    );
    expect(
      formatOf('CSC-16').bytes({ rows: 65_537, columns: 1, nonzeros: 1, isTwoOfFour: false }),
    ).toBeNull();
  });

  it('of two in four hold two values and two places a group, whatever is in it', () => {
    const own = { rows: 3, columns: 10, nonzeros: 11, isTwoOfFour: true };
    // Three groups of four in each row, the last one of two.
    expect(formatOf('2:4-16').bytes(own)).toBe(Math.ceil((9 * 2 * (16 + 2)) / 8));
    expect(formatOf('2:4-8').bytes(own)).toBe(Math.ceil((9 * 2 * (8 + 2)) / 8) + 3 * 2);
    expect(formatOf('2:4-4').bytes(own)).toBe(Math.ceil((9 * 2 * (4 + 2)) / 8) + 2);
  });

  it('of blocks take whole blocks of each row', () => {
    const own = { rows: 2, columns: 33, nonzeros: 66, isTwoOfFour: false };
    const bytes = (name: string) => formatOf(name).bytes(own);
    expect(bytes('Q8_0')).toBe(2 * 2 * (32 + 2));
    expect(bytes('Q4_0')).toBe(2 * 2 * (16 + 2));
    expect(bytes('MXFP4')).toBe(2 * 2 * (16 + 1));
    expect(bytes('Q4_K')).toBe(2 * (128 + 12 + 4));
    expect(bytes('AWQ-128')).toBe(2 * (64 + 2 + 0.5));
    expect(bytes('int8')).toBe(2 * (33 + 2));
  });

  it('are equal where they say so', () => {
    const shape = { rows: 4096, columns: 4096 };
    const size = shape.rows * shape.columns;
    const at = (format: StoredFormat, density: number) =>
      format.bytes({ ...shape, nonzeros: Math.round(density * size), isTwoOfFour: false }) ?? 0;
    const blocks = formatOf('Q4_0');
    // A bit and 16 bits a weight: (4.5 - 1) / 16; of bytes a row's scale besides.
    expect(equalDensity(formatOf('bitmask-16'), blocks, shape)).toBeWithin(1e-9, 3.5 / 16);
    for (const name of ['bitmask-16', 'bitmask-8', 'bitmask-4', 'CSC-32', 'CSC-16']) {
      const density = equalDensity(formatOf(name), blocks, shape) as number;
      expect(at(formatOf(name), density)).toBeWithin(1e-4, at(blocks, 1));
    }
    expect(equalDensity(formatOf('bitmask-4'), formatOf('fp32'), shape)).toBeNull();
  });

  it('come near published files', () => {
    // Llama 2 7B in llama.cpp's tables: 3.56 GiB of Q4_0 (the logits of Q6_K), 12.55 GiB of F16.
    const width = 4096;
    const shapes = [
      ...Array.from({ length: 2 }, () => [32_000, width] as const),
      ...Array.from({ length: 32 * 4 }, () => [width, width] as const),
      ...Array.from({ length: 32 * 3 }, () => [11_008, width] as const),
    ];
    const whole = (name: string) =>
      shapes.reduce((sum, [rows, columns]) => {
        const own = { rows, columns, nonzeros: rows * columns, isTwoOfFour: false };
        return sum + (formatOf(name).bytes(own) ?? 0);
      }, 0);
    expect(whole('Q4_0')).toBeWithin(0.015, 3.56 * 2 ** 30);
    expect(whole('fp16')).toBeWithin(0.001, 12.55 * 2 ** 30);
  });
});
