// Networks from files in plain passes, tensor by tensor.

import { createRandom } from '../../../workloads/base/random.js';
import { forwardLayer, type NamedTensor, type Tensor } from '../../../workloads/network.js';
import { elementTypes, sizeOf } from '../../../workloads/tensor.js';
import type { ZooEntry } from '../../../workloads/zoo/entry.js';

/** All outputs of a network, in their order. */
export function outputsOf(
  { network, weights }: ZooEntry,
  inputs: ReadonlyMap<string, Tensor>,
): readonly Tensor[] {
  const tensors = new Map<string, Tensor>([...network.constants, ...inputs]);
  for (const layer of network.layers) {
    const read = layer.inputs.map((name) => (name === '' ? null : (tensors.get(name) as Tensor)));
    const results = forwardLayer(layer, weights?.get(layer.name) ?? null, read);
    for (const [at, { name }] of layer.results.entries()) tensors.set(name, results[at] as Tensor);
  }
  return network.outputs.map((name) => tensors.get(name) as Tensor);
}

/** Numbers of any sign with zeros among them; whole ones below `below`. */
export function random(
  { shape, type }: Pick<NamedTensor, 'shape' | 'type'>,
  seed: number,
  below = 10,
): Tensor {
  const values = elementTypes[type].room(sizeOf(shape));
  const random = createRandom(seed, 'inputs');
  for (let at = 0; at < values.length; at++) {
    if (type === 'bool') values[at] = random.below(2);
    else if (elementTypes[type].isFloat)
      values[at] = random.below(5) === 0 ? 0 : random.uniform() * 4 - 2;
    else values[at] = random.below(below);
  }
  return { shape, type, values };
}

/** [images, channels, positions …] as [images, positions …, channels]. */
export function channelsLast({ shape, values }: Tensor): Float32Array {
  const [images = 1, channels = 1, ...positions] = shape;
  const pixels = sizeOf(positions);
  const moved = new Float32Array(values.length);
  for (let at = 0; at < values.length; at++) {
    const [image, channel, pixel] = [
      Math.floor(at / (channels * pixels)),
      Math.floor(at / pixels) % channels,
      at % pixels,
    ];
    moved[(image * pixels + pixel) * channels + channel] = values[at] as number;
  }
  return images === 0 ? new Float32Array() : moved;
}

/**
 * The orders in which a file may have a tensor's values: of images whose extents are alike, both.
 */
export function ordersOf(tensor: Tensor, shape: readonly number[]): readonly Float32Array[] {
  const own = tensor.shape.join() === shape.join() ? [Float32Array.from(tensor.values)] : [];
  const [images = 1, channels = 1, ...positions] = tensor.shape;
  const isOther =
    tensor.shape.length >= 4 && [images, ...positions, channels].join() === shape.join();
  return [...own, ...(isOther ? [channelsLast(tensor)] : [])];
}

/**
 * The largest difference over the largest expected magnitude, or over 1e-3; NaN where they are not
 * alike.
 */
export function distance(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Number.NaN;
  let [max, scale] = [0, 1e-3];
  for (let at = 0; at < expected.length; at++) {
    const [a, b] = [found[at] as number, expected[at] as number];
    if (Object.is(a, b)) continue;
    max = Number.isNaN(a) ? Number.NaN : Math.max(max, Math.abs(a - b));
    scale = Math.max(scale, Math.abs(b));
  }
  return max / scale;
}
