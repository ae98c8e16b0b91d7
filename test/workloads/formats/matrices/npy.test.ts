import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../../workloads/base/errors.js';
import { readNpy, writeNpy } from '../../../../workloads/formats/matrices/npy.js';

/** A file by the format's definition: magic, version, header length, header, data. */
function file(
  descr: string,
  shape: string,
  data: Uint8Array,
  { order = 'False', major = 1 } = {},
): Uint8Array {
  const header = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`;
  const length = major === 1 ? [header.length, 0] : [header.length, 0, 0, 0];
  return Uint8Array.from([
    0x93,
    ...Buffer.from('NUMPY'),
    major,
    0,
    ...length,
    ...Buffer.from(header),
    ...data,
  ]);
}

const bytesOf = (array: ArrayBufferView) =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });

describe('a .npy file', () => {
  it('reads back as it was written', () => {
    fc.assert(
      fc.property(shapes, fc.nat(), (shape, seed) => {
        const size = shape.reduce((product, extent) => product * extent, 1);
        const values = Float32Array.from({ length: size }, (_, i) => Math.sin(seed + i));
        const bytes = writeNpy({ shape, values });
        expect(readNpy(bytes, 'x.npy')).toEqual({ shape, values });
        // numpy.lib.format: the data begins at a multiple of 64.
        expect((bytes.length - 4 * size) % 64).toBe(0);
      }),
    );
  });

  it.each([
    ['<f4', Float32Array.of(1.5, -2)],
    ['<f8', Float64Array.of(1.5, -2)],
    ['<i2', Int16Array.of(300, -2)],
    ['<u2', Uint16Array.of(300, 65535)],
    ['<i4', Int32Array.of(70000, -2)],
    ['<u4', Uint32Array.of(70000, 2)],
    ['<i8', BigInt64Array.of(70000n, -2n)],
    ['<u8', BigUint64Array.of(70000n, 2n)],
    ['|i1', Int8Array.of(127, -128)],
    ['|u1', Uint8Array.of(127, 255)],
    ['|b1', Uint8Array.of(0, 1)],
  ])('holds elements of type %s', (descr, array) => {
    const { values } = readNpy(file(descr, '(2,)', bytesOf(array)), 'x.npy');
    expect([...values]).toEqual([...array].map(Number));
  });

  it('holds half precision', () => {
    // 1, −2, the largest finite one (65504), the smallest subnormal (2⁻²⁴): IEEE 754-2019, table
    // 3.5.
    const { values } = readNpy(
      file('<f2', '(4,)', bytesOf(Uint16Array.of(0x3c00, 0xc000, 0x7bff, 1))),
      'x.npy',
    );
    expect([...values]).toEqual([1, -2, 65504, 2 ** -24]);
  });

  it.each([1, 2, 3])('is read in format version %d', (major) => {
    expect(readNpy(file('|u1', '(1, 2)', Uint8Array.of(4, 5), { major }), 'x.npy').shape).toEqual([
      1, 2,
    ]);
  });

  it('is read in Fortran order', () => {
    // The matrix [1 2 3; 4 5 6] column by column.
    const bytes = file('|u1', '(2, 3)', Uint8Array.of(1, 4, 2, 5, 3, 6), { order: 'True' });
    expect([...readNpy(bytes, 'x.npy').values]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('holds a scalar', () => {
    expect(readNpy(file('|u1', '()', Uint8Array.of(7)), 'x.npy')).toEqual({
      shape: [],
      values: Float32Array.of(7),
    });
  });

  it.each([
    [
      'big-endian numbers',
      file('>f4', '(1,)', new Uint8Array(4)),
      "found elements of type '>f4', expected <f2 or",
    ],
    ['text', file('<U4', '(1,)', new Uint8Array(16)), "found elements of type '<U4'"],
    [
      'a type that objects inherit',
      file('toString', '(1,)', new Uint8Array(4)),
      "found elements of type 'toString'",
    ],
    [
      'too little data',
      file('<f4', '(3,)', new Uint8Array(8)),
      'found 8 bytes of data, expected 12',
    ],
    ['too much data', file('<f4', '(1,)', new Uint8Array(8)), 'found 8 bytes of data, expected 4'],
    [
      'a huge shape',
      file('<f4', '(99999999, 99999999, 99999999)', new Uint8Array(8)),
      'found 8 bytes of data',
    ],
    ['NaN', file('<f4', '(2,)', bytesOf(Float32Array.of(1, Number.NaN))), 'found NaN at element 1'],
    [
      'doubles beyond a float',
      file('<f8', '(1,)', bytesOf(Float64Array.of(1e300))),
      'found 1e+300 at element 0',
    ],
    [
      'another kind of file',
      Uint8Array.from(Buffer.from('PK\x03\x04 zip')),
      'found the first bytes',
    ],
    ['an empty file', new Uint8Array(0), 'found the first bytes ""'],
    [
      'another version',
      Uint8Array.from([0x93, ...Buffer.from('NUMPY'), 9, 0, 0, 0]),
      'found format version 9',
    ],
    ['a header that is cut', file('<f4', '(1,)', new Uint8Array(4)).subarray(0, 40), 'truncated'],
    ['a strange header', file('<f4', '"x"', new Uint8Array(4)), 'found the header "{'],
  ])('with %s is refused in one line', (_what, bytes, message) => {
    expect(() => readNpy(bytes, 'x.npy')).toThrow(InputError);
    expect(() => readNpy(bytes, 'x.npy')).toThrow(/^x\.npy: found [^\n]*$/);
    expect(() => readNpy(bytes, 'x.npy')).toThrow(message);
  });

  it('is read or refused, never worse, when cut anywhere or with any bytes changed', () => {
    const whole = writeNpy({ shape: [3, 5], values: new Float32Array(15).fill(0.5) });
    for (let end = 0; end < whole.length; end++)
      expect(() => readNpy(whole.subarray(0, end), 'x')).toThrow(InputError);
    const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(changes, (bytes) => {
        const hostile = whole.slice();
        for (const [at, value] of bytes) hostile[at] = value;
        try {
          const { shape, values } = readNpy(hostile, 'x');
          expect(shape.reduce((product, extent) => product * extent, 1)).toBe(values.length);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
