// Nodes of a graph, one after the other, by the rows of the operator table.

import type { InputError } from '../../../base/errors.js';
import { sizeOf } from '../../../tensor.js';
import type { Handle, Tensors } from '../tensors.js';
import type { TfjsWeights } from '../weights.js';
import { type GraphNode, type NodeUse, noted, type Results, typeOf } from './node.js';
import { inOrder, isControl, sourceOf } from './order.js';
import { opaqueResults, tfRows } from './table.js';

interface FunctionBody {
  readonly signature: {
    readonly inputArg: readonly { readonly name: string }[];
    readonly outputArg: readonly { readonly name: string }[];
  };
  readonly nodeDef: readonly GraphNode[];
  readonly ret: Readonly<Record<string, string>>;
}

interface Context {
  readonly tensors: Tensors;
  readonly weights: TfjsWeights;
  /** As the model names them. */
  readonly outputs: readonly string[];
  readonly functions: ReadonlyMap<string, FunctionBody>;
}

/** By node; null is the network itself. */
type Readers = ReadonlyMap<string, readonly (GraphNode | null)[]>;

const ADDS_BIAS = new Set(['BiasAdd', 'Add', 'AddV2']);
const DEEPEST = 32;

export class Evaluation {
  constructor(
    private readonly context: Context,
    private readonly depth = 0,
  ) {}

  /** The results of all nodes by name; `given` has those of inputs. */
  run(
    nodes: readonly GraphNode[],
    given: ReadonlyMap<string, Results>,
  ): ReadonlyMap<string, Results> {
    const { tensors, weights } = this.context;
    const made = new Map<string, Results>(given);
    for (const { name, op } of nodes) {
      if (op !== 'Const') continue;
      const stored = weights.tensors.get(name);
      if (stored) made.set(name, [tensors.constant(name, stored)]);
      else if (!weights.texts.has(name))
        throw tensors.builder.fault(
          `${name} (Const)`,
          'no weight of its name',
          'one in the manifest',
        );
    }
    const readers = this.#readersOf(nodes);
    for (const node of nodes) {
      if (made.has(node.name)) continue;
      const result = this.#resultsOf(node, made, readers);
      made.set(node.name, result);
    }
    return made;
  }

  /** Nodes by what they read; the network itself reads its outputs. */
  #readersOf(nodes: readonly GraphNode[]): Readers {
    const readers = new Map<string, (GraphNode | null)[]>();
    const add = (name: string, reader: GraphNode | null) =>
      readers.set(name, [...(readers.get(name) ?? []), reader]);
    for (const node of nodes)
      for (const input of node.input) if (!isControl(input)) add(sourceOf(input).node, node);
    for (const output of this.context.outputs) add(sourceOf(output).node, null);
    return readers;
  }

  #resultsOf(node: GraphNode, made: Map<string, Results>, readers: Readers): Results {
    const { tensors } = this.context;
    const { name, op } = node;
    if (op === 'NoOp' || op === 'Assert') return [];
    const fault = (found: string, expected: string): InputError =>
      tensors.builder.fault(`${name} (${op})`, found, expected);
    const data = node.input.filter((input) => !isControl(input));
    const read = data.map((input) => {
      const source = sourceOf(input);
      return made.get(source.node)?.[source.at] ?? null;
    });
    if (op === 'Merge') return [read.find((each) => each !== null) ?? null];
    // A branch that is not taken.
    if (read.some((each) => each === null)) return [];
    const inputs = read as readonly Handle[];
    const own = readers.get(name) ?? [];
    const absorbed: { by?: string } = {};
    const use: NodeUse = {
      ...{ name, node, tensors, fault, count: inputs.length },
      get readers() {
        return readers.get(absorbed.by ?? name)?.length ?? 0;
      },
      input(at) {
        const found = inputs[at];
        if (!found) throw fault(`no input ${at + 1}`, 'one');
        return found;
      },
      inputs: (first = 0, end = inputs.length) => inputs.slice(first, end),
      followingBias: (channels) => {
        const [reader] = own;
        if (own.length !== 1 || !reader || !ADDS_BIAS.has(reader.op) || reader.input.length !== 2)
          return null;
        const other = reader.input.find((input) => sourceOf(input).node !== name);
        const bias =
          other === undefined ? undefined : made.get(sourceOf(other).node)?.[sourceOf(other).at];
        if (!bias || !tensors.isConstant(bias) || !isShift(bias, channels)) return null;
        absorbed.by = reader.name;
        return bias;
      },
      call: (called, given) => this.#call(called, given, fault),
    };
    const row = Object.hasOwn(tfRows, op) ? tfRows[op] : undefined;
    const results = row ? row(use) : this.#opaque(use);
    const all = 'copies' in results ? [results] : results;
    if (absorbed.by !== undefined) made.set(absorbed.by, all);
    return all;
  }

  #opaque(use: NodeUse): Results {
    const { tensors, name, node, fault } = use;
    const told = noted({ node })?.map((shape) => ({ shape, type: typeOf(use, 'T', 'float32') }));
    const types = opaqueResults(use) ?? told;
    if (!types) throw fault('results whose shape only a run can tell', 'fixed shapes');
    const layer = tensors.fresh(name);
    const results = types.map((type, at) => ({
      ...type,
      name: at === 0 ? layer : tensors.fresh(`${layer}:${at}`),
    }));
    const inputs = use.inputs().map((input) => tensors.plain(input));
    return tensors.builder
      .addOpaque(layer, node.op, inputs, results)
      .map((tensor) => tensors.made(tensor));
  }

  #call(name: string, inputs: readonly Handle[], fault: NodeUse['fault']): Results {
    const body = this.context.functions.get(name);
    if (!body) throw fault(`a branch ${name.slice(0, 60)}`, 'a function of the library');
    if (this.depth > DEEPEST) throw fault(`functions ${this.depth} deep`, `at most ${DEEPEST}`);
    const given = new Map(
      body.signature.inputArg.map((argument, at) => [argument.name, [inputs[at] ?? null]]),
    );
    const arguments_ = [...given.keys()].map((argument) => ({
      name: argument,
      op: 'Placeholder',
      input: [],
      attr: {},
    }));
    const byName = new Map([...arguments_, ...body.nodeDef].map((node) => [node.name, node]));
    const outputs = body.signature.outputArg.map((output) => body.ret[output.name] ?? output.name);
    const ordered = inOrder(
      outputs.map((output) => sourceOf(output).node),
      byName,
      name,
    );
    const made = new Evaluation({ ...this.context, outputs }, this.depth + 1).run(ordered, given);
    return outputs.map((output) => made.get(sourceOf(output).node)?.[sourceOf(output).at] ?? null);
  }
}

function isShift({ shape }: Handle, channels: number): boolean {
  return sizeOf(shape) === channels && shape.at(-1) === channels && channels > 1;
}
