// Fronts and hypervolumes against their definitions.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dominates, frontOf, hypervolume } from '../../../sim/sweep/pareto.js';
import { coveredShare } from '../../../sim/sweep/summary.js';

const SIDE = 5;
const clouds = (dimensions: number) =>
  fc.array(
    fc.array(fc.integer({ min: 0, max: SIDE }), { minLength: dimensions, maxLength: dimensions }),
    {
      maxLength: 12,
    },
  );

/** Unit cells of the box that some point reaches: whole coordinates make it exact. */
function cellsCovered(points: readonly (readonly number[])[], dimensions: number): number {
  let covered = 0;
  for (let cell = 0; cell < SIDE ** dimensions; cell++) {
    const corner = Array.from(
      { length: dimensions },
      (_, axis) => Math.floor(cell / SIDE ** axis) % SIDE,
    );
    if (points.some((point) => point.every((value, axis) => value <= (corner[axis] ?? -1))))
      covered++;
  }
  return covered;
}

describe.each([1, 2, 3, 4])('in %i dimensions', (dimensions) => {
  it('the hypervolume is that of the cells that points reach', () => {
    fc.assert(
      fc.property(clouds(dimensions), (points) => {
        const reference = new Array<number>(dimensions).fill(SIDE);
        expect(hypervolume(points, reference)).toBe(cellsCovered(points, dimensions));
      }),
    );
  });

  it('the front is what none dominates', () => {
    fc.assert(
      fc.property(clouds(dimensions), (points) => {
        const expected = points.filter((point) => !points.some((other) => dominates(other, point)));
        const once = new Set(expected.map(String));
        expect(new Set(frontOf(points).map(String))).toEqual(once);
        expect(frontOf(points)).toHaveLength(once.size);
      }),
    );
  });
});

it('a share is taken over logarithms, and over objectives that vary', () => {
  // Decades: from 1 to 100 the point 10 lies in the middle; the second objective does not vary.
  expect(coveredShare([[10, 7]], [1, 7], [100, 7])).toBeWithin(1e-12, 0.5);
  expect(coveredShare([[5, 7]], [0, 7], [10, 7])).toBeWithin(1e-12, 0.5);
  expect(coveredShare([[3, 3]], [3, 3], [3, 3])).toBe(1);
});
