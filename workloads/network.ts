// Networks as graphs of tensors, and the work of one layer as hardware models see it.

import { InputError, invariant } from './base/errors.js';
import type { Demand, Image } from './demand.js';
import type { InputTypes, LayerWeights, Origin, WeightShape } from './operators/operator.js';
import { type LayerKind, type LayerOp, rowOf } from './operators/table.js';
import {
  elementTypes,
  type Shape,
  sizeOf,
  type Tensor,
  type TensorType,
  type Values,
} from './tensor.js';

export type { Activation, Image, Padding, Pair } from './demand.js';
export type { LayerWeights, Origin, WeightShape } from './operators/operator.js';
export type { LayerKind, LayerOp, OpOf } from './operators/table.js';
export type { ElementType, Shape, Tensor, TensorType, Values } from './tensor.js';

export interface Citation {
  readonly work: string;
  readonly at: string;
}

export interface NamedTensor extends TensorType {
  readonly name: string;
}

/** What a layer is besides its operator. */
interface Placed {
  readonly name: string;
  /**
   * Names of tensors: results of layers before it, inputs or constants of the network; '' for one
   * that is left out.
   */
  readonly inputs: readonly string[];
  readonly inputTypes: InputTypes;
  /** The first one is named after the layer unless its network says otherwise. */
  readonly results: readonly NamedTensor[];
  /** What it demands of hardware; null where it costs nothing. */
  readonly demand: Demand | null;
}

/** An operator placed in a network. */
export type Layer = LayerOp & Placed;

export type LayerOf<Kind extends LayerKind> = Extract<Layer, { readonly kind: Kind }>;

export interface Network {
  readonly name: string;
  readonly title: string;
  readonly inputs: readonly NamedTensor[];
  /** Names of tensors; the first one is the network's answer. */
  readonly outputs: readonly string[];
  /**
   * Tensors that never change, by name: scales, tables of indices, whatever is no layer's weight
   * matrix.
   */
  readonly constants: ReadonlyMap<string, Tensor>;
  /** In an order in which every layer follows its inputs. */
  readonly layers: readonly Layer[];
  readonly source: Citation;
  /**
   * Parameters while it is trained, where batch normalisation that is folded here had its own; else
   * null.
   */
  readonly trainedParameters: number | null;
}

/**
 * A tensor of one frame as a layer meets it, row-major. `density` is the share of non-zero values.
 */
export interface Activations {
  readonly values: Float32Array;
  readonly density: number;
  readonly origin: Origin;
  /** How many values: told where they are made when they are read. */
  readonly size?: number;
}

/** How many values there are, without making any. */
export const sizeOfActivations = (activations: Activations): number =>
  activations.size ?? activations.values.length;

/** Values that are made when they are first read, of a density that is known before. */
export function madeWhenRead(
  size: number,
  density: number,
  origin: Origin,
  make: () => Float32Array,
): Activations {
  let made: Float32Array | undefined;
  return {
    ...{ size, density, origin },
    get values() {
      made ??= make();
      return made;
    },
  };
}

/**
 * Multiply-accumulates of one frame: all of them, those with a non-zero weight, those with a
 * non-zero activation too.
 */
export interface MacCounts {
  readonly dense: number;
  readonly keptWeights: number;
  readonly effective: number;
}

/** One layer's work as any hardware meets it. Every frame of a batch has the same activations. */
export interface LayerTask {
  /** The layer's. */
  readonly name: string;
  /**
   * The layer itself, where the task is one: for models of this machine's own engine, whose kernels
   * are told apart by operators. No other hardware has any business reading it.
   */
  readonly layer?: Layer;
  readonly demand: Demand;
  /**
   * The matrix that `demand` multiplies by, [columns × depth] of a product: a layer's weights, or
   * other activations. Read when it is needed: a task holds no weights.
   */
  readonly weights: LayerWeights | null;
  /** The first input; of a product that reads each value once as [matrices × rows × depth]. */
  readonly input: Activations;
  readonly macs: MacCounts;
  readonly batch: number;
  /**
   * Tasks of one network with the same text cost the same, where the network draws once for all of
   * them.
   */
  readonly alike?: string;
}

