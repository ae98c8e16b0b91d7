// Building a network: what only training needs is folded away, then shapes are inferred and checked in one pass.

import { InputError } from './base/errors.js';
import { forInference } from './inference.js';
import { inferShape, parametersOf } from './layers/index.js';
import type { Citation, Layer, Network, Shape } from './network.js';
import { type LayerSpec, opOf, type TrainedLayerSpec } from './spec.js';

export interface NetworkSpec {
  readonly name: string;
  readonly title: string;
  readonly input: Shape;
  readonly layers: readonly TrainedLayerSpec[];
  readonly source: Citation;
}

/** Infers every shape. @throws InputError for an unknown or doubled name, or inputs that don't fit. */
export function buildNetwork(spec: NetworkSpec): Network {
  const shapes = new Map<string, Shape>([['data', checkedInput(spec)]]);
  const layers: Layer[] = [];
  const { layers: written, parametersFolded } = forInference(spec.layers, spec.name);
  for (const one of written) {
    const { inputs } = one;
    const inputShapes = inputs.map((input) => {
      const shape = shapes.get(input);
      if (!shape)
        throw new InputError(`${spec.name}: layer ${one.name} reads ${input}, which no layer before it makes`);
      return shape;
    });
    checkNumbers(one);
    const op = opOf(one);
    const output = inferShape(op, inputShapes, one.name);
    layers.push({ ...op, name: one.name, inputs, inputShapes, output });
    shapes.set(one.name, output);
  }
  if (layers.length === 0) throw new InputError(`${spec.name}: found no layers, expected at least one`);
  const parameters = layers.reduce((sum, layer) => sum + parametersOf(layer), 0);
  return { ...spec, layers, trainedParameters: parametersFolded === null ? null : parameters + parametersFolded };
}

function checkedInput({ name, input }: NetworkSpec): Shape {
  for (const extent of input) {
    if (!(Number.isInteger(extent) && extent > 0)) {
      throw new InputError(`${name}: input shape ${input.join('×')}: found ${extent}, expected whole numbers above 0`);
    }
  }
  return input;
}

function checkNumbers(layer: LayerSpec): void {
  if (layer.kind === 'lrn') return;
  for (const [key, value] of Object.entries(layer)) {
    const least = key === 'pad' ? 0 : 1;
    for (const number of Array.isArray(value) ? value : [value]) {
      if (typeof number !== 'number' || (Number.isInteger(number) && number >= least)) continue;
      throw new InputError(
        `layer ${layer.name}: ${key}: found ${number}, expected a whole number of at least ${least}`,
      );
    }
  }
}
