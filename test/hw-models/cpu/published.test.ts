import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  errorReport,
  fitAll,
  fitPowers,
  leaveOneOut,
  leavePowersOut,
  meanError,
  median,
  powerErrors,
  timeErrors,
} from './fit.js';
import { cpuPreset, publishedRows } from './published.js';

const preset = cpuPreset('i7-5930k');
const absolute = (errors: readonly { readonly error: number }[]) => errors.map(({ error }) => Math.abs(error));

describe('i7-5930k against published measurements', () => {
  it('has a median absolute error of at most 20 % over the 36 times of EIE, Table IV', () => {
    const errors = publishedRows.flatMap((row) => absolute(timeErrors(preset, row)));
    expect(errors).toHaveLength(36);
    expect(median(errors)).toBeLessThanOrEqual(0.2);
  });

  it('keeps a median absolute error of at most 20 % on layers left out of the fit', () => {
    expect(median(leaveOneOut(preset).map(Math.abs))).toBeLessThanOrEqual(0.2);
  });

  it('has a median absolute error of at most 15 % over the 24 powers of Deep Compression, Table 9', () => {
    const errors = publishedRows.flatMap((row) => absolute(powerErrors(preset, row)));
    expect(errors).toHaveLength(24);
    expect(median(errors)).toBeLessThanOrEqual(0.15);
  });

  it('keeps a median absolute error of at most 8 % on powers of layers left out of the fit', () => {
    expect(median(leavePowersOut(preset).map(Math.abs))).toBeLessThanOrEqual(0.08);
  });

  it.each(publishedRows)('draws as much as $kernel, batch $batch, in the geometric mean, within 6 %', (row) => {
    expect(Math.abs(meanError(powerErrors(preset, row).map(({ error }) => error)))).toBeLessThanOrEqual(0.06);
  });

  it('is neither fast nor slow at dense, batch 1, by more than 2 % in the geometric mean', () => {
    const [baseline] = publishedRows;
    if (!baseline) throw new Error('no row');
    expect(Math.abs(meanError(timeErrors(preset, baseline).map(({ error }) => error)))).toBeLessThanOrEqual(0.02);
  });

  it('states the values that the fit finds', () => {
    const { dense, sparse } = fitAll(preset).config;
    expect(preset.config.dense.streamShare).toBeWithin(0.01, dense.streamShare);
    expect(preset.config.dense.gemmEfficiency).toBeWithin(0.01, dense.gemmEfficiency);
    expect(preset.config.sparse.cyclesPerNonzero).toBeWithin(0.01, sparse.cyclesPerNonzero);
    expect(preset.config.sparse.spmmEfficiency).toBeWithin(0.01, sparse.spmmEfficiency);
    const { instruction, idle, core } = fitPowers(preset);
    expect(preset.config.energy.instruction).toBeWithin(0.01, instruction);
    expect(preset.config.energy.idle).toBeWithin(0.01, idle);
    expect(preset.config.energy.core).toBeWithin(0.01, core);
  });

  it('prints in its README the errors that it has', () => {
    const readme = readFileSync(new URL('../../../hw-models/cpu/README.md', import.meta.url), 'utf8');
    // The formatter pads the tables.
    const unpadded = (text: string) => text.replace(/ +/g, ' ').replace(/-+/g, '-');
    expect(unpadded(readme)).toContain(unpadded(errorReport(preset)));
  });
});
