import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kernelsFor } from '../../../../hw-models/host/engine/choice.js';
import { hasFusedMultiplyAdd } from '../../../../hw-models/host/engine/fused.node.js';
import { lowPrecisionKernels } from '../../../../hw-models/host/engine/lowprecision.js';
import { plain } from '../../../../hw-models/host/engine/plain.js';
import { binarize, binarizeActivations } from '../../../../workloads/compress/binary.js';
import { quantize, quantizeVector } from '../../../../workloads/compress/int8.js';
import { ternarize } from '../../../../workloads/compress/ternary.js';
import type { Activation, Layer, LayerWeights, Shape } from '../../../../workloads/network.js';
import type { DenseMatrix } from '../../../../workloads/weights/store.js';
import { toDense } from '../../../../workloads/weights/store.js';
import { drawActivations, drawWeights } from '../../../../workloads/weights/synthetic.js';
import { drawFrom, expectNear } from '../../../workloads/transforms/cases.js';
import { layerOn } from '../one-layer.js';
import { loadKernel } from '../run-kernel.js';

type Name = keyof typeof lowPrecisionKernels;

interface Case {
  readonly layer: Layer;
  readonly matrix: DenseMatrix;
  readonly weights: LayerWeights;
  readonly bias: Float32Array;
  /** Frame after frame. */
  readonly input: Float32Array;
  readonly batch: number;
  readonly threads: number;
}

const cases = fc
  .record({
    rows: fc.integer({ min: 1, max: 13 }),
    image: fc.constantFrom<Shape>([1], [3], [63], [64], [65], [130], [21], [3, 3, 5], [2, 2, 2]),
    activation: fc.constantFrom<Activation>('relu', 'none'),
    batch: fc.integer({ min: 1, max: 2 }),
    threads: fc.integer({ min: 1, max: 3 }),
    seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  })
  .map(({ rows, image, activation, batch, threads, seed }): Case => {
    const columns = image.reduce((product: number, extent) => product * extent, 1);
    const draw = drawFrom(seed);
    const matrix: DenseMatrix = { format: 'dense', rows, columns, values: draw(rows * columns) };
    const bias = draw(rows);
    const layer = layerOn(image, {
      kind: 'dense',
      name: 'fc',
      outputs: rows,
      bias: true,
      activation,
    });
    const weights: LayerWeights = { store: matrix, bias, origin: 'synthetic' };
    return { layer, matrix, weights, bias, input: draw(batch * columns), batch, threads };
  });

/**
 * Each frame's outputs by `row`, given a row and a frame's activations; then what rounding may add
 * to each.
 */
function check(
  name: Name,
  { layer, matrix, weights, bias, input, batch, threads }: Case,
  row: (at: number, frame: Float32Array) => number,
  fused = false,
): void {
  const found = loadKernel(lowPrecisionKernels[name], layer, weights, batch, threads, fused).run(
    input,
  );
  const expected: number[] = [];
  const sizes: number[] = [];
  for (let frame = 0; frame < batch; frame++) {
    const values = input.subarray(frame * matrix.columns, (frame + 1) * matrix.columns);
    for (let at = 0; at < matrix.rows; at++) {
      const sum = (bias[at] as number) + row(at, values);
      expected.push(layer.kind === 'dense' && layer.activation === 'relu' ? Math.max(sum, 0) : sum);
      sizes.push(1 + values.reduce((total, value) => total + Math.abs(value), 0));
    }
  }
  // Weights and activations are at most 1 in magnitude: 32-bit sums of n terms are off by a few n
  // units at most.
  const rounding = (matrix.columns + 10) * 2 ** -23;
  expectNear(found, expected, (at) => rounding * (sizes[at] as number));
}

function dot(
  columns: number,
  weight: (column: number) => number,
  activation: (column: number) => number,
): number {
  let sum = 0;
  for (let column = 0; column < columns; column++) sum += weight(column) * activation(column);
  return sum;
}

function signAt(words: Uint32Array, firstWord: number, bit: number): number {
  return ((words[firstWord + (bit >> 5)] as number) >>> (bit & 31)) & 1 ? -1 : 1;
}

