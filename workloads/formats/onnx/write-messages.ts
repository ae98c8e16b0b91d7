// The messages in a written ONNX file, as schema.ts encodes them, with the fields that writers
// fill.

import { modelType } from './schema.js';

/**
 * `type` of an attribute and `dataType` of a tensor: onnx.proto, AttributeProto.AttributeType,
 * TensorProto.DataType.
 */
export const ATTRIBUTE = { float: 1, int: 2, string: 3, floats: 6, ints: 7, strings: 8 } as const;

export interface TensorMessage {
  readonly name: string;
  readonly dims: readonly number[];
  readonly dataType: number;
  /** Little-endian values, row-major. */
  readonly rawData: Uint8Array;
}

export interface AttributeMessage {
  readonly name: string;
  readonly type: number;
  readonly f?: number;
  readonly i?: number;
  readonly s?: Uint8Array;
  readonly floats?: readonly number[];
  readonly ints?: readonly number[];
  readonly strings?: readonly Uint8Array[];
}

export interface NodeMessage {
  readonly name: string;
  readonly opType: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly AttributeMessage[];
  /** Without one: the ONNX specification. */
  readonly domain?: string;
}

type Dimension = { readonly dimValue: number } | { readonly dimParam: string };

export interface ValueMessage {
  readonly name: string;
  readonly type: {
    readonly tensorType: {
      readonly elemType: number;
      readonly shape: { readonly dim: readonly Dimension[] };
    };
  };
}

export interface ModelMessage {
  readonly irVersion: number;
  readonly producerName: string;
  /** Without a domain: the operators of the ONNX specification. */
  readonly opsetImport: readonly { readonly domain?: string; readonly version: number }[];
  readonly graph: {
    readonly name: string;
    readonly node: readonly NodeMessage[];
    readonly initializer: readonly TensorMessage[];
    readonly input: readonly ValueMessage[];
    readonly output: readonly ValueMessage[];
  };
}

/** The bytes of an ONNX file. */
export function encodeModel(message: ModelMessage): Uint8Array {
  return modelType.encode({ ...message }).finish();
}
