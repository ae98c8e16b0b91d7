// Caffe networks (Jia et al., 2014; BVLC/caffe): a deploy prototxt, with the weights of the .caffemodel of the same name
// beside it or of one that is given, else without.

import { InputError } from '../base/errors.js';
import type { ZooEntry } from '../zoo/entry.js';
import { type LayerText, layersOf } from './caffe-layers.js';
import { type Blob, readCaffeWeights } from './caffe-proto.js';
import { caffeTypes } from './caffe-types.js';
import { GraphBuilder, type Value } from './graph-builder.js';
import { type SourceFile, stemOf, textOf } from './source.js';
import type { WeightFormat } from './weight-files.js';

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

/** Blobs are values by name; a layer that writes over its input gives the name a new value. */
function build(file: SourceFile, blobs: ReadonlyMap<string, readonly Blob[]> | null): ZooEntry {
  const { name, input, layers } = layersOf(textOf(file), file);
  const builder = new GraphBuilder(file);
  const values = new Map<string, Value>([[input.name, builder.input(input.shape)]]);
  const read = new Set<string>();
  for (const layer of layers) {
    const bottoms = layer.bottoms.map((bottom) => {
      const value = values.get(bottom);
      if (!value) throw fault(file, layer, `input ${bottom}, which no layer before it makes`, 'a network in order');
      read.add(bottom);
      return value;
    });
    const type = Object.hasOwn(caffeTypes, layer.type) ? caffeTypes[layer.type] : undefined;
    if (!type) throw fault(file, layer, `type ${layer.type.slice(0, 60)}`, Object.keys(caffeTypes).join(', '));
    const results = type({ layer, bottoms, blobs: blobs ? (blobs.get(layer.name) ?? []) : null, builder });
    for (const [at, top] of layer.tops.entries()) {
      const result = results[at] ?? results[0];
      if (result) values.set(top, result);
      read.delete(top);
    }
  }
  const outputs = [...values].filter(([blob]) => !read.has(blob));
  return builder.finish(
    stemOf(file.name),
    `Caffe network ${name}`.trim(),
    outputs.map(([, value]) => value),
    name || 'Caffe',
  );
}

function fault(file: SourceFile, layer: LayerText, found: string, expected: string): InputError {
  return new InputError(`${file.name}:${layer.line}: layer ${layer.name}: found ${found}, expected ${expected}`);
}
