// A network with its weights, and the tasks that it sets any hardware.

import type { OpenFile } from './base/open-file.js';
import type { Layer, LayerWeights, Network, Origin } from './network.js';

/** A network as an ONNX file has it, to be run as it is. */
export interface OnnxFile {
  readonly format: 'onnx';
  readonly content: OpenFile;
  /** Where the file lies, for tensors that lie beside it; null where nobody can know. */
  readonly path: string | null;
}

/** A network and the weights of its weighted layers, by layer name. */
export interface Model {
  readonly network: Network;
  /** Read when they are asked for: nobody should hold more layers' than are being worked on. */
  readonly weights: ReadonlyMap<string, LayerWeights>;
  readonly origin: Origin;
  /** The file that the network was read from, where its weights are its own. */
  readonly file?: OnnxFile;
}

/** The weights of a layer, or null where it has none. */
export function weightsOf(model: Model, layer: Layer): LayerWeights | null {
  return model.weights.get(layer.name) ?? null;
}
