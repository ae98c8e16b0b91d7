// Native pooling and local response normalisation against the plain forward pass.

import fc from 'fast-check';
import { describe, it } from 'vitest';
import { nativePooling } from '../../../../../hw-models/host/engine/native/pooling.js';
import { windowsOf } from '../../../../operators/random-windows.js';
import { library } from '../../native-library.js';
import { expectInEngine, expectRow, type NativeCase, SUM_BOUND } from './agreement.js';

const extent = fc.oneof(fc.integer({ min: 1, max: 19 }), fc.constantFrom(27, 55, 111, 112));
const common = {
  input: fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 19 }), extent),
  density: fc.constant(1),
  inputDensity: fc.double({ min: 0, max: 1, noNaN: true }),
  batch: fc.integer({ min: 1, max: 3 }),
  threads: fc.constantFrom(1, 2, 3),
  seed: fc.nat(),
};
const windows = fc.oneof(
  windowsOf(5, 3),
  // As networks pool.
  fc.constantFrom(2 as const, 3 as const).map((side) => ({
    ...{ kernel: [side, side] as const, stride: [2, 2] as const },
    pad: [0, 0, 0, 0] as const,
  })),
  fc.constant({ kernel: 'global' as const, stride: 1, pad: 0 }),
);

const cases: Readonly<Record<string, fc.Arbitrary<NativeCase>>> = {
  'native-pool': fc
    .record({
      ...common,
      mode: fc.constantFrom('max' as const, 'average' as const),
      window: windows,
      rounding: fc.constantFrom('ceil' as const, 'floor' as const),
      countsPadding: fc.boolean(),
    })
    .map(({ window: { kernel, stride, pad }, mode, rounding, countsPadding, ...rest }) => {
      const window = { kernel, stride, pad, rounding, countsPadding };
      return { ...rest, layer: { kind: 'pool2d' as const, name: 'layer', mode, ...window } };
    })
    .filter(({ input, layer: { kernel, pad } }) => {
      if (kernel === 'global' || typeof pad === 'number') return true;
      const hasRoom = kernel[0] <= input[1] && kernel[1] <= input[2];
      const isInside = Math.max(pad[0], pad[2]) < kernel[0] && Math.max(pad[1], pad[3]) < kernel[1];
      return hasRoom && isInside;
    }),
  'native-normalise': fc.record({
    ...common,
    layer: fc.record({
      kind: fc.constant('lrn' as const),
      name: fc.constant('layer'),
      size: fc.constantFrom(1, 3, 5),
      alpha: fc.constantFrom(1e-4, 0.5),
      beta: fc.constantFrom(0.5, 0.75, 1),
      k: fc.constantFrom(1, 2),
    }),
  }),
};

describe.skipIf(library === null).each(nativePooling)('$name', (row) => {
  const random = cases[row.name];
  if (!random) throw new Error(`no cases for ${row.name}`);

  it('computes what the forward pass computes', () => {
    fc.assert(
      fc.property(random, (one) => expectRow(row, one, SUM_BOUND)),
      { numRuns: 300 },
    );
  });

  it('does so on several threads', async () => {
    await fc.assert(
      fc.asyncProperty(random, (one) => expectInEngine(row, { ...one, threads: 2 }, SUM_BOUND)),
      { numRuns: 20 },
    );
  });
});
