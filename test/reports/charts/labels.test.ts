import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BESIDE, endOf, type Marked, placeNames } from '../../../reports/charts/labels.js';
import { FONT_PIXELS } from '../../../reports/charts/look.js';
import { textWidth } from '../../../reports/charts/text-width.js';

const WIDTH = 300;
const someMarks = fc.array(
  fc.record({
    x: fc.integer({ min: 0, max: WIDTH }),
    y: fc.integer({ min: 0, max: 200 }),
    name: fc.string({ minLength: 1, maxLength: 12 }),
  }),
  { maxLength: 40 },
);

const placeOf = ({ mark, side }: { readonly mark: Marked; readonly side: string }) => {
  const wide = textWidth(mark.name, FONT_PIXELS, false);
  const from = side === 'right' ? mark.x + BESIDE : mark.x - BESIDE - wide;
  return { from, to: from + wide, y: mark.y };
};

it('names stand in the plot, none over another one or over a mark', () => {
  fc.assert(
    fc.property(someMarks, fc.constantFrom('left' as const, 'right' as const), (marks, best) => {
      const names = placeNames(marks, WIDTH, best).map(placeOf);
      for (const [at, one] of names.entries()) {
        expect(one.from).toBeGreaterThanOrEqual(0);
        expect(one.to).toBeLessThanOrEqual(WIDTH);
        const apart = (other: typeof one, height: number) =>
          other.to <= one.from || one.to <= other.from || Math.abs(other.y - one.y) >= height;
        for (const other of names.slice(at + 1)) expect(apart(other, FONT_PIXELS)).toBe(true);
        for (const { x, y } of marks) expect(apart({ from: x - 3, to: x + 3, y }, 6)).toBe(true);
      }
    }),
  );
});

it('a mark by itself has its name on the better side, at the edge on the other', () => {
  const place = (x: number) => placeNames([{ x, y: 10, name: 'design 4' }], WIDTH, 'right');
  expect(place(100)[0]?.side).toBe('right');
  expect(place(WIDTH)[0]?.side).toBe('left');
});

describe('the end of a path', () => {
  const path = 'characterised.activity.spmatRead';
  it('is all of it where that has room', () => {
    expect(endOf(path, 400)).toBe(path);
  });
  it('is what tells it from others where it has not', () => {
    expect(endOf(path, 140)).toBe('…activity.spmatRead');
    expect(endOf(path, 1)).toBe('…spmatRead');
  });
});
