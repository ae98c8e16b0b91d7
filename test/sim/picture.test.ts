// Pictures for networks that say nothing of them.

import { describe, expect, it } from 'vitest';
import { arranged, pictureReading } from '../../sim/picture.js';
import { preprocess } from '../../workloads/formats/images/preprocess.js';
import type { ElementType } from '../../workloads/tensor.js';
import { torchPreprocessing } from '../../workloads/zoo/preprocessing.js';

const input = (shape: readonly number[], type: ElementType = 'float32') => ({
  name: 'x',
  shape: [1, ...shape],
  type,
});
const read = (shape: readonly number[], options = {}, type?: ElementType) =>
  pictureReading(input(shape, type), null, options, 'a.jpg: net');

describe('a picture', () => {
  it('is from 0 to 1 unless told', () => {
    const { preprocessing } = read([3, 4, 6]);
    expect(preprocessing).toEqual({
      resize: [4, 6],
      crop: [4, 6],
      channelOrder: 'rgb',
      mean: [0, 0, 0],
      scale: [1 / 255, 1 / 255, 1 / 255],
    });
  });

  it('is normalised by torchvision’s numbers as torchvision does', () => {
    const mean = [0.485, 0.456, 0.406];
    const std = [0.229, 0.224, 0.225];
    const { preprocessing } = read([3, 224, 224], { mean, std, size: 256 });
    const pixels = Uint8Array.from({ length: 256 * 256 * 3 }, (_, at) => at % 251);
    const found = preprocess(pixels, preprocessing);
    const wanted = preprocess(pixels, torchPreprocessing);
    for (let at = 0; at < wanted.length; at += 997)
      expect(found[at]).toBeWithin(1e-5, wanted[at] as number);
  });

  it('means pixels up to 255 by numbers above 1, one for all channels', () => {
    const { preprocessing } = read([1, 8, 8], { mean: [128], std: [2] });
    expect(preprocessing).toMatchObject({ channelOrder: 'gray', mean: [128], scale: [0.5] });
  });

  it('goes into inputs with the channels last, as bytes too', () => {
    const { channelsLast, preprocessing } = read([2, 2, 3], {}, 'uint8');
    expect(channelsLast).toBe(true);
    expect(preprocessing.scale).toEqual([1, 1, 1]);
    const planes = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
    expect([...arranged(planes, input([2, 2, 3], 'uint8'), true)]).toEqual([
      1, 5, 9, 2, 6, 10, 3, 7, 11, 4, 8, 12,
    ]);
  });

  it.each([
    [[9216], {}, 'a.jpg: net takes no picture, expected a .npy tensor of 9216'],
    [[3, 8, 8], { mean: [1, 2] }, '--mean: found 2 numbers, expected 1 or 3, one a channel'],
    [[3, 8, 8], { size: 7 }, "--size: found 7, expected at least 8, the input's own"],
  ])('is refused by an input of %j with %j', (shape, options, message) => {
    expect(() => read(shape, options)).toThrow(message);
  });
});
