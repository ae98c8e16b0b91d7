// A network that can be trained: loss and gradients of a batch, and plain outputs.

import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { InputError, invariant } from '../base/errors.js';
import type { Random } from '../base/random.js';
import { type Layer, type Network, resultOf, type Shape, weightShapeOf } from '../network.js';
import { elementTypes, sizeOf } from '../tensor.js';
import type { Tf } from './backend.js';
import { compilePass } from './compile.js';
import { crossEntropy } from './loss.js';
import { lowered } from './lowering.js';
import type { DeviceParameters, Operands, Pass } from './pass.js';

/** A layer's weights [rows][columns] as in a dense weight store, and its bias. */
export interface LayerValues {
  readonly weights: Float32Array;
  readonly bias: Float32Array | null;
  /**
   * Weights are in Winograd's domain, for tiles of so many outputs along an edge; none: they are as
   * in a weight store.
   */
  readonly tile?: number;
}

/** By layer name. */
export type NetworkValues = ReadonlyMap<string, LayerValues>;

export interface Batch {
  /**
   * [frames][height][width][channels] or [frames][features]; over sequences [frames][…] as the
   * network has its input.
   */
  readonly input: Float32Array;
  /** The classes, [frames][labels of a frame]. */
  readonly labels: Uint8Array;
}

export interface StepResult {
  readonly loss: number;
  readonly correct: number;
  readonly gradients: NetworkValues;
}

/**
 * Outputs of hidden fully connected layers are dropped at `rate` and the others scaled up (inverted
 * dropout).
 */
export interface Dropout {
  readonly rate: number;
  readonly random: Random;
}

/** A network with its weights on the backend, for several passes. */
export interface Placed {
  /** [frames][labels of a frame][classes] before the softmax. */
  outputs(input: Float32Array, frames: number): Float32Array;
  /**
   * Sums, over the rows that a layer's matrix multiplies, of the products of each two columns,
   * [columns][columns], and the number of rows. @throws InputError for a layer of which nobody
   * knows the rows.
   */
  products(
    layer: string,
    input: Float32Array,
    frames: number,
  ): { readonly sums: Float32Array; readonly rows: number };
  dispose(): void;
}

export interface TrainableNetwork {
  readonly network: Network;
  readonly classes: number;
  /** Classes that a frame asks for: one of a picture, one a position of a sequence. */
  readonly labelsPerFrame: number;
  /** Values of a frame's input. */
  readonly inputSize: number;
  step(batch: Batch, values: NetworkValues, dropout: Dropout | null): StepResult;
  place(values: NetworkValues): Placed;
}

