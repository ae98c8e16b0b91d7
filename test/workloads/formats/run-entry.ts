// What a network from a file computes, layer by layer in plain passes.

import { forwardLayer, onlyInput, type Tensor } from '../../../workloads/network.js';
import { floats } from '../../../workloads/tensor.js';
import type { ZooEntry } from '../../../workloads/zoo/entry.js';

/** The answer of a network of one input. */
export function runEntry({ network, weights }: ZooEntry, input: Float32Array): Float32Array {
  const { name, shape } = onlyInput(network);
  const tensors = new Map<string, Tensor>([...network.constants, [name, floats(shape, input)]]);
  for (const layer of network.layers) {
    const inputs = layer.inputs.map((read) => tensors.get(read) ?? null);
    const results = forwardLayer(layer, weights?.get(layer.name) ?? null, inputs);
    for (const [at, result] of layer.results.entries())
      tensors.set(result.name, results[at] as Tensor);
  }
  return Float32Array.from(tensors.get(network.outputs[0] as string)?.values ?? []);
}

/**
 * The largest difference over the larger of 1 and the largest expected magnitude; NaN where one is
 * no number.
 */
export function difference(found: Float32Array, expected: Float32Array): number {
  if (found.length !== expected.length) return Number.NaN;
  const scale = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 1);
  return (
    expected.reduce((max, value, at) => Math.max(max, Math.abs((found[at] as number) - value)), 0) /
    scale
  );
}
