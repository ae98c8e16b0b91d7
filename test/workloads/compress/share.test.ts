import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shareWeights } from '../../../workloads/compress/share.js';

const weights = fc.array(fc.float({ min: -8, max: 8, noNaN: true }), {
  minLength: 1,
  maxLength: 60,
});

describe('weight sharing', () => {
  it('keeps as many distinct values as there are clusters', () => {
    const { centroids, assignments } = shareWeights(Float32Array.of(3, -1, 3, 2, -1), 3);
    expect([...centroids]).toEqual([-1, 2, 3]);
    expect([...assignments]).toEqual([2, 0, 2, 1, 0]);
  });

  it('finds the two clusters of a sample worked by hand', () => {
    // From -4 and 4: {-4, -2} and {1, 2, 4} with means -3 and 7/3; their midpoint -1/3 parts the
    // values alike.
    const { centroids } = shareWeights(Float32Array.of(-4, -2, 1, 2, 4), 2);
    expect(centroids[0]).toBe(-3);
    expect(centroids[1]).toBeWithin(1e-6, 7 / 3);
  });

  it('takes no values', () => {
    expect(shareWeights(new Float32Array(0), 15).centroids).toHaveLength(0);
  });

  it('assigns every value to its nearest centroid, and every centroid is the mean of its values', () => {
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 16 }), (list, clusters) => {
        const values = Float32Array.from(list);
        const { centroids, assignments } = shareWeights(values, clusters);
        expect(centroids.length).toBeLessThanOrEqual(clusters);
        const sums = new Float64Array(centroids.length);
        const counts = new Uint32Array(centroids.length);
        values.forEach((value, at) => {
          const own = assignments[at] as number;
          const distances = [...centroids].map((centroid) => Math.abs(value - centroid));
          expect(distances[own]).toBeLessThanOrEqual(Math.min(...distances) + 1e-5);
          sums[own] = (sums[own] as number) + value;
          counts[own] = (counts[own] as number) + 1;
        });
        centroids.forEach((centroid, own) => {
          if (counts[own] === 0) return; // a neighbour merged by rounding
          expect(Math.abs((sums[own] as number) / (counts[own] as number) - centroid)).toBeLessThan(
            1e-4,
          );
        });
      }),
    );
  });
});
