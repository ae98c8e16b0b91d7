import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixActivations, multiply } from '../../../hw-models/eie/datapath.js';
import { encode, shareCodes } from '../../../hw-models/eie/encode.js';
import { multiplyFixed, prepareFixed } from '../../../hw-models/eie/fixed.js';
import {
  inputImageOf,
  inputShapeOf,
  type LayerOf,
  type LayerWeights,
  outputImageOf,
  weightShapeOf,
} from '../../../workloads/network.js';
import { sizeOf } from '../../../workloads/tensor.js';
import { toDense } from '../../../workloads/weights/store.js';
import { drawActivations, drawWeights } from '../../../workloads/weights/synthetic.js';
import { fits, windowsOf } from '../../operators/random-windows.js';
import { layerOf } from './layer-task.js';
import { onDiagonal } from './ticking-products.js';

const random = fc.record({
  codeBits: fc.integer({ min: 1, max: 8 }),
  fixedPointBits: fc.integer({ min: 8, max: 16 }),
  density: fc.constantFrom(0, 0.3, 1),
  scale: fc.constantFrom(1e-3, 1, 300),
  activation: fc.constantFrom('relu' as const, 'relu6' as const, 'none' as const),
  bias: fc.boolean(),
  pes: fc.constantFrom(1, 3, 8),
  seed: fc.nat(1000),
});
type Random = typeof random extends fc.Arbitrary<infer Case> ? Case : never;

/**
 * A layer's input with signs and sizes as told, its weights, and the outputs of the fast and of the
 * slow way.
 */
function both(
  layer: LayerOf<'dense' | 'conv2d'>,
  { codeBits, fixedPointBits, density, scale, pes, seed }: Random,
) {
  const shape = weightShapeOf(layer);
  if (!shape) throw new Error('no weights');
  const weights = drawWeights(shape, density, seed, 'fixed');
  const input = drawActivations(sizeOf(inputShapeOf(layer)), 0.6, seed, 'fixed').values.map(
    (value, at) => (at % 2 ? -scale * value : scale * value),
  );
  const fast = multiplyFixed(prepareFixed(layer, weights, { codeBits, fixedPointBits }), input);
  const matrix: LayerWeights =
    layer.kind === 'conv2d'
      ? { ...weights, store: onDiagonal(toDense(weights.store), layer.groups) }
      : weights;
  const encoded = encode(shareCodes(matrix, codeBits), pes, 4);
  const slow = (vector: Float32Array) =>
    multiply(
      encoded,
      fixActivations(vector, encoded.hasBias, fast.fractions),
      fast.fractions,
      layer.activation,
    );
  return { input, fast: [...fast.values], slow };
}

describe('a layer in fixed point', () => {
  it('is, pixel by pixel, the product that the datapath makes, which would show any saturation', () => {
    fc.assert(
      fc.property(
        random,
        windowsOf(3, 3, 2),
        fc.record({ groups: fc.integer({ min: 1, max: 3 }), size: fc.integer({ min: 1, max: 5 }) }),
        (c, window, { groups, size }) => {
          fc.pre(fits(window, size, size + 1));
          const op = {
            kind: 'conv2d',
            name: 'conv',
            channels: 2 * groups,
            ...window,
            groups,
          } as const;
          const layer = layerOf({ ...op, bias: c.bias, activation: c.activation }, [
            2 * groups,
            size,
            size + 1,
          ]);
          if (layer.kind !== 'conv2d') throw new Error('not a convolution');
          const { input, fast, slow } = both(layer, c);
          const [rows, height, width] = outputImageOf(layer);
          for (let pixel = 0; pixel < height * width; pixel++) {
            const outputs = Array.from(
              { length: rows },
              (_, row) => fast[row * height * width + pixel],
            );
            expect(outputs).toEqual([
              ...slow(patchOf(layer, input, Math.floor(pixel / width), pixel % width)),
            ]);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('is so for a fully connected layer', () => {
    fc.assert(
      fc.property(
        random,
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 20 }),
        (c, inputs, outputs) => {
          const spec = {
            kind: 'dense',
            name: 'fc',
            outputs,
            bias: c.bias,
            activation: c.activation,
          } as const;
          const layer = layerOf(spec, [inputs]);
          if (layer.kind !== 'dense') throw new Error('not fully connected');
          const { input, fast, slow } = both(layer, c);
          expect(fast).toEqual([...slow(input)]);
        },
      ),
    );
  });

  it('is so for each vector of a fully connected layer over several positions', () => {
    fc.assert(
      fc.property(
        random,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 9 }),
        (c, positions, inputs) => {
          const spec = {
            kind: 'dense',
            name: 'fc',
            outputs: 4,
            bias: c.bias,
            activation: c.activation,
            axis: 2,
          } as const;
          const layer = layerOf(spec, [positions, inputs]);
          if (layer.kind !== 'dense') throw new Error('not fully connected');
          const { input, fast, slow } = both(layer, c);
          const vectors = Array.from({ length: positions }, (_, at) =>
            input.subarray(at * inputs, (at + 1) * inputs),
          );
          expect(fast).toEqual(vectors.flatMap((vector) => [...slow(vector)]));
        },
      ),
    );
  });
});

/** What the kernel reads for output pixel (oy, ox), channel by channel. */
function patchOf(
  layer: LayerOf<'conv2d'>,
  input: Float32Array,
  oy: number,
  ox: number,
): Float32Array {
  const [channels, height, width] = inputImageOf(layer);
  const patch: number[] = [];
  for (let channel = 0; channel < channels; channel++) {
    for (let ky = 0; ky < layer.kernel[0]; ky++) {
      for (let kx = 0; kx < layer.kernel[1]; kx++) {
        const y = oy * layer.stride[0] + ky * layer.dilation[0] - layer.pad[0];
        const x = ox * layer.stride[1] + kx * layer.dilation[1] - layer.pad[1];
        const inside = y >= 0 && y < height && x >= 0 && x < width;
        patch.push(inside ? (input[(channel * height + y) * width + x] ?? Number.NaN) : 0);
      }
    }
  }
  return Float32Array.from(patch);
}
