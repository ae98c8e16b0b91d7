// The row for depthwise convolutions (native/c/depthwise.c).

import { rectifierRange } from '../../../../workloads/operators/rectify.js';
import { toDense } from '../../../../workloads/weights/store.js';
import { inputImage, notOneImage } from '../../fits.js';
import { placeBias } from '../convolution.js';
import type { HostKernel } from '../kernel.js';
import { cutEvenly, eachFrame, only, weightedRow } from '../rows.js';
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
      const { least, most } = rectifierRange(layer.activation);
      return {
        isClipped: true,
        plan(inputs, outputs, batch, { threads }) {
          const [input, output] = [only(inputs), only(outputs)];
          return eachFrame(batch, (frame) => {
            const numbers = layerNumbers(layer, unpacked, input, output, frame);
            return [
              cutEvenly(rows, threads).map(({ first, end }) =>
                nativeCall(
                  'zs_depthwise',
                  ...[...numbers, first, end, rows / layer.groups],
                  ...[weightsAt, biasAt, least, most],
                ),
              ),
            ];
          });
        },
      };
    },
  ),
);
