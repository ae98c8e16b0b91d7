// Shared by all executors: checks of inputs, lifetimes of tensors, and reports of layer times.

import { InputError, invariant } from '../../workloads/base/errors.js';
import { type Model, weightsOf } from '../../workloads/model.js';
import {
  isImplemented,
  type Layer,
  type Network,
  parametersIn,
  type Values,
  weightShapeOf,
} from '../../workloads/network.js';
import { elementTypes, shapeText, sizeOf, type TensorType } from '../../workloads/tensor.js';
import type { LayerRun, NetworkInputs } from './contract.js';

/** What a WebAssembly memory holds. */
const MAX_BYTES = 2 ** 32;

const bytesOf = (network: Network) => 4 * parametersIn(network);

/** Whether executors have room for the weights as floats. */
export function holds(network: Network): boolean {
  return bytesOf(network) <= MAX_BYTES;
}

/**
 * @throws InputError unless every weighted layer has weights of its shape, and there is room for
 *   them.
 */
export function checkModel(model: Model): void {
  if (!holds(model.network)) {
    const found = `${(bytesOf(model.network) / 2 ** 30).toFixed(1)} GiB of weights`;
    throw new InputError(
      `${model.network.name}: found ${found}, expected at most 4 GiB to really run here: leave host out`,
    );
  }
  for (const layer of model.network.layers) {
    const shape = weightShapeOf(layer);
    if (!shape) continue;
    const where = `${model.network.name}: layer ${layer.name}`;
    const weights = weightsOf(model, layer);
    if (!weights)
      throw new InputError(`${where}: found no weights, expected ${shape.rows}×${shape.columns}`);
    const { rows, columns } = weights.store;
    if (rows !== shape.rows || columns !== shape.columns) {
      throw new InputError(
        `${where}: found ${rows}×${columns} weights, expected ${shape.rows}×${shape.columns}`,
      );
    }
    const biases = weights.bias?.length ?? shape.biases;
    if (biases !== shape.biases) {
      throw new InputError(`${where}: found ${biases} biases, expected ${shape.biases}`);
    }
  }
}

/** @throws InputError naming the operators that have no forward pass. */
export function checkImplemented({ name, layers }: Network): void {
  const missing = [...new Set(layers.filter((layer) => !isImplemented(layer)).map(operatorOf))];
  if (missing.length === 0) return;
  const [last, ...others] = missing.toReversed();
  const all =
    others.length === 0 ? `${last} is` : `${others.toReversed().join(', ')} and ${last} are`;
  throw new InputError(
    `${name}: cannot really run here: ${all} not implemented; only ONNX Runtime can`,
  );
}

/** As the network's file names it, where that is known. */
function operatorOf({ kind, demand }: Layer): string {
  return demand?.kind === 'opaque' ? demand.operator : kind;
}

/**
 * `batch` frames of each input, by name, in the array that its element type has here. @throws
 * InputError unless they are there, of the right size and, for integers, whole numbers that fit.
 */
export function checkedInputs(
  network: Network,
  given: NetworkInputs,
  batch: number,
): ReadonlyMap<string, Values> {
  if (!(Number.isInteger(batch) && batch >= 1)) {
    throw new InputError(
      `${network.name}: found a batch of ${batch}, expected a whole number of at least 1`,
    );
  }
  const only = network.inputs.length === 1;
  if (!(given instanceof Map)) {
    const [first] = network.inputs;
    if (!first || !only) {
      const names = network.inputs.map(({ name }) => name).join(', ');
      throw new InputError(
        `${network.name}: found values without a name, expected those of ${names || 'no input'}`,
      );
    }
    return new Map([[first.name, checkedValues(network.name, '', first, given as Values, batch)]]);
  }
  const byName: ReadonlyMap<string, Values> = given;
  const stray = [...byName.keys()].find(
    (name) => !network.inputs.some((input) => input.name === name),
  );
  if (stray !== undefined) {
    const names = network.inputs.map(({ name }) => name).join(', ');
    throw new InputError(`${network.name}: found input ${stray}, expected ${names || 'no input'}`);
  }
  return new Map(
    network.inputs.map((input) => {
      const values = byName.get(input.name);
      if (!values) throw new InputError(`${network.name}: found no values for input ${input.name}`);
      return [
        input.name,
        checkedValues(network.name, only ? '' : ` for ${input.name}`, input, values, batch),
      ];
    }),
  );
}

function checkedValues(
  network: string,
  which: string,
  type: TensorType,
  values: Values,
  batch: number,
): Values {
  const expected = batch * sizeOf(type.shape);
  if (values.length !== expected) {
    const shape = type.shape.length === 0 ? '' : ` (${batch} × ${shapeText(type.shape)})`;
    throw new InputError(
      `${network}: found ${values.length} input values${which}, expected ${expected}${shape}`,
    );
  }
  const { room, isFloat } = elementTypes[type.type];
  const empty = room(0);
  if (values.constructor === empty.constructor) return values;
  const own = room(expected);
  own.set(values);
  const off = isFloat ? -1 : own.findIndex((value, at) => value !== values[at]);
  if (off >= 0) {
    throw new InputError(
      `${network}: found an input value of ${values[off]}${which}, expected ${type.type}`,
    );
  }
  return own;
}

/**
 * For each layer, the tensors that nobody reads after it, by name. Outputs and constants of the
 * network stay.
 */
export function valuesDoneAfter(network: Network): readonly (readonly string[])[] {
  const lastReader = new Map<string, number>();
  for (const [at, layer] of network.layers.entries()) {
    for (const { name } of layer.results) lastReader.set(name, at);
    for (const name of layer.inputs) if (name !== '') lastReader.set(name, at);
  }
  for (const name of [...network.outputs, ...network.constants.keys()]) lastReader.delete(name);
  const done = network.layers.map((): string[] => []);
  for (const [name, at] of lastReader) done[at]?.push(name);
  return done;
}

/**
 * One run for each layer that costs something; what others took is added to the one that follows.
 */
export function layerRuns(
  layers: readonly Layer[],
  runOf: (at: number) => Omit<LayerRun, 'name'>,
): readonly LayerRun[] {
  const runs: LayerRun[] = [];
  let before = 0;
  for (const [at, { name, demand }] of layers.entries()) {
    const run = runOf(at);
    if (demand === null) {
      before += run.seconds;
      continue;
    }
    runs.push({ name, ...run, seconds: run.seconds + before });
    before = 0;
  }
  const last = runs.at(-1);
  return last && before > 0
    ? [...runs.slice(0, -1), { ...last, seconds: last.seconds + before }]
    : runs;
}

/** What a run shows of the outputs: all by name, the first one as 32-bit floats. */
export function outputsOf(network: Network, valuesOf: (name: string) => Values) {
  const outputs = new Map(network.outputs.map((name) => [name, valuesOf(name)] as const));
  const first = outputs.get(network.outputs[0] ?? '');
  invariant(first !== undefined, () => `${network.name} has no outputs`);
  return { output: first instanceof Float32Array ? first : Float32Array.from(first), outputs };
}
