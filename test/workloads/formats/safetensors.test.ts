import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../workloads/base/errors.js';
import {
  floats,
  isSafetensors,
  readSafetensors,
  type StoredTensor,
  toFloats,
  toWholes,
  wholes8,
  wholes16,
  writeSafetensors,
} from '../../../workloads/formats/safetensors.js';

/** A file by the format's definition: length, header, data. */
function file(header: string, data: readonly number[] = []): Uint8Array {
  const text = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Uint8Array.from([...length, ...text, ...data]);
}

const sample = writeSafetensors({
  metadata: { maker: 'test' },
  tensors: new Map<string, StoredTensor>([
    ['a', floats(Float32Array.of(1.5, -2), [1, 2])],
    ['b', wholes8(Uint8Array.of(7, 8, 9))],
    ['c', wholes16(Uint16Array.of(300, 2))],
  ]),
});

describe('a safetensors file', () => {
  it('reads back as it was written, its data aligned', () => {
    const { metadata, tensors } = readSafetensors(sample, 'x');
    expect(metadata).toEqual({ maker: 'test' });
    expect([...tensors.keys()]).toEqual(['a', 'b', 'c']);
    expect([...toFloats(tensors.get('a') as StoredTensor)]).toEqual([1.5, -2]);
    expect([...toWholes(tensors.get('c') as StoredTensor)]).toEqual([300, 2]);
    expect((sample.length - 15) % 8).toBe(0);
    expect(isSafetensors(sample)).toBe(true);
    expect(isSafetensors(Buffer.from('\x89PNG and more'))).toBe(false);
  });

  it.each(['F32', 'F16', 'BF16'])(
    'is read from part of a larger buffer, at any place: %s',
    (dtype) => {
      const data = {
        F32: [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0],
        F16: [0, 0x3c, 0, 0xc0],
        BF16: [0x80, 0x3f, 0, 0xc0],
      }[dtype];
      const bytes = file(
        `{"t":{"dtype":"${dtype}","shape":[2],"data_offsets":[0,${data?.length}]}}`,
        data,
      );
      for (let at = 0; at < 4; at++) {
        // A Buffer's slice() shares memory: whoever takes it for a copy reads what lies before it.
        const part = Buffer.concat([Buffer.alloc(at, 255), bytes]).subarray(at);
        expect([...toFloats(readSafetensors(part, 'x').tensors.get('t') as StoredTensor)]).toEqual([
          1, -2,
        ]);
      }
    },
  );

  it.each([
    // 1 and −2 by their bits.
    ['F64', [0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0xc0]],
    ['F32', [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]],
    ['F16', [0, 0x3c, 0, 0xc0]],
    ['BF16', [0x80, 0x3f, 0, 0xc0]],
    ['I64', [1, 0, 0, 0, 0, 0, 0, 0, 0xfe, 255, 255, 255, 255, 255, 255, 255]],
    ['I32', [1, 0, 0, 0, 0xfe, 255, 255, 255]],
    ['I16', [1, 0, 0xfe, 255]],
    ['I8', [1, 0xfe]],
  ])('holds %s', (dtype, data) => {
    const bytes = file(
      `{"t":{"dtype":"${dtype}","shape":[2],"data_offsets":[0,${data.length}]}}`,
      data,
    );
    expect([...toFloats(readSafetensors(bytes, 'x').tensors.get('t') as StoredTensor)]).toEqual([
      1, -2,
    ]);
  });

  it.each([
    [
      'a header beyond the file',
      Uint8Array.of(255, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d),
      /a header of 255 bytes/,
    ],
    ['no JSON', file('{"a":'), /a header that is no JSON/],
    [
      'a line break in a header',
      file('{"a":\nU8}'),
      /^x: found a header that is no JSON \(.*\), expected a JSON object$/,
    ],
    [
      'a tensor of an unknown type',
      file('{"a":{"dtype":"F8","shape":[],"data_offsets":[0,0]}}'),
      /tensor a of F8/,
    ],
    [
      'a wrong size',
      file('{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,2]}}', [1, 2]),
      /at bytes 0 to 2 of 2/,
    ],
    [
      'a tensor twice',
      file(
        '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\\u0061":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}',
        [1, 2],
      ),
      /found the key a twice in its header, expected each once/,
    ],
    [
      'a shape twice',
      file('{"a":{"dtype":"U8","shape":[1],"shape":[1],"data_offsets":[0,1]}}', [1]),
      /the key shape twice/,
    ],
    ['data that nobody owns', file('{}', [1]), /found 1 bytes of data, expected the 0/],
    [
      'tensors that overlap',
      file(
        '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}',
        [1, 2, 3],
      ),
      /tensor b at byte 1, expected byte 2/,
    ],
  ])('with %s is refused', (_what, bytes, message) => {
    expect(() => readSafetensors(bytes, 'x')).toThrow(message);
    expect(() => readSafetensors(bytes, 'x')).toThrow(InputError);
  });

  it('truncated or damaged anywhere is read or refused in one line', () => {
    fc.assert(
      fc.property(fc.nat(sample.length - 1), fc.nat(255), fc.boolean(), (place, byte, cut) => {
        const damaged = cut
          ? sample.slice(0, place)
          : sample.map((old, at) => (at === place ? byte : old));
        try {
          readSafetensors(damaged, 'x');
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
          expect((error as Error).message).not.toContain('\n');
        }
      }),
      { numRuns: 500 },
    );
  });
});
