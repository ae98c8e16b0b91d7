// TensorFlow graphs, as a TensorFlow.js GraphModel's JSON has them: inference graphs with frozen
// weights, whose nodes stand in any order.

import { z } from 'zod';
import { InputError } from '../../../base/errors.js';
import type { ZooEntry } from '../../../zoo/entry.js';
import { GraphBuilder } from '../../graph-builder.js';
import { modelName, requireAtMost, type SourceFile } from '../../source.js';
import { boundShape, type OpenInputs, openFault } from '../open-shapes.js';
import { channelsFirst, identity } from '../permutation.js';
import { finished } from '../results.js';
import { type Handle, Tensors } from '../tensors.js';
import type { TfjsWeights } from '../weights.js';
import { Evaluation } from './evaluate.js';
import { type GraphNode, isText, Node, noted, shapeOf, typeOf } from './node.js';
import { inOrder, isControl, sourceOf } from './order.js';
import { opaqueNames, refused, tfRows } from './table.js';

const Callable = z.object({
  signature: z.object({
    name: z.string(),
    inputArg: z.array(z.object({ name: z.string() })).default([]),
    outputArg: z.array(z.object({ name: z.string() })).default([]),
  }),
  nodeDef: z.array(Node).default([]),
  ret: z.record(z.string(), z.string()).default({}),
});
const Graph = z.object({
  node: z.array(Node),
  library: z.object({ function: z.array(Callable).default([]) }).optional(),
});

const Signature = z.object({
  inputs: z.record(z.string(), z.object({ name: z.string() })).default({}),
  outputs: z.record(z.string(), z.object({ name: z.string() })).default({}),
});

/** `weights`: of the Const nodes, by name; `signature`: which tensors the model gives out. */
export function readTfjsGraph(
  topology: unknown,
  weights: TfjsWeights,
  signature: unknown,
  file: SourceFile,
): ZooEntry {
  const parsed = Graph.safeParse(topology);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new InputError(
      `${file.name}: modelTopology.${issue?.path.join('.')}: ${issue?.message}: no graph`,
    );
  }
  const { node: nodes, library } = parsed.data;
  requireAtMost(file.name, 'nodes', nodes.length, file.limits.layers, 'layers');
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const outputs = outputsOf(nodes, signature);
  // Where all nodes are read they go round in circles.
  const wanted =
    outputs.length > 0 ? outputs.map((output) => sourceOf(output).node) : [...byName.keys()];
  const ordered = inOrder(wanted, byName, file.name);
  requireKnown(ordered, weights, file);
  const builder = new GraphBuilder(file);
  const tensors = new Tensors(builder);
  const evaluation = new Evaluation({
    ...{ tensors, weights, outputs },
    functions: new Map((library?.function ?? []).map((each) => [each.signature.name, each])),
  });
  const open: OpenInputs = [];
  const inputs = ordered
    .filter(({ op }) => op === 'Placeholder')
    .map((node) => ({ node, shape: inputShape(node, open, builder, file) }));
  if (open.length > 0) throw openFault(open, file);
  const given = new Map<string, readonly Handle[]>();
  for (const { node, shape } of inputs) {
    const fault = (found: string, expected: string) => builder.fault(node.name, found, expected);
    const type = typeOf({ node, fault }, 'dtype', 'float32');
    const order = feedsImages(node, ordered) ? channelsFirst(shape.length) : identity(shape.length);
    given.set(node.name, [tensors.input(node.name, { shape, type }, order)]);
  }
  const made = evaluation.run(ordered, given);
  const results = outputs.flatMap((output) => {
    const { node, at } = sourceOf(output);
    return made.get(node)?.[at] ?? [];
  });
  const title = { name: modelName(file.name), title: 'TensorFlow graph', work: 'TensorFlow graph' };
  return finished(tensors, results, title, weights, file);
}

function inputShape(
  node: GraphNode,
  open: OpenInputs,
  builder: GraphBuilder,
  file: SourceFile,
): readonly number[] {
  const written = shapeOf({ node }, 'shape');
  if (!written)
    throw builder.fault(node.name, 'an input without a shape', 'a model exported with one');
  return boundShape(
    node.name,
    written.map((extent) => (extent < 0 ? null : extent)),
    open,
    file,
  );
}

