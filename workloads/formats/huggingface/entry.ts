// A decoder or encoder built from its configuration, with the tensors of whatever file holds them.
// Weights are read when a layer is asked for; without any they are random.

import { type Learned, unlearned } from '../../architectures/sketch.js';
import { InputError } from '../../base/errors.js';
import { buildNetwork } from '../../graph.js';
import { type Layer, type LayerWeights, type Network, weightShapeOf } from '../../network.js';
import { floats, sizeOf } from '../../tensor.js';
import { LazyWeights } from '../../weights/lazy.js';
import { matrixOnDemand } from '../../weights/on-demand.js';
import { countNonzeros, type DenseMatrix, stackOf, toDense } from '../../weights/store.js';
import { buildAt } from '../../zoo/dimensions.js';
import {
  type DensityProfile,
  denseEstimate,
  type LayerDensity,
  type ZooEntry,
} from '../../zoo/entry.js';
import { requireAtMost, type SourceFile } from '../source.js';
import type { HuggingFaceModel } from './model.js';

/** A tensor of a file, widened when it is asked for. */
export interface StoredValues {
  readonly shape: readonly number[];
  /** Row-major. */
  values(): Float32Array;
  /** Elements `from` to `to` − 1, where they can be read alone. */
  part?(from: number, to: number): Float32Array;
  /** The share of elements that are not zero. */
  density(): number;
}

export interface BuiltFrom {
  readonly file: SourceFile;
  readonly name: string;
  /** What kind of model it is, as people know it. */
  readonly type: string;
  readonly model: HuggingFaceModel;
  /** By the names of Hugging Face's transformers without a prefix; null where there are none. */
  readonly tensors: ReadonlyMap<string, StoredValues> | null;
  readonly notes?: readonly string[];
}

/** The network at the extents that the user gave. @throws InputError, one line. */
export function entryOf(from: BuiltFrom): ZooEntry {
  const { file, name, model } = from;
  return buildAt(
    { ...{ name, dimensions: model.dimensions }, build: (dims) => built(from, dims) },
    file.dims,
  );
}

function built(
  { file, name, type, model, tensors, notes: given = [] }: BuiltFrom,
  dims: Readonly<Record<string, number>>,
): ZooEntry {
  requireSizes(file, model, dims);
  const used = new Set<string>();
  const learned = tensors ? learnedFrom(file, tensors, used) : unlearned;
  const { probabilities, ...architecture } = model.build(
    dims,
    learned,
    tensors && ((each) => tensors.has(each)),
  );
  const extents = Object.entries(dims).map(([dim, extent]) => `, ${dim} ${extent}`);
  const title = `${type}, ${name}${extents.join('')}`;
  const network = buildNetwork({ ...architecture, name, title, source: model.source });
  const estimate = denseEstimate(network, probabilities);
  const bare = { network, preprocessing: null };
  if (!tensors) {
    const note = `${file.name}: no weights beside it: they are random, none of them zero`;
    return { ...bare, densities: estimate, notes: [...given, note] };
  }
  const places = placesOf(file, network, model, tensors, used);
  return {
    ...bare,
    densities: counted(estimate, places),
    weights: loadedLater(network, places),
    notes: [...given, ...unusedNotes(file, tensors, used, model.computed)],
  };
}

/** @throws InputError where a limit is passed. */
function requireSizes(
  { name, limits }: SourceFile,
  model: HuggingFaceModel,
  dims: Readonly<Record<string, number>>,
): void {
  const { layers, tensors } = model.sizes(dims);
  requireAtMost(name, 'layers', layers, limits.layers, 'layers');
  for (const [what, elements] of Object.entries(tensors)) {
    requireAtMost(name, `elements of a tensor (${what})`, elements, limits.elements, 'elements');
  }
}

/** @throws InputError where it is missing or has another shape. */
function requireTensor(
  file: SourceFile,
  tensors: ReadonlyMap<string, StoredValues>,
  name: string,
  shape: readonly number[],
): StoredValues {
  const found = tensors.get(name);
  const expected = shape.join('×');
  if (!found)
    throw new InputError(`${file.name}: tensor ${name}: found none, expected ${expected}`);
  if (found.shape.join() !== shape.join()) {
    throw new InputError(
      `${file.name}: tensor ${name}: found ${found.shape.join('×') || 'a scalar'}, expected ${expected}`,
    );
  }
  requireAtMost(
    file.name,
    `elements of tensor ${name}`,
    sizeOf(shape),
    file.limits.elements,
    'elements',
  );
  return found;
}

function learnedFrom(
  file: SourceFile,
  tensors: ReadonlyMap<string, StoredValues>,
  used: Set<string>,
): Learned {
  return (name, shape) => {
    const tensor = requireTensor(file, tensors, name, shape);
    used.add(name);
    return floats(shape, tensor.values());
  };
}

/** Where a layer's weights lie. */
interface Place {
  /** One tensor, or one for each expert. */
  readonly weight: StoredValues;
  readonly experts: readonly StoredValues[] | null;
  readonly isTransposed: boolean;
  readonly bias: StoredValues | null;
}

