// A convolution and its two gradients out of operations that every TensorFlow.js backend has and is
// fast at. The wasm backend has no filter gradient, and its input gradient takes several times as
// long as a convolution does.

import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { InputError } from '../base/errors.js';
import type { OpOf, Padding } from '../network.js';
import type { Tf } from './backend.js';

export type ConvolutionShape = Pick<OpOf<'conv2d'>, 'kernel' | 'stride' | 'dilation' | 'pad'>;

/** @throws InputError naming the layer for what TensorFlow.js has no convolution for. */
export function checkConvolution({ stride, dilation }: ConvolutionShape, name: string): void {
  if (stride.some((step) => step > 1) && dilation.some((step) => step > 1)) {
    throw new InputError(
      `layer ${name}: found strides and dilations together, expected one of them for training`,
    );
  }
}

/**
 * [batch, height, width, in] by a filter of [kernel…, in, out], plus the bias, with a ReLU or without.
 */
export function convolve(
  tf: Tf,
  input: Tensor4D,
  filter: Tensor4D,
  bias: Tensor1D | null,
  activation: 'relu' | 'relu6' | 'linear',
  { stride, dilation, pad }: ConvolutionShape,
): Tensor4D {
  return tf.fused.conv2d({
    x: padImage(tf, input, pad),
    filter,
    strides: [...stride],
    dilations: [...dilation],
    pad: 'valid',
    activation,
    ...(bias && { bias }),
  });
}

/**
 * The gradient of the filter, [kernel…, in, out]: each of its taps sums over batch and places,
 * which is a convolution whose pictures are the input channels, whose channels are the batch, and
 * whose filter is the gradient of the output, spread out by the stride; its own stride is the taps'
 * distance.
 */
export function filterGradient(
  tf: Tf,
  input: Tensor4D,
  outputGradient: Tensor4D,
  { kernel, stride, dilation, pad }: ConvolutionShape,
): Tensor4D {
  const pictures = tf.transpose(padImage(tf, input, pad), [3, 1, 2, 0]);
  const filter = tf.transpose(outputGradient, [1, 2, 0, 3]);
  const taps = tf.conv2d(pictures, filter, [...dilation], 'valid', 'NHWC', [...stride]);
  const [channels, , , outputs] = taps.shape;
  // A stride that does not divide leaves taps beyond the kernel.
  return tf.transpose(tf.slice(taps, [0, 0, 0, 0], [channels, ...kernel, outputs]), [1, 2, 0, 3]);
}

/**
 * The gradient of the input of `shape`: what each output pixel's gradient gives each tap of its
 * window, a matrix product, added up where the windows lie. As one convolution by the filter turned
 * around it would take as many multiplications again for the padding.
 */
export function inputGradient(
  tf: Tf,
  shape: Tensor4D['shape'],
  filter: Tensor4D,
  outputGradient: Tensor4D,
  { kernel, stride, dilation, pad }: ConvolutionShape,
): Tensor4D {
  const [batch, height, width, channels] = shape;
  const [, outHeight, outWidth, outputs] = outputGradient.shape;
  const taps = kernel[0] * kernel[1] * channels;
  const pixels = batch * outHeight * outWidth;
  const perTap = tf.matMul(
    tf.reshape(outputGradient, [pixels, outputs]),
    tf.transpose(tf.reshape(filter, [taps, outputs])),
  );
  const parts = perTap.dataSync<'float32'>();
  const gradient = new Float32Array(batch * height * width * channels);
  const [top, left] = pad;
  // Taps next to each other along a row are so in the image too, with their channels: one run.
  const run = dilation[1] === 1 ? kernel[1] : 1;
  let from = 0;
  for (let frame = 0; frame < batch; frame++) {
    for (let outY = 0; outY < outHeight; outY++) {
      for (let outX = 0; outX < outWidth; outX++) {
        for (let tapY = 0; tapY < kernel[0]; tapY++) {
          const y = outY * stride[0] + tapY * dilation[0] - top;
          for (let tapX = 0; tapX < kernel[1]; tapX += run, from += run * channels) {
            if (y < 0 || y >= height) continue;
            const x = outX * stride[1] + tapX * dilation[1] - left;
            const first = Math.max(0, -x);
            const end = Math.min(run, width - x);
            const to = ((frame * height + y) * width + x) * channels;
            for (let at = first * channels; at < end * channels; at++) {
              gradient[to + at] = (gradient[to + at] as number) + (parts[from + at] as number);
            }
          }
        }
      }
    }
  }
  return tf.tensor4d(gradient, shape);
}

/** What each output pixel's filter meets, [batch · output pixels, channels · kernel]. */
export function patchRows(
  tf: Tf,
  image: Tensor4D,
  { kernel, stride, dilation, pad }: ConvolutionShape,
): Tensor2D {
  const padded = padImage(tf, image, pad);
  const [batch, height, width, channels] = padded.shape;
  const reach = ([0, 1] as const).map((axis) => (kernel[axis] - 1) * dilation[axis]);
  const taps: Tensor4D[] = [];
  for (let tapY = 0; tapY < kernel[0]; tapY++) {
    for (let tapX = 0; tapX < kernel[1]; tapX++) {
      const [y, x] = [tapY * dilation[0], tapX * dilation[1]];
      const end = [height - (reach[0] as number) + y, width - (reach[1] as number) + x];
      taps.push(
        tf.stridedSlice(
          padded,
          [0, y, x, 0],
          [batch, end[0] as number, end[1] as number, channels],
          [1, ...stride, 1],
        ) as Tensor4D,
      );
    }
  }
  return tf.reshape(tf.stack(taps, 4), [-1, channels * kernel[0] * kernel[1]]);
}

export function padImage(
  tf: Tf,
  image: Tensor4D,
  [top, left, bottom, right]: Padding,
  value = 0,
): Tensor4D {
  if (top === 0 && left === 0 && bottom === 0 && right === 0) return image;
  return tf.pad(
    image,
    [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ],
    value,
  );
}
