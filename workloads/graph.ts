// Building a network: what only training needs is folded away, then shapes are inferred and checked
// in one pass.

import { InputError } from './base/errors.js';
import { forInference } from './inference.js';
import {
  type Citation,
  type Layer,
  type NamedTensor,
  type Network,
  parametersIn,
  resultOf,
  type Shape,
  type Tensor,
  type TensorType,
} from './network.js';
import type { Fault } from './operators/operator.js';
import { rowOf } from './operators/table.js';
import { type LayerSpec, opOf, type TrainedLayerSpec } from './spec.js';

/** The name of a network's one input, where it has no other. */
export const INPUT = 'data';

export interface NetworkSpec {
  readonly name: string;
  readonly title: string;
  /** The shape of one frame of the input `data`, without the leading 1; or `inputs`. */
  readonly input?: Shape;
  readonly inputs?: readonly NamedTensor[];
  /** Names of tensors; without it the last layer's result. */
  readonly outputs?: readonly string[];
  readonly constants?: ReadonlyMap<string, Tensor>;
  readonly layers: readonly TrainedLayerSpec[];
  readonly source: Citation;
}

/**
 * Infers every shape. @throws InputError for an unknown or doubled name, or inputs that don't fit.
 */
export function buildNetwork(spec: NetworkSpec): Network {
  const inputs = checkedInputs(spec);
  const {
    layers: written,
    parametersFolded,
    constants: folded,
  } = forInference({
    ...{ name: spec.name, layers: spec.layers },
    ...{ input: inputs[0]?.name ?? INPUT, outputs: spec.outputs ?? [] },
  });
  const constants = new Map([...folded, ...(spec.constants ?? [])]);
  const types = new Map<string, TensorType>(inputs.map((input) => [input.name, input]));
  for (const [name, tensor] of constants) types.set(name, tensor);
  const layers = written.map((one) => {
    const layer = placeLayer(one, types, spec.name);
    for (const result of layer.results) {
      if (types.has(result.name))
        throw new InputError(`${spec.name}: two tensors are named ${result.name}`);
      types.set(result.name, result);
    }
    return layer;
  });
  const last = layers.at(-1);
  if (!last) throw new InputError(`${spec.name}: found no layers, expected at least one`);
  const outputs = spec.outputs ?? [resultOf(last).name];
  for (const name of outputs) {
    if (!types.has(name))
      throw new InputError(`${spec.name}: output ${name}: found no tensor of that name`);
  }
  const parameters = parametersIn({ layers, constants });
  const { name, title, source } = spec;
  const trainedParameters = parametersFolded === null ? null : parameters + parametersFolded;
  return { ...{ name, title, source, inputs, outputs, constants, layers }, trainedParameters };
}

/** `spec` with its shapes inferred from `types`, which know every tensor made before it. */
export function placeLayer(
  spec: LayerSpec & { readonly inputs: readonly string[] },
  types: ReadonlyMap<string, TensorType>,
  network: string,
): Layer {
  const { name, inputs, resultNames } = spec;
  const fault: Fault = (found, expected) =>
    new InputError(`layer ${name}: found ${found}, expected ${expected}`);
  const inputTypes = inputs.map((input) => {
    if (input === '') return null;
    const type = types.get(input);
    if (!type)
      throw new InputError(
        `${network}: layer ${name} reads ${input}, which no layer before it makes`,
      );
    // Without its name and values: layers of one shape look alike.
    return { shape: type.shape, type: type.type };
  });
  checkWindow(spec);
  const op = opOf(spec);
  const row = rowOf(op.kind);
  const [min, max] = row.arity;
  const isMissing = inputTypes.slice(0, min).some((type) => type === null);
  if (!(inputs.length >= min && inputs.length <= max && !isMissing)) {
    throw fault(
      `${inputTypes.filter(Boolean).length} inputs`,
      min === max ? `${min}` : `${min} or more`,
    );
  }
  const inferred = row.infer(op, inputTypes, fault);
  const results = inferred.map(({ shape, type }, at) => ({
    name: resultNames?.[at] ?? (at === 0 ? name : `${name}:${at}`),
    ...{ shape, type },
  }));
  const demand = row.demand(op, inputTypes, results);
  return { ...op, name, inputs, inputTypes, results, demand } as Layer;
}

function checkedInputs({ name, input, inputs }: NetworkSpec): readonly NamedTensor[] {
  const named: readonly NamedTensor[] =
    inputs ?? (input ? [{ name: INPUT, shape: [1, ...input], type: 'float32' }] : []);
  for (const { name: tensor, shape } of named) {
    for (const extent of shape) {
      if (!(Number.isInteger(extent) && extent > 0)) {
        const written = inputs ? shape : shape.slice(1);
        const which = inputs ? `input ${tensor}: shape` : 'input shape';
        throw new InputError(
          `${name}: ${which} ${written.join('×')}: found ${extent}, expected whole numbers above 0`,
        );
      }
    }
  }
  return named;
}

/** Extents of windows, channels and groups are whole numbers. */
function checkWindow(layer: LayerSpec): void {
  if (layer.kind !== 'conv2d' && layer.kind !== 'pool2d' && layer.kind !== 'dense') return;
  for (const [key, value] of Object.entries(layer)) {
    if (key === 'axis') continue;
    const min = key === 'pad' ? 0 : 1;
    for (const number of Array.isArray(value) ? value : [value]) {
      if (typeof number !== 'number' || (Number.isInteger(number) && number >= min)) continue;
      throw new InputError(
        `layer ${layer.name}: ${key}: found ${number}, expected a whole number of at least ${min}`,
      );
    }
  }
}
