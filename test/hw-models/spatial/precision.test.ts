// What a described accelerator computes in: the narrowest precision that holds both factors, and
// units of floating point that cost what is published of them.

import { describe, expect, it } from 'vitest';
import { loadHardware } from '../../../hw-models/presets.node.js';
import { macJoules, macMm2 } from '../../../hw-models/technology/arithmetic.js';

const varied = (weightBits: number, inputBits: number, numbers?: 'float') =>
  loadHardware('tpu-v1').vary([
    { op: 'replace', path: ['weightBits'], value: weightBits },
    { op: 'replace', path: ['inputBits'], value: inputBits },
    ...(numbers ? [{ op: 'add' as const, path: ['numbers'], value: numbers }] : []),
  ]);

describe('the precision of a described accelerator', () => {
  it.each([
    ['eyeriss', 'int16'],
    ['tpu-v1', 'int8'],
    ['eie-spatial', 'int16'],
    ['tensor-core-2-4', 'fp16'],
  ])('of %s is %s', (name, expected) => {
    expect(loadHardware(name).precisions).toEqual([expected]);
  });

  it.each([
    [4, 8, undefined, 'int8'],
    [4, 9, undefined, 'int16'],
    [8, 8, 'float', 'fp8'],
    [8, 16, 'float', 'fp16'],
    [32, 32, 'float', 'fp32'],
  ] as const)('of %d bits by %d, %s, is %s', (weights, inputs, numbers, expected) => {
    expect(varied(weights, inputs, numbers).precisions).toEqual([expected]);
  });
});

describe('units of floating point', () => {
  it('take the published energy and area at 16 and at 32 bits, and lie between them', () => {
    expect(macJoules(16, 16, 16, 'float')).toBeWithin(1e-9, 1.5e-12);
    expect(macJoules(32, 32, 32, 'float')).toBeWithin(1e-9, 4.6e-12);
    expect(macMm2(16, 16, 16, 'float')).toBeWithin(1e-9, 3000e-6);
    expect(macMm2(32, 32, 32, 'float')).toBeWithin(1e-9, 11_884e-6);
    expect(macJoules(24, 24, 24, 'float')).toBeGreaterThan(1.5e-12);
    expect(macJoules(24, 24, 24, 'float')).toBeLessThan(4.6e-12);
  });
});
