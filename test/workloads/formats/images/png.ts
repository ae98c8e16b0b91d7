// PNG files of any colour type and depth, written by the specification (ISO/IEC 15948).

import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** By the specification's numbers. */
export const colourTypes = { gray: 0, rgb: 2, palette: 3, 'gray-alpha': 4, rgba: 6 } as const;

export interface Png {
  readonly colour: keyof typeof colourTypes;
  /** Bits of a sample: 8 or 16, of a palette's index 8. */
  readonly depth: 8 | 16;
  readonly size: number;
  /** Samples of the pixel at (row, column). */
  readonly pixel: (row: number, column: number) => readonly number[];
  /** Colours of a palette; transparencies by tRNS, of its colours or as one colour's samples. */
  readonly palette?: readonly (readonly [number, number, number])[];
  readonly transparency?: readonly number[];
}

export function pngOf({ colour, depth, size, pixel, palette, transparency }: Png): Uint8Array {
  const samples = (values: readonly number[]) =>
    values.flatMap((value) => (depth === 16 ? [value >> 8, value & 0xff] : [value]));
  const rows = Array.from({ length: size }, (_, row) => [
    0,
    ...Array.from({ length: size }, (_, column) => samples(pixel(row, column))).flat(),
  ]);
  const word = (value: number) => [
    value >>> 24,
    (value >>> 16) & 0xff,
    (value >>> 8) & 0xff,
    value & 0xff,
  ];
  return Uint8Array.from([
    ...SIGNATURE,
    ...chunk('IHDR', [...word(size), ...word(size), depth, colourTypes[colour], 0, 0, 0]),
    ...(palette ? chunk('PLTE', palette.flat()) : []),
    ...(transparency
      ? chunk(
          'tRNS',
          palette ? transparency : transparency.flatMap((value) => [value >> 8, value & 0xff]),
        )
      : []),
    ...chunk('IDAT', [...deflateSync(Uint8Array.from(rows.flat()))]),
    ...chunk('IEND', []),
  ]);

  function chunk(type: string, data: readonly number[]): readonly number[] {
    const body = [...new TextEncoder().encode(type), ...data];
    return [...word(data.length), ...body, ...word(crc32(Uint8Array.from(body)))];
  }
}
