// Layers of networks that read sequences, forward and backward, on TensorFlow.js: tensors of
// [batch, …] with the axes of a frame behind its leading 1, in the order that the network has them.

import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { InputError, invariant } from '../base/errors.js';
import type { Layer, LayerKind, LayerOf, Shape } from '../network.js';
import { inputShapeOf, resultOf } from '../network.js';
import type { Tf } from './backend.js';
import { gradientTable } from './elementwise.js';
import type { DeviceParameters, Pass } from './pass.js';

type Compile<Kind extends LayerKind> = (tf: Tf, layer: LayerOf<Kind>) => Pass;

export const sequenceCompilers: { readonly [Kind in LayerKind]?: Compile<Kind> } = {
  dense: densePass,
  embedding: embeddingPass,
  'rms-norm': rmsNormPass,
  'layer-norm': layerNormPass,
  unary: unaryPass,
  binary: binaryPass,
  add: addPass,
  matmul: matmulPass,
  where: wherePass,
  softmax: softmaxPass,
  reshape: reshapePass,
  transpose: transposePass,
  slice: slicePass,
  concat: concatPass,
};

function refused(layer: Layer, found: string, expected: string): InputError {
  return new InputError(
    `layer ${layer.name}: found ${found}, which cannot be trained; expected ${expected}`,
  );
}

/** `axis` from the front. @throws InputError for the axis of frames. */
function frameAxis(layer: Layer, axis: number, rank: number): number {
  const own = axis < 0 ? axis + rank : axis;
  if (own === 0) throw refused(layer, 'work along the first axis', 'an axis within a frame');
  return own;
}

/** @throws InputError for work that is not along the last axis. */
function requireLast(layer: Layer, axis: number): void {
  const rank = inputShapeOf(layer).length;
  if ((axis < 0 ? axis + rank : axis) !== rank - 1)
    throw refused(layer, `work along axis ${axis}`, 'the last axis');
}

/** The shape of a batch of so many tensors, each of `shape` with its leading 1. */
function batched(layer: Layer, shape: Shape, batch: number): number[] {
  if (shape[0] !== 1) throw refused(layer, `a result of ${shape.join('×')}`, 'a leading 1');
  return [batch, ...shape.slice(1)];
}

const extentOf = (tensor: Tensor, axis: number) => tensor.shape.at(axis) as number;

const asRows = (tf: Tf, tensor: Tensor): Tensor2D => tf.reshape(tensor, [-1, extentOf(tensor, -1)]);

/** The sum of a gradient over what an operand of `shape` was repeated along. */
function summedTo(tf: Tf, gradient: Tensor, { shape }: Tensor): Tensor {
  const extra = gradient.rank - shape.length;
  const repeated = gradient.shape.flatMap((extent, axis) => {
    const own = axis < extra ? 1 : (shape[axis - extra] as number);
    return own === extent ? [] : [axis];
  });
  return repeated.length === 0
    ? gradient
    : tf.reshape(tf.sum(gradient, repeated, true), [...shape]);
}

function densePass(tf: Tf, layer: LayerOf<'dense'>): Pass {
  const rank = inputShapeOf(layer).length;
  if ((layer.axis ?? 1) !== rank - 1) {
    throw refused(layer, `a fully connected layer over axis ${layer.axis ?? 1}`, 'the last axis');
  }
  if (layer.activation !== 'none' && layer.activation !== 'relu')
    throw refused(layer, `the activation ${layer.activation}`, 'ReLU or none');
  return {
    forward([input], parameters) {
      const { weights, bias } = owned(parameters);
      const x = input as Tensor;
      const product = tf.fused.matMul({
        a: asRows(tf, x),
        // Transposed by hand: the matrix product's own way to do it is slow on the wasm backend.
        b: tf.transpose(weights),
        ...(bias && { bias }),
        activation: layer.activation === 'relu' ? 'relu' : 'linear',
      });
      return tf.reshape(product, [...x.shape.slice(0, -1), layer.outputs]);
    },
    backward(gradient, { inputs, output, parameters }, [wantsInput]) {
      const x = inputs[0] as Tensor;
      const { weights, bias } = owned(parameters);
      const through = layer.activation === 'relu' ? tf.mul(gradient, tf.step(output)) : gradient;
      const rows = asRows(tf, through);
      return {
        inputs: [wantsInput ? tf.reshape(tf.matMul(rows, weights), x.shape) : null],
        weights: tf.matMul(tf.transpose(rows), asRows(tf, x)),
        ...(bias && { bias: tf.sum(rows, 0) }),
      };
    },
    rows: ([input]) => asRows(tf, input as Tensor),
  };
}

