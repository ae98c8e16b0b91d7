import { describe, expect, it } from 'vitest';
import { type FileTree, openRapl } from '../../../hw-models/host/rapl.node.js';

const FOLDER = '/sys/class/powercap';

/** Zones by name, as `name`, `energy_uj` and `max_energy_range_uj` files. */
function tree(
  zones: Readonly<Record<string, { name: string; energy: () => number | null; range?: number }>>,
): FileTree {
  return {
    list: (folder) => (folder === FOLDER ? Object.keys(zones) : null),
    read(path) {
      const [, zone = '', file = ''] = new RegExp(`^${FOLDER}/([^/]+)/(\\w+)$`).exec(path) ?? [];
      const found = zones[zone];
      if (!found) return null;
      if (file === 'name') return `${found.name}\n`;
      if (file === 'max_energy_range_uj') return `${found.range ?? 262_143_328_850}\n`;
      const energy = found.energy();
      return file === 'energy_uj' && energy !== null ? `${energy}\n` : null;
    },
  };
}

/** A counter that gives these values, one a reading; the first is read when the meter is opened. */
function counting(...values: readonly number[]): () => number | null {
  let at = 0;
  return () => values[Math.min(at++, values.length - 1)] ?? null;
}

describe('openRapl', () => {
  it('adds packages and memories, and nothing twice', () => {
    const meter = openRapl(
      tree({
        'intel-rapl': { name: '', energy: () => 0 },
        'intel-rapl:0': { name: 'package-0', energy: counting(0, 1_000_000, 3_500_000) },
        'intel-rapl:0:0': { name: 'core', energy: counting(0, 0, 9_000_000) },
        'intel-rapl:0:1': { name: 'dram', energy: counting(0, 500_000, 750_000) },
        'intel-rapl:1': { name: 'package-1', energy: counting(0, 0, 1_000_000) },
        'intel-rapl:2': { name: 'psys', energy: counting(0, 0, 9_000_000) },
        'intel-rapl-mmio:0': { name: 'package-0', energy: counting(0, 1_000_000, 3_500_000) },
      }),
    );
    expect(meter?.domains).toEqual(['package-0', 'dram', 'package-1']);
    // 2.5 J + 0.25 J + 1 J.
    expect(meter?.start()()).toBeWithin(1e-12, 3.75);
  });

  it('counts on where a counter starts again from 0', () => {
    const energy = counting(0, 9_000_000, 1_000_000);
    const meter = openRapl(
      tree({ 'intel-rapl:0': { name: 'package-0', energy, range: 10_000_000 } }),
    );
    expect(meter?.start()()).toBeWithin(1e-12, 2);
  });

  it.each<[string, FileTree]>([
    ['no such folder', { list: () => null, read: () => null }],
    ['no zones', tree({})],
    [
      'counters that only root may read',
      tree({ 'intel-rapl:0': { name: 'package-0', energy: () => null } }),
    ],
    ['no package', tree({ 'intel-rapl:0': { name: 'psys', energy: () => 1 } })],
  ])('is null with %s', (_what, files) => {
    expect(openRapl(files)).toBeNull();
  });

  it('says of this machine either joules or nothing', () => {
    const joules = openRapl()?.start()() ?? 0;
    expect(joules).toBeGreaterThanOrEqual(0);
  });
});
