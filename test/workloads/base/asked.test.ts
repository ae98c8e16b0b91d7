import { describe, expect, it } from 'vitest';
import { Asked } from '../../../workloads/base/asked.js';

describe('names that are asked for', () => {
  const given = () => new Asked([['sequnce', 3] as const, ['past', 0] as const]);

  it('leave out those that nobody knows, with the nearest that was wanted', () => {
    const names = given();
    expect(names.get('past')).toBe(0);
    expect(names.get('sequence')).toBeUndefined();
    expect(names.unasked()).toEqual({ name: 'sequnce', nearest: 'sequence' });
    expect(new Asked([['x', 1]]).unasked()).toEqual({ name: 'x', nearest: null });
  });

  it.each<[string, (names: Asked<number>) => unknown]>([
    ['walked through', (names) => [...names]],
    ['copied', (names) => new Map(names)],
    ['named', (names) => [...names.keys()]],
    ['asked for one by one', (names) => [names.has('sequnce'), names.get('past')]],
  ])('are all known to whoever has them %s', (_what, read) => {
    const names = given();
    read(names);
    expect(names.unasked()).toBeNull();
    expect([names.size, names.get('sequnce')]).toEqual([2, 3]);
  });
});
