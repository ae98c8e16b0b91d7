// ONNX files (onnx/onnx, IR.md and Operators.md) as networks with their weights.

import { openBytes } from '../../base/open-file.js';
import type { ZooEntry } from '../../zoo/entry.js';
import { type OpenFile, openBeside, requireAtMost, type SourceFile, stemOf } from '../source.js';
import { decodeOnnx, type OnnxGraph, type OnnxModel } from './model.js';
import type { TensorMessage } from './schema.js';
import { domains, NEWEST_OPSET } from './table.js';
import { type Beside, externalPaths } from './tensors.js';
import { Walk } from './walk.js';

/**
 * The network, batch and other open dimensions bound. @throws InputError, one line, for what cannot
 * be read.
 */
export async function readOnnx(file: SourceFile): Promise<readonly ZooEntry[]> {
  const model = decodeOnnx(file);
  const walk = new Walk(file, model, domains, await filesBeside(model, file));
  const outputs = walk.run();
  noteOpset(model, walk);
  const about = {
    name: stemOf(file.name),
    title: titleOf(model),
    work: model.graph.name || 'ONNX',
  };
  const { bytes, name, pieces = openBytes(bytes) } = file;
  return [
    walk.builder.finish(about, outputs, { file: { format: 'onnx', content: pieces, path: name } }),
  ];
}

/**
 * A walk over the whole file, before a network is made of it: what else is to be known of its
 * tensors.
 */
export async function walkOnnx(
  file: SourceFile,
): Promise<{ readonly walk: Walk; readonly outputs: readonly string[] }> {
  const model = decodeOnnx(file);
  const walk = new Walk(file, model, domains, await filesBeside(model, file));
  return { walk, outputs: walk.run() };
}

function noteOpset({ opsetImport }: OnnxModel, walk: Walk): void {
  const version =
    opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version ?? 0;
  if (version > NEWEST_OPSET)
    walk.note(`operator set ${version} is newer than those known here, up to ${NEWEST_OPSET}`);
}

function titleOf({ producerName, graph }: OnnxModel): string {
  const by = producerName === '' ? '' : `, written by ${producerName}`;
  return `ONNX graph${graph.name === '' ? '' : ` ${graph.name}`}${by}`.slice(0, 80);
}

/** Files that hold tensors. @throws InputError for a path out of the model's folder. */
async function filesBeside({ graph, functions }: OnnxModel, file: SourceFile): Promise<Beside> {
  const beside = new Map<string, OpenFile | null>();
  const tensors = [
    ...tensorsOf(graph),
    ...functions.flatMap(({ node }) => [...tensorsOf({ ...graph, initializer: [], node })]),
  ];
  for (const path of externalPaths(tensors)) {
    const found = await openBeside(file, path);
    const max = file.limits.fileBytes;
    if (found) requireAtMost(file.name, `bytes in ${path}`, found.size, max, 'fileBytes');
    beside.set(path, found);
  }
  return beside;
}

function* tensorsOf({ initializer, node }: OnnxGraph): Iterable<TensorMessage> {
  yield* initializer;
  for (const { attribute } of node) {
    for (const { t, g } of attribute) {
      if (t) yield t;
      if (g) yield* tensorsOf(g);
    }
  }
}
