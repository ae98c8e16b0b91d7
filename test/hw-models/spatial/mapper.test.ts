// The mapper finds what looking at every mapping finds, costs mappings as the plain counts do, and
// says the same each time.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { denseCostOf } from '../../../hw-models/spatial/cost/cost.js';
import type { Architecture } from '../../../hw-models/spatial/description/architecture.js';
import { Evaluator } from '../../../hw-models/spatial/mapper/evaluator.js';
import { mapProblem } from '../../../hw-models/spatial/mapper/mapper.js';
import { denseRates } from '../../../hw-models/spatial/mapper/rates.js';
import { mappingFaults, overfull } from '../../../hw-models/spatial/nest/faults.js';
import type { Problem } from '../../../hw-models/spatial/nest/problem.js';
import { bestOfAll } from './exhaustive.js';
import { array, convolution, mac, memory } from './nests.js';

const joules = (access: number) => ({
  ...{ read: access, write: access * 1.1, update: access * 1.2 },
  ...{ metadataRead: 0, metadataWrite: 0, leakPerCycle: access / 100 },
});
const keeping = { weights: 'keep', inputs: 'keep', outputs: 'keep' } as const;

const small = (bufferBits: number, width: number): Architecture => ({
  ...{ name: 'small', clockHz: 1e9, joulesPerCycle: 0.5, fillsAndDrains: false },
  compute: { ...mac, joulesPerMac: 1 },
  nodes: [
    memory('dram', { keeps: keeping, joules: joules(200), sharedBits: width }),
    memory('buffer', {
      keeps: keeping,
      joules: joules(6),
      bits: bufferBits,
      sharedBits: 8 * width,
    }),
    array('pes', 4, 1),
    memory('registers', {
      ...{ joules: joules(1), bits: 64 },
      keeps: { weights: 'keep', inputs: 'bypass', outputs: 'bypass' },
    }),
  ],
});
const keeps = [
  [true, true, true],
  [true, true, true],
  [false, false, false],
  [true, false, false],
];

const options = { objective: 'both', budget: 100_000, pads: false } as const;
const mapped = (problem: Problem, architecture: Architecture) => {
  const found = mapProblem(problem, architecture, denseRates(problem, architecture), options);
  if (found === null) throw new Error('found no mapping');
  return found;
};

describe('the mapper', () => {
  it.each([
    [{ C: 4, M: 8, P: 4, R: 3 }, 512, 16],
    [{ C: 6, M: 4, P: 6, R: 1 }, 300, 8],
    [{ C: 8, M: 8, P: 2, R: 2 }, 800, 64],
    [{ C: 2, M: 4, P: 12, R: 3 }, 400, 4],
  ])(
    'is within 2 %% of the best of all mappings of %o',
    (sizes, bits, width) => {
      const problem = convolution(sizes);
      const architecture = small(bits, width);
      const best = bestOfAll(problem, architecture, keeps);
      expect(best.count).toBeGreaterThan(1000);
      const { score } = mapped(problem, architecture);
      expect(score / best.score).toBeGreaterThan(1 - 1e-9);
      expect(score / best.score).toBeLessThan(1.02);
    },
    120_000,
  );

  it('says of a mapping what the plain counts say, and fits it in', () => {
    const problem = convolution({ C: 12, M: 16, P: 14, Q: 6, R: 3, S: 3 }, 2);
    const architecture = small(4096, 16);
    const { problem: own, mapping, score } = mapped(problem, architecture);
    expect(mappingFaults(own, architecture, mapping)).toEqual([]);
    expect(overfull(own, architecture, mapping)).toEqual([]);
    const cost = denseCostOf(own, architecture, mapping);
    expect((cost.totalCycles * cost.totalJoules) / score).toBeWithin(1e-9, 1);
    expect(mapped(problem, architecture)).toEqual({ ...mapped(problem, architecture) });
  });

  it('rounds dimensions up only where it may', () => {
    const problem = convolution({ C: 7, M: 7, P: 5 });
    const architecture = small(4096, 1e6);
    const rates = denseRates(problem, architecture);
    const exact = mapProblem(problem, architecture, rates, options);
    expect(exact?.problem.sizes).toEqual(problem.sizes);
    const padded = mapProblem(problem, architecture, rates, { ...options, pads: true });
    expect(padded?.score).toBeLessThan(exact?.score ?? 0);
  });

  it('finds nothing where nothing fits', () => {
    const problem = convolution({ C: 4, M: 4, P: 4 });
    const architecture = small(16, 16);
    const rates = denseRates(problem, architecture);
    expect(mapProblem(problem, architecture, rates, options)).toBeNull();
  });
});

describe('the fast evaluator', () => {
  it('agrees with the plain counts on any mapping', () => {
    const factors = fc.array(fc.constantFrom(1, 1, 2, 3), { minLength: 6, maxLength: 6 });
    const rows = fc.tuple(factors, factors, factors, factors);
    const orders = fc.tuple(
      ...[0, 1, 2].map(() => fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 })),
    );
    fc.assert(
      fc.property(
        rows,
        orders,
        fc.integer({ min: 1, max: 3 }),
        fc.boolean(),
        (steps, order, stride, multicast) => {
          const architecture: Architecture = {
            ...small(1e9, 16),
            nodes: [
              memory('dram', { joules: joules(200), sharedBits: 9 }),
              memory('buffer', { joules: joules(6), readBits: 17, writeBits: 13 }),
              array('pes', 1e6, 1e6, { multicast, joulesPerBitHop: 0.01 }),
              memory('registers', { joules: joules(1) }),
            ],
          };
          const sizes = [0, 1, 2, 3, 4, 5].map((dimension) =>
            steps.reduce((product, row) => product * (row[dimension] as number), 1),
          );
          const [C, M, P, Q, R, S] = sizes as [number, number, number, number, number, number];
          const problem = convolution({ C, M, P, Q, R, S }, stride);
          const keep = [
            [true, true, true],
            [true, false, true],
            [false, false, false],
            [true, true, false],
          ];
          const evaluator = new Evaluator(problem, architecture, denseRates(problem, architecture));
          evaluator.setKeeps(keep);
          const isArray = [false, false, true, false];
          const loops = steps.map((row, node) => {
            const memoryAt = node === 3 ? 2 : node;
            const inwards = isArray[node] ? [0, 1, 2, 3, 4, 5] : (order[memoryAt] as number[]);
            evaluator.order.set(inwards, node * 6);
            for (const [dimension, bound] of row.entries())
              evaluator.steps[node * 6 + dimension] = bound;
            return inwards.toReversed().map((dimension) => ({
              ...{ dimension, bound: row[dimension] as number },
              axis: isArray[node] ? ('x' as const) : null,
            }));
          });
          const cost = denseCostOf(problem, architecture, { loops, keeps: keep });
          expect(evaluator.evaluate()).toBe(true);
          expect(evaluator.cycles).toBeWithin(1e-9, cost.totalCycles);
          expect(evaluator.joules).toBeWithin(1e-9, cost.totalJoules);
        },
      ),
      { numRuns: 300 },
    );
  });
});
