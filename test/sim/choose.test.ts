// Which devices meet limits, and which come nearest.

import { describe, expect, it } from 'vitest';
import { chooseView } from '../../reports/views/choose.js';
import { judge, type Limits, ranked } from '../../sim/choose.js';
import { choose } from '../../sim/choose.node.js';
import type { HardwareResult } from '../../sim/result.js';

const result = (seconds: number, watts: number | null, dollars: number | null = null) =>
  ({
    ...{ hardware: 'x', kernel: 'k', origin: 'modelled', seconds, watts },
    joules: watts === null ? null : seconds * watts,
    serving: { dollarsPerMillion: dollars, gramsCo2ePerMillion: null, basis: '' },
  }) as unknown as HardwareResult;

const verdict = (
  limits: Limits,
  found: HardwareResult,
  error: { seconds: number; joules: number | null } | null = null,
) => judge('x', found, error, limits, 1).verdict;

describe('a device', () => {
  it.each([
    [{ latency: 0.01 }, result(0.005, 5), 'yes'],
    [{ latency: 0.01 }, result(0.011, 5), 'no'],
    [{ latency: 0.01, power: 4 }, result(0.005, 5), 'no'],
    [{ power: 4 }, result(0.005, null), 'unknown'],
    [{ latency: 0.001, power: 4 }, result(0.005, null), 'no'],
    [{ budget: 1 }, result(0.005, 5, 0.5), 'yes'],
    [{ energy: 0.02 }, result(0.005, 5), 'no'],
    [{}, result(1, 1), 'yes'],
  ])('asked for %j', (limits, found, expected) => {
    expect(verdict(limits, found)).toBe(expected);
  });

  it('meets a limit surely only with the known error against it', () => {
    const error = { seconds: 0.1, joules: null };
    expect(verdict({ latency: 0.01 }, result(0.0095, 5), error)).toBe('within-error');
    expect(verdict({ latency: 0.01 }, result(0.009, 5), error)).toBe('yes');
  });
});

describe('the ranking', () => {
  const limits = { latency: 0.01 };
  const judged = (label: string, seconds: number, dollars: number | null) =>
    judge(label, result(seconds, 1, dollars), null, limits, 1);

  it('is by price, those without one behind; then by how far a device misses', () => {
    const all = [
      judged('far', 0.1, 1),
      judged('near', 0.02, 9),
      judged('unpriced', 0.001, null),
      judged('dear', 0.001, 5),
      judged('cheap', 0.009, 2),
    ];
    expect(ranked(all, 'price', 1).map(({ label }) => label)).toEqual([
      'cheap',
      'dear',
      'unpriced',
      'near',
      'far',
    ]);
    expect(ranked(all, 'latency', 1)[0]?.label).toBe('unpriced');
  });
});

it('says which is nearest where none will do', async () => {
  const choice = await choose({
    workload: 'lenet-300-100',
    limits: { latency: 1e-7 },
    hardware: ['i7-5930k', 'eie-64'],
  });
  const [verdictSection] = chooseView(choice).sections({ columns: 80, color: false });
  expect(verdictSection?.lines?.[0]).toMatch(
    /^None of 2 devices runs lenet-300-100 within latency 100 ns\. The nearest is eie-64, with /,
  );
});
