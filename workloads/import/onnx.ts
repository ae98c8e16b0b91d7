// ONNX files (onnx/onnx, IR.md and Operators.md; operator sets 9 to 21) as networks with their weights. Nodes are walked
// in the file's order: constants are folded, what only moves or names values is followed, and the rest become layers.

import { InputError } from '../base/errors.js';
import type { ZooEntry } from '../zoo/entry.js';
import { GraphBuilder, type Value } from './graph-builder.js';
import { type Meaning, operationOf, permutationOf } from './onnx-operation.js';
import { operators } from './onnx-operators.js';
import {
  type Constant,
  constantOf,
  decodeOnnx,
  type OnnxModel,
  type OnnxValueInfo,
  sparseConstant,
} from './onnx-proto.js';
import { isRecurrent, recurrentEntries } from './onnx-recurrent.js';
import { type SourceFile, stemOf } from './source.js';

const LEAST_OPSET = 9;
const MOST_OPSET = 21;
/** Domains of the ONNX specification itself. */
const OWN_DOMAINS = ['', 'ai.onnx'];

/**
 * The network, its batch left open. A graph with recurrent operators becomes a group of its matrix–vector products.
 * @throws InputError, one line, for anything that is not supported or whole.
 */
export async function readOnnx(file: SourceFile): Promise<readonly ZooEntry[]> {
  const model = decodeOnnx(file);
  const opset = opsetOf(model, file);
  const constants = await constantsOf(model, file);
  if (model.graph.node.some(isRecurrent)) return recurrentEntries(model, constants, file);
  requireKnown(model, file);
  const builder = new GraphBuilder(file);
  const meanings = new Map<string, Meaning>();
  for (const [name, constant] of constants) meanings.set(name, { kind: 'constant', constant });
  const batch = addInput(model, meanings, builder, file);
  for (const node of model.graph.node) {
    const operation = operationOf(node, meanings, { opset, builder, batch, file });
    const result = await operators[node.opType]?.(operation);
    const [output = ''] = node.output;
    if (meanings.has(output)) throw operation.fault(`the result ${output} a second time`, 'each made once');
    if (result) meanings.set(output, result);
  }
  return [
    builder.finish(stemOf(file.name), titleOf(model), outputsOf(model, meanings, file), model.graph.name || 'ONNX'),
  ];
}

function titleOf({ producerName, graph }: OnnxModel): string {
  const by = producerName === '' ? '' : `, written by ${producerName}`;
  return `ONNX graph${graph.name === '' ? '' : ` ${graph.name}`}${by}`.slice(0, 80);
}

function opsetOf({ opsetImport }: OnnxModel, file: SourceFile): number {
  const version = opsetImport.find(({ domain }) => OWN_DOMAINS.includes(domain))?.version;
  if (version !== undefined && version >= LEAST_OPSET && version <= MOST_OPSET) return version;
  throw new InputError(
    `${file.name}: found operator set ${version ?? 'none'}, expected ${LEAST_OPSET} to ${MOST_OPSET}`,
  );
}

async function constantsOf({ graph }: OnnxModel, file: SourceFile): Promise<ReadonlyMap<string, Constant>> {
  const constants = new Map<string, Constant>();
  for (const tensor of graph.initializer) constants.set(tensor.name, await constantOf(tensor, file));
  for (const tensor of graph.sparseInitializer) constants.set(tensor.values.name, await sparseConstant(tensor, file));
  return constants;
}

/** Every operator that is not supported, at once. */
function requireKnown({ graph }: OnnxModel, file: SourceFile): void {
  const unknown = graph.node.filter(
    ({ opType, domain }) => !OWN_DOMAINS.includes(domain) || !Object.hasOwn(operators, opType),
  );
  if (unknown.length === 0) return;
  const names = [
    ...new Set(unknown.map(({ opType, domain }) => (domain === '' ? opType : `${domain}.${opType}`).slice(0, 60))),
  ];
  const shown = names.slice(0, 12).join(', ') + (names.length > 12 ? ` and ${names.length - 12} more` : '');
  throw new InputError(`${file.name}: found operators ${shown}, expected ${Object.keys(operators).sort().join(', ')}`);
}

/** Adds the one input that no initializer fills, and tells how many frames the file fixes. */
function addInput(
  { graph }: OnnxModel,
  meanings: Map<string, Meaning>,
  builder: GraphBuilder,
  file: SourceFile,
): number {
  const free = graph.input.filter(({ name }) => !meanings.has(name));
  const [input] = free;
  if (!input || free.length > 1) {
    const names = free.map(({ name }) => name).join(', ');
    throw new InputError(
      `${file.name}: found ${free.length} inputs${names && ` (${names.slice(0, 80)})`}, expected one`,
    );
  }
  const [batch = 1, ...extents] = extentsOf(input, file);
  const readers = graph.node.filter((node) => node.input.includes(input.name));
  // A file from a framework with the channels last moves them to the front at once.
  const moves = readers.every((node) => node.opType === 'Transpose' && permutationOf(node).join() === '0,3,1,2');
  const order = extents.length === 3 && readers.length > 0 && moves ? 'hwc' : 'chw';
  meanings.set(input.name, { kind: 'value', value: builder.input(extents, order) });
  return batch;
}

/** The input's extents, the batch first; a batch that is left open counts as 1. */
function extentsOf({ name, type }: OnnxValueInfo, file: SourceFile): readonly number[] {
  const dims = type?.tensorType?.shape?.dim;
  if (!dims || dims.length === 0) throw new InputError(`${file.name}: input ${name}: found no shape, expected one`);
  return dims.map(({ dimValue, dimParam }, axis) => {
    if (dimValue !== undefined && dimValue >= 1) return dimValue;
    if (axis === 0) return 1;
    throw new InputError(
      `${file.name}: input ${name}: found extent '${dimParam ?? dimValue ?? ''}', expected a fixed number`,
    );
  });
}

function outputsOf({ graph }: OnnxModel, meanings: ReadonlyMap<string, Meaning>, file: SourceFile): readonly Value[] {
  const outputs = graph.output.flatMap(({ name }) => {
    const meaning = meanings.get(name);
    return meaning?.kind === 'value' ? [meaning.value] : [];
  });
  if (outputs.length > 0) return outputs;
  throw new InputError(`${file.name}: found no output that any node makes, expected one`);
}
