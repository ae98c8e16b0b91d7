import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allPieces, isLong, PIECE, piecesOf } from '../../../sim/generate/long-prompt.js';

describe('a long prompt on this machine', () => {
  it('is read in pieces from more than two of them on', () => {
    expect([1, PIECE, 2 * PIECE, 2 * PIECE + 1].map(isLong)).toEqual([false, false, false, true]);
    expect(piecesOf(2 * PIECE + 1)).toEqual([0, PIECE]);
    expect(piecesOf(6000)).toEqual([0, 5 * PIECE, 10 * PIECE]);
  });

  it('takes what its pieces take one by one, where each takes more along a straight line', () => {
    const drawn = fc.record({
      prompt: fc.integer({ min: 2 * PIECE + 1, max: 200_000 }),
      first: fc.double({ min: 0.01, max: 10, noNaN: true }),
      perToken: fc.double({ min: 0, max: 0.01, noNaN: true }),
    });
    fc.assert(
      fc.property(drawn, ({ prompt, first, perToken }) => {
        const takes = (before: number) => first + perToken * before;
        const ran = piecesOf(prompt).map((before) => ({ before, value: takes(before) }));
        let sum = 0;
        let before = 0;
        for (; before + PIECE <= prompt; before += PIECE) sum += takes(before);
        const rest = ((prompt - before) / PIECE) * takes(before - PIECE);
        expect(allPieces(prompt, ran)).toBeWithin(1e-9, sum + rest);
      }),
    );
  });
});