/** @throws InputError for a network with a layer that cannot be trained. */
export function trainable(tf: Tf, network: Network): TrainableNetwork {
  const { layers: all, constants } = lowered(network);
  const last = all.at(-1) as Layer;
  const layers = last.kind === 'softmax' ? all.slice(0, -1) : all;
  const final = layers.at(-1);
  if (!final || (last.kind === 'softmax' && last.inputs[0] !== final.name)) {
    throw new InputError(
      `${network.name}: cannot be trained, expected the layer before the softmax to be its input`,
    );
  }
  const [own, ...others] = network.inputs;
  if (!own || others.length > 0) {
    throw new InputError(
      `${network.name}: cannot be trained, found ${network.inputs.length} inputs, expected one`,
    );
  }
  const isSequence = own.shape.length === 3 || !elementTypes[own.type].isFloat;
  const placedShape = isSequence ? (shape: Shape) => shape.slice(1) : channelsLast;
  const passes = new Map<string, Pass>(
    layers.map((layer) => [
      layer.name,
      compilePass(tf, layer, isSequence ? 'sequences' : 'images'),
    ]),
  );
  // Gradients flow back as far as the first weights.
  const reachesWeights = new Set<string>();
  for (const layer of layers) {
    if (weightShapeOf(layer) || layer.inputs.some((name) => reachesWeights.has(name)))
      reachesWeights.add(layer.name);
  }

  const toInput = (input: Float32Array, frames: number): Tensor =>
    tf.tensor(input, [frames, ...placedShape(own.shape)]);

  /** `visit` hears of each layer's inputs before it is computed; the pass ends where it says so. */
  const forward = (
    input: Tensor,
    parameters: DeviceNetwork,
    dropout: Dropout | null,
    visit: (layer: Layer, inputs: readonly Tensor[]) => boolean = () => false,
  ) => {
    const values = new Map<string, Tensor>([[own.name, input]]);
    for (const [name, { values: known, shape }] of constants)
      values.set(name, tf.tensor(Float32Array.from(known), [...shape]));
    const memories = new Map<string, Operands & { readonly kept: Tensor | null }>();
    for (const layer of layers) {
      const inputs = layer.inputs.map((name) => values.get(name) as Tensor);
      if (visit(layer, inputs)) break;
      const placed = parameters.get(layer.name) ?? null;
      const output = passOf(passes, layer).forward(inputs, placed);
      const kept =
        dropout && layer.kind === 'dense' && layer !== final ? drawKept(tf, output, dropout) : null;
      values.set(layer.name, kept ? tf.mul(output, kept) : output);
      memories.set(layer.name, { inputs, output, parameters: placed, kept });
    }
    return { logits: values.get(final.name) ?? null, memories };
  };

  const backward = (gradient: Tensor, memories: ReturnType<typeof forward>['memories']) => {
    const arriving = new Map<string, Tensor>([[final.name, gradient]]);
    const found = new Map<string, { readonly weights: Tensor; readonly bias: Tensor | null }>();
    for (const layer of [...layers].reverse()) {
      const arrived = arriving.get(layer.name);
      const memory = memories.get(layer.name);
      if (!arrived || !memory) continue;
      const through = memory.kept ? tf.mul(arrived, memory.kept) : arrived;
      const wanted = layer.inputs.map((name) => reachesWeights.has(name));
      const { inputs, weights, bias } = passOf(passes, layer).backward(through, memory, wanted);
      layer.inputs.forEach((name, at) => {
        const part = inputs[at];
        if (!wanted[at] || !part) return;
        const other = arriving.get(name);
        arriving.set(name, other ? tf.add(other, part) : part);
      });
      if (weights) found.set(layer.name, { weights, bias: bias ?? null });
    }
    return found;
  };

  const { shape: outputShape } = resultOf(final);
  const classes = isSequence ? (outputShape.at(-1) as number) : sizeOf(outputShape);
  const labelsPerFrame = sizeOf(outputShape) / classes;
  return {
    ...{ network, classes, labelsPerFrame, inputSize: sizeOf(own.shape) },
    step({ input, labels }, values, dropout) {
      let result: StepResult | null = null;
      tf.tidy(() => {
        const frames = labels.length / labelsPerFrame;
        const { logits, memories } = forward(
          toInput(input, frames),
          upload(tf, network, values),
          dropout,
        );
        const { loss, correct, gradient } = crossEntropy(floatsOf(logits), labels);
        const shape = [frames, ...placedShape(outputShape)];
        const found = backward(tf.tensor(gradient, shape), memories);
        const gradients = new Map<string, LayerValues>();
        for (const [name, { weights, bias }] of found) {
          gradients.set(name, {
            weights: weights.dataSync<'float32'>(),
            bias: bias?.dataSync<'float32'>() ?? null,
          });
        }
        result = { loss, correct, gradients };
      });
      invariant(result !== null, 'a step was not run');
      return result;
    },
    place(values) {
      const parameters = upload(tf, network, values);
      return {
        outputs(input, frames) {
          let logits: Float32Array = new Float32Array(0);
          // Not as what the tidying gives, which would look for tensors among the numbers.
          tf.tidy(() => {
            logits = floatsOf(forward(toInput(input, frames), parameters, null).logits);
          });
          return logits;
        },
        products(name, input, frames) {
          let sums: Float32Array | null = null;
          let rows = 0;
          tf.tidy(() => {
            forward(toInput(input, frames), parameters, null, (layer, inputs) => {
              if (layer.name !== name) return false;
              const matrix = passOf(passes, layer).rows?.(inputs);
              if (!matrix) return true;
              rows = matrix.shape[0];
              sums = tf.matMul(tf.transpose(matrix), matrix).dataSync<'float32'>();
              return true;
            });
          });
          if (sums === null) {
            throw new InputError(
              `layer ${name}: found no matrix whose inputs can be looked at, expected a fully connected layer or a convolution of one group`,
            );
          }
          return { sums, rows };
        },
        dispose() {
          for (const { weights, bias } of parameters.values())
            tf.dispose(bias ? [weights, bias] : [weights]);
        },
      };
    },
  };
}

function floatsOf(logits: Tensor | null): Float32Array {
  invariant(logits !== null, 'a pass did not reach the last layer');
  return logits.dataSync<'float32'>();
}

type DeviceNetwork = ReadonlyMap<string, DeviceParameters>;

function upload(tf: Tf, network: Network, values: NetworkValues): DeviceNetwork {
  const placed = new Map<string, DeviceParameters>();
  for (const layer of network.layers) {
    const shape = weightShapeOf(layer);
    if (!shape) continue;
    const own = values.get(layer.name);
    invariant(own !== undefined, () => `layer ${layer.name} has no weights`);
    const weights: Tensor2D = tf.tensor2d(own.weights, [
      shape.rows,
      own.weights.length / shape.rows,
    ]);
    placed.set(layer.name, {
      weights,
      bias: own.bias && tf.tensor1d(own.bias),
      tile: own.tile ?? null,
    });
  }
  return placed;
}

function passOf(passes: ReadonlyMap<string, Pass>, layer: Layer): Pass {
  const pass = passes.get(layer.name);
  invariant(pass !== undefined, () => `layer ${layer.name} was not compiled`);
  return pass;
}

/** A frame's shape as passes have it, without the leading 1: channels last. */
function channelsLast([, channels = 1, height, width]: readonly number[]): readonly number[] {
  return height === undefined || width === undefined ? [channels] : [height, width, channels];
}

/** 0 for a dropped value, 1 / (1 − rate) for a kept one. */
function drawKept(tf: Tf, output: Tensor, { rate, random }: Dropout): Tensor {
  const scale = 1 / (1 - rate);
  return tf.tensor(
    Float32Array.from({ length: output.size }, () => (random.uniform() < rate ? 0 : scale)),
    output.shape,
  );
}
