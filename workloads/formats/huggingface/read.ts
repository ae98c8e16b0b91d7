// Folders as Hugging Face's transformers saves them: config.json and safetensors. Weights are read
// when a layer is asked for; without any they are drawn.

import type { Learned } from '../../architectures/sketch.js';
import { unlearned } from '../../architectures/sketch.js';
import { InputError } from '../../base/errors.js';
import { buildNetwork } from '../../graph.js';
import { type Layer, type LayerWeights, type Network, weightShapeOf } from '../../network.js';
import { floats, sizeOf } from '../../tensor.js';
import { LazyWeights } from '../../weights/lazy.js';
import { buildAt } from '../../zoo/dimensions.js';
import {
  type DensityProfile,
  denseEstimate,
  type LayerDensity,
  type ZooEntry,
} from '../../zoo/entry.js';
import { type PlacedTensor, toFloats } from '../safetensors.js';
import { requireAtMost, type SourceFile, stemOf, type WorkloadFormat } from '../source.js';
import { readConfig } from './config.js';
import { type HuggingFaceModel, modelOf } from './models.js';
import { densityOf, readTensors } from './tensors.js';

export const huggingFaceFormat: WorkloadFormat = {
  title: 'Hugging Face folder (config.json)',
  ending: /(^|[\\/])config\.json$/i,
  read: readHuggingFace,
};

/**
 * The network that a config.json describes, with the weights beside it. @throws InputError, one
 * line.
 */
export async function readHuggingFace(file: SourceFile): Promise<readonly ZooEntry[]> {
  const config = readConfig(file);
  const model = modelOf(config, file.name);
  const stored = await readTensors(file);
  const tensors = stored && named(stored, model.prefixes);
  const name = folderOf(file.name);
  const entry = buildAt(
    {
      ...{ name, dimensions: model.dimensions },
      build(dims) {
        requireSizes(file, model, dims);
        const used = new Set<string>();
        const learned = tensors ? learnedFrom(file, tensors, used) : unlearned;
        const { probabilities, ...architecture } = model.build(
          dims,
          learned,
          tensors && ((each) => tensors.has(each)),
        );
        const extents = Object.entries(dims).map(([dim, extent]) => `, ${dim} ${extent}`);
        const title = `${config.type}, ${name}${extents.join('')}`;
        const network = buildNetwork({ ...architecture, name, title, source: model.source });
        const estimate = denseEstimate(network, probabilities);
        const bare = { network, preprocessing: null };
        if (!tensors) {
          return {
            ...bare,
            densities: estimate,
            notes: [`${file.name}: no weights beside it: they are drawn, none zero`],
          };
        }
        const places = placesOf(file, network, model, tensors, used);
        const notes = unusedNotes(file, tensors, used, model.computed);
        return {
          ...bare,
          densities: counted(estimate, places),
          weights: loadedLater(network, places),
          notes,
        };
      },
    },
    file.dims,
  );
  return [entry];
}

/** The folder's name: what a model is known by. */
function folderOf(name: string): string {
  const folder = name.split(/[\\/]/).at(-2);
  return folder && folder !== '.' && folder !== '..' ? folder : stemOf(name);
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

/**
 * Tensors by their names without a prefix; TensorFlow's names of scales and shifts become the usual
 * ones.
 */
function named(
  stored: ReadonlyMap<string, PlacedTensor>,
  prefixes: readonly string[],
): ReadonlyMap<string, PlacedTensor> {
  return new Map(
    [...stored].map(([name, tensor]) => {
      const prefix = prefixes.find((each) => name.startsWith(each)) ?? '';
      const bare = name.slice(prefix.length);
      return [bare.replace(/\.gamma$/, '.weight').replace(/\.beta$/, '.bias'), tensor];
    }),
  );
}

/** @throws InputError where it is missing or has another shape. */
function requireTensor(
  file: SourceFile,
  tensors: ReadonlyMap<string, PlacedTensor>,
  name: string,
  shape: readonly number[],
): PlacedTensor {
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
  tensors: ReadonlyMap<string, PlacedTensor>,
  used: Set<string>,
): Learned {
  return (name, shape) => {
    const { type, read } = requireTensor(file, tensors, name, shape);
    used.add(name);
    return floats(shape, toFloats({ type, shape, bytes: read() }));
  };
}

/** Where a layer's weights lie. */
interface Place {
  readonly weight: PlacedTensor;
  readonly isTransposed: boolean;
  readonly bias: PlacedTensor | null;
}

/** Every weighted layer's. @throws InputError for the first one whose tensors don't fit. */
function placesOf(
  file: SourceFile,
  network: Network,
  { transposed, tied }: HuggingFaceModel,
  tensors: ReadonlyMap<string, PlacedTensor>,
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
    const weight = take(`${own}.weight`, isTransposed ? [...shape].reverse() : shape);
    const hasBias = (weightShapeOf(layer)?.biases ?? 0) > 0;
    places.set(layer.name, {
      weight,
      isTransposed,
      bias: hasBias ? take(`${layer.name}.bias`, [shape[0] as number]) : null,
    });
    // A copy of the tied matrix may stand beside it.
    if (own !== layer.name) used.add(`${layer.name}.weight`);
  }
  return places;
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
    const { weight, isTransposed, bias } = places.get(name) as Place;
    const { rows, columns } = shapes.get(name) as { rows: number; columns: number };
    const values = toFloats({ ...weight, bytes: weight.read() });
    return {
      store: {
        format: 'dense',
        rows,
        columns,
        values: isTransposed ? turned(values, rows, columns) : values,
      },
      bias: bias && toFloats({ ...bias, bytes: bias.read() }),
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
  const known = new Map<PlacedTensor, number>();
  const layers = Object.entries(estimate.layers).map(
    ([name, { output = 1 }]): [string, LayerDensity] => {
      const { weight } = places.get(name) as Place;
      return [
        name,
        {
          output,
          get weights() {
            const density = known.get(weight) ?? densityOf(weight);
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
  tensors: ReadonlyMap<string, PlacedTensor>,
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
