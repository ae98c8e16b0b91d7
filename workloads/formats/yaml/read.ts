// Networks written by hand: a YAML file of layers, with the weights of a safetensors file that it
// names, whose tensors are named as PyTorch names them unless the file says otherwise. Without one,
// weights are drawn at stated densities.

import type { z } from 'zod';
import { InputError } from '../../base/errors.js';
import { INPUT, placeLayer } from '../../graph.js';
import { type Layer, type LayerKind, type WeightShape, weightShapeOf } from '../../network.js';
import { paddingOf, pairOf } from '../../operators/window.js';
import type { LayerSpec } from '../../spec.js';
import { sizeOf } from '../../tensor.js';
import type { ZooEntry } from '../../zoo/entry.js';
import { type FileWeights, GraphBuilder, type WrittenLayer } from '../graph-builder.js';
import { readSafetensors, type StoredTensor, toFloats } from '../safetensors.js';
import { requireAtMost, type SourceFile, stemOf, textOf } from '../source.js';
import { finished } from './attributes.js';
import { readYaml, type YamlFile } from './document.js';
import { storedValues } from './stored-values.js';
import { type LayerText, NetworkYaml, type OpText } from './text.js';
import { weightExtents } from './write.js';

export async function readNetworkYaml(file: SourceFile): Promise<readonly ZooEntry[]> {
  const yaml = readYaml(textOf(file), file.name);
  const parsed = NetworkYaml.safeParse(yaml.value);
  if (!parsed.success)
    throw new InputError(parsed.error.issues.map((issue) => faultOf(issue, yaml)).join('\n'));
  const { network, title = network, weights, constants = [] } = parsed.data;
  const layers = parsed.data.layers as readonly LayerText[];
  requireAtMost(file.name, 'layers', layers.length, file.limits.layers, 'layers');
  const tensors = weights === undefined ? null : await tensorsOf(weights, file);
  const reading = new Reading(file, yaml, tensors);
  const inputs = parsed.data.inputs ?? [
    { name: INPUT, shape: [1, ...(parsed.data.input ?? [])], type: 'float32' as const },
  ];
  for (const { name, shape, type } of inputs) reading.input(name, { shape, type });
  for (const [at, { name, shape, type }] of constants.entries())
    reading.constant(name, { shape, type }, at);
  for (const [at, layer] of layers.entries()) reading.add(layer, at);
  const about = { name: network, title, work: stemOf(file.name) };
  const entry = reading.builder.finish(about, reading.outputs(parsed.data.outputs));
  return [
    entry.weights
      ? entry
      : { ...entry, densities: { ...entry.densities, layers: densitiesOf(layers) } },
  ];
}

function densitiesOf(layers: readonly LayerText[]): ZooEntry['densities']['layers'] {
  return Object.fromEntries(
    layers.flatMap((layer) =>
      'density' in layer && layer.density !== undefined
        ? [[layer.name, { weights: layer.density }]]
        : [],
    ),
  );
}

type Tensors = ReadonlyMap<string, StoredTensor>;

async function tensorsOf(path: string, file: SourceFile): Promise<Tensors> {
  const bytes = await file.beside(path);
  if (!bytes)
    throw new InputError(`${file.name}: found no file ${path} beside it, expected its weights`);
  const { tensors } = readSafetensors(bytes, path);
  let elements = 0;
  for (const { shape } of tensors.values()) elements += sizeOf(shape);
  requireAtMost(path, 'weights', elements, file.limits.elements, 'elements');
  return tensors;
}

/** The layers of a file on their way into a network. */
class Reading {
  readonly builder: GraphBuilder;
  /** Tensors by the names that layers read them by. */
  readonly #values = new Map<string, string>();
  readonly #read = new Set<string>();
  readonly #given = new Set<string>();
  #previous = '';

  constructor(
    private readonly file: SourceFile,
    private readonly yaml: YamlFile,
    private readonly tensors: Tensors | null,
  ) {
    this.builder = new GraphBuilder(file);
  }

