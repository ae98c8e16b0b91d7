// A plain forward pass over a network that was read from an ONNX file: the slow reference that
// conformance is held by.

import { forwardLayer, isImplemented } from '../../workloads/network.js';
import type { Tensor } from '../../workloads/tensor.js';
import type { ZooEntry } from '../../workloads/zoo/entry.js';

/** By name, every tensor that follows from `inputs`; those behind opaque operators are missing. */
export function runNetwork(
  { network, weights }: Pick<ZooEntry, 'network' | 'weights'>,
  inputs: ReadonlyMap<string, Tensor>,
): ReadonlyMap<string, Tensor> {
  const tensors = new Map<string, Tensor>([...network.constants, ...inputs]);
  for (const layer of network.layers) {
    const given = layer.inputs.map((name) => (name === '' ? null : tensors.get(name)));
    if (!isImplemented(layer) || given.some((tensor) => tensor === undefined)) continue;
    const results = forwardLayer(
      layer,
      weights?.get(layer.name) ?? null,
      given as (Tensor | null)[],
    );
    for (const [at, { name }] of layer.results.entries()) tensors.set(name, results[at] as Tensor);
  }
  return tensors;
}