/** The rows' gradients are added up in plain loops: backends have no scatter that adds. */
function embeddingPass(tf: Tf, { entries, width }: LayerOf<'embedding'>): Pass {
  return {
    forward([numbers], parameters) {
      const indices = tf.cast(numbers as Tensor, 'int32');
      return tf.gather(owned(parameters).weights, indices);
    },
    backward(gradient, { inputs: [numbers] }) {
      const indices = (numbers as Tensor).dataSync<'float32'>();
      const values = gradient.dataSync<'float32'>();
      const sums = new Float32Array(entries * width);
      for (let at = 0; at < indices.length; at++) {
        const [from, to] = [at * width, (indices[at] as number) * width];
        for (let i = 0; i < width; i++)
          sums[to + i] = (sums[to + i] as number) + (values[from + i] as number);
      }
      return { inputs: [null], weights: tf.tensor2d(sums, [entries, width]) };
    },
  };
}

/**
 * y = x · s · r with r = (mean x² + ε)^−½: dx = r · (g · s − x · r² · mean(g · s · x)). The scale is
 * a constant.
 */
function rmsNormPass(tf: Tf, layer: LayerOf<'rms-norm'>): Pass {
  const { axis, epsilon } = layer;
  requireLast(layer, axis);
  const inverseOf = (x: Tensor) => tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon));
  return {
    forward([input, scale]) {
      const x = input as Tensor;
      return scaled(tf, tf.mul(x, inverseOf(x)), scale);
    },
    backward(gradient, { inputs: [input, scale] }, wanted) {
      requireConstant(layer, wanted);
      const x = input as Tensor;
      const inverse = inverseOf(x);
      const own = scaled(tf, gradient, scale);
      const mean = tf.mean(tf.mul(own, x), -1, true);
      const along = tf.mul(x, tf.mul(tf.square(inverse), mean));
      return { inputs: [tf.mul(tf.sub(own, along), inverse)] };
    },
  };
}

/**
 * y = n · s + b with n = (x − mean) · r, r = (variance + ε)^−½: dx = r · (h − mean h − n · mean(h · n))
 * with h = g · s. Scale and shift are constants.
 */
function layerNormPass(tf: Tf, layer: LayerOf<'layer-norm'>): Pass {
  const { axis, epsilon, statistics } = layer;
  requireLast(layer, axis);
  if (statistics) throw refused(layer, 'statistics as results', 'a norm alone');
  const parts = (x: Tensor) => {
    const centred = tf.sub(x, tf.mean(x, -1, true));
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
    return { normal: tf.mul(centred, inverse), inverse };
  };
  return {
    forward([input, scale, shift]) {
      const y = scaled(tf, parts(input as Tensor).normal, scale);
      return shift ? tf.add(y, shift) : y;
    },
    backward(gradient, { inputs: [input, scale] }, wanted) {
      requireConstant(layer, wanted);
      const { normal, inverse } = parts(input as Tensor);
      const own = scaled(tf, gradient, scale);
      const along = tf.mul(normal, tf.mean(tf.mul(own, normal), -1, true));
      const mean = tf.mean(own, -1, true);
      return { inputs: [tf.mul(tf.sub(tf.sub(own, mean), along), inverse)] };
    },
  };
}

