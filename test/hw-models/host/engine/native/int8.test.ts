// Native rows with 8-bit weights and activations against sums of the same integers.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { int8Dense, int8Sparse } from '../../../../../hw-models/host/engine/native/int8.js';
import { quantize, quantizeVector } from '../../../../../workloads/compress/int8.js';
import { activationRange } from '../../../../../workloads/operators/relu.js';
import { toDense } from '../../../../../workloads/weights/store.js';
import { library } from '../../native-library.js';
import { loadKernel } from '../../run-kernel.js';
import { type NativeCase, random } from './agreement.js';

const cases: fc.Arbitrary<NativeCase> = fc
  .record({
    features: fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 120, max: 900 })),
    outputs: fc.integer({ min: 1, max: 50 }),
    /** 0 for a vector alone. */
    tokens: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 150 })),
    bias: fc.boolean(),
    activation: fc.constantFrom('none' as const, 'relu' as const, 'relu6' as const),
    density: fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 0.5, noNaN: true })),
    inputDensity: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1, noNaN: true })),
    batch: fc.integer({ min: 1, max: 5 }),
    threads: fc.constantFrom(1, 2, 3),
    seed: fc.nat(),
  })
  // What the slow sums can do in a moment.
  .filter(({ features, outputs, tokens, batch }) => features * outputs * (tokens + 1) * batch < 1e6)
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

describe.skipIf(library === null)('native rows with 8-bit weights', () => {
  it.each([int8Dense, int8Sparse])('$name', (row) => {
    fc.assert(
      fc.property(cases, (one) => {
        const { layer, weights, values } = random(one);
        if (!weights || layer.kind !== 'dense') throw new Error('no weights');
        expect(row.refusal(layer, weights)).toBeNull();
        const found = loadKernel(row, layer, weights, one.batch, one.threads).run(values);
        const { rows, columns, values: codes, scales } = quantize(toDense(weights.store));
        const { min, max } = activationRange(layer.activation);
        for (let vector = 0; vector * columns < values.length; vector++) {
          const own = values.subarray(vector * columns, (vector + 1) * columns);
          const { values: activations, scale } = quantizeVector(own);
          for (let output = 0; output < rows; output++) {
            let sum = 0;
            for (let column = 0; column < columns; column++) {
              sum += (codes[output * columns + column] as number) * (activations[column] as number);
            }
            const product = (scales[output] as number) * scale * sum;
            const start = weights.bias?.[output] ?? 0;
            const expected = Math.min(max, Math.max(min, start + product));
            const off = Math.abs((found[vector * rows + output] as number) - expected);
            // A few roundings of float32.
            expect(off).toBeLessThanOrEqual(4e-7 * (Math.abs(product) + Math.abs(start)));
          }
        }
      }),
      { numRuns: 150 },
    );
  });
});
