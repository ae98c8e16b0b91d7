import { describe, expect, it } from 'vitest';
import { Recent } from '../../../workloads/base/recent.js';

const kept = (recent: Recent<string, number>, ...keys: readonly string[]) =>
  keys.filter((key) => recent.get(key) !== undefined);

describe('what was used last', () => {
  it('is kept as long as there is room, the longest unused goes first', () => {
    const recent = new Recent<string, number>(10);
    recent.set('a', 1, 4);
    recent.set('b', 2, 4);
    expect(recent.get('a')).toBe(1);
    recent.set('c', 3, 4);
    expect(kept(recent, 'a', 'b', 'c')).toEqual(['a', 'c']);
  });

  it('goes at once where it is told to, and then there is room again', () => {
    const recent = new Recent<string, number>(10);
    recent.set('a', 1, 9);
    recent.clear();
    recent.set('b', 2, 5);
    recent.set('c', 3, 5);
    expect(kept(recent, 'a', 'b', 'c')).toEqual(['b', 'c']);
  });

  it('goes as often as it takes', () => {
    const recent = new Recent<string, number>(10);
    for (const key of ['a', 'b', 'c', 'd']) recent.set(key, 0, 2);
    recent.set('e', 0, 7);
    expect(kept(recent, 'a', 'b', 'c', 'd', 'e')).toEqual(['d', 'e']);
  });

  it('stays where it alone is too large', () => {
    const recent = new Recent<string, number>(10);
    recent.set('a', 1, 4);
    recent.set('b', 2, 100);
    expect(kept(recent, 'a', 'b')).toEqual(['b']);
    recent.set('c', 3, 1);
    expect(kept(recent, 'b', 'c')).toEqual(['c']);
  });

  it('counts once what is set again', () => {
    const recent = new Recent<string, number>(10);
    recent.set('a', 1, 4);
    for (let at = 0; at < 5; at++) recent.set('b', at, 6);
    expect([recent.get('a'), recent.get('b'), recent.get('nothing')]).toEqual([1, 4, undefined]);
  });
});
