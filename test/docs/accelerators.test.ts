// The table of docs/accelerators.md says what the models say.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sum } from '../../hw-models/cost.js';
import { loadHardware } from '../../hw-models/presets.node.js';
import { compare } from '../../sim/compare.node.js';

const page = readFileSync('docs/accelerators.md', 'utf8');
const cells = (line: string) =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
const rowOf = (name: string) =>
  cells(page.split('\n').find((line) => line.startsWith(`| ${name} |`)) ?? '');
const UNITS: Readonly<Record<string, number>> = { µs: 1e-6, ms: 1e-3 };

describe('docs/accelerators.md', () => {
  const [, ...names] = rowOf('time per frame').map((cell) => cell.replaceAll('`', ''));

  it.each(['alex-6', 'alex-8', 'squeezenet-1.0'])('has the times of %s', async (workload) => {
    const [comparison] = await compare({ workloads: [workload], hardware: names });
    const [, ...shown] = rowOf(workload);
    expect(shown).toHaveLength(5);
    for (const [at, result] of (comparison?.results ?? []).entries()) {
      const [value = '', unit = ''] = (shown[at] ?? '').split(' ');
      // Three digits are shown.
      expect(Number(value) * (UNITS[unit] ?? Number.NaN)).toBeWithin(0.01, result.seconds);
    }
  });

  it('has their areas', () => {
    const [, ...shown] = rowOf('mm²');
    expect(shown).toEqual(names.map((name) => sum(loadHardware(name).area ?? {}).toFixed(1)));
  });
});
