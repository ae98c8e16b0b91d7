// ONNX files (onnx/onnx, IR.md and Operators.md; operator sets 9 to 21) as networks with their weights. Nodes are walked
// in the file's order: constants are folded, what only moves or names values is followed, and the rest become layers.

import { InputError } from '../base/errors.js';
import { sizeOf } from '../layers/index.js';
import type { ZooEntry } from '../zoo/entry.js';
import { GraphBuilder, type Value } from './graph-builder.js';
import { constantOperators } from './onnx-constants.js';
import { type Context, type Meaning, operationOf, permutationOf } from './onnx-operation.js';
import { layerOperators, meaningsOf } from './onnx-operators.js';
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
  const builder = new GraphBuilder(file);
  const meanings = await constantsOf(model, file);
  if (model.graph.node.some(isRecurrent)) {
    await fold(model, meanings, { opset, builder, batch: 1, file });
    return recurrentEntries(model, meanings, file);
  }
  requireKnown(model, meanings, file);
  const batch = addInput(model, meanings, builder, file);
  for (const node of model.graph.node) {
    const operation = operationOf(node, meanings, { opset, builder, batch, file });
    const results = await meaningsOf(operation);
    for (const [at, result] of results.entries()) {
      const output = node.output[at] ?? '';
      if (meanings.has(output)) throw operation.fault(`the result ${output} a second time`, 'each made once');
      if (output !== '' || at === 0) meanings.set(output, result);
    }
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

async function constantsOf({ graph }: OnnxModel, file: SourceFile): Promise<Map<string, Meaning>> {
  const meanings = new Map<string, Meaning>();
  const add = (name: string, constant: Constant) => meanings.set(name, { kind: 'constant', constant });
  for (const tensor of graph.initializer) add(tensor.name, await constantOf(tensor, file));
  for (const tensor of graph.sparseInitializer) add(tensor.values.name, await sparseConstant(tensor, file));
  return meanings;
}

/** Adds what follows from constants alone; what cannot be worked out is left to whoever reads it. */
async function fold({ graph }: OnnxModel, meanings: Map<string, Meaning>, context: Context): Promise<void> {
  for (const node of graph.node) {
    const reads = node.input.filter((name) => name !== '');
    if (!Object.hasOwn(constantOperators, node.opType) || !reads.every((name) => meanings.has(name))) continue;
    try {
      const [result] = await meaningsOf(operationOf(node, meanings, context));
      if (result) meanings.set(node.output[0] ?? '', result);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
    }
  }
}

/** Every operator that is not supported, at once: those of layers are, and others where all that they read is constant. */
function requireKnown({ graph }: OnnxModel, meanings: ReadonlyMap<string, Meaning>, file: SourceFile): void {
  const constant = new Set(meanings.keys());
  const unknown: string[] = [];
  for (const { opType, domain, input, output } of graph.node) {
    const own = OWN_DOMAINS.includes(domain);
    const ofShape = opType === 'Shape' || opType === 'Size';
    const isConstant = ofShape || input.every((name) => name === '' || constant.has(name));
    if (own && isConstant && Object.hasOwn(constantOperators, opType)) for (const name of output) constant.add(name);
    else if (!own || !layerOperators.includes(opType))
      unknown.push((domain === '' ? opType : `${domain}.${opType}`).slice(0, 60));
  }
  if (unknown.length === 0) return;
  const names = [...new Set(unknown)];
  const shown = names.slice(0, 12).join(', ') + (names.length > 12 ? ` and ${names.length - 12} more` : '');
  throw new InputError(`${file.name}: found operators ${shown}, expected ${layerOperators.join(', ')}`);
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
  // Anything but a vector or an image is a vector to layers, as flattening has it; they refuse what they cannot read.
  const isLayered = extents.length === 1 || extents.length === 3;
  const value = isLayered ? builder.input(extents, order) : { ...builder.input([sizeOf(extents)]), seen: extents };
  meanings.set(input.name, { kind: 'value', value });
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
