// One node of an ONNX graph on its way to become a layer: what its inputs stand for.

import { InputError } from '../base/errors.js';
import type { GraphBuilder, Value } from './graph-builder.js';
import { type Constant, constantOf, type OnnxNode } from './onnx-proto.js';
import type { SourceFile } from './source.js';

/** What a name in the graph stands for. */
export type Meaning =
  | { readonly kind: 'constant'; readonly constant: Constant }
  | { readonly kind: 'value'; readonly value: Value };

/** A node with its inputs looked up. */
export interface Operation {
  readonly node: OnnxNode;
  /** Its name, or its first output's where it has none. */
  readonly name: string;
  readonly opset: number;
  readonly builder: GraphBuilder;
  readonly batch: number;
  /** A constant the file holds. @throws InputError where it is computed from the input, or missing. */
  constant(at: number): Constant;
  optionalConstant(at: number): Constant | null;
  /** A layer's result. @throws InputError where it is a constant, or missing. */
  value(at: number): Value;
  meaning(at: number): Meaning | null;
  fault(found: string, expected: string): InputError;
  /** The tensor of an attribute. */
  attributeTensor(name: string): Promise<Constant | null>;
}

export function permutationOf(node: OnnxNode): readonly number[] {
  return node.attribute.find(({ name }) => name === 'perm')?.ints ?? [];
}

export interface Context {
  readonly opset: number;
  readonly builder: GraphBuilder;
  readonly batch: number;
  readonly file: SourceFile;
}

/** `node` with its inputs looked up among `meanings`. */
export function operationOf(node: OnnxNode, meanings: ReadonlyMap<string, Meaning>, context: Context): Operation {
  const name = node.name || node.output[0] || node.opType;
  const fault = (found: string, expected: string) =>
    new InputError(`${context.file.name}: node ${name} (${node.opType}): found ${found}, expected ${expected}`);
  const meaning = (at: number): Meaning | null => {
    const input = node.input[at] ?? '';
    if (input === '') return null;
    const found = meanings.get(input);
    if (!found) throw fault(`input ${input}, which no node before it makes`, 'a graph in order, without circles');
    return found;
  };
  const optionalConstant = (at: number) => {
    const found = meaning(at);
    if (found?.kind === 'value') throw fault(`input ${node.input[at]} computed from the network's input`, 'a constant');
    return found?.constant ?? null;
  };
  return {
    ...{
      node,
      name,
      opset: context.opset,
      builder: context.builder,
      batch: context.batch,
      fault,
      meaning,
      optionalConstant,
    },
    constant(at) {
      const found = optionalConstant(at);
      if (!found) throw fault(`no input ${at + 1}`, 'a constant');
      return found;
    },
    value(at) {
      const found = meaning(at);
      if (found?.kind !== 'value')
        throw fault(found ? `a constant as input ${at + 1}` : `no input ${at + 1}`, "a layer's result");
      return found.value;
    },
    async attributeTensor(wanted) {
      const tensor = node.attribute.find((attribute) => attribute.name === wanted)?.t;
      return tensor ? constantOf(tensor, context.file) : null;
    },
  };
}