  input(name: string, type: Parameters<GraphBuilder['input']>[1]): void {
    this.#values.set(name, this.builder.input(name, type));
    this.#given.add(name);
    if (this.#previous === '') this.#previous = name;
  }

  constant(name: string, type: Parameters<GraphBuilder['input']>[1], at: number): void {
    const place = `${this.yaml.place(['constants', at])}: constant ${name}`;
    const stored = this.#stored(name, place);
    if (stored && sizeOf(stored.shape) !== sizeOf(type.shape)) {
      throw new InputError(
        `${place}: found ${stored.shape.join('×')}, expected ${type.shape.join('×')}`,
      );
    }
    const tensor = stored ? { ...type, values: storedValues(stored, type.type) } : type;
    this.#values.set(name, this.builder.constant(name, tensor));
    this.#given.add(name);
  }

  add(layer: LayerText, at: number): void {
    const place = `${this.yaml.place(['layers', at])}: layer ${layer.name}`;
    const inputs = (layer.inputs ?? [this.#previous]).map((wanted) => {
      if (wanted === '') return '';
      const value = this.#values.get(wanted);
      if (value === undefined) {
        throw new InputError(
          `${place}: found input ${wanted}, which no layer before it makes, expected one`,
        );
      }
      this.#read.add(wanted);
      return value;
    });
    const named = layer.results?.[0] ?? layer.name;
    if (this.#values.has(named))
      throw new InputError(`${place}: found the name a second time, expected each once`);
    const results = this.#placed(at, () => this.#made(layer, inputs, place));
    for (const [which, result] of results.entries()) {
      const own = layer.results?.[which] ?? (which === 0 ? layer.name : result);
      this.#values.set(own, result);
    }
    this.#previous = named;
  }

  /** Those that the file names, else what nobody reads, the last layer's first. */
  outputs(told: readonly string[] | undefined): readonly string[] {
    const unread = [...this.#values.keys()].filter(
      (name) => !this.#read.has(name) && !this.#given.has(name),
    );
    const last = this.#previous;
    const names = told ?? [last, ...unread.filter((name) => name !== last)];
    return names.map((name) => {
      const value = this.#values.get(name);
      if (value === undefined) {
        throw new InputError(
          `${this.yaml.place(['outputs'])}: found output ${name}, which no layer makes`,
        );
      }
      return value;
    });
  }

  /** Faults of the network are told with the layer's line. */
  #placed<Result>(at: number, make: () => Result): Result {
    try {
      return make();
    } catch (error) {
      const start = `${this.file.name}: `;
      if (!(error instanceof InputError) || !error.message.startsWith(start)) throw error;
      throw new InputError(
        `${this.yaml.place(['layers', at])}: ${error.message.slice(start.length)}`,
      );
    }
  }

  #made(layer: LayerText, inputs: readonly string[], place: string): readonly string[] {
    const { builder } = this;
    const { name } = layer;
    const only = () => {
      const [input, ...others] = inputs;
      if (input === undefined || others.length > 0)
        throw builder.fault(name, `${inputs.length} inputs`, 'one');
      return input;
    };
    const flat = () => {
      const { shape } = builder.typeOf(only());
      return shape.length === 2 ? null : [shape[0] ?? 1, sizeOf(shape.slice(1))];
    };
    switch (layer.kind) {
      case 'dropout':
        return [only()];
      case 'flatten': {
        const shape = flat();
        return shape ? builder.add({ kind: 'reshape', name, inputs, shape }) : [only()];
      }
      case 'batch-norm':
        return [
          builder.normalise(
            name,
            only(),
            this.#norm(layer, builder.typeOf(only()).shape[1] ?? 0, place),
          ),
        ];
      case 'opaque': {
        const results = layer.resultTypes.map((type, at) => ({
          ...type,
          name: resultName(layer, at),
        }));
        return builder.addOpaque(name, layer.operator, inputs, results);
      }
      case 'softmax': {
        // Without an axis everything is one vector.
        const shape = layer.axis === undefined ? flat() : null;
        if (!shape) return builder.add(specOf(layer, inputs));
        const vector = builder.add({ kind: 'reshape', name: `${name}/vector`, inputs, shape });
        return builder.add(specOf(layer, vector));
      }
      default: {
        const spec = specOf(layer, inputs);
        const placed = this.#place(spec);
        if (!weightShapeOf(placed)) return builder.add(spec);
        return builder.addWeighted(spec, this.#weights(layer as OpText, placed, place));
      }
    }
  }

  #norm(
    { name, epsilon }: Extract<LayerText, { kind: 'batch-norm' }>,
    channels: number,
    place: string,
  ) {
    const [scale, shift, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map(
      (part) => this.#floats(name, `${name}.${part}`, [channels], place),
    );
    return scale && shift && mean && variance ? { scale, shift, mean, variance, epsilon } : null;
  }

  #place(spec: WrittenLayer): Layer {
    const types = new Map(
      spec.inputs.filter(Boolean).map((input) => [input, this.builder.typeOf(input)]),
    );
    try {
      return placeLayer(spec, types, this.file.name);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      throw new InputError(`${this.file.name}: ${error.message}`);
    }
  }

