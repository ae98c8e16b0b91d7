// The sparse vectors that a layer's activations make: one for a fully connected layer, one for each output pixel of a
// convolution (im2col; a 1×1 kernel's columns are the pixel's channels). Han et al., EIE, ISCA 2016,
// names 1×1 convolutions so (discussion of flexibility); the paper measures none.

import { invariant } from '../../workloads/base/errors.js';
import type { Image } from '../../workloads/layers/index.js';
import { insideRange } from '../../workloads/layers/window.js';
import type { Layer, LayerTask, OpOf } from '../../workloads/network.js';
import type { ColumnLayout } from './layout.js';
import type { RunProduct } from './runs.js';
import { findActive } from './timing.js';

/** Visits the vectors that a layer multiplies its matrix with, pixel after pixel, the columns of all groups in each. */
export function forEachVector({ layer, input }: LayerTask, layout: ColumnLayout, visit: RunProduct): void {
  // One more than columns: a zero activation is written before it is dropped.
  const active = new Int32Array(layout.columns + 1);
  if (layer.kind === 'conv2d') visitPixels(layer, input.values, layout, active, visit);
  else visit(active, findActive(input.values, layout, active));
}

function visitPixels(
  layer: Layer & OpOf<'conv2d'>,
  values: Float32Array,
  layout: ColumnLayout,
  active: Int32Array,
  visit: RunProduct,
): void {
  const [channels, height, width] = imageOf(layer.inputShapes[0] ?? [0]);
  const [, outHeight, outWidth] = imageOf(layer.output);
  const { kernel, stride, dilation, pad } = layer;
  // From one tap's mark to the next one's, channels innermost.
  const step = dilation[1] * channels;
  const marks = markNonzeros(values, channels, height * width);
  for (let oy = 0; oy < outHeight; oy++) {
    const top = oy * stride[0] - pad[0];
    const [fromRow, toRow] = insideRange(height, kernel[0], dilation[0], top);
    for (let ox = 0; ox < outWidth; ox++) {
      const left = ox * stride[1] - pad[1];
      const [fromTap, toTap] = insideRange(width, kernel[1], dilation[1], left);
      let count = 0;
      for (let channel = 0; channel < channels; channel++) {
        for (let ky = fromRow; ky < toRow; ky++) {
          const column = (channel * kernel[0] + ky) * kernel[1];
          let at = ((top + ky * dilation[0]) * width + left + fromTap * dilation[1]) * channels + channel;
          for (let kx = fromTap; kx < toTap; kx++, at += step) {
            // Written always, kept when the mark is 1: half the activations are zero, a branch would be mispredicted.
            active[count] = column + kx;
            count += marks[at] as number;
          }
        }
      }
      if (layout.hasBias) active[count++] = layout.columns - 1;
      visit(active, count);
    }
  }
}

/** 1 where an activation is not zero, channels innermost ([pixels × channels]), so that neighbours lie side by side. */
function markNonzeros(values: Float32Array, channels: number, pixels: number): Uint8Array {
  const marks = new Uint8Array(pixels * channels);
  for (let channel = 0; channel < channels; channel++) {
    const plane = channel * pixels;
    for (let pixel = 0; pixel < pixels; pixel++) {
      marks[pixel * channels + channel] = values[plane + pixel] === 0 ? 0 : 1;
    }
  }
  return marks;
}

function imageOf(shape: readonly number[]): Image {
  const [channels, height, width] = shape;
  invariant(
    channels !== undefined && height !== undefined && width !== undefined,
    () => `found shape ${shape.join('×')}, expected [channels, height, width]`,
  );
  return [channels, height, width];
}