const scaled = (tf: Tf, x: Tensor, scale: Tensor | undefined): Tensor =>
  scale ? tf.mul(x, scale) : x;

/** A norm's scale and shift are no results of layers with weights. */
function requireConstant(layer: Layer, wanted: readonly boolean[]): void {
  if (wanted.slice(1).some(Boolean))
    throw refused(layer, 'a scale that other layers make', 'constants');
}

function unaryPass(tf: Tf, layer: LayerOf<'unary'>): Pass {
  const row = gradientTable[layer.function];
  if (!row || layer.parameters)
    throw refused(layer, layer.function, Object.keys(gradientTable).join(', '));
  return {
    forward: ([input]) => row.apply(tf, input as Tensor),
    backward: (gradient, { inputs: [input], output }) => ({
      inputs: [tf.mul(gradient, row.derivative(tf, input as Tensor, output))],
    }),
  };
}

function binaryPass(tf: Tf, layer: LayerOf<'binary'>): Pass {
  const operation = layer.function;
  if (operation !== 'add' && operation !== 'subtract' && operation !== 'multiply')
    throw refused(layer, operation, 'add, subtract or multiply');
  const pair = (inputs: readonly Tensor[]) => inputs as readonly [Tensor, Tensor];
  return {
    forward(inputs) {
      const [left, right] = pair(inputs);
      if (operation === 'add') return tf.add(left, right);
      return operation === 'subtract' ? tf.sub(left, right) : tf.mul(left, right);
    },
    backward(gradient, { inputs }, [wantsLeft, wantsRight]) {
      const [left, right] = pair(inputs);
      const isProduct = operation === 'multiply';
      const ofLeft = () => summedTo(tf, isProduct ? tf.mul(gradient, right) : gradient, left);
      const ofRight = () => {
        if (isProduct) return summedTo(tf, tf.mul(gradient, left), right);
        return summedTo(tf, operation === 'subtract' ? tf.neg(gradient) : gradient, right);
      };
      return { inputs: [wantsLeft ? ofLeft() : null, wantsRight ? ofRight() : null] };
    },
  };
}

function addPass(tf: Tf, layer: LayerOf<'add'>): Pass {
  if (layer.activation !== 'none')
    throw refused(layer, `the activation ${layer.activation}`, 'none');
  return {
    forward: (inputs) => inputs.reduce((sum, input) => tf.add(sum, input)),
    backward: (gradient, { inputs }) => ({ inputs: inputs.map(() => gradient) }),
  };
}

function matmulPass(tf: Tf, layer: LayerOf<'matmul'>): Pass {
  const { transposeLeft = false, transposeRight = false, alpha = 1 } = layer;
  const [left, right] = [inputShapeOf(layer, 0), inputShapeOf(layer, 1)];
  const isAlike =
    left.length === right.length && left.slice(0, -2).join() === right.slice(0, -2).join();
  if (transposeLeft || !isAlike || layer.inputs.length > 2 || left[0] !== 1)
    throw refused(layer, `${left.join('×')} by ${right.join('×')}`, 'stacks of equally many');
  const scaledBy = (tensor: Tensor) => (alpha === 1 ? tensor : tf.mul(tensor, alpha));
  return {
    forward: ([a, b]) => scaledBy(tf.matMul(a as Tensor, b as Tensor, false, transposeRight)),
    backward(gradient, { inputs: [a, b] }, [wantsLeft, wantsRight]) {
      const [x, y] = [a as Tensor, b as Tensor];
      const own = scaledBy(gradient);
      const ofRight = () =>
        transposeRight ? tf.matMul(own, x, true, false) : tf.matMul(x, own, true, false);
      return {
        inputs: [
          wantsLeft ? tf.matMul(own, y, false, !transposeRight) : null,
          wantsRight ? ofRight() : null,
        ],
      };
    },
  };
}