  #weights(layer: OpText, placed: Layer, place: string): FileWeights {
    const { name, weight = `${name}.weight`, biasName = `${name}.bias` } = layer;
    const { rows, columns, biases } = weightShapeOf(placed) as WeightShape;
    const values = this.#floats(
      name,
      weight,
      weightExtents(placed, { store: { rows, columns } }),
      place,
    );
    if (!values) return null;
    const bias = biases > 0 ? this.#floats(name, biasName, [biases], place) : null;
    return { store: { format: 'dense', rows, columns, values }, bias };
  }

  /** As many numbers in another order would be read as others. */
  #floats(
    layer: string,
    tensor: string,
    expected: readonly number[],
    place: string,
  ): Float32Array | null {
    const stored = this.#stored(tensor, place);
    if (!stored || stored.shape.join() === expected.join()) return stored && toFloats(stored);
    const found = `the tensor ${tensor} of ${stored.shape.join('×') || 'one number'}`;
    throw this.builder.fault(layer, found, expected.join('×'));
  }

  #stored(tensor: string, place: string): StoredTensor | null {
    const found = this.tensors?.get(tensor) ?? null;
    if (this.tensors && !found)
      throw new InputError(`${place}: found no tensor ${tensor}, expected one in the weights`);
    return found;
  }
}

function resultName({ name, results }: LayerText, at: number): string {
  return results?.[at] ?? (at === 0 ? name : `${name}:${at}`);
}

/** Short forms as the operators that they stand for. */
function specOf(layer: LayerText, inputs: readonly string[]): WrittenLayer {
  const { name, results } = layer;
  const common = { name, inputs, ...(results ? { resultNames: results } : {}) };
  switch (layer.kind) {
    case 'relu':
    case 'relu6':
      return { kind: 'relu', ...common, activation: layer.kind };
    case 'rectify':
      return { kind: 'relu', ...common, activation: layer.activation };
    case 'max-pool':
    case 'average-pool': {
      const { kernel, stride, pad, ceil } = layer;
      const mode = layer.kind === 'max-pool' ? 'max' : 'average';
      const countsPadding = layer.kind === 'average-pool' ? layer.countsPadding : true;
      const window = { kernel: pairOf(kernel), stride: pairOf(stride), pad: paddingOf(pad) };
      return {
        kind: 'pool2d',
        ...common,
        mode,
        ...window,
        rounding: ceil ? 'ceil' : 'floor',
        countsPadding,
      };
    }
    case 'global-max-pool':
    case 'global-average-pool': {
      const mode = layer.kind === 'global-max-pool' ? 'max' : 'average';
      return {
        kind: 'pool2d',
        ...common,
        mode,
        kernel: 'global',
        stride: 1,
        pad: 0,
        rounding: 'floor',
      };
    }
    default: {
      const { kind, name: _name, inputs: _inputs, results: _results, ...rest } = layer;
      const {
        density: _density,
        weight: _weight,
        biasName: _biasName,
        ...attributes
      } = rest as Partial<OpText>;
      return {
        kind: kind as LayerKind,
        ...common,
        ...finished(attributes),
      } as unknown as LayerSpec & {
        inputs: readonly string[];
      };
    }
  }
}

function faultOf(issue: z.core.$ZodIssue, yaml: YamlFile): string {
  const path = issue.path.join('.');
  const keys =
    issue.code === 'unrecognized_keys'
      ? `unknown keys ${issue.keys.join(', ').slice(0, 80)}`
      : issue.message;
  return `${yaml.place(issue.path)}: ${path === '' ? '' : `${path}: `}${keys}`;
}
