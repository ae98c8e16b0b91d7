// Strategies that spread designs without looking at any outcome.

import { describe, expect, it } from 'vitest';
import type { Fault } from '../../../hw-models/faults.js';
import { keyOf, readSpace, type Settings, type Space } from '../../../sim/sweep/space.js';
import { expand, SweepSpec } from '../../../sim/sweep/spec.js';
import {
  grid,
  latinHypercube,
  latinRows,
  random,
  sobol,
} from '../../../sim/sweep/strategies/samples.js';
import { createSobol, maxSobolAxes } from '../../../sim/sweep/strategies/sobol.js';
import type { Proposals, Strategy } from '../../../sim/sweep/strategies/strategy.js';
import { createRandom } from '../../../workloads/base/random.js';

function spaceWith(axes: object): Space {
  const spec = SweepSpec.parse(
    expand({ name: 'x', hardware: 'eie-64', workloads: 'alex-6', objectives: ['seconds'], axes }),
  );
  const faults: Fault[] = [];
  const space = readSpace(spec, faults);
  if (!space) throw new Error(JSON.stringify(faults));
  return space;
}

const all = (strategy: Strategy, space: Space, budget: number, seed = 0) =>
  drain(strategy.propose({ space, budget, seed, objectives: 1 }));

function drain(proposals: Proposals): readonly Settings[] {
  const designs: Settings[] = [];
  for (let turn = proposals.next([]); !turn.done; turn = proposals.next([]))
    designs.push(...turn.value);
  return designs;
}

const small = spaceWith({ a: [1, 2, 3], b: ['x', 'y'], c: [1, 2] });
const wide = spaceWith({ a: { from: 0, to: 1 }, b: { from: 1, to: 100, scale: 'log' } });

describe.each([
  ['random', random],
  ['latin-hypercube', latinHypercube],
  ['sobol', sobol],
])('%s', (_, strategy) => {
  it('proposes each design once, the same ones for the same seed, other ones for another', () => {
    const designs = all(strategy, wide, 200);
    expect(new Set(designs.map(keyOf)).size).toBe(200);
    expect(all(strategy, wide, 200)).toEqual(designs);
    expect(all(strategy, wide, 200, 1)).not.toEqual(designs);
  });
});

describe('grid, random and sobol', () => {
  it.each([grid, random, sobol])('find every design of a small space', (strategy) => {
    const designs = all(strategy, small, 1000).map(keyOf);
    expect(designs.toSorted()).toEqual([...small.grid()].map(keyOf).toSorted());
  });

  it('keep to the budget', () => {
    for (const strategy of [grid, random, sobol]) expect(all(strategy, small, 5)).toHaveLength(5);
  });
});

describe('a Latin hypercube', () => {
  it('has one point in each of as many slices of each axis', () => {
    const rows = latinRows(5, 37, createRandom(3, 'test'));
    for (let axis = 0; axis < 5; axis++) {
      const slices = rows.map((row) => Math.floor((row[axis] ?? 0) * 37));
      expect(slices.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 37 }, (_, at) => at));
    }
  });
});

describe('a Sobol’ sequence', () => {
  const points = (count: number, seed: number) => {
    const next = createSobol(maxSobolAxes, createRandom(seed, 'test'));
    return Array.from({ length: count }, () => next());
  };

  // What makes it one: of 2^k points each axis has one in each of 2^k equal slices. Wrong
  // polynomials, or starting numbers that are even or too large, break it.
  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])(
    'has one of 2^%i points in each of as many slices of every axis',
    (bits) => {
      const count = 2 ** bits;
      for (const seed of [0, 7]) {
        const random = points(count, seed);
        for (let axis = 0; axis < maxSobolAxes; axis++) {
          expect(new Set(random.map((point) => Math.floor((point[axis] ?? 0) * count))).size).toBe(
            count,
          );
        }
      }
    },
  );

  // Sobol's first two dimensions are a (0, 2)-sequence: 64 points, one in each box of area 1/64,
  // whatever its shape.
  it.each([
    [64, 1],
    [32, 2],
    [16, 4],
    [8, 8],
    [4, 16],
    [2, 32],
    [1, 64],
  ])('has one of 64 points in each of %i × %i boxes of its first two axes', (across, up) => {
    const boxes = points(64, 5).map(
      ([x = 0, y = 0]) => `${Math.floor(across * x)},${Math.floor(up * y)}`,
    );
    expect(new Set(boxes).size).toBe(64);
  });

  it('refuses more axes than are tabulated', () => {
    expect(() => createSobol(maxSobolAxes + 1, createRandom(0, 'x'))).toThrow(
      'expected at most 21 for sobol',
    );
  });
});
