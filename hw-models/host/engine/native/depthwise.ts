// The row for depthwise convolutions (native/c/depthwise.c).

import type { LayerOf } from '../../../../workloads/network.js';
import { activationRange } from '../../../../workloads/operators/relu.js';
import { reachOf } from '../../../../workloads/operators/window.js';
import { toDense } from '../../../../workloads/weights/store.js';
import { inputImage, notOneImage, outputImage } from '../../fits.js';
import { placeBias } from '../convolution.js';
import type { HostKernel } from '../kernel.js';
import { cutEvenly, eachFrame, only, weightedRow } from '../rows.js';
import { FLOAT } from '../tensor.js';
import { nativeCall, nativeRow } from './native.js';
import { layerNumbers, unpacked } from './tiling.js';

export const nativeDepthwise: HostKernel = nativeRow(
  weightedRow(
    'conv2d',
    'native-depthwise',
    {
      refusal(layer) {
        const [channels] = inputImage(layer);
        return layer.groups === channels
          ? notOneImage(layer)
          : `has ${layer.groups} groups of ${channels} channels, not one of each`;
      },
    },
    (layer, weights, heap) => {
      const { values, rows } = toDense(weights.store);
      const weightsAt = heap.place(values);
      const biasAt = placeBias(weights, heap);
      const { min, max } = activationRange(layer.activation);
      return {
        isClipped: true,
        plan(inputs, outputs, batch, scratch) {
          const [input, output] = [only(inputs), only(outputs)];
          const parts = cutEvenly(rows, scratch.threads);
          const [height, pitch] = paddedExtents(layer, heap.vectorFloats);
          const planes = parts.map((_, thread) => scratch.take(2 * height * pitch * FLOAT, thread));
          return eachFrame(batch, (frame) => {
            const numbers = layerNumbers(layer, unpacked, input, output, frame);
            return [
              parts.map(({ first, end }, part) =>
                nativeCall(
                  'zs_depthwise',
                  ...[...numbers, first, end, rows / layer.groups],
                  ...[weightsAt, biasAt, min, max, planes[part] ?? 0, height, pitch],
                ),
              ),
            ];
          });
        },
      };
    },
  ),
);

/** Rows made together. */
const ROWS = 4;

/**
 * Rows, and floats of each, of a channel with its padding, and with what whole vectors of outputs
 * and whole groups of rows reach over it.
 */
function paddedExtents(
  layer: LayerOf<'conv2d'>,
  vectorFloats: number,
): readonly [rows: number, pitch: number] {
  const [, height, width] = inputImage(layer);
  const [, outHeight, outWidth] = outputImage(layer);
  const { stride, pad } = layer;
  const reach = reachOf(layer);
  const whole = (count: number, of: number) => Math.ceil(count / of) * of;
  const rows = (whole(outHeight, ROWS) - 1) * stride[0] + reach[0];
  const columns = whole(outWidth, vectorFloats) * stride[1] + reach[1] + vectorFloats;
  const pitch = Math.max(columns, pad[1] + width);
  return [Math.max(rows, pad[0] + height), whole(pitch, vectorFloats)];
}
