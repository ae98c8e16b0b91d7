// Caffe networks (Jia et al., 2014; BVLC/caffe): a prototxt, with the weights of the .caffemodel of
// the same name beside it or of one that is given, else without.

import { InputError } from '../../base/errors.js';
import type { ZooEntry } from '../../zoo/entry.js';
import { GraphBuilder } from '../graph-builder.js';
import { type SourceFile, stemOf, textOf } from '../source.js';
import type { WeightFormat } from '../weight-files.js';
import { detectionRows } from './detection.js';
import { elementRows } from './elements.js';
import { type CaffeRow, fresh } from './layer.js';
import { type NetText, readNetText } from './net-text.js';
import { normRows } from './norms.js';
import type { LayerText } from './parameters.js';
import { shapeRows } from './shapes.js';
import { weightedRows } from './weighted.js';
import { type Blob, readCaffeWeights } from './weights.js';
import { windowRows } from './windows.js';

const rows: Readonly<Record<string, CaffeRow>> = {
  ...weightedRows,
  ...windowRows,
  ...elementRows,
  ...normRows,
  ...shapeRows,
  ...detectionRows,
};

export async function readCaffe(file: SourceFile): Promise<readonly ZooEntry[]> {
  const beside = `${stemOf(file.name)}.caffemodel`;
  const bytes = await file.beside(beside);
  const blobs = bytes && readCaffeWeights(bytes, beside, file.limits);
  return [{ ...build(file, blobs), weightFormats: [weightFormat(file)] }];
}

/** Weights that are given apart: their batch normalisation is folded as the network's text says. */
function weightFormat(file: SourceFile): WeightFormat {
  return {
    title: '.caffemodel (Caffe)',
    matches: (_bytes, name) => /\.caffemodel$/i.test(name),
    read: (bytes, _network, name) => {
      const { weights } = build(file, readCaffeWeights(bytes, name, file.limits));
      if (!weights) throw new InputError(`${name}: found no weights`);
      return weights;
    },
  };
}

/** Blobs are tensors by name; a layer that writes over its input gives the name a new one. */
function build(file: SourceFile, blobs: ReadonlyMap<string, readonly Blob[]> | null): ZooEntry {
  const net = readNetText(textOf(file), file);
  requireKnown(net.layers, file);
  const builder = new GraphBuilder(file);
  const tensors = new Map(
    net.inputs.map(({ name, shape }) => [name, builder.input(name, { shape, type: 'float32' })]),
  );
  const nameOf = resultNames(net, builder);
  const read = new Set<string>();
  for (const [at, layer] of net.layers.entries()) {
    const bottoms = layer.bottoms.map((bottom) => {
      const tensor = tensors.get(bottom);
      if (tensor === undefined)
        throw layer.fault(`input ${bottom}, which no layer before it makes`, 'a network in order');
      read.add(bottom);
      return tensor;
    });
    const results = layer.tops.map((_, top) => nameOf(at, top));
    const own = blobs ? (blobs.get(layer.name) ?? []) : null;
    const made = (rows[layer.type] as CaffeRow)({ layer, bottoms, results, blobs: own, builder });
    layer.finish();
    for (const [top, name] of layer.tops.entries()) {
      const tensor = made[top] ?? made[0];
      if (tensor === undefined) continue;
      tensors.set(name, tensor);
      read.delete(name);
    }
  }
  const inputs = new Set(net.inputs.map(({ name }) => name));
  const left = [...tensors].filter(
    ([blob, tensor]) => !read.has(blob) && !(inputs.has(blob) && tensor === blob),
  );
  // The last one that is made comes first where some are by the way.
  const outputs = left.map(([, tensor]) => tensor);
  const name = net.name;
  return builder.finish(
    { name: stemOf(file.name), title: `Caffe network ${name}`.trim(), work: name || 'Caffe' },
    [...new Set(outputs)],
  );
}

/** @throws InputError that names every type that is not read. */
function requireKnown(layers: readonly LayerText[], file: SourceFile): void {
  const unknown = layers.filter(({ type }) => !Object.hasOwn(rows, type));
  const [first] = unknown;
  if (!first) return;
  const types = [...new Set(unknown.map(({ type }) => type.slice(0, 60)))];
  if (types.length === 1) throw first.fault(`type ${types[0]}`, Object.keys(rows).join(', '));
  const shown = types.slice(0, 12).join(', ');
  throw new InputError(
    `${file.name}:${first.line}: found layers of types ${shown}${types.length > 12 ? ' and more' : ''}, expected ${Object.keys(rows).join(', ')}`,
  );
}

/**
 * Tensors are named after their layers; the last one that a blob's name stands for has that name if
 * nothing else has.
 */
function resultNames(
  { layers, inputs }: NetText,
  builder: GraphBuilder,
): (layer: number, top: number) => string {
  const lastWriter = new Map<string, number>();
  for (const [at, { tops }] of layers.entries()) for (const top of tops) lastWriter.set(top, at);
  const taken = new Set([...layers.map(({ name }) => name), ...inputs.map(({ name }) => name)]);
  return (at, top) => {
    const { name, tops } = layers[at] as LayerText;
    const blob = tops[top] as string;
    if (lastWriter.get(blob) === at && !taken.has(blob)) return fresh(builder, blob);
    return fresh(builder, top === 0 ? name : `${name}:${top}`);
  };
}
