import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../workloads/base/random.js';

describe('a stream of random numbers', () => {
  it('leaves out as many as it would have made', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(3000), fc.nat(3000), (seed, first, second) => {
        const [made, skipped] = [createRandom(seed, 'skip'), createRandom(seed, 'skip')];
        for (const count of [first, second]) {
          for (let at = 0; at < count; at++) made.uniform();
          skipped.skip(count);
          expect(skipped.state()).toEqual(made.state());
          expect(skipped.uniform()).toBe(made.uniform());
        }
      }),
    );
  });

  it('comes to the same place in one leap or in several', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 2 ** 31 }), (seed, half) => {
        const [once, twice] = [createRandom(seed, 'leap'), createRandom(seed, 'leap')];
        once.skip(2 * half - 1);
        twice.skip(half);
        twice.skip(half - 1);
        expect(once.state()).toEqual(twice.state());
      }),
    );
  });
});
