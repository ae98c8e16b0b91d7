// Notes that differ in numbers alone become one.

import { describe, expect, it } from 'vitest';
import { collectNotes, isDoubt } from '../../sim/notes.js';

const layers = (...notes: readonly (readonly string[])[]) =>
  notes.map((each, at) => ({ name: `l${at}`, notes: each }));

describe('notes', () => {
  it.each([
    [[['a'], ['a']], ['a']],
    [[['a'], []], ['a [l0]']],
    [[['a'], ['a'], ['a'], ['a'], []], ['a [4 layers]']],
    [[['48 bytes missing'], ['1,048 bytes missing']], ['48 to 1,048 bytes missing']],
    [[['10 of 64 lie'], ['9 of 64 lie'], []], ['9 to 10 of 64 lie [l0, l1]']],
    // Sides of a shape and parts of a name are no numbers.
    [
      [['F(4×4, 3×3)'], ['F(2×2, 3×3)']],
      ['F(4×4, 3×3) [l0]', 'F(2×2, 3×3) [l1]'],
    ],
    [
      [['fp16 sums'], ['fp32 sums']],
      ['fp16 sums [l0]', 'fp32 sums [l1]'],
    ],
  ])('of %j are %j', (given, expected) => {
    expect(collectNotes(layers(...given))).toEqual(expected);
  });

  it('are doubts where they say what is estimated', () => {
    expect(isDoubt('transforms at one operation per PE and cycle (estimate)')).toBe(true);
    expect(isDoubt('costed as if pruned to two weights in every four')).toBe(true);
    expect(isDoubt('weights stay in the L2 cache between frames')).toBe(false);
    expect(isDoubt('energy: not measurable here')).toBe(false);
  });
});
