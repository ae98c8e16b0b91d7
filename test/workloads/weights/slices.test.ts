import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sliceColumns, sliceRows } from '../../../workloads/weights/slices.js';
import { toCsc, toDense, type WeightStore } from '../../../workloads/weights/store.js';
import { drawWeights } from '../../../workloads/weights/synthetic.js';

const formats: readonly ((store: WeightStore) => WeightStore)[] = [
  toDense,
  (store) => store,
  toCsc,
];
const cases = fc
  .record({
    rows: fc.integer({ min: 1, max: 6 }),
    columns: fc.integer({ min: 1, max: 6 }),
    seed: fc.nat(),
    inFormat: fc.constantFrom(...formats),
  })
  .chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      rows: fc
        .tuple(fc.nat(shape.rows), fc.nat(shape.rows))
        .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const),
      columns: fc
        .tuple(fc.nat(shape.columns), fc.nat(shape.columns))
        .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const),
    }),
  );

describe('parts of a weight matrix', () => {
  it('have the values of the whole, in any format', () => {
    fc.assert(
      fc.property(cases, ({ shape, rows: [top, bottom], columns: [left, right] }) => {
        const random = drawWeights({ ...shape, biases: shape.rows }, 0.6, shape.seed, 'w');
        const weights = { ...random, store: shape.inFormat(random.store) };
        const whole = toDense(random.store).values;
        const valueAt = (row: number, column: number) =>
          whole[row * shape.columns + column] as number;

        const band = sliceRows(weights, top, bottom);
        expect([band.store.rows, band.store.columns]).toEqual([bottom - top, shape.columns]);
        expect([...toDense(band.store).values]).toEqual([
          ...whole.subarray(top * shape.columns, bottom * shape.columns),
        ]);
        expect([...(band.bias ?? [])]).toEqual([...(weights.bias?.subarray(top, bottom) ?? [])]);

        const strip = sliceColumns(weights, left, right);
        expect([strip.store.rows, strip.store.columns]).toEqual([shape.rows, right - left]);
        const expected = Array.from({ length: shape.rows * (right - left) }, (_, at) =>
          valueAt(Math.floor(at / (right - left)), left + (at % (right - left))),
        );
        expect([...toDense(strip.store).values]).toEqual(expected);
        expect(strip.bias).toBe(weights.bias);
      }),
    );
  });

  it('are made once, and the whole is itself', () => {
    const weights = drawWeights({ rows: 4, columns: 5, biases: 0 }, 0.5, 1, 'w');
    expect(sliceRows(weights, 0, 4)).toBe(weights);
    expect(sliceColumns(weights, 0, 5)).toBe(weights);
    expect(sliceRows(weights, 1, 3).store).toBe(sliceRows(weights, 1, 3).store);
    expect(sliceColumns(weights, 1, 3).store).toBe(sliceColumns(weights, 1, 3).store);
    expect(sliceColumns(weights, 1, 3).store).not.toBe(sliceRows(weights, 1, 3).store);
    expect(sliceRows(weights, 1, 3).bias).toBeNull();
  });
});
