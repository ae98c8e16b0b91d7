// One layer's work, counted: which multiplications are there, and which of them meet no zero.

import { invariant } from './base/errors.js';
import { pixelsOf, sizeOf, weightShapeOf } from './layers/index.js';
import { insideRange } from './layers/window.js';
import { type Model, weightsOf } from './model.js';
import type { Activations, Layer, LayerTask, LayerWeights, MacCounts, OpOf } from './network.js';
import { countNonzeros, entriesPerColumn, nonzerosOf, toCsr } from './weights/store.js';

/** The activations that a layer meets, with their density counted. */
export function activations(values: Float32Array, origin: Activations['origin']): Activations {
  return { values, density: values.length === 0 ? 0 : countNonzeros(values) / values.length, origin };
}

/** The task that `layer` sets on one frame's `input`, repeated for each frame of a batch. */
export function taskOf(model: Model, layer: Layer, input: Activations, batch: number): LayerTask {
  const weights = weightsOf(model, layer);
  return { layer, weights, input, macs: countMacs(layer, weights, input.values), batch };
}

/** Multiply-accumulates of one frame by what they meet. Layers without weights have none. */
export function countMacs(layer: Layer, weights: LayerWeights | null, input: Float32Array): MacCounts {
  const shape = weightShapeOf(layer);
  if (!shape || !weights) return { dense: 0, keptWeights: 0, effective: 0 };
  invariant(
    input.length === sizeOf(layer.inputShapes[0] ?? [0]),
    () => `layer ${layer.name}: ${input.length} activations, expected ${sizeOf(layer.inputShapes[0] ?? [0])}`,
  );
  const dense = shape.rows * shape.columns * pixelsOf(layer);
  if (layer.kind === 'conv2d') return { dense, ...countConvolution(layer, weights, input) };
  const perColumn = entriesPerColumn(toCsr(weights.store));
  let effective = 0;
  for (let column = 0; column < input.length; column++)
    if (input[column] !== 0) effective += perColumn[column] as number;
  return { dense, keptWeights: nonzerosOf(weights.store), effective };
}

/** Multiplications with padding pixels are not work that any engine must do: they count as dense only. */
function countConvolution(
  layer: Layer & OpOf<'conv2d'>,
  weights: LayerWeights,
  input: Float32Array,
): Omit<MacCounts, 'dense'> {
  const [channels, height, width] = layer.inputShapes[0] as readonly [number, number, number];
  const [, outHeight, outWidth] = layer.output as readonly [number, number, number];
  const { kernel, stride, dilation, pad, groups } = layer;
  const perColumn = entriesPerColumn(toCsr(weights.store), groups);
  let effective = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let ky = 0; ky < kernel[0]; ky++) {
      const top = ky * dilation[0] - pad[0];
      const [firstRow, endRow] = insideRange(height, outHeight, stride[0], top);
      for (let kx = 0; kx < kernel[1]; kx++) {
        const filters = perColumn[(channel * kernel[0] + ky) * kernel[1] + kx] as number;
        if (filters === 0) continue;
        const left = kx * dilation[1] - pad[1];
        const [firstColumn, endColumn] = insideRange(width, outWidth, stride[1], left);
        let met = 0;
        for (let oy = firstRow; oy < endRow; oy++) {
          const row = (channel * height + oy * stride[0] + top) * width + left;
          for (let ox = firstColumn; ox < endColumn; ox++) if (input[row + ox * stride[1]] !== 0) met++;
        }
        effective += met * filters;
      }
    }
  }
  return { keptWeights: nonzerosOf(weights.store) * outHeight * outWidth, effective };
}