describe('low precision on the host', () => {
  it('multiplies binary weights with binary activations', () => {
    fc.assert(
      fc.property(cases, (random) => {
        const { signs, scales, columns } = binarize(random.matrix);
        const words = Math.ceil(columns / 32);
        check('binary', random, (row, frame) => {
          const { signs: bits, offset, scale } = binarizeActivations(frame);
          const weight = (column: number) =>
            (scales[row] as number) * signAt(signs, row * words, column);
          return dot(columns, weight, (column) => offset + scale * signAt(bits, 0, column));
        });
      }),
    );
  });

  it('multiplies ternary weights with float activations', () => {
    fc.assert(
      fc.property(cases, (random) => {
        const { values, scales, columns } = ternarize(random.matrix);
        check('ternary', random, (row, frame) => {
          const weight = (column: number) =>
            (scales[row] as number) * (values[row * columns + column] as number);
          return dot(columns, weight, (column) => frame[column] as number);
        });
      }),
    );
  });

  // The relaxed build multiplies bytes as they are where no activation is below zero.
  it.each(hasFusedMultiplyAdd() ? [false, true] : [false])(
    'multiplies 8-bit weights with 8-bit activations, relaxed build: %s',
    (fused) => {
      fc.assert(
        fc.property(cases, fc.boolean(), (random, hasRelu) => {
          const { values, scales, columns } = quantize(random.matrix);
          const input = hasRelu ? random.input.map(Math.abs) : random.input;
          const row = (at: number, frame: Float32Array) => {
            const { values: codes, scale } = quantizeVector(frame);
            const weight = (column: number) =>
              (scales[at] as number) * (values[at * columns + column] as number);
            return dot(columns, weight, (column) => scale * (codes[column] as number));
          };
          check('int8', { ...random, input }, row, fused);
        }),
      );
    },
  );

  it('keeps 8-bit results within half a step of weights and of activations', () => {
    fc.assert(
      fc.property(cases, (random) => {
        const { matrix, bias, weights, batch, threads, input } = random;
        const { columns, rows } = matrix;
        const layer: Layer = {
          ...random.layer,
          kind: 'dense',
          outputs: rows,
          bias: true,
          activation: 'none',
        };
        const found = loadKernel(lowPrecisionKernels.int8, layer, weights, batch, threads).run(
          input,
        );
        const steps = quantize(matrix).scales;
        found.forEach((value, at) => {
          const row = at % rows;
          const frame = input.subarray(
            Math.floor(at / rows) * columns,
            (Math.floor(at / rows) + 1) * columns,
          );
          const weight = (column: number) => matrix.values[row * columns + column] as number;
          const exact =
            (bias[row] as number) + dot(columns, weight, (column) => frame[column] as number);
          const step = quantizeVector(frame).scale;
          // |ŵ x̂ − w x| ≤ |ŵ| |x̂ − x| + |x| |ŵ − w|, and |ŵ| ≤ |w| + half a step.
          const bound = dot(
            columns,
            () => 1,
            (column) => {
              const half = (steps[row] as number) / 2;
              return (
                ((Math.abs(weight(column)) + half) * step) / 2 +
                Math.abs(frame[column] as number) * half
              );
            },
          );
          expect(Math.abs(value - exact)).toBeLessThanOrEqual(bound + 1e-4);
        });
      }),
    );
  });

  it('is off by what the docs state, for Gaussian weights and activations behind a ReLU', () => {
    const [rows, columns] = [512, 4096];
    const random = drawWeights({ rows, columns, biases: 0 }, 1, 0, 'fc');
    const input = drawActivations(columns, 0.35, 0, 'fc').values;
    const matrix = toDense(random.store);
    const layer = layerOn([columns], {
      kind: 'dense',
      name: 'fc',
      outputs: rows,
      bias: false,
      activation: 'none',
    });
    const exact = Float32Array.from({ length: rows }, (_, row) =>
      dot(
        columns,
        (column) => matrix.values[row * columns + column] as number,
        (column) => input[column] as number,
      ),
    );
    const errorOf = (name: Name) => {
      const found = loadKernel(lowPrecisionKernels[name], layer, { ...random, store: matrix }).run(
        input,
      );
      const squares = exact.reduce((sum, value) => sum + value * value, 0);
      return Math.sqrt(
        found.reduce((sum, value, at) => sum + (value - (exact[at] as number)) ** 2, 0) / squares,
      );
    };
    // A ternary row loses 19.2 % of its energy (see test/workloads/compress): √0.192 = 0.44 of its
    // output.
    expect(errorOf('ternary')).toBeWithin(0.1, 0.44);
    expect(errorOf('binary')).toBeWithin(0.1, 0.76);
    expect(errorOf('int8')).toBeLessThan(0.02);
  });

  it('refuses sums that 32 bits cannot hold, and other layers', () => {
    const layer = layerOn([200_000], {
      kind: 'dense',
      name: 'fc',
      outputs: 1,
      bias: false,
      activation: 'none',
    });
    const store: DenseMatrix = {
      format: 'dense',
      rows: 1,
      columns: 200_000,
      values: new Float32Array(200_000),
    };
    const weights: LayerWeights = { store, bias: null, origin: 'synthetic' };
    expect(lowPrecisionKernels.int8.refusal(layer, weights)).toMatch(/^has 200000 inputs/);
    expect(lowPrecisionKernels.ternary.refusal(layer, weights)).toBeNull();
    const softmax = layerOn([4], { kind: 'softmax', name: 'p' });
    for (const kernel of Object.values(lowPrecisionKernels)) {
      expect(kernelsFor([kernel], softmax, null, false)).toEqual([plain]);
    }
  });
});