/** x where the constant condition holds, a constant elsewhere. */
function wherePass(tf: Tf, layer: LayerOf<'where'>): Pass {
  return {
    forward([condition, input, other]) {
      const holds = condition as Tensor;
      const elsewhere = tf.mul(tf.sub(1, holds), other as Tensor);
      return tf.add(tf.mul(input as Tensor, holds), elsewhere);
    },
    backward(gradient, { inputs: [condition] }, [wantsCondition, , wantsOther]) {
      if (wantsCondition || wantsOther)
        throw refused(layer, 'a condition that other layers make', 'constants');
      return { inputs: [null, tf.mul(gradient, condition as Tensor), null] };
    },
  };
}

/** dx = y · (g − Σ g · y). */
function softmaxPass(tf: Tf, layer: LayerOf<'softmax'>): Pass {
  requireLast(layer, layer.axis ?? 1);
  return {
    forward: ([input]) => tf.softmax(input as Tensor),
    backward(gradient, { output }) {
      const sums = tf.sum(tf.mul(gradient, output), -1, true);
      return { inputs: [tf.mul(output, tf.sub(gradient, sums))] };
    },
  };
}

function reshapePass(tf: Tf, layer: LayerOf<'reshape'>): Pass {
  const { shape } = resultOf(layer);
  return {
    forward: ([input]) =>
      tf.reshape(input as Tensor, batched(layer, shape, extentOf(input as Tensor, 0))),
    backward: (gradient, { inputs: [input] }) => ({
      inputs: [tf.reshape(gradient, (input as Tensor).shape)],
    }),
  };
}

function transposePass(tf: Tf, layer: LayerOf<'transpose'>): Pass {
  const { permutation } = layer;
  if (permutation[0] !== 0)
    throw refused(layer, `a transposition ${permutation.join(' ')}`, 'frames in their place');
  const back = permutation.map((_, axis) => permutation.indexOf(axis));
  return {
    forward: ([input]) => tf.transpose(input as Tensor, [...permutation]),
    backward: (gradient) => ({ inputs: [tf.transpose(gradient, back)] }),
  };
}

function slicePass(tf: Tf, layer: LayerOf<'slice'>): Pass {
  const shape = inputShapeOf(layer);
  const ranges = shape.map((extent): [number, number] => [0, extent]);
  layer.axes.forEach((axis, at) => {
    const own = frameAxis(layer, axis, shape.length);
    if (layer.steps[at] !== 1) throw refused(layer, `a step of ${layer.steps[at]}`, '1');
    const extent = shape[own] as number;
    const place = (index: number) => Math.min(extent, index < 0 ? index + extent : index);
    ranges[own] = [place(layer.starts[at] as number), place(layer.ends[at] as number)];
  });
  const starts = ranges.map(([start]) => start);
  return {
    forward([input]) {
      const x = input as Tensor;
      const sizes = ranges.map(([start, end], axis) => (axis === 0 ? extentOf(x, 0) : end - start));
      return tf.slice(x, starts, sizes);
    },
    backward(gradient) {
      const around = ranges.map(([start, end], axis): [number, number] =>
        axis === 0 ? [0, 0] : [start, (shape[axis] as number) - end],
      );
      return { inputs: [tf.pad(gradient, around)] };
    },
  };
}

function concatPass(tf: Tf, layer: LayerOf<'concat'>): Pass {
  const axis = frameAxis(layer, layer.axis ?? 1, inputShapeOf(layer).length);
  return {
    forward: (inputs) => tf.concat([...inputs], axis),
    backward(gradient, { inputs }) {
      const sizes = inputs.map((input) => extentOf(input, axis));
      return { inputs: tf.split(gradient, sizes, axis) };
    },
  };
}

function owned(parameters: DeviceParameters | null): {
  readonly weights: Tensor2D;
  readonly bias: Tensor1D | null;
} {
  invariant(parameters !== null, 'a weighted layer met no parameters');
  return parameters;
}
