// A Caffe prototxt's text as its input and its layers, those of training left out.

import { InputError } from '../base/errors.js';
import { requireAtMost, type SourceFile } from './source.js';
import { type Block, type Field, readTextProto } from './text-proto.js';

export interface LayerText {
  readonly line: number;
  readonly name: string;
  readonly type: string;
  readonly bottoms: readonly string[];
  readonly tops: readonly string[];
  /** Numbers of a parameter block's field; empty where it is left out. */
  numbers(block: string, field: string): readonly number[];
  number(block: string, field: string, otherwise: number): number;
  word(block: string, field: string, otherwise: string): string;
  fault(found: string, expected: string): InputError;
}

export interface NetText {
  readonly name: string;
  readonly input: { readonly name: string; readonly shape: readonly number[] };
  readonly layers: readonly LayerText[];
}

/** Types as the form before wrote them, where they differ by more than case and underscores. */
const oldTypes: Readonly<Record<string, string>> = {
  INNER_PRODUCT: 'InnerProduct',
  LRN: 'LRN',
  RELU: 'ReLU',
  SOFTMAX: 'Softmax',
};

/** What only training and testing need. */
const TRAINING = ['Accuracy', 'SoftmaxWithLoss', 'EuclideanLoss', 'Silence'];

export function layersOf(text: string, file: SourceFile): NetText {
  const net = readTextProto(text, file.name);
  const all = [...blocks(net, 'layer'), ...blocks(net, 'layers')].map(({ block, line }) => layerOf(block, line, file));
  requireAtMost(file.name, 'layers', all.length, file.limits.layers, 'layers');
  const deployed = all.filter(({ block, layer }) => isDeployed(block) && !TRAINING.includes(layer.type));
  const input = inputOf(net, deployed, file);
  return {
    name: scalar(net, 'name') ?? '',
    input,
    layers: deployed.filter(({ layer }) => layer.type !== 'Input').map(({ layer }) => layer),
  };
}

function layerOf(block: Block, line: number, file: SourceFile) {
  const name = scalar(block, 'name') ?? '';
  const type = scalar(block, 'type') ?? '';
  const fault = (found: string, expected: string) =>
    new InputError(`${file.name}:${line}: layer ${name}: found ${found}, expected ${expected}`);
  const texts = (parameters: string, field: string) =>
    blocks(block, parameters).flatMap((inner) => (inner.block.get(field) ?? []).flatMap(scalarOf));
  const layer: LayerText = {
    ...{ line, name, fault, type: currentType(type) },
    bottoms: (block.get('bottom') ?? []).flatMap(scalarOf),
    tops: (block.get('top') ?? []).flatMap(scalarOf),
    numbers: (parameters, field) =>
      texts(parameters, field).map((text) => {
        const value = Number(text);
        if (!Number.isFinite(value)) throw fault(`${field} of '${text.slice(0, 20)}'`, 'a number');
        return value;
      }),
    number: (parameters, field, otherwise) => layer.numbers(parameters, field)[0] ?? otherwise,
    word: (parameters, field, otherwise) => texts(parameters, field)[0] ?? otherwise,
  };
  return { block, layer };
}

function currentType(type: string): string {
  if (!/^[A-Z_]+$/.test(type)) return type;
  const words = type.split('_').map((word) => word.slice(0, 1) + word.slice(1).toLowerCase());
  return oldTypes[type] ?? words.join('');
}

/** Layers may be kept for one phase, or kept out of one. */
function isDeployed(block: Block): boolean {
  const phases = (field: string) => blocks(block, field).flatMap((inner) => scalar(inner.block, 'phase') ?? []);
  const [included, excluded] = [phases('include'), phases('exclude')];
  return (included.length === 0 || included.includes('TEST')) && !excluded.includes('TEST');
}

function inputOf(
  net: Block,
  layers: readonly { readonly block: Block; readonly layer: LayerText }[],
  file: SourceFile,
): NetText['input'] {
  const named = (net.get('input') ?? []).flatMap(scalarOf);
  const made = layers.filter(({ layer }) => layer.type === 'Input');
  if (named.length + made.length !== 1) {
    const found = named.length + made.length;
    throw new InputError(`${file.name}: found ${found} inputs, expected one: a prototxt for deployment`);
  }
  const shapes = made[0]
    ? blocks(made[0].block, 'input_param').flatMap(({ block }) => blocks(block, 'shape'))
    : blocks(net, 'input_shape');
  const dims =
    shapes.length > 0
      ? shapes.flatMap(({ block }) => (block.get('dim') ?? []).flatMap(scalarOf))
      : (net.get('input_dim') ?? []).flatMap(scalarOf);
  const [, ...shape] = dims.map(Number);
  const trimmed = shape.length === 3 && shape[1] === 1 && shape[2] === 1 ? shape.slice(0, 1) : shape;
  return { name: named[0] ?? made[0]?.layer.tops[0] ?? 'data', shape: trimmed };
}

function blocks(block: Block, field: string) {
  return (block.get(field) ?? []).flatMap((value) => (value.kind === 'block' ? [value] : []));
}

const scalarOf = (value: Field) => (value.kind === 'scalar' ? [value.text] : []);

const scalar = (block: Block, field: string) => (block.get(field) ?? []).flatMap(scalarOf)[0];
