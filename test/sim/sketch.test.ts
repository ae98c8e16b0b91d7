// A network as estimates see it: few kinds of layers, whatever there are of each.

import { describe, expect, it } from 'vitest';
import type { Densities } from '../../sim/densities.js';
import { exploredEntry } from '../../sim/explored-network.js';
import { type Sketch, sketchOf } from '../../sim/sketch.js';

const asPublished: Densities = { weightDensity: null, activationDensity: null };

const sketched = (workload: string, densities = asPublished): Sketch => {
  const sketch = sketchOf({ workload, ...densities });
  if (!sketch) throw new Error(`${workload} is not sketched`);
  return sketch;
};

describe('a sketch', () => {
  it.each(['qwen3-30b-a3b', 'bert-base', 'resnet-50@str-80', 'nt-lstm'])(
    'of %s has every layer that costs something, of a kind with its demand',
    (workload) => {
      const { layers, kinds, order, summary } = sketched(workload);
      const costed = exploredEntry(workload).network.layers.filter(({ demand }) => demand);
      expect(layers.map(({ name }) => name)).toEqual(costed.map(({ name }) => name));
      expect(summary.layers.map(({ name }) => name)).toEqual(costed.map(({ name }) => name));
      for (const [at, { demand, kind }] of layers.entries()) {
        const first = kinds[kind]?.first ?? -1;
        expect(first).toBeLessThanOrEqual(at);
        expect(layers[first]?.demand).toEqual(demand);
        expect(summary.layers[first]).toEqual({
          ...summary.layers[at],
          name: summary.layers[first]?.name,
        });
      }
      expect([...order].sort((a, b) => a - b)).toEqual([...kinds.keys()]);
      // What starts a network is paid by its first layer alone.
      expect(layers.filter(({ kind }) => kind === layers[0]?.kind)).toHaveLength(1);
    },
  );

  it('of a mixture of experts has a few dozen kinds for two thousand layers', () => {
    const { layers, kinds } = sketched('qwen3-30b-a3b');
    expect(layers.length).toBeGreaterThan(1900);
    expect(kinds.length).toBeLessThan(64);
  });

  it('is made once for densities, and draws a layer once for all batches', () => {
    const sketch = sketched('ds-cnn');
    expect(sketched('ds-cnn')).toBe(sketch);
    const half = { ...asPublished, weightDensity: 0.5 };
    expect(sketched('ds-cnn', half)).not.toBe(sketch);
    const [kind] = sketch.kinds;
    const [one, eight] = [kind?.wholeIn?.(1), kind?.wholeIn?.(8)];
    expect([one?.batch, eight?.batch]).toEqual([1, 8]);
    expect(one?.weights?.store).toBe(eight?.weights?.store);
    expect(one?.input.values).toBe(eight?.input.values);
  });
});
