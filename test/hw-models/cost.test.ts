// Every promise that a cost must keep, broken once.

import { describe, expect, it } from 'vitest';
import type { LayerCost } from '../../hw-models/contract.js';
import { checkCost, cyclesOf, joulesOf, secondsOf } from '../../hw-models/cost.js';
import { InvariantError } from '../../workloads/base/errors.js';
import { buildNetwork } from '../../workloads/graph.js';
import type { LayerTask } from '../../workloads/network.js';
import { dense } from '../../workloads/zoo/entry.js';

const source = { work: 'a test', at: 'here' };
const [layer] = buildNetwork({
  name: 'n',
  title: 'n',
  input: [10],
  layers: [dense('fc', 10, 'none')],
  source,
}).layers;
if (!layer?.demand) throw new Error('no layer');

const task: LayerTask = {
  name: layer.name,
  demand: layer.demand,
  weights: null,
  input: { values: new Float32Array(10), density: 0, origin: 'synthetic' },
  macs: { dense: 100, keptWeights: 50, effective: 20 },
  batch: 2,
};

const good: LayerCost = {
  kernel: 'k',
  clockHz: 1e9,
  cycles: { compute: 90, memory: 10 },
  joules: { core: 1e-9, dram: 2e-9 },
  counters: { macs: 100 },
  floorCycles: 100,
  bound: 'compute',
  notes: [],
};

const meters = { macs: { unit: 'count', meaning: 'multiply-accumulates' } } as const;
const check = (change: Partial<LayerCost>) => checkCost({ ...good, ...change }, task, meters, 'hw');

describe('checkCost', () => {
  it('accepts a consistent cost', () => {
    expect(() => check({})).not.toThrow();
    expect(() => check({ joules: null })).not.toThrow();
  });

  it.each<[string, Partial<LayerCost>, string]>([
    ['a negative part', { cycles: { compute: 120, memory: -1 } }, 'memory is -1'],
    ['energy that is no number', { joules: { core: Number.NaN } }, 'core is NaN'],
    ['endless time', { cycles: { compute: Number.POSITIVE_INFINITY } }, 'compute is Infinity'],
    ['no time at all', { cycles: {}, floorCycles: 0 }, 'takes no time'],
    ['no floor', { floorCycles: 0 }, 'states no floor'],
    ['less time than the floor', { floorCycles: 101 }, '100 cycles lie below the floor of 101'],
    [
      'a counter nobody declared',
      { counters: { macs: 100, flips: 1 } },
      'counter flips is not declared',
    ],
    ['MACs not counted', { counters: {} }, 'does not count its MACs'],
    ['fewer MACs than must be done', { counters: { macs: 39 } }, '39 MACs, expected 40 to 200'],
    ['more MACs than there are', { counters: { macs: 201 } }, '201 MACs, expected 40 to 200'],
  ])('refuses %s', (_what, change, message) => {
    expect(() => check(change)).toThrow(InvariantError);
    expect(() => check(change)).toThrow(`hw, layer fc, kernel k: ${message}`);
  });
});

describe('totals', () => {
  it('are sums of the parts', () => {
    expect(cyclesOf(good)).toBe(100);
    expect(secondsOf(good)).toBe(1e-7);
    expect(joulesOf(good)).toBeWithin(1e-12, 3e-9);
    expect(joulesOf({ ...good, joules: null })).toBeNull();
  });
});
