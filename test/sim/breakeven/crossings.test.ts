import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bandAround, crossingsOf } from '../../../sim/breakeven/crossings.js';

/** A prime, so that no step of a drawn curve falls on zero. */
const STEPS = 997;

/**
 * Straight over the level's logarithm, walked in tiny steps: what the crossings and bands are read
 * off.
 */
function densely({
  levels,
  logRatios,
}: {
  readonly levels: readonly number[];
  readonly logRatios: readonly number[];
}) {
  const dense: { readonly log: number; readonly value: number }[] = [];
  for (let at = 0; at + 1 < levels.length; at++) {
    const [from, to] = [Math.log(levels[at] as number), Math.log(levels[at + 1] as number)];
    const [a, b] = [logRatios[at] as number, logRatios[at + 1] as number];
    for (let step = 0; step <= STEPS; step++) {
      dense.push({ log: from + ((to - from) * step) / STEPS, value: a + ((b - a) * step) / STEPS });
    }
  }
  return dense;
}

const curve = fc
  .array(
    fc.tuple(fc.double({ min: 0.1, max: 1, noNaN: true }), fc.integer({ min: -40, max: 40 })),
    {
      minLength: 2,
      maxLength: 8,
    },
  )
  .map((steps) => {
    let level = 0.01;
    return {
      levels: steps.map(([step]) => (level *= 1 + step)),
      // Never 0 at a level, so that the dense walk sees each change of sign between two of its
      // steps.
      logRatios: steps.map(([, value]) => (value + 0.5) / 10),
    };
  });

describe('crossings', () => {
  it('are the changes of sign, in order, with who leads below', () => {
    fc.assert(
      fc.property(curve, (random) => {
        const dense = densely(random);
        const changes = dense.flatMap(({ log, value }, at) => {
          const next = dense[at + 1];
          return next && value * next.value < 0
            ? [{ log: (log + next.log) / 2, below: value < 0 ? 'a' : 'b' }]
            : [];
        });
        const found = crossingsOf(random);
        expect(found.map(({ below }) => below)).toEqual(changes.map(({ below }) => below));
        for (const [at, { at: level }] of found.entries()) {
          expect(Math.abs(Math.log(level) - (changes[at]?.log ?? Number.NaN))).toBeLessThan(
            2 / STEPS,
          );
        }
      }),
    );
  });

  it('have a band that ends where the ratio leaves the margin, and is open where it never does', () => {
    fc.assert(
      fc.property(curve, fc.double({ min: 0.01, max: 5, noNaN: true }), (random, margin) => {
        const dense = densely(random);
        for (const { at } of crossingsOf(random)) {
          const { from, to } = bandAround(random, at, margin);
          const leaves = (points: typeof dense) =>
            points.find(({ value }) => Math.abs(value) > margin)?.log;
          const left = leaves(dense.filter(({ log }) => log < Math.log(at)).toReversed());
          const right = leaves(dense.filter(({ log }) => log > Math.log(at)));
          expect(from === null).toBe(left === undefined);
          expect(to === null).toBe(right === undefined);
          if (from !== null) expect(Math.abs(Math.log(from) - (left ?? 0))).toBeLessThan(2 / STEPS);
          if (to !== null) expect(Math.abs(Math.log(to) - (right ?? 0))).toBeLessThan(2 / STEPS);
        }
      }),
    );
  });

  it('are none where the curve only touches zero', () => {
    expect(crossingsOf({ levels: [1, 2, 4], logRatios: [1, 0, 1] })).toEqual([]);
    expect(crossingsOf({ levels: [1, 2, 4], logRatios: [0, 0, 1] })).toEqual([]);
    const [crossing] = crossingsOf({ levels: [1, 2, 4], logRatios: [-1, 0, 1] });
    expect(crossing?.below).toBe('a');
    expect(crossing?.at).toBeWithin(1e-12, 2);
  });
});
