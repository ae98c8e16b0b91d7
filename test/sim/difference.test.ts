import { applyPatches, enablePatches } from 'immer';
import { describe, expect, it } from 'vitest';
import { differenceOf } from '../../sim/difference.js';
import { hardwareNames, resolveHardware } from '../../sim/resolve.node.js';

enablePatches();

const designs = hardwareNames().modelled.map((name) => [name, resolveHardware(name)] as const);

describe('the difference of two designs', () => {
  it.each(designs)('%s and each other: patches make one the other, fields differ', (a, before) => {
    for (const [b, after] of designs) {
      const { changes, patches } = differenceOf(before, after);
      expect(changes.length === 0, b).toBe(a === b);
      if (before.family !== after.family) {
        expect(patches, b).toBeNull();
        continue;
      }
      expect(applyPatches(before.config, [...(patches ?? [])]), b).toEqual(after.config);
      // A patch may add or take away a part with several numbers; none replaces a whole part.
      for (const { op, value } of patches ?? [])
        if (op === 'replace') expect(typeof value, b).not.toBe('object');
    }
  });

  it('says values before and after with their unit', () => {
    const { changes } = differenceOf(resolveHardware('eie-64'), resolveHardware('eie-256'));
    expect(changes).toEqual([
      { field: 'pes', before: 64, after: 256, unit: 'count' },
      { field: 'clockHz', before: 8e8, after: 1.2e9, unit: 'Hz' },
      { field: 'processNm', before: 45, after: 28, unit: 'nm' },
    ]);
  });
});
