import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../../workloads/base/errors.js';
import { readImage } from '../../../../workloads/formats/images/image.node.js';
import { type Preprocessing, preprocess } from '../../../../workloads/formats/images/preprocess.js';
import { type Png, pngOf } from './png.js';

const bgr: Preprocessing = { resize: 4, crop: 2, channelOrder: 'bgr', mean: [1, 2, 3], scale: 2 };

describe('preprocessing', () => {
  it('crops the centre, orders the channels, subtracts the mean, then scales', () => {
    // Pixel (y, x) has red 10·y + x, green 100 + that, blue 200.
    const reds = Array.from({ length: 16 }, (_, i) => 10 * Math.floor(i / 4) + (i % 4));
    const pixels = reds.flatMap((red) => [red, red + 100, 200]);
    // The centre's reds are 11, 12, 21, 22.
    expect([...preprocess(Uint8Array.from(pixels), bgr)]).toEqual([
      ...[398, 398, 398, 398],
      ...[111, 112, 121, 122].map((green) => 2 * (green - 2)),
      ...[11, 12, 21, 22].map((red) => 2 * (red - 3)),
    ]);
  });

  it('takes the luma for gray', () => {
    const gray: Preprocessing = {
      resize: 1,
      crop: 1,
      channelOrder: 'gray',
      mean: [0],
      scale: 1 / 256,
    };
    expect(preprocess(Uint8Array.of(10, 20, 30), gray)[0]).toBeWithin(
      1e-6,
      (2.99 + 11.74 + 3.42) / 256,
    );
  });
});

const solid = (channels: 3 | 4 = 3) =>
  sharp({
    create: { width: 9, height: 5, channels, background: { r: 200, g: 100, b: 50, alpha: 1 } },
  });
const rgb: Preprocessing = { resize: 8, crop: 6, channelOrder: 'rgb', mean: [0, 0, 0], scale: 1 };
const planes = (...values: number[]) =>
  values.flatMap((value) => Array.from({ length: 36 }, () => value));

