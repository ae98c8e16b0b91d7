import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InputError } from '../../../workloads/base/errors.js';
import { readCifar10 } from '../../../workloads/datasets/cifar10.js';
import { readIdxLabels, readIdxPictures } from '../../../workloads/datasets/idx.js';
import { loadDataSet } from '../../../workloads/datasets/load.node.js';
import { mnistDigits } from '../../assets.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zeroskip-data-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** An IDX file by the format's definition. */
function idx(extents: readonly number[], elements: ArrayLike<number>): Uint8Array {
  const header = Buffer.alloc(4 + 4 * extents.length);
  header.writeUInt8(8, 2);
  header.writeUInt8(extents.length, 3);
  for (const [at, extent] of extents.entries()) header.writeUInt32BE(extent, 4 + 4 * at);
  return Uint8Array.from([...header, ...Array.from(elements)]);
}

/** `count` pictures of 3×2 whose first pixel is their number, in three classes. */
function pair(count: number) {
  const pictures = Array.from({ length: 6 * count }, (_, at) => (at % 6 === 0 ? at / 6 : 200));
  return {
    pictures: idx([count, 3, 2], pictures),
    labels: idx(
      [count],
      Array.from({ length: count }, (_, at) => at % 3),
    ),
  };
}

const firstPixels = ({ images }: { readonly images: Uint8Array }) =>
  [...images].filter((_, at) => at % 6 === 0);