/** The layer's result: its first one. */
export function resultOf({ results }: Pick<Layer, 'results' | 'name'>): NamedTensor {
  const [first] = results;
  invariant(first !== undefined, 'a layer without a result');
  return first;
}

/** The shape of the input at `at`, which is there. */
export function inputShapeOf(layer: Layer, at = 0): readonly number[] {
  const input = layer.inputTypes[at];
  invariant(!!input, () => `layer ${layer.name} has no input ${at}`);
  return input.shape;
}

/** The one image that a layer reads. */
export function inputImageOf(layer: Layer): Image {
  return imageOf(inputShapeOf(layer), layer.name);
}

/** The one image that a layer makes. */
export function outputImageOf(layer: Layer): Image {
  return imageOf(resultOf(layer).shape, layer.name);
}

function imageOf(shape: readonly number[], name: string): Image {
  const [images, channels, height, width] = shape;
  invariant(
    images === 1 && shape.length === 4,
    () => `layer ${name}: ${shape.join('×')} is no image`,
  );
  return [channels as number, height as number, width as number];
}

/** The shape of a layer's weights, or null where it has none. */
export function weightShapeOf(layer: Layer): WeightShape | null {
  return rowOf(layer.kind).weightShape?.(layer, layer.inputTypes) ?? null;
}

/** Weights plus biases. */
export function parametersOf(layer: Layer): number {
  const shape = weightShapeOf(layer);
  return shape ? shape.rows * shape.columns + shape.biases : 0;
}

/** Weights, biases, and constants that are learned: scales, shifts and the like. */
export function parametersIn({ layers, constants }: Pick<Network, 'layers' | 'constants'>): number {
  let parameters = 0;
  for (const layer of layers) parameters += parametersOf(layer);
  for (const { type, shape } of constants.values()) {
    if (elementTypes[type].isFloat && sizeOf(shape) > 1) parameters += sizeOf(shape);
  }
  return parameters;
}

/** A shape without the leading 1 of a frame. */
export function frameShape(shape: Shape): Shape {
  return shape[0] === 1 ? shape.slice(1) : shape;
}

/** The one input of a network that takes one. @throws InputError for another number of inputs. */
export function onlyInput({ name, inputs }: Pick<Network, 'name' | 'inputs'>): NamedTensor {
  const [first, ...others] = inputs;
  if (first && others.length === 0) return first;
  const names = inputs.map((input) => input.name).join(', ');
  throw new InputError(`${name}: found ${inputs.length} inputs (${names}), expected one`);
}

/**
 * The results of a layer for one frame; `inputs` in the order of `layer.inputs`. Its activation is
 * applied.
 */
export function forwardLayer(
  layer: Layer,
  weights: LayerWeights | null,
  inputs: readonly (Tensor | null)[],
): readonly Tensor[] {
  for (const [at, type] of layer.inputTypes.entries()) {
    const found = inputs[at]?.values.length;
    invariant(
      !type || found === sizeOf(type.shape),
      () => `layer ${layer.name}: input ${at} has ${found} values`,
    );
  }
  invariant(
    (weights === null) === (weightShapeOf(layer) === null),
    () => `layer ${layer.name}: ${weights ? 'has weights' : 'has no weights'}`,
  );
  const { forward } = rowOf(layer.kind);
  invariant(forward !== null, () => `layer ${layer.name}: nobody implements ${layer.kind}`);
  const values = forward(layer, inputs, layer.results, weights);
  return layer.results.map(({ shape, type }, at) => ({
    shape,
    type,
    values: values[at] as Values,
  }));
}

/** Whether a plain pass over it can be made. */
export function isImplemented({ kind }: Pick<LayerOp, 'kind'>): boolean {
  return rowOf(kind).forward !== null;
}
