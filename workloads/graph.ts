// Building a network: shape inference and validation in one pass.

import { InputError } from './base/errors.js';
import { inferShape } from './layers/index.js';
import type { Citation, Layer, LayerOp, Network, Shape } from './network.js';

/** A layer as written: without `inputs` it reads the layer before it (the first one reads `data`). */
export type LayerSpec = LayerOp & { readonly name: string; readonly inputs?: readonly string[] };

export interface NetworkSpec {
  readonly name: string;
  readonly title: string;
  readonly input: Shape;
  readonly layers: readonly LayerSpec[];
  readonly source: Citation;
}

/** Infers every shape. @throws InputError for an unknown or doubled name, or inputs that don't fit. */
export function buildNetwork(spec: NetworkSpec): Network {
  const shapes = new Map<string, Shape>([['data', checkedInput(spec)]]);
  const layers: Layer[] = [];
  let previous = 'data';
  for (const layer of spec.layers) {
    if (shapes.has(layer.name)) throw new InputError(`${spec.name}: two layers are named ${layer.name}`);
    const inputs = layer.inputs ?? [previous];
    const inputShapes = inputs.map((input) => {
      const shape = shapes.get(input);
      if (!shape)
        throw new InputError(`${spec.name}: layer ${layer.name} reads ${input}, which no layer before it makes`);
      return shape;
    });
    checkNumbers(layer);
    const output = inferShape(layer, inputShapes, layer.name);
    layers.push({ ...layer, inputs, inputShapes, output });
    shapes.set(layer.name, output);
    previous = layer.name;
  }
  if (layers.length === 0) throw new InputError(`${spec.name}: found no layers, expected at least one`);
  return { ...spec, layers };
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
  for (const [key, value] of Object.entries(layer)) {
    if (typeof value !== 'number' || layer.kind === 'lrn') continue;
    const least = key === 'pad' ? 0 : 1;
    if (!(Number.isInteger(value) && value >= least)) {
      throw new InputError(`layer ${layer.name}: ${key}: found ${value}, expected a whole number of at least ${least}`);
    }
  }
}
