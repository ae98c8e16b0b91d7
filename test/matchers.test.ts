import { describe, expect, it } from 'vitest';

describe('toBeWithin', () => {
  it.each([
    [3e-5, 9e-5],
    [0, 1e-5],
    [Number.NaN, 1],
    [Number.POSITIVE_INFINITY, 1],
    [12.2, 6],
    [1, 0],
  ])('rejects %d for %d', (actual, expected) => {
    expect(() => expect(actual).toBeWithin(0.05, expected)).toThrow('off');
  });

  it('accepts 4 % under', () => {
    expect(0.96e-5).toBeWithin(0.05, 1e-5);
  });
});
