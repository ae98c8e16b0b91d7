// Networks written by hand: a YAML file of layers, with the weights of a safetensors file that it names, whose tensors
// are named as PyTorch names them unless the file says otherwise. Without one, weights are drawn at stated densities.

import { z } from 'zod';
import { InputError } from '../base/errors.js';
import { sizeOf } from '../layers/index.js';
import { paddingOf, pairOf } from '../layers/window.js';
import type { ZooEntry } from '../zoo/entry.js';
import { GraphBuilder, type OpenWeights, type Value, type Weights } from './graph-builder.js';
import { readSafetensors, type StoredTensor, toFloats } from './safetensors.js';
import { requireAtMost, type SourceFile, stemOf, textOf } from './source.js';
import { readYaml, type YamlFile } from './yaml.js';

const whole = z.int().min(1).max(1e9);
const pair = z.union([whole, z.tuple([whole, whole])]).describe('One number, or [vertical, horizontal].');
const pixels = z.int().min(0).max(1e9);
const pad = z
  .union([pixels, z.tuple([pixels, pixels, pixels, pixels])])
  .describe('One number, or [top, left, bottom, right].');
const name = z.string().min(1);
const inputs = z.array(name).min(1).optional().describe('The layers that it reads; the one before it unless told.');
const common = { name, inputs };
const activation = z.enum(['relu', 'relu6', 'none']).default('none');
const weighted = {
  ...common,
  bias: z.boolean().default(true),
  activation,
  density: z.number().min(0).max(1).optional().describe('Share of the weights that is not zero, where they are drawn.'),
  weight: name.optional().describe('The tensor of its weights; NAME.weight unless told.'),
  biasName: name.optional().describe('The tensor of its biases; NAME.bias unless told.'),
};
const window = { kernel: pair, stride: pair.default(1), pad: pad.default(0) };

const LayerYaml = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('conv2d'),
    ...weighted,
    ...window,
    channels: whole,
    dilation: pair.default(1),
    groups: whole.default(1),
  }),
  z.strictObject({ kind: z.literal('dense'), ...weighted, outputs: whole }),
  z.strictObject({ kind: z.literal('max-pool'), ...common, ...window, ceil: z.boolean().default(false) }),
  z.strictObject({
    kind: z.literal('average-pool'),
    ...common,
    ...window,
    ceil: z.boolean().default(false),
    countsPadding: z.boolean().default(true),
  }),
  z.strictObject({ kind: z.literal('global-max-pool'), ...common }),
  z.strictObject({ kind: z.literal('global-average-pool'), ...common }),
  z.strictObject({ kind: z.literal('batch-norm'), ...common, epsilon: z.number().min(0).default(1e-5) }),
  z.strictObject({
    kind: z.literal('lrn'),
    ...common,
    size: whole,
    alpha: z.number().default(1e-4),
    beta: z.number().default(0.75),
    k: z.number().default(1),
  }),
  z.strictObject({ kind: z.literal('relu'), ...common }),
  z.strictObject({ kind: z.literal('relu6'), ...common }),
  z.strictObject({ kind: z.literal('add'), ...common, activation }),
  z.strictObject({ kind: z.literal('concat'), ...common }),
  z.strictObject({ kind: z.literal('softmax'), ...common }),
  z.strictObject({ kind: z.literal('flatten'), ...common }),
  z.strictObject({ kind: z.literal('dropout'), ...common }),
]);

/** What such a file may say. */
export const NetworkYaml = z.strictObject({
  network: name.describe('The name that reports show.'),
  title: z.string().optional(),
  input: z.array(whole).min(1).max(3).describe('[channels, height, width] or [features], of one frame.'),
  weights: z.string().optional().describe('A safetensors file in the same folder.'),
  layers: z.array(LayerYaml).min(1),
});

type LayerText = z.infer<typeof LayerYaml>;

