// Quantities on a sweep's axes, and bare numbers that may be meant in another unit.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { units } from '../../../hw-models/units.js';
import { planSweep } from '../../../sim/sweep/plan.node.js';
import { quantityOf, questionOf, withoutQuantities } from '../../../sim/sweep/quantities.js';

const folder = mkdtempSync(join(tmpdir(), 'zeroskip-quantities-'));

async function planOf(axis: string) {
  const file = join(folder, 'spec.yaml');
  const rest = 'name: x\nhardware: eie-64\nworkloads: alex-6\nobjectives: [seconds]\n';
  writeFileSync(file, `${rest}axes:\n  ${axis}\n`);
  return planSweep(file);
}

describe('a quantity', () => {
  it('is a number and a unit that presets know, whatever they are', () => {
    const named = fc.constantFrom(...Object.keys(units));
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), named, (value, unit) => {
        expect(quantityOf(`${value} ${unit}`)).toEqual({ value: Number(`${value}`), unit });
      }),
    );
  });

  it.each(['eie-64', '800', '800 Megahertz', 'MHz', '8 x 8 B', '', 800])('is not %j', (text) => {
    expect(quantityOf(text)).toBeNull();
  });

  it.each([
    [{ values: ['800 MHz', '1.2GHz'] }, { values: [800, 1200], unit: 'MHz' }],
    [
      { from: '16 KiB', to: '1 MiB', factor: 2 },
      { from: 16, to: 1024, factor: 2, unit: 'KiB' },
    ],
    [
      { from: '1 ns', to: '5 ns', step: '2 ns' },
      { from: 1, to: 5, step: 2, unit: 'ns' },
    ],
  ])('on the axis %j', (axis, expected) => {
    expect(withoutQuantities(axis)).toEqual(expected);
  });

  it.each([
    { values: ['800 MHz', 2] },
    { values: ['800 MHz', '2 pJ'] },
    { values: ['800 MHz'], unit: 'Hz' },
    { values: ['a', 'b'] },
    { values: [{ label: 1, set: { pes: 1 } }] },
  ])('is not made of the axis %j', (axis) => {
    expect(withoutQuantities(axis)).toBe(axis);
  });

  it('reaches the design in SI', async () => {
    const { spec } = await planOf("clockHz: ['800 MHz', '1.2 GHz']");
    expect(spec.axes.clockHz).toEqual({ values: [800, 1200], unit: 'MHz' });
  });
});

describe('a bare number', () => {
  it('far from the preset’s own is questioned, with the unit that it would have', async () => {
    await expect(planOf('clockHz: [600, 800]')).rejects.toThrow(
      "found 600 without a unit, which is 600 Hz where the preset has 800000000 Hz; expected '600 MHz' or '600 Hz'",
    );
  });

  it.each(["clockHz: ['600 Hz']", 'clockHz: { values: [600], unit: Hz }', 'clockHz: [6e8]'])(
    'with its unit, or near it, is taken: %s',
    async (axis) => {
      await expect(planOf(axis)).resolves.toHaveProperty('fingerprint');
    },
  );

  it('is not questioned where numbers have no prefixes', () => {
    expect(questionOf(1, 1_000_000, 'count')).toBeNull();
    expect(questionOf(1, 1_000_000, 'B')).toContain("expected '1 KiB'");
  });
});

it.each([
  ['workload.weightDensity: [0.5, 1.5]', 'found 1.5 for workload.weightDensity'],
  ['workload.activationDensity: { from: 0, to: 1, steps: 3 }', 'found 0 for workload.activation'],
  ['workload.batch: [1, 2.5]', 'found 2.5 for workload.batch, expected a whole number'],
])('a workload cannot be %s', async (axis, message) => {
  await expect(planOf(axis)).rejects.toThrow(message);
});
