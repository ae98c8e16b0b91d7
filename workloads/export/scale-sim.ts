// A network's weighted layers as a SCALE-Sim topology: convolutions of eight columns, fully connected layers as 1×1
// convolutions over one pixel, a line for each group. The image is what the windows reach, padding included: the format has
// none, and rounds the output's size up where pixels are left over.

import { InputError } from '../base/errors.js';
import { imageShape, sizeOf } from '../layers/index.js';
import { tapsOf } from '../layers/window.js';
import type { Layer, Network, OpOf } from '../network.js';

const HEADER = 'Layer name,IFMAP Height,IFMAP Width,Filter Height,Filter Width,Channels,Num Filter,Strides,';

/** @throws InputError for a convolution that the format cannot say: dilated, or of unequal strides. */
export function writeScaleSim({ layers, name }: Network): string {
  const lines = layers.flatMap((layer) => {
    if (layer.kind === 'dense')
      return [line(layer.name, [1, 1, 1, 1, sizeOf(layer.inputShapes[0] ?? [0]), layer.outputs, 1])];
    return layer.kind === 'conv2d' ? convolution(layer, name) : [];
  });
  if (lines.length === 0) throw new InputError(`${name}: found no layers with weights, expected at least one`);
  return `${[HEADER, ...lines].join('\n')}\n`;
}

function convolution(layer: Layer & OpOf<'conv2d'>, network: string): readonly string[] {
  const { kernel, stride, dilation, groups, channels: filters } = layer;
  const fault = (found: string) =>
    new InputError(`${network}: layer ${layer.name}: found ${found}, which a SCALE-Sim topology cannot say`);
  if (tapsOf({ kernel: dilation }) !== 1) throw fault('a dilation');
  if (stride[0] !== stride[1]) throw fault(`strides of ${stride.join(' and ')}`);
  const [channels] = imageShape(layer.inputShapes[0] ?? [0], layer.name);
  const [, rows, columns] = imageShape(layer.output, layer.name);
  const numbers = [
    (rows - 1) * stride[0] + kernel[0],
    (columns - 1) * stride[1] + kernel[1],
    ...kernel,
    channels / groups,
    filters / groups,
    stride[0],
  ];
  return Array.from({ length: groups }, (_, group) =>
    line(groups === 1 ? layer.name : `${layer.name}_group${group + 1}`, numbers),
  );
}

/** Commas and quotes in a name would end its cell. */
const line = (name: string, numbers: readonly number[]) => `${name.replace(/[,"\r\n]/g, '_')},${numbers.join(',')},`;
