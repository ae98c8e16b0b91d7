import { INPUT } from '../workloads/graph.js';
import { inputShapeOf, type Layer, type Network, resultOf } from '../workloads/network.js';

/** A layer of one input as a network of its own. */
export function networkOf(layer: Layer, work = 'drawn'): Network {
  return {
    ...{
      name: layer.name,
      title: layer.name,
      source: { work, at: layer.name },
      trainedParameters: null,
    },
    inputs: [{ name: INPUT, shape: inputShapeOf(layer), type: 'float32' }],
    outputs: [resultOf(layer).name],
    constants: new Map(),
    layers: [{ ...layer, inputs: [INPUT] } as Layer],
  };
}
