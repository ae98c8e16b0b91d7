// The two GPUs of EIE against what was published about them. fit.ts prints the errors cell by cell.

import { describe, expect, it } from 'vitest';
import { fitPowers } from './fit.js';
import { biasOf, type Device, devices, medianOf, modelOf, powersOf, presetOf, rowsOf, timesOf } from './published.js';

const errorsOf = (device: Device) => {
  const { config } = presetOf(device);
  return timesOf(device).map((cell) => ({
    ...cell,
    error: Math.abs(modelOf(cell, config).microseconds / cell.published - 1),
  }));
};

describe('EIE, Table IV', () => {
  it.each([
    ['titan-x', 0.09],
    ['tegra-k1', 0.09],
  ] as const)('%s: half of the 36 times are within %d', (device, bound) => {
    const errors = errorsOf(device);
    expect(errors).toHaveLength(36);
    expect(medianOf(errors.map(({ error }) => error))).toBeLessThanOrEqual(bound);
  });

  it.each([
    ['titan-x', 'dense', 1, 0.02],
    ['titan-x', 'sparse', 1, 0.12],
    ['titan-x', 'dense', 64, 0.05],
    ['titan-x', 'sparse', 64, 0.15],
    ['tegra-k1', 'dense', 1, 0.06],
    ['tegra-k1', 'sparse', 1, 0.06],
    // The published times of GEMM on Tegra K1 follow no model: see the README.
    ['tegra-k1', 'dense', 64, 0.65],
    ['tegra-k1', 'sparse', 64, 0.09],
  ] as const)('%s, %s, batch %d: median error at most %d', (device, kernel, batch, bound) => {
    const row = errorsOf(device).filter((cell) => cell.kernel === kernel && cell.batch === batch);
    expect(medianOf(row.map(({ error }) => error))).toBeLessThanOrEqual(bound);
  });
});

it.each(devices)('%s is neither fast nor slow at dense, batch 1, by more than 2 %% in the geometric mean', (device) => {
  const { config } = presetOf(device);
  const [baseline = []] = rowsOf(timesOf(device));
  const errors = baseline.map((cell) => modelOf(cell, config).microseconds / cell.published - 1);
  expect(errors).toHaveLength(9);
  expect(Math.abs(biasOf(errors))).toBeLessThanOrEqual(0.02);
});

describe('Deep Compression, Table 9', () => {
  it.each(devices)('%s draws as much as each row in the geometric mean, within 6 %%', (device) => {
    const { config } = presetOf(device);
    const biases = rowsOf(powersOf(device)).map((row) =>
      biasOf(row.map((cell) => modelOf(cell, config).watts / cell.published - 1)),
    );
    expect(Math.max(...biases.map(Math.abs))).toBeLessThanOrEqual(0.06);
  });

  it.each(devices)('%s states the powers that the fit finds', (device) => {
    const { config } = presetOf(device);
    const { instructionJoules, gatherSectorJoules, activeWatts } = fitPowers(powersOf(device), config).energy;
    expect(config.energy.instructionJoules).toBeWithin(0.01, instructionJoules);
    expect(config.energy.gatherSectorJoules).toBeWithin(0.01, gatherSectorJoules);
    expect(config.energy.activeWatts).toBeWithin(0.01, activeWatts);
  });

  it.each([
    ['titan-x', 0.06],
    ['tegra-k1', 0.12],
  ] as const)('%s: half of the 24 powers are within %d', (device, bound) => {
    const { config } = presetOf(device);
    const errors = powersOf(device).map((cell) => Math.abs(modelOf(cell, config).watts / cell.published - 1));
    expect(errors).toHaveLength(24);
    expect(medianOf(errors)).toBeLessThanOrEqual(bound);
  });
});
