// Native rows with bfloat16 weights and activations against the plain forward pass of the rounded
// ones.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bfloat16Dense,
  bfloat16Sparse,
  toBfloat16,
} from '../../../../../hw-models/host/engine/native/bfloat16.js';
import { toDense } from '../../../../../workloads/weights/store.js';
import { library } from '../../native-library.js';
import { passOf } from '../../one-layer.js';
import { loadKernel } from '../../run-kernel.js';
import { expectNear, type NativeCase, random, SUM_BOUND } from './agreement.js';

const cases: fc.Arbitrary<NativeCase> = fc
  .record({
    features: fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 120, max: 700 })),
    outputs: fc.integer({ min: 1, max: 70 }),
    /** 0 for a vector alone. */
    tokens: fc.integer({ min: 0, max: 9 }),
    bias: fc.boolean(),
    activation: fc.constantFrom('none' as const, 'relu' as const, 'relu6' as const),
    density: fc.oneof(fc.constantFrom(0, 0.5, 1), fc.double({ min: 0, max: 1, noNaN: true })),
    inputDensity: fc.double({ min: 0, max: 1, noNaN: true }),
    batch: fc.integer({ min: 1, max: 5 }),
    threads: fc.constantFrom(1, 2, 3),
    seed: fc.nat(),
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

/** As a bfloat16 holds them: an upper half of the bits, the nearer one of two. */
function rounded(values: Float32Array): Float32Array {
  return values.map((value) => {
    const bits = new Uint32Array(Float32Array.of(value).buffer)[0] as number;
    const [below, above] = [bits & 0xffff0000, (bits & 0xffff0000) + 0x10000].map(
      (half) => new Float32Array(Uint32Array.of(half).buffer)[0] as number,
    ) as [number, number];
    const [down, up] = [Math.abs(value - below), Math.abs(above - value)];
    const isEven = ((bits >>> 16) & 1) === 0;
    return down < up || (down === up && isEven) ? below : above;
  });
}

describe.skipIf(library === null)('native rows with bfloat16 weights', () => {
  it.each([bfloat16Dense, bfloat16Sparse])('$name', (row) => {
    fc.assert(
      fc.property(cases, (one) => {
        const { layer, weights, values, frames } = random(one);
        if (!weights) throw new Error('no weights');
        const found = loadKernel(row, layer, weights, one.batch, one.threads).run(values);
        const dense = toDense(weights.store);
        const store = { ...dense, values: rounded(dense.values) };
        expectNear(found, layer, { ...weights, store }, frames.map(rounded), SUM_BOUND);
      }),
      { numRuns: 200 },
    );
  });

  it('is off by what the docs state, for drawn weights and a third of the activations', () => {
    const one = { density: 1, inputDensity: 0.35, batch: 1, threads: 1, seed: 0 };
    const spec = { kind: 'dense', name: 'layer', outputs: 256, bias: false, activation: 'none' };
    const { layer, weights, values, frames } = random({
      ...one,
      input: [2048],
      layer: spec as NativeCase['layer'],
    });
    const found = loadKernel(bfloat16Sparse, layer, weights).run(values);
    const exact = passOf(layer, weights, frames[0] ?? new Float32Array());
    const norm = (of: (at: number) => number) =>
      Math.hypot(...Array.from(exact, (_, at) => of(at)));
    const off = norm((at) => (found[at] as number) - (exact[at] as number));
    expect(off / norm((at) => exact[at] as number)).toBeLessThan(0.003);
  });
});

it('rounds to the nearest bfloat16', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, max: 2 ** 100, min: -(2 ** 100) }), (value) => {
      const values = Float32Array.of(value);
      const [word = 0] = toBfloat16(values);
      const [found] = new Float32Array(Uint32Array.of(word << 16).buffer);
      expect(found).toBe(rounded(values)[0]);
    }),
  );
  expect(toBfloat16(Float32Array.of(Number.NaN, Infinity, -Infinity))).toEqual(
    Uint16Array.of(0x7fc0, 0x7f80, 0xff80),
  );
});
