// A layer by itself, and its plain pass.

import { buildNetwork } from '../../../workloads/graph.js';
import {
  forwardLayer,
  type Layer,
  type LayerWeights,
  type Shape,
} from '../../../workloads/network.js';
import type { LayerSpec } from '../../../workloads/spec.js';

const source = { work: 'test', at: 'test' };

/** The layer on an input of this shape, the leading 1 left out. */
export function layerOn(input: Shape, spec: LayerSpec): Layer {
  const [layer] = buildNetwork({ name: 'one', title: 'one', input, layers: [spec], source }).layers;
  if (!layer) throw new Error('no layer');
  return layer;
}

/** Its first result for one frame, every input of which is `frame`. */
export function passOf(
  layer: Layer,
  weights: LayerWeights | null,
  frame: Float32Array,
): Float32Array {
  const inputs = layer.inputTypes.map((type) => type && { ...type, values: frame });
  const [result] = forwardLayer(layer, weights, inputs);
  return Float32Array.from(result?.values ?? []);
}
