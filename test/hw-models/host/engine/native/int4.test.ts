// The native row with 4-bit weights in blocks against the plain forward pass of the rounded ones.

import fc from 'fast-check';
import { describe, it } from 'vitest';
import { int4Dense } from '../../../../../hw-models/host/engine/native/int4.js';
import { quantizeGroups, widenGroups } from '../../../../../workloads/compress/grouped.js';
import type { LayerWeights } from '../../../../../workloads/network.js';
import { toDense } from '../../../../../workloads/weights/store.js';
import { library } from '../../native-library.js';
import { loadKernel } from '../../run-kernel.js';
import { expectNear, type NativeCase, random, SUM_BOUND } from './agreement.js';

const cases: fc.Arbitrary<NativeCase> = fc
  .record({
    features: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constantFrom(32, 64, 192)),
    outputs: fc.integer({ min: 1, max: 70 }),
    /** 0 for a vector alone. */
    tokens: fc.integer({ min: 0, max: 9 }),
    bias: fc.boolean(),
    activation: fc.constantFrom('none' as const, 'relu' as const, 'relu6' as const),
    density: fc.constantFrom(0, 0.1, 0.5, 1),
    inputDensity: fc.double({ min: 0, max: 1, noNaN: true }),
    batch: fc.integer({ min: 1, max: 5 }),
    threads: fc.constantFrom(1, 2, 3),
    seed: fc.nat(),
  })
  .map(({ features, outputs, tokens, bias, activation, ...rest }) => ({
    ...rest,
    input: tokens === 0 ? [features] : [tokens, features],
    layer: {
      ...{ kind: 'dense' as const, name: 'layer', outputs, bias, activation },
      ...(tokens === 0 ? {} : { axis: 2 }),
    },
  }));

function rounded(weights: LayerWeights): LayerWeights {
  const dense = toDense(weights.store);
  const values = widenGroups(quantizeGroups(dense, { bits: 4, group: 32 }));
  return { ...weights, store: { ...dense, values } };
}

describe.skipIf(library === null)('the native row with 4-bit weights', () => {
  it('computes with the weights in blocks of 32', () => {
    fc.assert(
      fc.property(cases, (one) => {
        const { layer, weights, values, frames } = random(one);
        if (!weights) throw new Error('no weights');
        const found = loadKernel(int4Dense, layer, weights, one.batch, one.threads).run(values);
        expectNear(found, layer, rounded(weights), frames, SUM_BOUND);
      }),
      { numRuns: 150 },
    );
  });

  it('computes with weights of 4 bits as they are', () => {
    const { layer, weights, values, frames } = random({
      ...{ density: 0.5, inputDensity: 1, batch: 1, threads: 1, seed: 3, input: [128] },
      layer: { kind: 'dense', name: 'layer', outputs: 40, bias: true, activation: 'none' },
    });
    if (!weights) throw new Error('no weights');
    const own = rounded(weights);
    expectNear(loadKernel(int4Dense, layer, own).run(values), layer, own, frames, SUM_BOUND);
  });
});
