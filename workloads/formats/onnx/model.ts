// ONNX files as messages: decoded, and checked for form.

import { InputError } from '../../base/errors.js';
import { requireAtMost, type SourceFile } from '../source.js';
import { decodeModel, type TensorMessage } from './schema.js';

export interface OnnxAttribute {
  readonly name: string;
  /** AttributeProto.AttributeType; 0 in files that leave it out. */
  readonly type: number;
  readonly f: number;
  readonly i: number;
  readonly s: Uint8Array;
  readonly t: TensorMessage | null;
  readonly g: OnnxGraph | null;
  readonly floats: readonly number[];
  readonly ints: readonly number[];
  readonly strings: readonly Uint8Array[];
  /** Within a function: the attribute of its caller that stands here. */
  readonly refAttrName: string;
  readonly sparseTensor: OnnxSparseTensor | null;
}

export interface OnnxSparseTensor {
  readonly values: TensorMessage | null;
  readonly indices: TensorMessage | null;
  readonly dims: readonly number[];
}

export interface OnnxNode {
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly overload: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly OnnxAttribute[];
}

export interface OnnxDimension {
  readonly dimValue?: number;
  readonly dimParam?: string;
}

export interface OnnxValue {
  readonly name: string;
  readonly type: {
    readonly tensorType: {
      readonly elemType: number;
      readonly shape: { readonly dim: readonly OnnxDimension[] } | null;
    } | null;
  } | null;
}

export interface OnnxGraph {
  readonly name: string;
  readonly node: readonly OnnxNode[];
  readonly initializer: readonly TensorMessage[];
  readonly sparseInitializer: readonly OnnxSparseTensor[];
  readonly input: readonly OnnxValue[];
  readonly output: readonly OnnxValue[];
  readonly valueInfo: readonly OnnxValue[];
}

export interface OnnxOperatorSet {
  readonly domain: string;
  readonly version: number;
}

export interface OnnxFunction {
  readonly name: string;
  readonly domain: string;
  readonly overload: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly node: readonly OnnxNode[];
  readonly opsetImport: readonly OnnxOperatorSet[];
  readonly attributeProto: readonly OnnxAttribute[];
  readonly valueInfo: readonly OnnxValue[];
}

export interface OnnxModel {
  readonly producerName: string;
  readonly opsetImport: readonly OnnxOperatorSet[];
  readonly graph: OnnxGraph;
  readonly functions: readonly OnnxFunction[];
}

/**
 * @throws InputError, one line, for bytes that are no ONNX model or hold more than the limits
 *   allow.
 */
export function decodeOnnx({ name, bytes, limits }: SourceFile): OnnxModel {
  let message: Partial<OnnxModel>;
  try {
    message = decodeModel(bytes) as Partial<OnnxModel>;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`${name}: found ${reason}, expected a whole ONNX model`);
  }
  const { graph } = message;
  if (!graph || (graph.node.length === 0 && graph.output.length === 0)) {
    throw new InputError(`${name}: found no graph, expected an ONNX model`);
  }
  requireAtMost(name, 'nodes', graph.node.length, limits.layers, 'layers');
  return { producerName: '', opsetImport: [], functions: [], ...message, graph };
}

/** Domains of the ONNX specification itself, under one name. */
export function domainOf(domain: string | undefined): string {
  return domain === undefined || domain === 'ai.onnx' ? '' : domain;
}

const text = new TextDecoder();

export function textOf(bytes: Uint8Array): string {
  return text.decode(bytes);
}
