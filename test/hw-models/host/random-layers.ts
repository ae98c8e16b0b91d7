// Layers drawn for a tensor that is at hand: of the kinds that have kernels, and of some that have
// none.

import type {
  ElementType,
  LayerKind,
  Padding,
  Pair,
  Shape,
  TensorType,
} from '../../../workloads/network.js';
import type { LayerSpec } from '../../../workloads/spec.js';
import { sizeOf } from '../../../workloads/tensor.js';

export interface Given extends TensorType {
  readonly name: string;
}

/** What a layer is drawn for. */
export interface Draw {
  readonly name: string;
  readonly input: Given;
  /** Every tensor at hand, `input` too. */
  readonly tensors: readonly Given[];
  between(min: number, max: number): number;
}

type DrawLayer = (draw: Draw) => LayerSpec | null;

const activations = ['relu', 'none', 'relu6'] as const;
const unaryFunctions = [
  ...([
    'gelu',
    'gelu-tanh',
    'sigmoid',
    'tanh',
    'swish',
    'hard-swish',
    'hard-sigmoid',
    'leaky-relu',
  ] as const),
  ...([
    'exp',
    'abs',
    'neg',
    'relu',
    'square',
    'quick-gelu',
    'softplus',
    'erf',
    'clip',
    'cos',
  ] as const),
];
const binaryFunctions = [
  ...(['add', 'subtract', 'multiply', 'maximum', 'minimum', 'squared-difference'] as const),
];

function pick<Each>(choices: readonly Each[], { between }: Draw): Each {
  return choices[between(0, choices.length - 1)] as Each;
}

/** An axis of the input, counted from the front or the back. */
function axisOf(draw: Draw, min = 0): number {
  const { length } = draw.input.shape;
  const axis = draw.between(Math.min(min, length - 1), length - 1);
  return draw.between(0, 1) ? axis : axis - length;
}

function isFloats({ type }: TensorType): boolean {
  return type === 'float32';
}

function isImages({ shape, type }: TensorType): boolean {
  return shape.length === 4 && type === 'float32';
}

/** The input and others of its shape and type, as often as there are. */
function alike(draw: Draw, min: number, max: number): readonly string[] {
  const { shape, type } = draw.input;
  const others = draw.tensors.filter(
    (one) => one.type === type && one.shape.join() === shape.join(),
  );
  return Array.from({ length: draw.between(min, max) }, (_, at) => {
    return at === 0 ? draw.input.name : pick(others, draw).name;
  });
}

/** The same extent on both axes, or one for each. */
function extents({ between }: Draw, draw: (axis: 0 | 1) => number): Pair {
  const first = draw(0);
  return [first, between(0, 1) ? Math.min(first, draw(1)) : draw(1)];
}

