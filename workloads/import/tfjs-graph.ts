// TensorFlow operators, as a TensorFlow.js GraphModel's JSON has them: inference graphs with frozen weights, whose nodes
// stand in any order.

import { z } from 'zod';
import { InputError } from '../base/errors.js';
import type { ZooEntry } from '../zoo/entry.js';
import { GraphBuilder, type Value } from './graph-builder.js';
import { modelName, requireAtMost, type SourceFile } from './source.js';
import { type GraphUse, type Meaning, tfOperators } from './tfjs-graph-operators.js';
import type { TfTensor } from './tfjs-weights.js';

const Attribute = z.record(z.string(), z.unknown());
const Node = z.object({
  name: z.string(),
  op: z.string(),
  input: z.array(z.string()).default([]),
  attr: z.record(z.string(), Attribute).default({}),
});
const Graph = z.object({ node: z.array(Node) });
type GraphNode = z.infer<typeof Node>;

/** `weights`: of the Const nodes, by name. */
export function readTfjsGraph(topology: unknown, weights: ReadonlyMap<string, TfTensor>, file: SourceFile): ZooEntry {
  const parsed = Graph.safeParse(topology);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new InputError(`${file.name}: modelTopology.${issue?.path.join('.')}: ${issue?.message}: no graph`);
  }
  const { node: nodes } = parsed.data;
  requireAtMost(file.name, 'nodes', nodes.length, file.limits.layers, 'layers');
  requireKnown(nodes, file);
  const builder = new GraphBuilder(file);
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const meanings = new Map<string, Meaning>();
  for (const node of inOrder(nodes, byName, file)) {
    meanings.set(node.name, meaningOf(node, { meanings, weights, builder }));
  }
  const read = new Set(nodes.flatMap(({ input }) => input.map(sourceOf)));
  const outputs = nodes.flatMap(({ name }): readonly Value[] => {
    const meaning = meanings.get(name);
    return read.has(name) || meaning?.kind !== 'value' ? [] : [meaning.value];
  });
  return builder.finish(modelName(file.name), 'TensorFlow graph', outputs, 'TensorFlow graph');
}

/** 'name:output' names an output of a node; '^name' only orders. */
const sourceOf = (input: string) => input.replace(/^\^/, '').replace(/:\d+$/, '');

const isPlain = (op: string) => op === 'Placeholder' || op === 'Const' || op === 'NoOp';

function requireKnown(nodes: readonly GraphNode[], file: SourceFile): void {
  const unknown = [...new Set(nodes.map(({ op }) => op))].filter(
    (op) => !isPlain(op) && !Object.hasOwn(tfOperators, op),
  );
  if (unknown.length === 0) return;
  const shown = unknown.slice(0, 12).map((op) => op.slice(0, 60));
  const more = unknown.length > 12 ? ` and ${unknown.length - 12} more` : '';
  throw new InputError(
    `${file.name}: found operators ${shown.join(', ')}${more}, expected ${Object.keys(tfOperators).sort().join(', ')}`,
  );
}

/** Every node behind those that it reads. @throws InputError for circles and missing nodes. */
function inOrder(
  nodes: readonly GraphNode[],
  byName: ReadonlyMap<string, GraphNode>,
  file: SourceFile,
): readonly GraphNode[] {
  const ordered: GraphNode[] = [];
  const state = new Map<string, 'open' | 'done'>();
  for (const start of nodes) {
    const stack = [{ node: start, next: 0 }];
    while (stack.length > 0) {
      const top = stack[stack.length - 1] as { readonly node: GraphNode; next: number };
      const { node } = top;
      if (top.next === 0 && state.has(node.name)) {
        stack.pop();
        continue;
      }
      state.set(node.name, 'open');
      const input = node.input[top.next++];
      if (input === undefined) {
        state.set(node.name, 'done');
        ordered.push(node);
        stack.pop();
        continue;
      }
      const source = byName.get(sourceOf(input));
      if (!source)
        throw new InputError(
          `${file.name}: node ${node.name}: found input ${input.slice(0, 80)}, which is no node, expected one`,
        );
      const seen = state.get(source.name);
      if (seen === 'open')
        throw new InputError(`${file.name}: node ${node.name}: found a circle through ${source.name}, expected none`);
      if (seen === undefined) stack.push({ node: source, next: 0 });
    }
  }
  return ordered;
}

interface Context {
  readonly meanings: ReadonlyMap<string, Meaning>;
  readonly weights: ReadonlyMap<string, TfTensor>;
  readonly builder: GraphBuilder;
}

function meaningOf(node: GraphNode, { meanings, weights, builder }: Context): Meaning {
  const { name, op, attr } = node;
  const fault = (found: string, expected: string) => builder.fault(`${name} (${op})`, found, expected);
  if (op === 'NoOp') return { kind: 'nothing' };
  if (op === 'Const') {
    const constant = weights.get(name);
    if (!constant) throw fault('no weight of its name', 'one in the manifest');
    return { kind: 'constant', constant };
  }
  if (op === 'Placeholder') return { kind: 'value', value: builder.input(placeholderShape(attr.shape, fault), 'hwc') };
  const data = node.input.filter((input) => !input.startsWith('^'));
  const meaning = (at: number) => meanings.get(sourceOf(data[at] ?? '')) ?? null;
  const use: GraphUse = {
    ...{ name, builder, fault, attr, inputs: data.length, meaning },
    value(at) {
      const found = meaning(at);
      if (found?.kind !== 'value')
        throw fault(found ? `a constant as input ${at + 1}` : `no input ${at + 1}`, "a layer's result");
      return found.value;
    },
    constant(at) {
      const found = meaning(at);
      if (found?.kind !== 'constant')
        throw fault(found ? `a result as input ${at + 1}` : `no input ${at + 1}`, 'a constant');
      return found.constant;
    },
  };
  const known = tfOperators[op];
  const result = known?.(use);
  if (!result) throw fault('nothing to make of it', 'a layer');
  return result;
}

function placeholderShape(attribute: unknown, fault: GraphUse['fault']): readonly number[] {
  const Shape = z.object({ shape: z.object({ dim: z.array(z.object({ size: z.union([z.string(), z.number()]) })) }) });
  const parsed = Shape.safeParse(attribute);
  if (!parsed.success) throw fault('no shape', 'one');
  const [, ...extents] = parsed.data.shape.dim.map(({ size }) => Number(size));
  if (!extents.every((extent) => Number.isSafeInteger(extent) && extent >= 1))
    throw fault(`a shape of ${extents.join('×')}`, 'fixed numbers behind the batch');
  return extents;
}
