// Convolutions whose taps are moved by offsets that are themselves an input (Dai et al., 2017; Zhu
// et al., 2019).

import { roomFor, shapeText, sizeOf, type TensorType, type Values } from '../tensor.js';
import { fitOf } from './elements.js';
import { given, operator } from './operator.js';
import { requireWindows, type Windows, windowCounts } from './windows.js';

/**
 * As ONNX's DeformConv over 2 axes. Inputs: images, filters [outputs, inputs per group, taps],
 * offsets [images, offset groups · taps · 2, positions], a bias or none, and masks [images, offset
 * groups · taps, positions] or none.
 */
export interface DeformableConvolutionAttributes extends Windows {
  readonly groups: number;
  /** Groups of input channels that share their offsets. */
  readonly offsetGroups: number;
}

type Four = readonly [number, number, number, number];

const deformableConvolution = operator<DeformableConvolutionAttributes>({
  arity: [3, 5],
  infer(attributes, inputs, fault) {
    requireWindows(attributes, fault);
    const { kernel, groups, offsetGroups } = attributes;
    const [input, filters, offsets] = [given(inputs), given(inputs, 1), given(inputs, 2)];
    if (kernel.length !== 2 || input.shape.length !== 4 || filters.shape.length !== 4) {
      throw fault(
        `${shapeText(input.shape)} under a kernel of ${shapeText(kernel)}`,
        'images of 2 axes',
      );
    }
    const [images, channels] = input.shape as Four;
    const [outputs] = filters.shape as Four;
    const fits = channels % groups === 0 && outputs % groups === 0 && channels % offsetGroups === 0;
    if (!fits || filters.shape.join() !== [outputs, channels / groups, ...kernel].join()) {
      throw fault(
        `filters of ${shapeText(filters.shape)}`,
        `${groups} groups over ${channels} channels`,
      );
    }
    const positions = windowCounts(attributes, input.shape.slice(2));
    const taps = offsetGroups * sizeOf(kernel);
    for (const [found, count] of [[offsets, 2 * taps] as const, [inputs[4], taps] as const]) {
      const expected = [images, count, ...positions];
      if (found && found.shape.join() !== expected.join())
        throw fault(shapeText(found.shape), shapeText(expected));
    }
    return [{ shape: [images, outputs, ...positions], type: input.type }];
  },
  forward(attributes, inputs, [result]) {
    const { kernel, stride, dilation, pads, groups, offsetGroups } = attributes;
    const [input, filters, offsets] = [given(inputs), given(inputs, 1), given(inputs, 2).values];
    const [bias, masks] = [inputs[3]?.values, inputs[4]?.values];
    const [images, channels, height, width] = input.shape as Four;
    const [, outputs, outHeight, outWidth] = (result as TensorType).shape as Four;
    const [taps, pixels] = [sizeOf(kernel), outHeight * outWidth];
    const [perGroup, perOffset] = [channels / groups, channels / offsetGroups];
    const [kernelWidth, strideY, strideX] = [kernel[1], stride[0], stride[1]] as [
      number,
      number,
      number,
    ];
    const values = roomFor(result as TensorType);
    const fitted = fitOf(input.type);
    const patch = new Float64Array(channels * taps);
    for (let image = 0; image < images; image++) {
      for (let pixel = 0; pixel < pixels; pixel++) {
        const top = Math.floor(pixel / outWidth) * strideY - (pads[0] as number);
        const left = (pixel % outWidth) * strideX - (pads[1] as number);
        for (let at = 0; at < patch.length; at++) {
          const [channel, tap] = [Math.floor(at / taps), at % taps];
          const shared = (image * offsetGroups + Math.floor(channel / perOffset)) * taps + tap;
          const y =
            top +
            Math.floor(tap / kernelWidth) * (dilation[0] as number) +
            (offsets[2 * shared * pixels + pixel] as number);
          const x =
            left +
            (tap % kernelWidth) * (dilation[1] as number) +
            (offsets[(2 * shared + 1) * pixels + pixel] as number);
          const plane = input.values.subarray((image * channels + channel) * height * width);
          patch[at] = between(plane, height, width, y, x) * (masks?.[shared * pixels + pixel] ?? 1);
        }
        for (let output = 0; output < outputs; output++) {
          const first = Math.floor((output * groups) / outputs) * perGroup * taps;
          let sum = bias?.[output] ?? 0;
          for (let at = 0; at < perGroup * taps; at++) {
            sum +=
              (filters.values[output * perGroup * taps + at] as number) *
              (patch[first + at] as number);
          }
          values[(image * outputs + output) * pixels + pixel] = fitted(sum);
        }
      }
    }
    return [values];
  },
  demand({ kernel, groups }, inputs, [result]) {
    const [images, outputs, height, width] = (result as TensorType).shape as Four;
    return {
      kind: 'product',
      matrices: groups,
      rows: images * height * width,
      depth: ((given(inputs).shape[1] as number) / groups) * sizeOf(kernel),
      columns: outputs / groups,
      right: 'activations',
      bias: Boolean(inputs[3]),
      activation: 'none',
    };
  },
});

/** The value of a plane between its pixels, bilinear; 0 outside. */
function between(plane: Values, height: number, width: number, y: number, x: number): number {
  const [top, left] = [Math.floor(y), Math.floor(x)];
  let sum = 0;
  for (const [row, share] of [[top, top + 1 - y] as const, [top + 1, y - top] as const]) {
    if (row < 0 || row >= height) continue;
    for (const [column, part] of [[left, left + 1 - x] as const, [left + 1, x - left] as const]) {
      if (column >= 0 && column < width)
        sum += share * part * (plane[row * width + column] as number);
    }
  }
  return sum;
}

export const deformableOperators = { 'deform-conv': deformableConvolution } as const;