/**
 * Names of the tensors that a model gives out: those of its signature, else of what nothing reads.
 */
function outputsOf(nodes: readonly GraphNode[], signature: unknown): readonly string[] {
  const parsed = Signature.safeParse(signature);
  const told = parsed.success ? Object.values(parsed.data.outputs).map(({ name }) => name) : [];
  const known = new Set(nodes.map(({ name }) => name));
  const own = told.filter((name) => known.has(sourceOf(name).node));
  if (own.length > 0) return own;
  const read = new Set(nodes.flatMap(({ input }) => input.map((each) => sourceOf(each).node)));
  return nodes.flatMap(({ name, op }) =>
    read.has(name) || ['NoOp', 'Const', 'Placeholder', 'Assert'].includes(op) ? [] : [name],
  );
}

const PLAIN = ['Placeholder', 'Const', 'NoOp', 'Merge', 'Assert'];

/** @throws InputError that names all that stands in the way at once. */
function requireKnown(nodes: readonly GraphNode[], { texts }: TfjsWeights, file: SourceFile): void {
  const unread = [...new Set(nodes.filter((node) => !isRead(node)).map(({ op }) => op))];
  const textInputs = nodes
    .filter((node) => node.op === 'Placeholder' && isText({ node }, 'dtype'))
    .map(({ name }) => name);
  const isTexts = texts.size > 0 && nodes.some(({ name }) => texts.has(name));
  if (unread.length === 0 && textInputs.length === 0) return;
  const groups = refused.flatMap(({ what, operators }) => {
    const own = unread.filter((op) => operators.test(op));
    return own.length === 0 ? [] : [`${what} (${shown(own)})`];
  });
  const others = unread.filter((op) => !refused.some(({ operators }) => operators.test(op)));
  const found = [
    ...(textInputs.length > 0 ? [`input ${textInputs.join(', ')} of text`] : []),
    ...(others.length > 0 ? [`operators ${shown(others)}`] : []),
    ...groups,
    ...(isTexts && textInputs.length === 0 ? ['constants of text'] : []),
  ].join('; ');
  throw new InputError(
    `${file.name}: found ${found}, expected operators of numbers and fixed shapes: convert the part of the model between them, or an ONNX file of it`,
  );
}

function isRead(node: GraphNode): boolean {
  if (PLAIN.includes(node.op) || Object.hasOwn(tfRows, node.op) || noted({ node })) return true;
  if (node.op === 'NonMaxSuppressionV4') return node.attr.pad_to_max_output_size?.b === true;
  return opaqueNames.includes(node.op);
}

function shown(names: readonly string[]): string {
  const some = names.slice(0, 12).map((op) => op.slice(0, 60));
  return names.length > 12 ? `${some.join(', ')} and ${names.length - 12} more` : some.join(', ');
}

const IMAGES = /Conv|Pool|FusedBatchNorm|LRN|DepthToSpace|SpaceToDepth/;
/** What works on single elements or keeps axes apart: an image's order passes through. */
const KEEPS =
  /^(Add|AddV2|Sub|Mul|RealDiv|Div|Maximum|Minimum|Pow|Cast|Identity|Relu|Relu6|Sigmoid|Tanh|Neg|Abs|Sqrt|Square|Pad|PadV2|MirrorPad|ConcatV2|Resize.*|BiasAdd|ClipByValue|Reverse.*|Split|SplitV|Slice|StridedSlice|Unpack|Pack|ExpandDims|Squeeze|StopGradient|Cast)$/;

/** Whether what reads an input, directly or behind single elements, wants the channels first. */
function feedsImages(input: GraphNode, nodes: readonly GraphNode[]): boolean {
  const reached = new Set([input.name]);
  for (const node of nodes) {
    const [data] = node.input.filter((each) => !isControl(each));
    const reads = node.input.some((each) => reached.has(sourceOf(each).node));
    if (!reads || data === undefined) continue;
    if (IMAGES.test(node.op)) return true;
    if (KEEPS.test(node.op)) reached.add(node.name);
  }
  return false;
}