describe('an IDX file', () => {
  it('holds pictures and labels', () => {
    const { count, height, width, pixels } = readIdxPictures(pair(2).pictures, 'x');
    expect([count, height, width]).toEqual([2, 3, 2]);
    expect([...pixels]).toEqual([0, 200, 200, 200, 200, 200, 1, 200, 200, 200, 200, 200]);
    expect([...readIdxLabels(pair(4).labels, 'x')]).toEqual([0, 1, 2, 0]);
  });

  it.each([
    [
      'nothing',
      new Uint8Array(),
      'x: found 0 bytes, expected an IDX file of at least 4: truncated',
    ],
    [
      'another kind of file',
      Uint8Array.from(Buffer.from('GIF89a')),
      'x: found the first bytes 47 49, expected 00 00, the beginning of an IDX file',
    ],
    [
      'floats',
      Uint8Array.of(0, 0, 0x0d, 3),
      'x: found elements of type 0x0d, expected 0x08, bytes',
    ],
    ['labels', pair(2).labels, 'x: found 1 dimensions, expected 3 for pictures'],
    [
      'less than it says',
      pair(2).pictures.slice(0, -1),
      'x: found 11 bytes of pictures, expected 12 for 2×3×2',
    ],
  ])('of %s is refused', (_what, bytes, message) => {
    expect(() => readIdxPictures(bytes, 'x')).toThrow(new InputError(message));
  });

  it('truncated or damaged anywhere is read or refused in one line', () => {
    const { pictures } = pair(3);
    fc.assert(
      fc.property(fc.nat(pictures.length - 1), fc.nat(255), fc.boolean(), (place, byte, cut) => {
        const damaged = cut
          ? pictures.slice(0, place)
          : pictures.map((old, at) => (at === place ? byte : old));
        try {
          readIdxPictures(damaged, 'x');
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
    );
  });
});

describe('a CIFAR-10 file', () => {
  it('holds records of a label and three planes', () => {
    const record = (label: number, value: number) => [label, ...Array<number>(3072).fill(value)];
    const { images, labels } = readCifar10(
      Uint8Array.from([...record(3, 1), ...record(9, 2)]),
      'x',
    );
    expect([...labels]).toEqual([3, 9]);
    expect([images[0], images[3071], images[3072]]).toEqual([1, 1, 2]);
    expect(() => readCifar10(Uint8Array.from(record(10, 0)), 'x')).toThrow(
      new InputError('x: found label 10 of picture 0, expected less than 10 classes'),
    );
    expect(() => readCifar10(new Uint8Array(3000), 'x')).toThrow(
      /found 3000 bytes, expected a multiple of 3073/,
    );
  });
});

describe('a data set', () => {
  it('of one file is split in three that share no picture', async () => {
    const { pictures, labels } = pair(100);
    const file = join(folder, 'some-images-idx3-ubyte');
    await writeFile(file, pictures);
    await writeFile(join(folder, 'some-labels-idx1-ubyte.gz'), gzipSync(labels));
    const { train, validation, test, shape, classes, origin } = await loadDataSet(file, 0);
    expect({ shape, classes, origin }).toEqual({ shape: [1, 3, 2], classes: 3, origin: 'real' });
    // A fifth is the test set; of the others an eighth validates.
    expect([train, validation, test].map((part) => part.labels.length)).toEqual([70, 10, 20]);
    const all = [train, validation, test].flatMap(firstPixels);
    expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, at) => at));
    for (const part of [train, validation, test]) {
      expect([...part.labels]).toEqual(firstPixels(part).map((pixel) => pixel % 3));
    }
  });

  it('of one file is split otherwise by another seed', async () => {
    const file = join(folder, 'seeded-images-idx3-ubyte');
    await writeFile(file, pair(100).pictures);
    await writeFile(join(folder, 'seeded-labels-idx1-ubyte'), pair(100).labels);
    const [zero, again, one] = await Promise.all([0, 0, 1].map((seed) => loadDataSet(file, seed)));
    const tests = [zero, again, one].map((data) => data && firstPixels(data.test));
    expect(tests[1]).toEqual(tests[0]);
    expect(tests[2]).not.toEqual(tests[0]);
  });

  it('of a training and a test file keeps them apart', async () => {
    const both = join(folder, 'both');
    await mkdir(both);
    await writeFile(join(both, 'train-images-idx3-ubyte.gz'), gzipSync(pair(80).pictures));
    await writeFile(join(both, 'train-labels-idx1-ubyte'), pair(80).labels);
    await writeFile(join(both, 't10k-images-idx3-ubyte'), pair(7).pictures);
    await writeFile(join(both, 't10k-labels-idx1-ubyte'), pair(7).labels);
    const { train, validation, test } = await loadDataSet(both, 0);
    expect([train, validation, test].map((part) => part.labels.length)).toEqual([70, 10, 7]);
    expect(firstPixels(test)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it.each([
    ['nowhere', /no such file or folder/],
    ['empty', /found no data set, expected 'procedural'/],
    ['lonely-images-idx3-ubyte', /found no labels, expected .*lonely-labels-idx1-ubyte/],
    ['broken-images-idx3-ubyte.gz', /found damaged gzip data/],
    ['few-images-idx3-ubyte', /found 9 labels, expected 8, one for each picture/],
  ])('of %s is refused', async (name, message) => {
    await writeFile(join(folder, 'empty'), '');
    await writeFile(join(folder, 'lonely-images-idx3-ubyte'), pair(8).pictures);
    await writeFile(
      join(folder, 'broken-images-idx3-ubyte.gz'),
      gzipSync(pair(8).pictures).subarray(0, 30),
    );
    await writeFile(join(folder, 'few-images-idx3-ubyte'), pair(8).pictures);
    await writeFile(join(folder, 'few-labels-idx1-ubyte'), pair(9).labels);
    await expect(loadDataSet(join(folder, name), 0)).rejects.toThrow(message);
    await expect(loadDataSet(join(folder, name), 0)).rejects.toThrow(InputError);
  });

  it.skipIf(mnistDigits.missing)(
    "of MNIST's test digits has 8,000 to learn and 2,000 to test",
    async () => {
      const { train, validation, test, classes } = await loadDataSet(mnistDigits.path, 0);
      expect([train, validation, test].map((part) => part.labels.length)).toEqual([
        7000, 1000, 2000,
      ]);
      expect(classes).toBe(10);
    },
  );
});
