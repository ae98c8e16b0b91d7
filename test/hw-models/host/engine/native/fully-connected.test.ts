// Native rows of fully connected layers against the plain forward pass.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  nativeDenseFullyConnected,
  nativeSparseFullyConnected,
} from '../../../../../hw-models/host/engine/native/fully-connected.js';
import { nativeDenseProducts } from '../../../../../hw-models/host/engine/native/product.js';
import { library } from '../../native-library.js';
import { loadKernel } from '../../run-kernel.js';
import {
  expectInEngine,
  expectNear,
  expectRow,
  type NativeCase,
  random,
  SUM_BOUND,
  withCodes,
} from './agreement.js';

const outputs = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 700, max: 1700 }));
const features = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 100, max: 400 }));
const density = fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 0.3, noNaN: true }));

const cases: fc.Arbitrary<NativeCase> = fc
  .record({
    features,
    outputs,
    /** 0 for a vector alone. */
    tokens: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 150 })),
    bias: fc.boolean(),
    activation: fc.constantFrom('none' as const, 'relu' as const, 'relu6' as const),
    ...{ density, inputDensity: density },
    batch: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 4, max: 70 })),
    threads: fc.constantFrom(1, 2, 3),
    seed: fc.nat(),
  })
  // What the plain pass can do in a moment.
  .filter(({ features, outputs, tokens, batch }) => {
    return features * outputs * Math.max(1, tokens) * batch < 2e6;
  })
  .map(({ features, outputs, tokens, bias, activation, ...rest }) => ({
    ...rest,
    input: tokens === 0 ? [features] : [tokens, features],
    layer: {
      kind: 'dense' as const,
      name: 'layer',
      ...{ outputs, bias, activation },
      ...(tokens === 0 ? {} : { axis: 2 }),
    },
  }));

const rows = [...nativeSparseFullyConnected, ...nativeDenseProducts, ...nativeDenseFullyConnected];

describe.skipIf(library === null)('native rows of fully connected layers', () => {
  const exact = rows.filter(({ name }) => name !== 'native-coded-columns');
  it.each(exact)('$name', (row) => {
    fc.assert(
      fc.property(cases, (one) => expectRow(row, one)),
      { numRuns: 150 },
    );
  });

  it.each(exact)('$name in the engine on two threads', async (row) => {
    await fc.assert(
      fc.asyncProperty(cases, (one) => expectInEngine(row, { ...one, threads: 2 })),
      { numRuns: 20 },
    );
  });

  it('native-coded-columns with shared weights', () => {
    const row = nativeSparseFullyConnected.find(({ name }) => name === 'native-coded-columns');
    if (!row) throw new Error('no row for codes');
    fc.assert(
      fc.property(cases, fc.integer({ min: 1, max: 255 }), (one, shared) => {
        const { layer, weights, values, frames } = random(one);
        if (!weights) throw new Error('no weights');
        const coded = withCodes(weights, shared);
        expect(row.refusal(layer, weights)).toBe('has weights without a codebook');
        expect(row.refusal(layer, coded)).toBeNull();
        const found = loadKernel(row, layer, coded, one.batch, one.threads).run(values);
        expectNear(found, layer, coded, frames, SUM_BOUND);
      }),
      { numRuns: 150 },
    );
  });
});
