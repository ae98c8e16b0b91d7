// A network's weights as tensors named as PyTorch names them, and its layers as the YAML that reads them back.

import { stringify } from 'yaml';
import { floats, writeSafetensors } from '../import/safetensors.js';
import { imageShape } from '../layers/index.js';
import type { Model } from '../model.js';
import type { Layer, LayerWeights, Network } from '../network.js';
import { toDense } from '../weights/store.js';

/** LAYER.weight in the shape of the layer's filters or matrix, LAYER.bias where there is one; zeros are stored. */
export function writeTensors({ network, weights }: Model): Uint8Array {
  const tensors = network.layers.flatMap((layer) => {
    const own = weights.get(layer.name);
    if (!own) return [];
    const matrix = [`${layer.name}.weight`, floats(toDense(own.store).values, weightExtents(layer, own))] as const;
    return own.bias ? [matrix, [`${layer.name}.bias`, floats(own.bias)] as const] : [matrix];
  });
  return writeSafetensors({ metadata: { format: 'pt', network: network.name }, tensors: new Map(tensors) });
}

/** [filters, channels of a group, rows, columns], or [outputs, inputs]. */
export function weightExtents(layer: Layer, { store }: LayerWeights): readonly number[] {
  if (layer.kind !== 'conv2d') return [store.rows, store.columns];
  const [channels] = imageShape(layer.inputShapes[0] ?? [0], layer.name);
  return [layer.channels, channels / layer.groups, ...layer.kernel];
}

/** The layers of `network` in YAML, their weights in the safetensors file `weights` beside it. */
export function writeNetworkYaml({ name, title, input, layers }: Network, weights: string): string {
  const written = layers.map((layer) => ({ name: layer.name, ...fields(layer), inputs: layer.inputs }));
  return stringify({ network: name, title, input, weights, layers: written }, { lineWidth: 0, collectionStyle: 'any' });
}

function fields(layer: Layer): Readonly<Record<string, unknown>> {
  switch (layer.kind) {
    case 'dense':
      return { kind: 'dense', outputs: layer.outputs, bias: layer.bias, activation: layer.activation };
    case 'conv2d': {
      const { channels, kernel, stride, dilation, pad, groups, bias, activation } = layer;
      return { kind: 'conv2d', channels, kernel, stride, dilation, pad, groups, bias, activation };
    }
    case 'pool2d': {
      if (layer.kernel === 'global') return { kind: `global-${layer.mode}-pool` };
      const { kernel, stride, pad, rounding, mode } = layer;
      const window = { kernel, stride, pad, ceil: rounding === 'ceil' };
      return { kind: `${mode}-pool`, ...window, ...(mode === 'average' ? { countsPadding: layer.countsPadding } : {}) };
    }
    case 'lrn':
      return { kind: 'lrn', size: layer.size, alpha: layer.alpha, beta: layer.beta, k: layer.k };
    case 'rectify':
      return { kind: layer.activation };
    case 'add':
      return { kind: 'add', activation: layer.activation };
    case 'concat':
    case 'softmax':
      return { kind: layer.kind };
  }
}
