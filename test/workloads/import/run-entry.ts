// What a network from a file computes, layer by layer in plain passes.

import { forwardLayer } from '../../../workloads/layers/forward.js';
import type { ZooEntry } from '../../../workloads/zoo/entry.js';

export function runEntry({ network, weights }: ZooEntry, input: Float32Array): Float32Array {
  const values = new Map([['data', input]]);
  let result = input;
  for (const layer of network.layers) {
    const inputs = layer.inputs.map((name) => values.get(name) ?? new Float32Array());
    result = forwardLayer(layer, weights?.get(layer.name) ?? null, inputs);
    values.set(layer.name, result);
  }
  return result;
}

/** The largest difference over the larger of 1 and the largest expected magnitude; NaN where one is no number. */
export function difference(found: Float32Array, expected: Float32Array): number {
  if (found.length !== expected.length) return Number.NaN;
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  return expected.reduce((most, value, at) => Math.max(most, Math.abs((found[at] as number) - value)), 0) / scale;
}
