// Operators that combine several tensors into one: sums of inputs of the same shape, and
// concatenation.

import { type Activation, operationsEach, streamOf } from '../demand.js';
import { roomFor, shapeText, sizeOf } from '../tensor.js';
import { axisOf, given, type InputTypes, operator } from './operator.js';
import { activationOperations, clamped } from './relu.js';

export interface Add {
  readonly activation: Activation;
}

export interface Concatenation {
  /**
   * The first input is a store with room behind it, such as a cache of keys: where others follow,
   * they alone are moved.
   */
  readonly grows?: boolean;
  /** 1, the channels, unless told. */
  readonly axis?: number;
}

/** Any number of inputs. */
const MANY = 2 ** 20;

const sizes = (inputs: InputTypes) =>
  inputs.reduce((sum, input) => sum + sizeOf(input?.shape ?? []), 0);

const add = operator<Add>({
  arity: [1, MANY],
  infer(_, inputs, fault) {
    const first = given(inputs);
    for (const [at] of inputs.entries()) {
      const { shape } = given(inputs, at);
      if (shape.join() !== first.shape.join())
        throw fault(`a sum of ${shapeText(first.shape)} and ${shapeText(shape)}`, 'one shape');
    }
    return [first];
  },
  forward({ activation }, inputs, results) {
    const output = roomFor(given(results));
    for (const [at] of inputs.entries()) {
      const { values } = given(inputs, at);
      for (let i = 0; i < output.length; i++)
        output[i] = (output[i] as number) + (values[i] as number);
    }
    if (activation !== 'none')
      for (let i = 0; i < output.length; i++) output[i] = clamped(output[i] as number, activation);
    return [output];
  },
  demand({ activation }, inputs, results) {
    const outputs = sizeOf(given(results).shape);
    const each = inputs.length - 1 + activationOperations(activation);
    return streamOf(outputs * inputs.length, outputs, operationsEach(outputs, { add: each }));
  },
});

const concat = operator<Concatenation>({
  arity: [1, MANY],
  infer({ axis = 1 }, inputs, fault) {
    const first = given(inputs);
    const along = axisOf(axis, first.shape.length, fault);
    const shape = [...first.shape];
    let extent = 0;
    for (const [at] of inputs.entries()) {
      const other = given(inputs, at).shape;
      const fits =
        other.length === shape.length &&
        other.every((size, place) => place === along || size === shape[place]);
      if (!fits)
        throw fault(
          `a concatenation of ${shapeText(first.shape)} and ${shapeText(other)}`,
          `shapes that differ in axis ${along} only`,
        );
      extent += other[along] as number;
    }
    shape[along] = extent;
    return [{ shape, type: first.type }];
  },
  forward({ axis = 1 }, inputs, results) {
    const { shape } = given(results);
    const along = axis < 0 ? axis + shape.length : axis;
    const output = roomFor(given(results));
    const outer = sizeOf(shape.slice(0, along));
    const inner = sizeOf(shape.slice(along + 1));
    const row = (shape[along] as number) * inner;
    let before = 0;
    for (const [at] of inputs.entries()) {
      const input = given(inputs, at);
      const run = (input.shape[along] as number) * inner;
      for (let o = 0; o < outer; o++)
        output.set(input.values.subarray(o * run, (o + 1) * run), o * row + before);
      before += run;
    }
    return [output];
  },
  demand({ grows = false }, inputs, results) {
    const kept = grows ? sizeOf(given(inputs).shape) : 0;
    return {
      kind: 'move',
      inputs: sizes(inputs) - kept,
      outputs: sizeOf(given(results).shape) - kept,
    };
  },
});

export const joinOperators = { add, concat } as const;
