import { describe, expect, it } from 'vitest';
import { dramJoules, drams } from '../../../hw-models/technology/dram.js';
import { publishedTables } from '../../../sim/validate/tables.node.js';

describe('the DRAM table', () => {
  it('has every kind, each number with its source', () => {
    expect(Object.keys(drams).toSorted()).toEqual([
      'DDR3',
      'DDR4',
      'GDDR5',
      'HBM2',
      'LPDDR2',
      'LPDDR3',
      'LPDDR4',
    ]);
    for (const { picojoulesPerBit, standbyWattsPerGibibyte } of Object.values(drams)) {
      for (const figure of [picojoulesPerBit, standbyWattsPerGibibyte]) {
        if (figure === null) continue;
        expect(figure.value).toBeGreaterThan(0);
        expect(figure.cite).not.toBe('');
      }
    }
  });

  it('agrees with Table I about LPDDR2', () => {
    const [row] = publishedTables('energy-45nm').filter(
      ({ operation }) => operation === '32-bit DRAM read',
    );
    expect(dramJoules('LPDDR2', { bytes: 4 })).toBeWithin(1e-9, Number(row?.energy_pj) * 1e-12);
  });

  it('charges what waits, and knows no standby of GDDR5', () => {
    const kept = { gibibytes: 2, seconds: 3 };
    const moving = dramJoules('DDR4', { bytes: 1000 }) ?? 0;
    // 34 mA × 1.2 V for each of 2 GiB over 3 s.
    expect((dramJoules('DDR4', { bytes: 1000 }, kept) ?? 0) - moving).toBeWithin(
      1e-6,
      0.034 * 1.2 * 2 * 3,
    );
    expect(dramJoules('GDDR5', { bytes: 1000 }, kept)).toBeNull();
  });
});
