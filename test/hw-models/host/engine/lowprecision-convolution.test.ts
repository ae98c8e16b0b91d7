// Low-precision convolutions against the plain forward pass over weights and activations that were
// quantised before.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasFusedMultiplyAdd } from '../../../../hw-models/host/engine/fused.node.js';
import type { HostKernel } from '../../../../hw-models/host/engine/kernel.js';
import {
  binaryConvolution,
  int8Convolution,
  ternaryConvolution,
} from '../../../../hw-models/host/engine/lowprecision-convolution.js';
import { binarize, binarizeActivations } from '../../../../workloads/compress/binary.js';
import { quantize, quantizeVector } from '../../../../workloads/compress/int8.js';
import { ternarize } from '../../../../workloads/compress/ternary.js';
import { buildNetwork } from '../../../../workloads/graph.js';
import {
  type Layer,
  type LayerWeights,
  type Shape,
  weightShapeOf,
} from '../../../../workloads/network.js';
import type { LayerSpec } from '../../../../workloads/spec.js';
import { sizeOf } from '../../../../workloads/tensor.js';
import type { DenseMatrix } from '../../../../workloads/weights/store.js';
import { fits, windowsOf } from '../../../operators/random-windows.js';
import { drawFrom, expectNear } from '../../../workloads/transforms/cases.js';
import { passOf } from '../one-layer.js';
import { loadKernel } from '../run-kernel.js';

interface Case {
  readonly layer: Layer;
  readonly matrix: DenseMatrix;
  readonly bias: Float32Array | null;
  readonly frames: readonly Float32Array[];
  readonly threads: number;
}

const pointwise = { kernel: [1, 1], stride: [1, 1], dilation: [1, 1], pad: [0, 0, 0, 0] } as const;
const plain = { groups: 1, bias: false, activation: 'none' } as const;
const random = { work: 'drawn', at: 'one layer' };
const extent = fc.integer({ min: 1, max: 12 });

const cases: fc.Arbitrary<Case> = fc
  .record({
    groups: fc.constantFrom(1, 1, 2, 3),
    channels: fc.oneof(
      fc.integer({ min: 1, max: 18 }),
      fc.constantFrom(31, 32, 48, 63, 64, 65, 130),
    ),
    outputs: fc.integer({ min: 1, max: 9 }),
    height: extent,
    width: extent,
    window: fc.oneof(windowsOf(5), fc.constant(pointwise)),
    bias: fc.boolean(),
    activation: fc.constantFrom('relu' as const, 'none' as const),
    hasRelu: fc.boolean(),
    batch: fc.integer({ min: 1, max: 2 }),
    threads: fc.integer({ min: 1, max: 3 }),
    seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  })
  .filter(({ height, width, window }) => fits(window, height, width))
  .map(
    ({
      groups,
      channels,
      outputs,
      height,
      width,
      window,
      hasRelu,
      batch,
      threads,
      seed,
      ...rest
    }): Case => {
      const spec: LayerSpec = {
        ...rest,
        kind: 'conv2d',
        name: 'layer',
        channels: groups * outputs,
        ...window,
        groups,
      };
      const input: Shape = [groups * channels, height, width];
      const source = { work: 'drawn', at: `seed ${seed}` };
      const [layer] = buildNetwork({
        name: 'one',
        title: 'one',
        input,
        layers: [spec],
        source,
      }).layers;
      const shape = layer && weightShapeOf(layer);
      if (!shape) throw new Error('no layer with weights');
      const draw = drawFrom(seed);
      const { rows, columns } = shape;
      const frames = Array.from({ length: batch }, () => {
        const values = draw(sizeOf(input));
        return hasRelu ? values.map((value) => Math.max(value, 0)) : values;
      });
      const matrix: DenseMatrix = { format: 'dense', rows, columns, values: draw(rows * columns) };
      return { layer, matrix, bias: rest.bias ? draw(rows) : null, frames, threads };
    },
  );

/** What a kernel is said to compute: other weights and other activations, exactly. */
interface Binding {
  readonly weight: (matrix: DenseMatrix) => (row: number, column: number) => number;
  readonly activations: (frame: Float32Array) => Float32Array;
}

