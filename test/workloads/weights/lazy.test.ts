import { describe, expect, it } from 'vitest';
import type { LayerWeights } from '../../../workloads/network.js';
import { bytesOf, LazyWeights } from '../../../workloads/weights/lazy.js';
import { toCodebook, toCsr, toDense } from '../../../workloads/weights/store.js';

/** Weights that say that they take 150 MB each: two layers' are held, three are not. */
const large = (): LayerWeights => {
  const values = Object.defineProperty(new Float32Array(1), 'byteLength', { value: 150e6 });
  return { store: { format: 'dense', rows: 1, columns: 1, values }, bias: null, origin: 'real' };
};

describe('weights that are loaded when they are asked for', () => {
  it('are held for a while, the last ones', () => {
    const loaded: string[] = [];
    const weights = new LazyWeights(['a', 'b', 'c'], (name) => {
      loaded.push(name);
      return large();
    });
    expect([weights.size, weights.has('a'), weights.has('d'), [...weights.keys()]]).toEqual([
      3,
      true,
      false,
      ['a', 'b', 'c'],
    ]);
    expect(loaded).toEqual([]);
    expect(weights.get('a')).toBe(weights.get('a'));
    weights.get('b');
    weights.get('a');
    expect(loaded).toEqual(['a', 'b']);
    weights.get('c');
    weights.get('a');
    expect(loaded).toEqual(['a', 'b', 'c']);
    weights.get('b');
    expect(loaded).toEqual(['a', 'b', 'c', 'b']);
    expect(weights.get('d')).toBeUndefined();
    weights.letGo();
    weights.get('b');
    expect(loaded).toEqual(['a', 'b', 'c', 'b', 'b']);
  });

  it('are those of the layer whose key they share', () => {
    const loaded: string[] = [];
    const load = (name: string) => {
      loaded.push(name);
      return large();
    };
    const weights = new LazyWeights(['a', 'b'], load, () => 'a');
    expect(weights.get('b')).toBe(weights.get('a'));
    expect(loaded).toEqual(['a']);
  });

  it('are walked through like any map, in the order of the layers', () => {
    const weights = new LazyWeights(['b', 'a'], large);
    expect([...weights].map(([name]) => name)).toEqual(['b', 'a']);
    expect([...weights.entries()].map(([name]) => name)).toEqual(['b', 'a']);
    expect([...weights.values()].map(({ store }) => store.rows)).toEqual([1, 1]);
    const seen: string[] = [];
    weights.forEach((_, name, map) => {
      seen.push(`${name} of ${map.size}`);
    });
    expect(seen).toEqual(['b of 2', 'a of 2']);
  });
});

describe('the bytes of a store', () => {
  it('are those of all its arrays', () => {
    const dense = {
      format: 'dense',
      rows: 2,
      columns: 3,
      values: Float32Array.of(1, 0, 0, 0, 0, 1),
    } as const;
    expect(bytesOf(dense)).toBe(24);
    // 3 pointers, 2 places and 2 values of 4 bytes.
    expect(bytesOf(toCsr(dense))).toBe(28);
    const coded = toCodebook(toDense(dense), Float32Array.of(0, 1), 4);
    expect(bytesOf(coded)).toBe(coded.codes.byteLength + coded.gaps.byteLength);
  });
});