/** Every weighted layer's. @throws InputError for the first one whose tensors don't fit. */
function placesOf(
  file: SourceFile,
  network: Network,
  { transposed, tied, cut }: HuggingFaceModel,
  tensors: ReadonlyMap<string, StoredValues>,
  used: Set<string>,
): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  for (const layer of network.layers) {
    const shape = storedShape(layer);
    if (!shape) continue;
    const own = tied.get(layer.name) ?? layer.name;
    const isTransposed = layer.kind === 'dense' && transposed(layer.name);
    const take = (name: string, expected: readonly number[]) => {
      used.add(name);
      return requireTensor(file, tensors, name, expected);
    };
    if (layer.kind === 'experts') {
      const one = [layer.outputs, shape[1] ?? 0];
      const whole = `${own}.weight`;
      const experts = tensors.has(whole)
        ? sliced(take(whole, [layer.experts, ...one]), layer.experts)
        : Array.from({ length: layer.experts }, (_, expert) =>
            take(`${own.replace(/\.([^.]+)$/, `.${expert}.$1`)}.weight`, one),
          );
      places.set(layer.name, { weight: together(experts), experts, isTransposed, bias: null });
      continue;
    }
    const part = cut?.(layer.name);
    if (part) {
      const whole = take(part.tensor, part.shape);
      const values = () => part.values(whole.values());
      const weight = { shape, values, density: () => countNonzeros(values()) / sizeOf(shape) };
      places.set(layer.name, { weight, experts: null, isTransposed, bias: null });
      continue;
    }
    const weight = take(`${own}.weight`, isTransposed ? [...shape].reverse() : shape);
    const hasBias = (weightShapeOf(layer)?.biases ?? 0) > 0;
    places.set(layer.name, {
      ...{ weight, experts: null },
      isTransposed,
      bias: hasBias ? take(`${layer.name}.bias`, [shape[0] as number]) : null,
    });
    // A copy of the tied matrix may stand beside it.
    if (own !== layer.name) used.add(`${layer.name}.weight`);
  }
  return places;
}

/** The matrices of one tensor that holds all experts'. */
function sliced({ shape, values, part }: StoredValues, experts: number): readonly StoredValues[] {
  const own = shape.slice(1);
  const size = sizeOf(own);
  return Array.from({ length: experts }, (_, expert) => {
    const read = () =>
      part?.(expert * size, (expert + 1) * size) ??
      values().subarray(expert * size, (expert + 1) * size);
    return { shape: own, values: read, density: () => countNonzeros(read()) / size };
  });
}

/** Several tensors as one, to be counted. */
function together(parts: readonly StoredValues[]): StoredValues {
  const [first] = parts;
  return {
    shape: [parts.length, ...(first?.shape ?? [])],
    values: () => toDense(stackOf(parts.map(storeOf))).values,
    density: () => parts.reduce((sum, part) => sum + part.density(), 0) / parts.length,
  };
}

function storeOf({ shape, values }: StoredValues): DenseMatrix {
  return matrixOnDemand(shape[0] ?? 0, shape[1] ?? 0, values);
}

function storedShape(layer: Layer): readonly number[] | null {
  const shape = weightShapeOf(layer);
  if (!shape) return null;
  if (layer.kind !== 'conv2d') return [shape.rows, shape.columns];
  const [height, width] = layer.kernel;
  return [shape.rows, shape.columns / (height * width), height, width];
}

function loadedLater(network: Network, places: ReadonlyMap<string, Place>): LazyWeights {
  const shapes = new Map(network.layers.map((layer) => [layer.name, weightShapeOf(layer)]));
  return new LazyWeights([...places.keys()], (name): LayerWeights => {
    const { weight, experts, isTransposed, bias } = places.get(name) as Place;
    if (experts) return { store: stackOf(experts.map(storeOf)), bias: null, origin: 'real' };
    const { rows, columns } = shapes.get(name) as { rows: number; columns: number };
    const values = weight.values();
    return {
      store: {
        format: 'dense',
        rows,
        columns,
        values: isTransposed ? turned(values, rows, columns) : values,
      },
      bias: bias?.values() ?? null,
      origin: 'real',
    };
  });
}

/** [columns × rows] → [rows × columns]. */
function turned(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      result[row * columns + column] = values[column * rows + row] as number;
    }
  }
  return result;
}

/** Shares of weights are counted in the file when somebody asks for them. */
function counted(estimate: DensityProfile, places: ReadonlyMap<string, Place>): DensityProfile {
  const known = new Map<StoredValues, number>();
  const layers = Object.entries(estimate.layers).map(
    ([name, { output = 1 }]): [string, LayerDensity] => {
      const { weight } = places.get(name) as Place;
      return [
        name,
        {
          output,
          get weights() {
            const density = known.get(weight) ?? weight.density();
            known.set(weight, density);
            return density;
          },
        },
      ];
    },
  );
  const source = {
    work: 'the file',
    at: `weights counted in it; activations: ${estimate.source.at}`,
  };
  return { ...estimate, source, layers: Object.fromEntries(layers) };
}

const NAMED = 4;

function unusedNotes(
  file: SourceFile,
  tensors: ReadonlyMap<string, StoredValues>,
  used: ReadonlySet<string>,
  computed: RegExp,
): readonly string[] {
  const unused = [...tensors.keys()].filter((name) => !used.has(name) && !computed.test(name));
  if (unused.length === 0) return [];
  const more = unused.length > NAMED ? ` and ${unused.length - NAMED} more` : '';
  const what = unused.length === 1 ? 'tensor' : 'tensors';
  return [
    `${file.name}: ${unused.length} ${what} not used: ${unused.slice(0, NAMED).join(', ')}${more}`,
  ];
}