function check(
  kernel: HostKernel,
  { layer, matrix, bias, frames, threads }: Case,
  meaning: Binding,
  fused = false,
): void {
  const { rows, columns } = matrix;
  const own: LayerWeights = { store: matrix, bias, origin: 'synthetic' };
  const found = loadKernel(kernel, layer, own, frames.length, threads, fused).run(
    Float32Array.from(frames.flatMap((frame) => [...frame])),
  );
  const weight = meaning.weight(matrix);
  const values = Float32Array.from({ length: rows * columns }, (_, at) =>
    weight(Math.floor(at / columns), at % columns),
  );
  const meant: LayerWeights = { ...own, store: { ...matrix, values } };
  const sizes: LayerWeights = {
    ...meant,
    store: { ...matrix, values: values.map(Math.abs) },
    bias: bias?.map(Math.abs) ?? null,
  };
  const seen = frames.map(meaning.activations);
  const expected = seen.flatMap((frame) => [...passOf(layer, meant, frame)]);
  const terms = seen.flatMap((frame) => [...passOf(layer, sizes, frame.map(Math.abs))]);
  expectNear(found, expected, (at) => (columns + 20) * 2 ** -23 * (0.1 + (terms[at] as number)));
}

const isSet = (words: Uint32Array, first: number, bit: number) =>
  (((words[first + (bit >> 5)] as number) >>> (bit & 31)) & 1) === 1;

describe('low-precision convolutions on the host', () => {
  // The relaxed build multiplies bytes as they are where no activation is below zero.
  it.each(hasFusedMultiplyAdd() ? [false, true] : [false])(
    'multiplies 8-bit weights with 8-bit activations, relaxed build: %s',
    (fused) => {
      const meaning: Binding = {
        weight(matrix) {
          const { values, scales } = quantize(matrix);
          return (row, column) =>
            (scales[row] as number) * (values[row * matrix.columns + column] as number);
        },
        activations(frame) {
          const { values, scale } = quantizeVector(frame);
          return Float32Array.from(values, (value) => scale * value);
        },
      };
      fc.assert(
        fc.property(cases, (random) => check(int8Convolution, random, meaning, fused)),
        { numRuns: 200 },
      );
    },
  );

  it('takes the largest products of bytes that there are', () => {
    const spec: LayerSpec = { kind: 'conv2d', name: 'full', channels: 4, ...pointwise, ...plain };
    const input: Shape = [64, 1, 2];
    const [layer] = buildNetwork({
      name: 'full',
      title: 'full',
      input,
      layers: [spec],
      source: random,
    }).layers;
    if (!layer) throw new Error('no layer');
    const values = Float32Array.from({ length: 4 * 64 }, (_, at) => (at < 128 ? 127 : -127));
    const store: DenseMatrix = { format: 'dense', rows: 4, columns: 64, values };
    const frame = new Float32Array(128).fill(127);
    for (const fused of hasFusedMultiplyAdd() ? [false, true] : [false]) {
      const own: LayerWeights = { store, bias: null, origin: 'synthetic' };
      const found = loadKernel(int8Convolution, layer, own, 1, 1, fused).run(frame);
      expect([...found]).toEqual([1, 1, 1, 1, -1, -1, -1, -1].map((sign) => sign * 64 * 127 ** 2));
    }
  });

  it('multiplies binary weights with binary activations, and nothing beside the image', () => {
    fc.assert(
      fc.property(cases, (random) => {
        check(binaryConvolution, random, {
          weight(matrix) {
            const { signs, scales } = binarize(matrix);
            const words = Math.ceil(matrix.columns / 32);
            return (row, column) =>
              (isSet(signs, row * words, column) ? -1 : 1) * (scales[row] as number);
          },
          activations(frame) {
            const { signs, offset, scale } = binarizeActivations(frame);
            return frame.map((_, at) => offset + (isSet(signs, 0, at) ? -scale : scale));
          },
        });
      }),
      { numRuns: 200 },
    );
  });

  it('multiplies ternary weights with float activations', () => {
    fc.assert(
      fc.property(cases, (random) => {
        check(ternaryConvolution, random, {
          weight(matrix) {
            const { values, scales } = ternarize(matrix);
            return (row, column) =>
              (scales[row] as number) * (values[row * matrix.columns + column] as number);
          },
          activations: (frame) => frame,
        });
      }),
    );
  });

  it('refuses sums that 32 bits cannot hold', () => {
    const spec: LayerSpec = { kind: 'conv2d', name: 'wide', channels: 1, ...pointwise, ...plain };
    const [layer] = buildNetwork({
      name: 'wide',
      title: 'wide',
      input: [180_000, 1, 1],
      layers: [spec],
      source: random,
    }).layers;
    if (!layer) throw new Error('no layer');
    const store: DenseMatrix = {
      format: 'dense',
      rows: 1,
      columns: 180_000,
      values: new Float32Array(180_000),
    };
    const weights: LayerWeights = { store, bias: null, origin: 'synthetic' };
    expect(int8Convolution.refusal(layer, weights)).toMatch(/^has 180000 weights a filter/);
    expect(binaryConvolution.refusal(layer, weights)).toBeNull();
  });
});