export async function readNetworkYaml(file: SourceFile): Promise<readonly ZooEntry[]> {
  const yaml = readYaml(textOf(file), file.name);
  const parsed = NetworkYaml.safeParse(yaml.value);
  if (!parsed.success) throw new InputError(parsed.error.issues.map((issue) => faultOf(issue, yaml)).join('\n'));
  const { network, title = network, input, weights, layers } = parsed.data;
  requireAtMost(file.name, 'layers', layers.length, file.limits.layers, 'layers');
  const tensors = weights === undefined ? null : await tensorsOf(weights, file);
  const builder = new GraphBuilder(file);
  const values = new Map<string, Value>([['data', builder.input(input)]]);
  let previous = 'data';
  for (const [at, layer] of layers.entries()) {
    const place = `${yaml.place(['layers', at])}: layer ${layer.name}`;
    const read = (layer.inputs ?? [previous]).map((wanted) => {
      const value = values.get(wanted);
      if (!value) throw new InputError(`${place}: found input ${wanted}, which no layer before it makes, expected one`);
      return value;
    });
    if (values.has(layer.name)) throw new InputError(`${place}: found the name a second time, expected each once`);
    const named = (tensor: string) => tensorNamed(tensor, tensors, place);
    values.set(layer.name, add(layer, read, builder, named));
    previous = layer.name;
  }
  const read = new Set(layers.flatMap((layer, at) => layer.inputs ?? [layers[at - 1]?.name ?? 'data']));
  const outputs = [...values].filter(([made]) => !read.has(made)).map(([, value]) => value);
  const entry = builder.finish(network, title, outputs, stemOf(file.name));
  return [entry.weights ? entry : { ...entry, densities: { ...entry.densities, layers: densitiesOf(layers) } }];
}

function densitiesOf(layers: readonly LayerText[]): ZooEntry['densities']['layers'] {
  return Object.fromEntries(
    layers.flatMap((layer) =>
      'density' in layer && layer.density !== undefined ? [[layer.name, { weights: layer.density }]] : [],
    ),
  );
}

type Tensors = ReadonlyMap<string, StoredTensor>;
type Named = (tensor: string) => StoredTensor | null;

async function tensorsOf(path: string, file: SourceFile): Promise<Tensors> {
  const bytes = await file.beside(path);
  if (!bytes) throw new InputError(`${file.name}: found no file ${path} beside it, expected its weights`);
  const { tensors } = readSafetensors(bytes, path);
  let elements = 0;
  for (const { shape } of tensors.values()) elements += sizeOf(shape);
  requireAtMost(path, 'weights', elements, file.limits.elements, 'elements');
  return tensors;
}

function tensorNamed(tensor: string, tensors: Tensors | null, place: string): StoredTensor | null {
  const found = tensors?.get(tensor) ?? null;
  if (tensors && !found) throw new InputError(`${place}: found no tensor ${tensor}, expected one in the weights`);
  return found;
}

