import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildNetwork } from '../../workloads/graph.js';
import { sizeOf, weightShapeOf } from '../../workloads/layers/index.js';
import type { Layer } from '../../workloads/network.js';
import { countMacs } from '../../workloads/tasks.js';
import { toDense } from '../../workloads/weights/store.js';
import { drawActivations, drawWeights } from '../../workloads/weights/synthetic.js';
import { conv, dense } from '../../workloads/zoo/entry.js';
import { fits, windowsOf } from '../operators/drawn-windows.js';

const source = { work: 'a test', at: 'here' };

/** Counts by the definition: every output pixel, filter and tap. */
function countSlowly(layer: Layer & { kind: 'conv2d' }, weights: Float32Array, input: Float32Array) {
  const [channels, height, width] = layer.inputShapes[0] as [number, number, number];
  const [filters, outHeight, outWidth] = layer.output as [number, number, number];
  const { kernel, stride, dilation, pad, groups } = layer;
  const perGroup = channels / groups;
  let counts = { dense: 0, keptWeights: 0, effective: 0 };
  for (let f = 0; f < filters; f++) {
    const firstChannel = Math.floor(f / (filters / groups)) * perGroup;
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++) {
        for (let c = 0; c < perGroup; c++) {
          for (let ky = 0; ky < kernel[0]; ky++) {
            for (let kx = 0; kx < kernel[1]; kx++) {
              const weight = weights[((f * perGroup + c) * kernel[0] + ky) * kernel[1] + kx] as number;
              const y = oy * stride[0] + ky * dilation[0] - pad[0];
              const x = ox * stride[1] + kx * dilation[1] - pad[1];
              const inside = y >= 0 && y < height && x >= 0 && x < width;
              const met = inside ? (input[((firstChannel + c) * height + y) * width + x] as number) : 0;
              counts = {
                dense: counts.dense + 1,
                keptWeights: counts.keptWeights + (weight !== 0 ? 1 : 0),
                effective: counts.effective + (weight !== 0 && met !== 0 ? 1 : 0),
              };
            }
          }
        }
      }
    }
  }
  return counts;
}

describe('countMacs', () => {
  it('counts a convolution as its definition does', () => {
    const shapes = fc.record({
      groups: fc.integer({ min: 1, max: 2 }),
      channels: fc.integer({ min: 1, max: 3 }),
      filters: fc.integer({ min: 1, max: 3 }),
      size: fc.integer({ min: 1, max: 7 }),
      window: windowsOf(3, 3, 2),
      weightDensity: fc.double({ min: 0, max: 1, noNaN: true }),
      inputDensity: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(shapes, ({ groups, channels, filters, size, window, weightDensity, inputDensity }) => {
        fc.pre(fits(window, size, size));
        const layers = [conv('a', filters * groups, window.kernel, { ...window, groups })];
        const net = buildNetwork({ name: 'n', title: 'n', input: [channels * groups, size, size], layers, source });
        const layer = net.layers[0] as Layer & { kind: 'conv2d' };
        const weights = drawWeights(
          weightShapeOf(layer) as NonNullable<ReturnType<typeof weightShapeOf>>,
          weightDensity,
          1,
          'w',
        );
        const input = drawActivations(sizeOf(net.input), inputDensity, 2, 'a').values;
        expect(countMacs(layer, weights, input)).toEqual(countSlowly(layer, toDense(weights.store).values, input));
      }),
      { numRuns: 60 },
    );
  });

  it('counts a fully connected layer by hand', () => {
    const net = buildNetwork({ name: 'n', title: 'n', input: [3], layers: [dense('a', 2, 'none')], source });
    const layer = net.layers[0] as Layer;
    const store = { format: 'dense', rows: 2, columns: 3, values: Float32Array.from([1, 0, 2, 0, 0, 3]) } as const;
    const weights = { store, bias: null, origin: 'real' } as const;
    // Non-zero weights: columns 0, 2, 2. The activation of column 0 is zero.
    const counts = countMacs(layer, weights, Float32Array.from([0, 5, 6]));
    expect(counts).toEqual({ dense: 6, keptWeights: 3, effective: 2 });
  });
});
