import fc from 'fast-check';
import { mean, sum, variance } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import type { SweepPlan } from '../../../sim/sweep/plan.js';
import { compareDesigns, sensitivityOfStore } from '../../../sim/sweep/reading.node.js';
import { sensitivityOf } from '../../../sim/sweep/sensitivity.js';
import type { Label } from '../../../sim/sweep/spec.js';
import type { StoredResult } from '../../../sim/sweep/store.js';
import { runSolo, smallSpec, temporaryFolder } from './small-plan.js';

const NONE = {
  ...{ joules: null, edp: null, watts: null, area_mm2: null },
  ...{ dollars_per_million_frames: null, die_dollars: null, error: null },
};

function planWith(axes: SweepPlan['spec']['axes']): SweepPlan {
  const spec = {
    name: 's',
    hardware: ['eie-64'],
    workloads: [{ name: 'lenet-5' }],
    axes,
    objectives: ['seconds' as const],
  };
  return { spec, bases: [], workloads: [], fingerprint: '' };
}

async function* inBatches(results: readonly StoredResult[]) {
  for (let at = 0; at < results.length; at += 7) yield results.slice(at, at + 7);
}

function designs(
  all: readonly (readonly [Readonly<Record<string, Label>>, number])[],
): readonly StoredResult[] {
  return all.map(([settings, seconds], ordinal) => ({
    ...{ ordinal, settings, id: `${ordinal}`, fault: null, feasible: true },
    metrics: { ...NONE, seconds },
  }));
}

describe('sensitivity', () => {
  it('is the adjusted share of variance between levels, as the definition computes it', async () => {
    const cell = fc.record({
      a: fc.constantFrom(1, 2, 4),
      b: fc.constantFrom(10, 20),
      seconds: fc.double({ min: 1e-6, max: 10, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(cell, { minLength: 8, maxLength: 60 }), async (cells) => {
        const results = designs(cells.map(({ a, b, seconds }) => [{ a, b }, seconds]));
        const { effects } = await sensitivityOf(
          planWith({ a: { values: [1, 2, 4] }, b: { values: [10, 20] } }),
          inBatches(results),
        );
        for (const { axis, share, range } of effects) {
          const levelOf = (one: (typeof cells)[number]) => (axis === 'a' ? one.a : one.b);
          const groups = [...new Set(cells.map(levelOf))].map((level) =>
            cells.filter((one) => levelOf(one) === level).map(({ seconds }) => Math.log(seconds)),
          );
          const all = groups.flat();
          const within = sum(
            groups.map((group) => (group.length > 1 ? variance(group) * group.length : 0)),
          );
          const total = variance(all) * all.length;
          const expected = Math.max(
            0,
            1 - within / (all.length - groups.length) / (total / (all.length - 1)),
          );
          if (total > 1e-9) expect(1 + (share ?? 0)).toBeWithin(1e-6, 1 + expected);
          const means = groups.map(mean);
          expect(range).toBeWithin(1e-6, Math.exp(Math.max(...means) - Math.min(...means)));
        }
      }),
    );
  });

  it('gives all to the one axis that matters, and tells its best level', async () => {
    const grid = [1, 2, 4].flatMap((a) =>
      [10, 20].flatMap((b) => [[{ a, b }, 5 * a] as const, [{ a, b }, 5 * a] as const]),
    );
    const { effects } = await sensitivityOf(
      planWith({ a: { values: [1, 2, 4] }, b: { values: [10, 20] } }),
      inBatches(designs(grid)),
    );
    expect(effects.map(({ axis, share }) => [axis, share])).toEqual([
      ['a', 1],
      ['b', 0],
    ]);
    expect(effects[0]?.range).toBeWithin(1e-9, 4);
    expect(effects[0]?.levels.map(({ level, designs: there }) => [level, there])).toEqual([
      ['1', 4],
      ['2', 4],
      ['4', 4],
    ]);
  });

  it('puts a long or continuous axis into ranges, and leaves out an objective that reaches zero', async () => {
    const plan = planWith({ x: { from: 1, to: 101 } });
    const random = Array.from({ length: 200 }, (_, at) => [{ x: 1 + at / 2 }, 1 + at] as const);
    const { effects } = await sensitivityOf(plan, inBatches(designs(random)));
    expect(effects[0]?.levels).toHaveLength(8);
    expect(effects[0]?.levels[0]?.level).toBe('1 … 13.5');
    expect(effects[0]?.share).toBeGreaterThan(0.8);
    const zero = await sensitivityOf(plan, inBatches(designs([[{ x: 1 }, 0], ...random])));
    expect(zero.effects).toEqual([]);
    expect(zero.leftOut).toEqual(['seconds']);
  });
});

describe('a store', () => {
  it('is read for sensitivities and for the difference of two designs', async () => {
    const store = temporaryFolder();
    await runSolo(smallSpec, store);
    const { effects, designs: count } = await sensitivityOfStore(store);
    expect(count).toBe(48);
    expect(effects.filter(({ objective }) => objective === 'area_mm2')[0]?.axis).toBe('pes');
    const { before, after, changes, patches } = await compareDesigns(store, [0, 47]);
    expect(before.result.settings).toEqual({ pes: 4, queueDepth: 1, width: 32, clockHz: 400 });
    expect(after.result.settings).toEqual({ pes: 16, queueDepth: 8, width: 64, clockHz: 800 });
    expect(changes.map(({ field, before: a, after: b }) => [field, a, b])).toEqual(
      expect.arrayContaining([
        ['pes', 4, 16],
        ['queueDepth', 1, 8],
        ['spmat.widthBits', 32, 64],
        ['clockHz', 4e8, 8e8],
      ]),
    );
    expect(patches).toHaveLength(4);
    await expect(compareDesigns(store, [0, 48])).rejects.toThrow(`${store}: found no design 48`);
  });
});
