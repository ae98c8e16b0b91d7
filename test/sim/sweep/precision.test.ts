// Sweeps in a number format that the spec names.

import { describe, expect, it } from 'vitest';
import { compare } from '../../../sim/compare.node.js';
import { summarizeStore } from '../../../sim/sweep/reading.node.js';
import { planOf, runSolo, temporaryFolder } from './small-plan.js';

const spec = {
  ...{ name: 'formats', hardware: ['a100', 'eie-64'], workloads: 'nt-we', axes: {} },
  objectives: ['seconds'],
};
const timesOf = async (own: object) => {
  const store = temporaryFolder();
  await runSolo(own, store);
  const summary = await summarizeStore(store);
  const designs = summary.sample.map(({ settings, metrics, id }) => ({
    ...{ hardware: settings.hardware, seconds: metrics.seconds, id },
  }));
  return { ...summary, designs };
};

describe('precision of a sweep', () => {
  it.each(['fp16', 'best', 'int8'] as const)(
    '%s comes to what compare --precision finds',
    async (precision) => {
      const swept = await timesOf({ ...spec, precision });
      const [compared] = await compare({
        ...{ workloads: 'nt-we', hardware: spec.hardware, precision },
      });
      const rows = compared?.results ?? [];
      expect(swept.designs.map(({ hardware, seconds }) => [hardware, seconds])).toEqual(
        rows.map(({ hardware, seconds }) => [hardware, seconds]),
      );
      const notes = precision === 'best' ? [] : [`no ${precision} on eie-64: computed in int16`];
      expect(swept.notes).toEqual(notes);
      // As compare knows it, but of a row whose layers may each have a format of their own.
      if (precision === 'best') return;
      const known = rows.flatMap((row) =>
        row.knownError ? [[row.hardware, row.knownError] as const] : [],
      );
      expect(new Map(swept.knownErrors)).toEqual(new Map(known));
    },
  );

  it('is a part of what a design is', async () => {
    const plans = await Promise.all([planOf(spec), planOf({ ...spec, precision: 'fp16' })]);
    expect(new Set(plans.map(({ fingerprint }) => fingerprint)).size).toBe(2);
    const [own, half] = [await timesOf(spec), await timesOf({ ...spec, precision: 'fp16' })];
    expect(own.designs[0]?.id).not.toBe(half.designs[0]?.id);
  });

  it('is refused with a line where it is none', async () => {
    await expect(planOf({ ...spec, precision: 'fp12' })).rejects.toThrow(/precision: found "?fp12/);
  });
});
