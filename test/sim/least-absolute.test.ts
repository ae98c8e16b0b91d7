import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  distanceOf,
  fitThree,
  meanRatio,
  modelled,
  type Observation,
  type Triple,
} from '../../sim/validate/fit/least-absolute.js';

const truth: Triple = [2, 30, 0.5];

/** Ten figures that the truth explains, each times what `outliers` says. */
function observations(outliers: readonly number[]): readonly Observation[] {
  return Array.from({ length: 10 }, (_, at) => {
    const factors: Triple = [1 + (at % 4), 1, (at * at) % 7];
    const exact = 1 + factors[0] * truth[0] + factors[1] * truth[1] + factors[2] * truth[2];
    return { factors, fixed: 1, published: exact * (outliers[at] ?? 1), weight: 1 };
  });
}

describe('fitThree', () => {
  it('finds the truth in spite of two outliers', () => {
    const found = fitThree(observations([1, 1.4, 1, 1, 1, 1, 0.6]));
    truth.forEach((value, at) => {
      expect(found[at]).toBeWithin(1e-9, value);
    });
  });

  it('is never further off than the truth, whatever the noise', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.99, max: 1.01, noNaN: true }), {
          minLength: 10,
          maxLength: 10,
        }),
        (noise) => {
          const figures = observations(noise);
          // Linear where the logarithm is not: equal to the second order of the noise.
          expect(distanceOf(figures, fitThree(figures))).toBeLessThanOrEqual(
            distanceOf(figures, truth) + 1e-3,
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  it('removes the bias of some figures where their mean counts enough', () => {
    // Three of the ten are 10 % high, the rest exact: by themselves they do not move the least
    // absolute errors.
    const figures = observations([1.1, 1, 1.1, 1, 1.1]);
    const some = figures.slice(0, 5);
    const biasOf = (found: Triple) => modelled(meanRatio(some, 1), found) - 1;
    expect(biasOf(fitThree(figures))).toBeLessThan(-0.05);
    expect(Math.abs(biasOf(fitThree([...figures, meanRatio(some, 50)])))).toBeLessThan(1e-9);
  });
});