export const layerDraws: { readonly [Kind in LayerKind]?: DrawLayer } = {
  dense(draw) {
    const { between, input, name } = draw;
    if (!isFloats(input) || input.shape.length === 0) return null;
    const axis = between(0, 1) ? input.shape.length - 1 : Math.min(1, input.shape.length - 1);
    const outputs = between(1, 9);
    return {
      kind: 'dense',
      name,
      outputs,
      bias: between(0, 2) > 0,
      activation: pick(activations, draw),
      axis,
    };
  },
  conv2d(draw) {
    const { between, input, name } = draw;
    if (!isImages(input)) return null;
    const [, channels = 1, height = 1, width = 1] = input.shape;
    const pad: Padding = [between(0, 2), between(0, 2), between(0, 2), between(0, 2)];
    const room = (axis: 0 | 1) =>
      (axis === 0 ? height : width) + pad[axis] + (pad[axis === 0 ? 2 : 3] as number);
    const kernel = extents(draw, (axis) => between(1, Math.min(5, room(axis))));
    const dilation = extents(draw, (axis) => {
      const widest = kernel[axis] > 1 ? Math.floor((room(axis) - 1) / (kernel[axis] - 1)) : 1;
      return between(0, 3) === 0 ? between(1, widest) : 1;
    });
    const groups = pick(
      [1, 2, 3, channels].filter((count) => channels % count === 0),
      draw,
    );
    return {
      ...{
        kind: 'conv2d',
        name,
        channels: groups * between(1, 4),
        kernel,
        stride: extents(draw, () => between(1, 3)),
      },
      ...{ dilation, pad, groups, bias: between(0, 2) > 0, activation: pick(activations, draw) },
    };
  },
  pool2d(draw) {
    const { between, input, name } = draw;
    if (!isImages(input)) return null;
    const [, , height = 1, width = 1] = input.shape;
    const mode = between(0, 1) ? 'max' : 'average';
    const rounding = between(0, 2) ? 'ceil' : 'floor';
    if (between(0, 4) === 0)
      return { kind: 'pool2d', name, mode, kernel: 'global', stride: 1, pad: 0, rounding };
    const kernel = extents(draw, (axis) => between(1, Math.min(4, axis === 0 ? height : width)));
    const stride = extents(draw, (axis) => between(1, kernel[axis]));
    const [vertical, horizontal] = [
      () => between(0, kernel[0] - 1),
      () => between(0, kernel[1] - 1),
    ];
    const pad: Padding = [vertical(), horizontal(), vertical(), horizontal()];
    return {
      kind: 'pool2d',
      name,
      mode,
      kernel,
      stride,
      pad,
      rounding,
      countsPadding: between(0, 1) === 0,
    };
  },
  lrn(draw) {
    const { between, input, name } = draw;
    if (!isFloats(input) || input.shape.length < 2) return null;
    const [beta, k] = [pick([0.75, 1.3], draw), between(1, 2)];
    return { kind: 'lrn', name, size: between(1, 5), alpha: 0.5, beta, k };
  },
  concat(draw) {
    const { input, name } = draw;
    if (input.shape.length === 0) return null;
    const axis = draw.between(0, 1) && input.shape.length > 1 ? 1 : axisOf(draw);
    return { kind: 'concat', name, inputs: alike(draw, 1, 3), axis };
  },
  add(draw) {
    if (!isFloats(draw.input)) return null;
    return {
      kind: 'add',
      name: draw.name,
      inputs: alike(draw, 1, 3),
      activation: pick(activations, draw),
    };
  },
  relu({ input, between, name }) {
    return isFloats(input)
      ? { kind: 'relu', name, activation: between(0, 1) ? 'relu' : 'relu6' }
      : null;
  },
  softmax(draw) {
    if (!isFloats(draw.input) || draw.input.shape.length === 0) return null;
    return { kind: 'softmax', name: draw.name, axis: axisOf(draw), log: draw.between(0, 3) === 0 };
  },
  unary(draw) {
    return isFloats(draw.input)
      ? { kind: 'unary', name: draw.name, function: pick(unaryFunctions, draw) }
      : null;
  },
  binary(draw) {
    const { input, tensors, name, between } = draw;
    if (!isFloats(input)) return null;
    const fitting = tensors.filter((one) => isFloats(one) && broadcasts(one.shape, input.shape));
    const other = pick(fitting, draw).name;
    const inputs = between(0, 1) ? [input.name, other] : [other, input.name];
    return { kind: 'binary', name, inputs, function: pick(binaryFunctions, draw) };
  },
  matmul(draw) {
    const { input, tensors, name } = draw;
    if (!isFloats(input) || input.shape.length < 2) return null;
    const batch = input.shape.slice(0, -2).join();
    const inner = input.shape.at(-1);
    const fitting = tensors.filter(({ shape, type }) => {
      const isSimple = type === 'float32' && shape.length >= 2;
      return (
        isSimple &&
        (shape.length === 2 || shape.slice(0, -2).join() === batch) &&
        shape.at(-1) === inner
      );
    });
    const alpha = pick([1, 0.5], draw);
    const transposed = draw.between(0, 1) === 0;
    // x · yᵀ, or xᵀ · x.
    const right = transposed ? input : pick(fitting, draw);
    const sides = transposed ? { transposeLeft: true } : { transposeRight: true };
    return { kind: 'matmul', name, inputs: [input.name, right.name], ...sides, alpha };
  },
  'layer-norm': (draw) => normalisation(draw, 'layer-norm'),
  'rms-norm': (draw) => normalisation(draw, 'rms-norm'),
  reshape(draw) {
    const { input, name } = draw;
    const size = sizeOf(input.shape);
    const [a, b] = [factorOf(size, draw), factorOf(size, draw)];
    const rest = size / a;
    const shapes: readonly Shape[] = [
      [size],
      [1, size],
      [a, rest],
      [1, a, rest],
      [1, a, 1, rest],
      input.shape,
    ];
    const square = rest % b === 0 ? [[1, a, b, rest / b]] : [];
    return { kind: 'reshape', name, shape: pick([...shapes, ...square], draw) };
  },
  transpose(draw) {
    const axes = draw.input.shape.map((_, axis) => axis);
    const permutation = draw.input.shape.map(
      () => axes.splice(draw.between(0, axes.length - 1), 1)[0] as number,
    );
    return { kind: 'transpose', name: draw.name, permutation };
  },
  slice(draw) {
    const { input, between, name } = draw;
    if (input.shape.length === 0) return null;
    const axis = between(0, input.shape.length - 1);
    const extent = input.shape[axis] as number;
    const start = between(0, extent - 1);
    return {
      kind: 'slice',
      name,
      starts: [start],
      ends: [between(start + 1, extent)],
      axes: [axis],
      steps: [between(1, 2)],
    };
  },
  split(draw) {
    const { input, between, name } = draw;
    const axis = input.shape.findLastIndex((extent) => extent > 1);
    if (axis < 0) return null;
    const extent = input.shape[axis] as number;
    const first = between(1, extent - 1);
    return { kind: 'split', name, axis, sizes: [first, extent - first] };
  },
  reduce(draw) {
    const { input, between, name } = draw;
    if (!isFloats(input) || input.shape.length === 0) return null;
    const axes = [axisOf(draw)];
    return {
      kind: 'reduce',
      name,
      function: pick(['mean', 'sum', 'max'] as const, draw),
      axes,
      keep: between(0, 1) === 0,
    };
  },
  cast(draw) {
    // What is cut off or compared has to be the same to the last bit.
    if (draw.input.name.startsWith('layer')) return null;
    return {
      kind: 'cast',
      name: draw.name,
      to: pick<ElementType>(['float32', 'int64', 'uint8', 'float16', 'int32'], draw),
    };
  },
  gather(draw) {
    const { tensors, input, name } = draw;
    const indices = tensors.find(({ type }) => type === 'int64');
    if (!indices || !(input.shape[0] as number) || input.shape.length < 2) return null;
    // Indices of the second input are 0 and 1.
    const axis = input.shape.findIndex((extent) => extent >= 2);
    return axis < 0 ? null : { kind: 'gather', name, inputs: [input.name, indices.name], axis };
  },
};

function normalisation(draw: Draw, kind: 'layer-norm' | 'rms-norm'): LayerSpec | null {
  const { input, tensors, name } = draw;
  if (!isFloats(input) || input.shape.length < 2) return null;
  const vectors = tensors.filter(({ shape, type }) => {
    return (
      type === 'float32' && sizeOf(shape) === input.shape.at(-1) && broadcasts(shape, input.shape)
    );
  });
  const scale = vectors[0]?.name ?? '';
  const inputs = draw.between(0, 1) ? [input.name] : [input.name, scale];
  // A value normalised by itself becomes its sign, but for epsilon: a small one would make of what
  // two orders of summation differ by, around zero, several hundred times as much.
  return { kind, name, inputs, axis: draw.between(0, 2) ? -1 : axisOf(draw, 1), epsilon: 0.01 };
}

/** Whether an operand takes the other's shape. */
function broadcasts(shape: Shape, to: Shape): boolean {
  const offset = to.length - shape.length;
  return offset >= 0 && shape.every((extent, axis) => extent === 1 || extent === to[axis + offset]);
}

function factorOf(size: number, draw: Draw): number {
  return pick(
    [1, 2, 3, 4, 5, 6].filter((factor) => size % factor === 0),
    draw,
  );
}
