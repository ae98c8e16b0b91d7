// The interface of a trainable layer on TensorFlow.js.

import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';

/**
 * A layer's parameters on the backend: weights [rows, columns] as in a weight store, or in the
 * domain of a `tile`.
 */
export interface DeviceParameters {
  readonly weights: Tensor2D;
  readonly bias: Tensor1D | null;
  readonly tile: number | null;
}

/** What a layer met on its way forward. */
export interface Operands {
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
  readonly parameters: DeviceParameters | null;
}

export interface Gradients {
  /** By input; none where not wanted. */
  readonly inputs: readonly (Tensor | null)[];
  readonly weights?: Tensor;
  readonly bias?: Tensor;
}

/** Both run inside a `tidy`. */
export interface Pass {
  forward(inputs: readonly Tensor[], parameters: DeviceParameters | null): Tensor;
  /** `wanted`: the inputs whose gradients are needed. */
  backward(gradient: Tensor, operands: Operands, wanted: readonly boolean[]): Gradients;
  /** Of a weighted layer: the rows that its matrix multiplies, [rows of all frames, columns]. */
  rows?(inputs: readonly Tensor[]): Tensor2D;
}
