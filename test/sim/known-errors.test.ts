import { describe, expect, it } from 'vitest';
import { type KnownError, knownErrorOf } from '../../sim/known-errors.js';
import { knownErrors } from '../../sim/known-errors.node.js';

const error = (kind: string, precision: KnownError['precision'], figures = 9): KnownError => ({
  ...{ hardware: 'a', precision, kind, figures, median: 0.1 },
});

describe('known errors', () => {
  it('are of whole networks before single kernels, and of the same precision', () => {
    const errors = [error('GEMM', 'fp32'), error('network', 'fp32'), error('network', 'int8')];
    expect(knownErrorOf(errors, 'a', 'fp32')).toBe(errors[1]);
    expect(knownErrorOf(errors, 'a', 'int8')).toBe(errors[2]);
    expect(knownErrorOf(errors, 'a', 'fp16')).toBeNull();
    expect(knownErrorOf(errors, 'b', 'fp32')).toBeNull();
  });

  it('are not told of one or two figures', () => {
    expect(knownErrorOf([error('network', 'fp32', 2)], 'a', 'fp32')).toBeNull();
  });

  it('stand in the shipped table for devices of every kind', () => {
    const known = new Set(knownErrors().map(({ hardware }) => hardware));
    for (const name of ['i7-5930k', 'eie-64', 'edge-tpu', 'cortex-a76', 'emerald-rapids'])
      expect(known).toContain(name);
  });
});
