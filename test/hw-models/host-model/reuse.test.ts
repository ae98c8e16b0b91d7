import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReuseDistance } from '../../../hw-models/host-model/reuse.js';

const BLOCK = 64;

/**
 * From the definition: distinct blocks since the last use, the block itself included; null at the
 * first use.
 */
function stackDistances(blocks: readonly number[]): readonly (number | null)[] {
  return blocks.map((block, at) => {
    const last = blocks.lastIndexOf(block, at - 1);
    return at === 0 || last < 0 ? null : new Set(blocks.slice(last, at)).size * BLOCK;
  });
}

describe('ReuseDistance', () => {
  it('is the stack distance where ranges are the same or apart', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(7), { maxLength: 40 }), (blocks) => {
        const distances = new ReuseDistance();
        expect(blocks.map((block) => distances.touch(block * BLOCK, BLOCK))).toEqual(
          stackDistances(blocks),
        );
        expect(distances.footprint).toBe(new Set(blocks).size * BLOCK);
      }),
    );
  });

  it('counts bytes once, however ranges overlap', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(100), fc.integer({ min: 1, max: 50 })), { maxLength: 30 }),
        (ranges) => {
          const distances = new ReuseDistance();
          const touched = new Set<number>();
          for (const [start, bytes] of ranges) {
            distances.touch(start, bytes);
            for (let at = start; at < start + bytes; at++) touched.add(at);
          }
          expect(distances.footprint).toBe(touched.size);
        },
      ),
    );
  });

  it('knows a range of which half was used, not one of which less was', () => {
    const distances = new ReuseDistance();
    distances.touch(0, 100);
    expect(distances.touch(50, 100)).toBe(100);
    expect(distances.touch(140, 100)).toBeNull();
  });
});