describe('an image file', () => {
  it.each([
    ['a PNG', () => solid().png(), [200, 100, 50]],
    ['a PNG with transparency', () => solid(4).png(), [200, 100, 50]],
    // libvips' own gray of that colour: one value for all three channels.
    ['a gray PNG', () => solid().grayscale().png(), null],
  ])('is read from %s', async (_kind, make, expected) => {
    const input = await readImage(await make().toBuffer(), rgb, 'x.png');
    const first = input[0] as number;
    expect(first).toBeGreaterThan(50);
    expect([...input]).toEqual(planes(...(expected ?? [first, first, first])));
  });

  // 32 pixels become 8: resizing is where transparency can reach colours.
  const wide = (value: number) => value * 257;
  const seeThrough = (row: number) => (row % 4) * 60;
  it.each<[string, Omit<Png, 'size'>, readonly number[]]>([
    ['gray', { colour: 'gray', depth: 8, pixel: () => [120] }, [120, 120, 120]],
    [
      'gray with alpha',
      { colour: 'gray-alpha', depth: 8, pixel: (row) => [120, seeThrough(row)] },
      [120, 120, 120],
    ],
    [
      'gray, nothing of it seen',
      { colour: 'gray-alpha', depth: 8, pixel: () => [120, 0] },
      [120, 120, 120],
    ],
    [
      'gray, its one shade transparent',
      { colour: 'gray', depth: 8, pixel: () => [120], transparency: [120] },
      [120, 120, 120],
    ],
    ['gray of 16 bits', { colour: 'gray', depth: 16, pixel: () => [wide(120)] }, [120, 120, 120]],
    [
      'gray of 16 bits with alpha',
      { colour: 'gray-alpha', depth: 16, pixel: (row) => [wide(120), wide(seeThrough(row))] },
      [120, 120, 120],
    ],
    [
      'colour with alpha',
      { colour: 'rgba', depth: 8, pixel: (row) => [120, 60, 30, seeThrough(row)] },
      [120, 60, 30],
    ],
    [
      'one transparent colour',
      { colour: 'rgb', depth: 8, pixel: () => [120, 60, 30], transparency: [120, 60, 30] },
      [120, 60, 30],
    ],
    [
      'colour of 16 bits',
      { colour: 'rgb', depth: 16, pixel: () => [120, 60, 30].map(wide) },
      [120, 60, 30],
    ],
    [
      'colour of 16 bits with alpha',
      { colour: 'rgba', depth: 16, pixel: (row) => [120, 60, 30, seeThrough(row)].map(wide) },
      [120, 60, 30],
    ],
    [
      'a palette',
      {
        colour: 'palette',
        depth: 8,
        pixel: () => [1],
        palette: [
          [0, 0, 0],
          [120, 60, 30],
        ],
      },
      [120, 60, 30],
    ],
    [
      'a palette, transparent in part',
      {
        colour: 'palette',
        depth: 8,
        pixel: (row) => [row % 2],
        palette: [
          [120, 60, 30],
          [120, 60, 30],
        ],
        transparency: [0, 128],
      },
      [120, 60, 30],
    ],
  ])('keeps its colours as a PNG of %s', async (_kind, png, expected) => {
    const input = await readImage(pngOf({ size: 32, ...png }), rgb, 'x.png');
    expect([...input]).toEqual(planes(...expected));
  });

  it('is the same with and without a transparency that nothing shows', async () => {
    const read = (alpha: readonly number[]) => {
      const pixel = (row: number, column: number) => [(row * 7 + column * 5) % 256, ...alpha];
      const colour = alpha.length > 0 ? 'gray-alpha' : 'gray';
      return readImage(pngOf({ size: 32, colour, depth: 8, pixel }), rgb, 'x.png');
    };
    const opaque = await read([]);
    for (const alpha of [0, 1, 255]) expect([...(await read([alpha]))]).toEqual([...opaque]);
  });

  it('is read from a JPEG within its losses', async () => {
    const input = await readImage(await solid().jpeg({ quality: 100 }).toBuffer(), rgb, 'x.jpg');
    expect(input.length).toBe(3 * 36);
    for (const [channel, value] of [200, 100, 50].entries())
      expect(input[channel * 36]).toBeWithin(0.03, value);
  });

  it.each([
    ['text', () => Buffer.from('a text, not an image')],
    ['nothing', () => Buffer.alloc(0)],
    ['a WebP', () => solid().webp().toBuffer()],
    ['an SVG', () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
    ['half a PNG', async () => (await solid().png().toBuffer()).subarray(0, 60)],
    [
      'half a JPEG',
      async () => {
        const whole = await solid().resize(200, 200).jpeg().toBuffer();
        return whole.subarray(0, whole.length / 2);
      },
    ],
  ])('is refused in one line when it is %s', async (_kind, make) => {
    const refusal = await readImage(await make(), rgb, 'x').catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(InputError);
    expect(String(refusal)).toMatch(/^InputError: x: found .+, expected .*JPEG or PNG[^\n]*$/);
  });
});

const cat = join(process.env.ZEROSKIP_ASSETS ?? '../shared', 'data/cat.jpg');
const missing = !existsSync(cat);

describe(`cat.jpg${missing ? ' (asset missing)' : ''}`, () => {
  it.skipIf(missing)('becomes an input of [3, 227, 227] around zero', async () => {
    const imagenet: Preprocessing = {
      resize: 256,
      crop: 227,
      channelOrder: 'bgr',
      mean: [104, 117, 123],
      scale: 1,
    };
    const input = await readImage(readFileSync(cat), imagenet, cat);
    expect(input.length).toBe(3 * 227 * 227);
    // Each channel spans most of 0 to 255 less its mean.
    for (const [channel, mean] of imagenet.mean.entries()) {
      const plane = input.subarray(channel * 227 * 227, (channel + 1) * 227 * 227);
      const [min, max] = plane.reduce(
        ([a, b], value) => [Math.min(a, value), Math.max(b, value)],
        [0, 0],
      );
      expect(min).toBeGreaterThanOrEqual(-mean);
      expect(min).toBeLessThan(-mean + 40);
      expect(max).toBeLessThanOrEqual(255 - mean);
      expect(max).toBeGreaterThan(255 - mean - 40);
    }
  });
});
