// What each kind of layer is: its output shape, its weights and its multiplications. The one exhaustive table.

import { InputError } from '../base/errors.js';
import type { Layer, LayerKind, OpOf, Pair, Shape } from '../network.js';
import { reachOf, tapsOf } from './window.js';

/** Rows are outputs (a convolution's channels), columns the inputs that one output reads, all kernel taps included. */
export interface WeightShape {
  readonly rows: number;
  readonly columns: number;
  readonly biases: number;
}

interface LayerDefinition<Kind extends LayerKind> {
  /** How many inputs it takes. */
  readonly arity: 'one' | 'many';
  /** The shape of its result. @throws InputError naming `name` when the inputs don't fit. */
  outputShape(op: OpOf<Kind>, inputs: readonly Shape[], name: string): Shape;
  /** Its weight matrix, or null for a layer without weights. */
  weightShape(op: OpOf<Kind>, inputs: readonly Shape[]): WeightShape | null;
}

export type Image = readonly [channels: number, height: number, width: number];

const definitions: { readonly [Kind in LayerKind]: LayerDefinition<Kind> } = {
  dense: {
    arity: 'one',
    outputShape: (op) => [op.outputs],
    weightShape: (op, [input]) => ({
      rows: op.outputs,
      columns: sizeOf(input as Shape),
      biases: op.bias ? op.outputs : 0,
    }),
  },
  conv2d: {
    arity: 'one',
    outputShape(op, [input], name) {
      const [channels, height, width] = imageShape(input as Shape, name);
      if (!(channels % op.groups === 0 && op.channels % op.groups === 0)) {
        throw new InputError(
          `layer ${name}: ${channels} → ${op.channels} channels do not divide into ${op.groups} groups`,
        );
      }
      const [top, left, bottom, right] = op.pad;
      const reach = reachOf(op);
      const rows = Math.floor((height + top + bottom - reach[0]) / op.stride[0]) + 1;
      const columns = Math.floor((width + left + right - reach[1]) / op.stride[1]) + 1;
      return checkedImage([op.channels, rows, columns], reach, input as Shape, name);
    },
    weightShape: (op, [input]) => ({
      rows: op.channels,
      columns: ((input as Image)[0] / op.groups) * tapsOf(op),
      biases: op.bias ? op.channels : 0,
    }),
  },
  pool2d: {
    arity: 'one',
    outputShape(op, [input], name) {
      const [channels, height, width] = imageShape(input as Shape, name);
      if (op.kernel === 'global') return [channels, 1, 1];
      const { kernel, stride, pad } = op;
      const extent = (size: number, axis: 0 | 1) => {
        const [before, after] = [pad[axis], pad[axis + 2] as number];
        if (!(Math.max(before, after) < kernel[axis])) {
          const most = Math.max(before, after);
          throw new InputError(`layer ${name}: pad: found ${most}, expected less than the kernel's ${kernel[axis]}`);
        }
        const windows = Math[op.rounding]((size + before + after - kernel[axis]) / stride[axis]) + 1;
        // As in Caffe, the last window must start inside the image or its leading padding.
        return (windows - 1) * stride[axis] >= size + before ? windows - 1 : windows;
      };
      return checkedImage([channels, extent(height, 0), extent(width, 1)], kernel, input as Shape, name);
    },
    weightShape: () => null,
  },
  lrn: {
    arity: 'one',
    outputShape(op, [input], name) {
      if (op.size % 2 !== 1)
        throw new InputError(`layer ${name}: size: found ${op.size}, expected an odd whole number`);
      return imageShape(input as Shape, name);
    },
    weightShape: () => null,
  },
  concat: {
    arity: 'many',
    outputShape(_op, inputs, name) {
      const images = inputs.map((shape) => imageShape(shape, name));
      const [, height, width] = images[0] as Image;
      for (const [, h, w] of images) {
        if (h !== height || w !== width) {
          throw new InputError(`layer ${name}: cannot concatenate images of ${height}×${width} and ${h}×${w}`);
        }
      }
      return [images.reduce((sum, [channels]) => sum + channels, 0), height, width];
    },
    weightShape: () => null,
  },
  add: {
    arity: 'many',
    outputShape(_op, inputs, name) {
      const [first, ...others] = inputs as readonly [Shape, ...Shape[]];
      for (const shape of others) {
        if (shape.join() !== first.join()) {
          throw new InputError(`layer ${name}: cannot add ${first.join('×')} and ${shape.join('×')}`);
        }
      }
      return first;
    },
    weightShape: () => null,
  },
  rectify: {
    arity: 'one',
    outputShape: (_op, [input]) => input as Shape,
    weightShape: () => null,
  },
  softmax: {
    arity: 'one',
    outputShape: (_op, [input]) => [sizeOf(input as Shape)],
    weightShape: () => null,
  },
};

/** The definition of a kind, with the op's own type forgotten: callers hold a whole layer. */
function definitionOf(kind: LayerKind): LayerDefinition<LayerKind> {
  return definitions[kind] as LayerDefinition<LayerKind>;
}

/** Infers a layer's output shape. @throws InputError naming the layer when its inputs don't fit. */
export function inferShape(op: OpOf<LayerKind>, inputs: readonly Shape[], name: string): Shape {
  const definition = definitionOf(op.kind);
  if (!(inputs.length > 0 && (definition.arity === 'many' || inputs.length === 1))) {
    throw new InputError(`layer ${name}: found ${inputs.length} inputs, expected ${definition.arity}`);
  }
  return definition.outputShape(op, inputs, name);
}

/** The shape of a layer's weights, or null where it has none. */
export function weightShapeOf(layer: Layer): WeightShape | null {
  return definitionOf(layer.kind).weightShape(layer, layer.inputShapes);
}

/** Weights plus biases. */
export function parametersOf(layer: Layer): number {
  const shape = weightShapeOf(layer);
  return shape ? shape.rows * shape.columns + shape.biases : 0;
}

/** Elements of a shape, of a tensor with any number of axes. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** Output positions that share the weights: a convolution's pixels, 1 for a fully connected layer. */
export function pixelsOf(layer: Layer): number {
  return layer.kind === 'conv2d' ? sizeOf(layer.output) / layer.channels : 1;
}

/** `input` as an image. @throws InputError naming the layer where it is a vector. */
export function imageShape(input: Shape, name: string): Image {
  if (input.length === 3) return input;
  throw new InputError(`layer ${name}: found a vector of ${input[0]}, expected an image of [channels, height, width]`);
}

function checkedImage(output: Image, kernel: Pair, input: Shape, name: string): Image {
  if (output[1] >= 1 && output[2] >= 1) return output;
  throw new InputError(`layer ${name}: a kernel of ${kernel.join('×')} does not fit an input of ${input.join('×')}`);
}
