// The sparse vectors that a layer's activations make: one for a fully connected layer, one for each
// output pixel of a convolution (im2col; a 1×1 kernel's columns are the pixel's channels), one for
// each row of a product. Han et al., EIE, ISCA 2016, names 1×1 convolutions so (discussion of
// flexibility); the paper measures none.

import type { ConvolutionDemand, ProductDemand } from '../../workloads/demand.js';
import type { Activations } from '../../workloads/network.js';
import { insideRange } from '../../workloads/operators/window.js';
import type { ColumnLayout } from './layout.js';
import type { RunProduct } from './runs.js';

/**
 * Visits some rows of one matrix's left side, [matrices × rows × depth]; values that are too few
 * repeat.
 */
export function forEachRow(
  { rows, depth }: ProductDemand,
  input: Activations,
  layout: ColumnLayout,
  { matrix, rows: chosen }: { readonly matrix: number; readonly rows: readonly number[] },
  visit: RunProduct,
): void {
  if (input.density === 1) {
    const all = Int32Array.from({ length: layout.columns }, (_, column) => column);
    for (const _ of chosen) visit(all, layout.columns);
    return;
  }
  const active = activeFor(layout);
  const { values } = input;
  const repeats = values.length < (matrix + 1) * rows * depth;
  for (const row of chosen) {
    const first = (matrix * rows + row) * depth;
    let count = 0;
    for (let column = 0; column < depth; column++) {
      const at = repeats ? (first + column) % values.length : first + column;
      // Written always, kept where it is not zero.
      active[count] = column;
      if (values[at] !== 0) count++;
    }
    if (layout.hasBias) active[count++] = depth;
    visit(active, count);
  }
}

/** One more than columns: a zero activation is written before it is dropped. */
const activeFor = ({ columns }: ColumnLayout) => new Int32Array(columns + 1);

/**
 * Visits the vectors that a convolution multiplies its matrix with, pixel after pixel, the columns
 * of all groups in each.
 */
export function forEachPixel(
  demand: ConvolutionDemand,
  values: Float32Array,
  layout: ColumnLayout,
  visit: RunProduct,
): void {
  const active = activeFor(layout);
  const [channels, height, width] = demand.input;
  const [, outHeight, outWidth] = demand.output;
  const { kernel, stride, dilation, pad } = demand;
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
          let at =
            ((top + ky * dilation[0]) * width + left + fromTap * dilation[1]) * channels + channel;
          for (let kx = fromTap; kx < toTap; kx++, at += step) {
            // Written always, kept when the mark is 1: half the activations are zero, a branch
            // would be mispredicted.
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

/**
 * 1 where an activation is not zero, channels innermost ([pixels × channels]), so that neighbours
 * lie side by side.
 */
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
