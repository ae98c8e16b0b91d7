// Checks whether a kernel supports the tensors of a layer. Refusals give the reason.

import type { Image, Layer, LayerOf, TensorType } from '../../workloads/network.js';
import { inputShapeOf, resultOf } from '../../workloads/network.js';
import { imagesOf } from '../../workloads/operators/weighted.js';
import { sizeOf } from '../../workloads/tensor.js';

/** Whether a tensor is an image of float32. */
export function isImage({ shape, type }: TensorType): boolean {
  return shape.length === 4 && shape[0] === 1 && type === 'float32';
}

/** A convolution's or a pool's image. */
export function inputImage(layer: Layer): Image {
  return imagesOf(inputShapeOf(layer)).image;
}

export function outputImage(layer: Layer): Image {
  return imagesOf(resultOf(layer).shape).image;
}

/** What is not float32. */
export function floatsOnly({ inputTypes, results }: Layer): string | null {
  const other = [...inputTypes, ...results].find(
    (tensor) => tensor !== null && tensor.type !== 'float32',
  );
  return other ? `has values of ${other.type}` : null;
}

/** What is no single image. */
export function notOneImage(layer: Layer): string | null {
  const { images } = imagesOf(inputShapeOf(layer));
  return images === 1 ? null : `has ${images} images in a frame`;
}

/** A normalisation that does not look as far up as down, or not at an image's channels. */
export function unevenNormalisation(layer: LayerOf<'lrn'>): string | null {
  if (layer.size % 2 === 0) return 'looks at an even number of channels';
  return layer.inputTypes.every((type) => type && isImage(type)) ? null : 'is of no image';
}

/** A concatenation that is not its inputs' frames one behind the other. */
export function interleaves(layer: Layer): string | null {
  if (layer.kind !== 'concat') return 'is no concatenation';
  const shape = inputShapeOf(layer);
  const { axis = 1 } = layer;
  const along = axis < 0 ? axis + shape.length : axis;
  const types = [...layer.inputTypes, ...layer.results];
  const images = types.filter((type) => type !== null && isImage(type)).length;
  if (images > 0 && !(images === types.length && along === 1))
    return 'joins images along another axis';
  return sizeOf(shape.slice(0, along)) === 1 ? null : 'joins along an inner axis';
}

/** Operands that do not lie alike. */
export function unequal(layer: Layer): string | null {
  const shape = inputShapeOf(layer).join();
  return layer.inputTypes.every((type) => type?.shape.join() === shape)
    ? null
    : 'has operands of several shapes';
}

/** A softmax that is not one of a whole frame. */
export function severalSums(layer: LayerOf<'softmax'>): string | null {
  const shape = inputShapeOf(layer);
  if (layer.log) return 'is a logarithm';
  return shape.at(layer.axis ?? 1) === sizeOf(shape) ? null : 'has several sums in a frame';
}
