// Convolutions, plain, transposed and deformable, with filters of their own or filters that are an
// input.

import type { Activation } from '../../demand.js';
import { type Shape, sizeOf } from '../../tensor.js';
import { toDense } from '../../weights/store.js';
import type { Attributes, Page, WritersOf } from './write-page.js';

interface Window {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly pads: readonly number[];
}

function windowAttributes({ kernel, stride, dilation, pads }: Window): Attributes {
  return { kernel_shape: kernel, strides: stride, dilations: dilation, pads };
}

/** The layer's own filters in a shape, and its biases. */
function parameters(
  page: Page,
  shape: Shape,
  values: (matrix: Float32Array) => Float32Array,
): readonly string[] {
  return [
    page.weighted('weights', shape, ({ store }) => values(toDense(store).values)),
    page.bias(),
  ];
}

function convolve(
  page: Page,
  op: Window & {
    readonly channels: number;
    readonly groups: number;
    readonly activation: Activation;
  },
): void {
  const channels = page.type().shape[1] as number;
  const filters = parameters(
    page,
    [op.channels, channels / op.groups, ...op.kernel],
    (matrix) => matrix,
  );
  const attributes = { ...windowAttributes(op), group: op.groups };
  page.clamped(op.activation)('Conv', [page.input(), ...filters], attributes);
}

/** As a file holds filters of a transposed convolution: [inputs, outputs per group, taps …]. */
function turnedFilters(
  matrix: Float32Array,
  inputs: number,
  perGroup: number,
  taps: number,
  groups: number,
) {
  const values = new Float32Array(matrix.length);
  const columns = inputs / groups;
  for (let input = 0; input < inputs; input++) {
    const firstRow = Math.floor(input / columns) * perGroup * taps;
    for (let row = 0; row < perGroup * taps; row++) {
      values[input * perGroup * taps + row] = matrix[
        (firstRow + row) * columns + (input % columns)
      ] as number;
    }
  }
  return values;
}

export const convolutionWriters: WritersOf<
  | 'conv2d'
  | 'conv-nd'
  | 'conv-transpose'
  | 'conv-dynamic'
  | 'conv-transpose-dynamic'
  | 'deform-conv'
  | 'col2im'
> = {
  conv2d(page, layer) {
    convolve(page, { ...layer, pads: layer.pad });
  },
  'conv-nd': (page, layer) => convolve(page, layer),
  'conv-transpose'(page, layer) {
    const { kernel, channels, groups, outputPads, activation } = layer;
    const inputs = page.type().shape[1] as number;
    const perGroup = channels / groups;
    const filters = parameters(page, [inputs, perGroup, ...kernel], (matrix) =>
      turnedFilters(matrix, inputs, perGroup, sizeOf(kernel), groups),
    );
    const attributes = { ...windowAttributes(layer), group: groups, output_padding: outputPads };
    page.clamped(activation)('ConvTranspose', [page.input(), ...filters], attributes);
  },
  'conv-dynamic'(page, layer) {
    const attributes = { ...windowAttributes(layer), group: layer.groups };
    page.clamped(layer.activation)('Conv', page.inputs, attributes);
  },
  'conv-transpose-dynamic'(page, layer) {
    const { groups, outputPads, activation } = layer;
    const attributes = { ...windowAttributes(layer), group: groups, output_padding: outputPads };
    page.clamped(activation)('ConvTranspose', page.inputs, attributes);
  },
  'deform-conv'(page, layer) {
    page.need(19);
    const attributes = {
      ...windowAttributes(layer),
      group: layer.groups,
      offset_group: layer.offsetGroups,
    };
    page.result('DeformConv', page.inputs, attributes);
  },
  col2im(page, { image, kernel, stride, dilation, pads }) {
    page.need(18);
    const extents = [page.wholes(image, 'image'), page.wholes(kernel, 'block')];
    page.result('Col2Im', [page.input(), ...extents], {
      strides: stride,
      dilations: dilation,
      pads,
    });
  },
};
