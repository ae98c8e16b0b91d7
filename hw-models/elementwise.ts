// Layers without weights, as accelerators that have no kernel of their own for them meet them.

import { sizeOf } from '../workloads/layers/index.js';
import { tapsOf } from '../workloads/layers/window.js';
import type { Layer } from '../workloads/network.js';

/** Activations read for one frame of a layer without weights: each window of a pooling or a normalisation anew. */
export function elementsRead(layer: Layer): number {
  const inputs = sizeOf(layer.inputShapes[0] ?? [0]);
  const outputs = sizeOf(layer.output);
  switch (layer.kind) {
    case 'pool2d':
      return layer.kernel === 'global' ? inputs : outputs * tapsOf({ kernel: layer.kernel });
    case 'lrn':
      return inputs * layer.size;
    case 'add':
      return outputs * layer.inputs.length;
    case 'softmax':
      return 2 * inputs; // the sum first, then the quotients
    default:
      return outputs;
  }
}
