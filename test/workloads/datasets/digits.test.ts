import { describe, expect, it } from 'vitest';
import { drawDigits, proceduralDigits } from '../../../workloads/datasets/digits.js';

const PIXELS = 28 * 28;
const picture = (images: Uint8Array, at: number) => images.subarray(at * PIXELS, (at + 1) * PIXELS);
const correlation = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  const mean = (values: ArrayLike<number>) =>
    Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let at = 0; at < a.length; at++) {
    const [x, y] = [(a[at] as number) - meanA, (b[at] as number) - meanB];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return ab / Math.sqrt(aa * bb);
};

describe('the procedural digits', () => {
  it('are the same for the same seed, and others for another or in another part', () => {
    const sizes = { train: 30, validation: 20, test: 20 };
    const data = proceduralDigits(3, sizes);
    expect(proceduralDigits(3, sizes)).toEqual(data);
    expect(drawDigits(20, 4, 'test')).not.toEqual(data.test);
    expect(data.validation.images).not.toEqual(data.test.images);
  });

  it('have every class as often, each on a picture of 28×28 with ink on black', () => {
    const { images, labels } = drawDigits(200, 0, 'some');
    for (let digit = 0; digit < 10; digit++)
      expect(labels.filter((label) => label === digit)).toHaveLength(20);
    for (let at = 0; at < 200; at++) {
      const ink = picture(images, at).filter((value) => value > 100).length;
      expect(ink).toBeGreaterThan(15);
      expect(ink).toBeLessThan(PIXELS / 3);
    }
  });

  it('look like their own class more than like the others', () => {
    const { images, labels } = drawDigits(2000, 1, 'some');
    const means = Array.from({ length: 10 }, () => new Float64Array(PIXELS));
    for (const [at, label] of labels.entries()) {
      const mean = means[label] as Float64Array;
      for (const [pixel, value] of picture(images, at).entries())
        mean[pixel] = (mean[pixel] as number) + value;
    }
    const fresh = drawDigits(300, 1, 'fresh');
    let right = 0;
    fresh.labels.forEach((label, at) => {
      const scores = means.map((mean) => correlation(mean, picture(fresh.images, at)));
      if (scores.indexOf(Math.max(...scores)) === label) right++;
    });
    // Chance is 30; a class that is drawn as another, or noise, would fail; as would digits that
    // are all alike.
    expect(right).toBeGreaterThan(180);
    expect(right).toBeLessThan(297);
  });
});
