// What every executor checks at its door, and how long it must keep a value.

import { InputError } from '../../workloads/base/errors.js';
import { sizeOf, weightShapeOf } from '../../workloads/layers/index.js';
import { type Model, weightsOf } from '../../workloads/model.js';
import type { Network } from '../../workloads/network.js';

/** @throws InputError unless every weighted layer has weights of its shape. */
export function checkModel(model: Model): void {
  for (const layer of model.network.layers) {
    const shape = weightShapeOf(layer);
    if (!shape) continue;
    const where = `${model.network.name}: layer ${layer.name}`;
    const weights = weightsOf(model, layer);
    if (!weights) throw new InputError(`${where}: found no weights, expected ${shape.rows}×${shape.columns}`);
    const { rows, columns } = weights.store;
    if (rows !== shape.rows || columns !== shape.columns) {
      throw new InputError(`${where}: found ${rows}×${columns} weights, expected ${shape.rows}×${shape.columns}`);
    }
    const biases = weights.bias?.length ?? shape.biases;
    if (biases !== shape.biases) {
      throw new InputError(`${where}: found ${biases} biases, expected ${shape.biases}`);
    }
  }
}

/** @throws InputError unless `input` is `batch` frames of the network's input. */
export function checkInput(network: Network, input: Float32Array, batch: number): void {
  if (!(Number.isInteger(batch) && batch >= 1)) {
    throw new InputError(`${network.name}: found a batch of ${batch}, expected a whole number of at least 1`);
  }
  const expected = batch * sizeOf(network.input);
  if (input.length !== expected) {
    throw new InputError(
      `${network.name}: found ${input.length} input values, expected ${expected} (${batch} × ${network.input.join('×')})`,
    );
  }
}

/** For each layer, the values that nobody reads after it: names of layers or `data`. The network's output stays. */
export function valuesDoneAfter(network: Network): readonly (readonly string[])[] {
  const lastReader = new Map<string, number>();
  for (const [at, layer] of network.layers.entries()) {
    lastReader.set(layer.name, at);
    for (const input of layer.inputs) lastReader.set(input, at);
  }
  const output = network.layers.at(-1)?.name;
  const done = network.layers.map((): string[] => []);
  for (const [value, at] of lastReader) if (value !== output) done[at]?.push(value);
  return done;
}