function add(layer: LayerText, read: readonly Value[], builder: GraphBuilder, named: Named): Value {
  const { name } = layer;
  const [value, ...others] = read;
  if (!value) throw builder.fault(name, 'no inputs', 'at least one');
  if (layer.kind === 'add') return rectified(layer, builder, (made) => builder.sum(made, read));
  if (layer.kind === 'concat') return builder.concatenate(name, read);
  if (others.length > 0) throw builder.fault(name, `${read.length} inputs`, 'one');
  switch (layer.kind) {
    case 'conv2d': {
      const { kernel, stride, dilation, pad, groups, channels } = layer;
      const [high, wide] = pairOf(kernel);
      const columns = (value.actual[0] / groups) * high * wide;
      const window = {
        kernel: pairOf(kernel),
        stride: pairOf(stride),
        dilation: pairOf(dilation),
        pad: paddingOf(pad),
        groups,
      };
      const shape = [channels, value.actual[0] / groups, high, wide];
      return rectified(layer, builder, (made) =>
        builder.convolution(made, value, window, weightsOf(layer, shape, columns, named, builder)),
      );
    }
    case 'dense': {
      const columns = sizeOf(value.actual);
      return rectified(layer, builder, (made) =>
        builder.dense(made, value, weightsOf(layer, [layer.outputs, columns], columns, named, builder)),
      );
    }
    case 'max-pool':
    case 'average-pool': {
      const { kernel, stride, pad, ceil } = layer;
      const mode = layer.kind === 'max-pool' ? 'max' : 'average';
      const countsPadding = layer.kind === 'average-pool' ? layer.countsPadding : true;
      const rounding = ceil ? 'ceil' : 'floor';
      return builder.pool(name, value, {
        mode,
        kernel: pairOf(kernel),
        stride: pairOf(stride),
        pad: paddingOf(pad),
        rounding,
        countsPadding,
      });
    }
    case 'global-max-pool':
    case 'global-average-pool': {
      const mode = layer.kind === 'global-max-pool' ? 'max' : 'average';
      return builder.pool(name, value, { mode, kernel: 'global', stride: 1, pad: 0, rounding: 'floor' });
    }
    case 'batch-norm': {
      const [scale, shift, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map((part) => {
        const tensor = named(`${name}.${part}`);
        if (tensor) requireShape(tensor, [value.actual[0]], `${name}.${part}`, name, builder);
        return tensor && toFloats(tensor);
      });
      const norm = scale && shift && mean && variance ? { scale, shift, mean, variance, epsilon: layer.epsilon } : null;
      return builder.normalise(name, value, norm);
    }
    case 'lrn':
      return builder.localResponse(name, value, { size: layer.size, alpha: layer.alpha, beta: layer.beta, k: layer.k });
    case 'relu':
    case 'relu6':
      return builder.rectify(name, value, layer.kind);
    case 'softmax':
      return builder.softmax(name, builder.reshape(name, value, [sizeOf(value.actual)]));
    case 'flatten':
      return builder.reshape(name, value, [sizeOf(value.actual)]);
    case 'dropout':
      return builder.dropout(value);
  }
}

type WeightedText = Extract<LayerText, { kind: 'conv2d' | 'dense' }>;

function rectified(
  layer: Extract<LayerText, { activation: unknown }>,
  builder: GraphBuilder,
  make: (name: string) => Value,
): Value {
  const made = make(layer.name);
  return layer.activation === 'none'
    ? made
    : builder.rectify(`${layer.name}/${layer.activation}`, made, layer.activation);
}

/** `shape` is that of the weights as PyTorch has them: outputs first. */
function weightsOf(
  { name, bias, weight = `${name}.weight`, biasName = `${name}.bias` }: WeightedText,
  shape: readonly number[],
  columns: number,
  named: Named,
  builder: GraphBuilder,
): Weights | OpenWeights {
  const [rows = 0] = shape;
  const stored = named(weight);
  if (!stored) return { rows, hasBias: bias };
  const biases = bias ? named(biasName) : null;
  // Groups that do not divide the channels are told where the layer is built.
  if (shape.every(Number.isSafeInteger)) requireShape(stored, shape, weight, name, builder);
  if (biases) requireShape(biases, [rows], biasName, name, builder);
  return { rows, columns, values: toFloats(stored), bias: biases && toFloats(biases) };
}

/** As many numbers in another order would be read as other weights. */
function requireShape(
  { shape: found }: StoredTensor,
  expected: readonly number[],
  tensor: string,
  layer: string,
  builder: GraphBuilder,
): void {
  if (found.join() === expected.join()) return;
  throw builder.fault(layer, `the tensor ${tensor} of ${found.join('×') || 'one number'}`, expected.join('×'));
}

function faultOf(issue: z.core.$ZodIssue, yaml: YamlFile): string {
  const path = issue.path.join('.');
  const keys =
    issue.code === 'unrecognized_keys' ? `unknown keys ${issue.keys.join(', ').slice(0, 80)}` : issue.message;
  return `${yaml.place(issue.path)}: ${path === '' ? '' : `${path}: `}${keys}`;
}
