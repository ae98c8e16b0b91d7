// The part of the Open Neural Network Exchange format that a dense network needs: messages and field numbers of
// onnx/onnx.proto (onnx/onnx on GitHub), whose names are kept in camel case. Readers skip what is left out here.

import protobuf from 'protobufjs/light.js';

/** `type` of an attribute and `dataType` of a tensor: onnx.proto, AttributeProto.AttributeType, TensorProto.DataType. */
export const ATTRIBUTE = { float: 1, int: 2, ints: 7 } as const;
export const FLOAT = 1;

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
  readonly ints?: readonly number[];
}

export interface NodeMessage {
  readonly name: string;
  readonly opType: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly AttributeMessage[];
}

type Dimension = { readonly dimValue: number } | { readonly dimParam: string };

export interface ValueMessage {
  readonly name: string;
  readonly type: {
    readonly tensorType: { readonly elemType: number; readonly shape: { readonly dim: readonly Dimension[] } };
  };
}

export interface ModelMessage {
  readonly irVersion: number;
  readonly producerName: string;
  /** Without a domain: the operators of the ONNX specification. */
  readonly opsetImport: readonly { readonly version: number }[];
  readonly graph: {
    readonly name: string;
    readonly node: readonly NodeMessage[];
    readonly initializer: readonly TensorMessage[];
    readonly input: readonly ValueMessage[];
    readonly output: readonly ValueMessage[];
  };
}

const one = (type: string, id: number) => ({ type, id });
const many = (type: string, id: number) => ({ rule: 'repeated', type, id });

const schema = protobuf.Root.fromJSON({
  nested: {
    Model: {
      fields: {
        irVersion: one('int64', 1),
        producerName: one('string', 2),
        graph: one('Graph', 7),
        opsetImport: many('OperatorSet', 8),
      },
    },
    OperatorSet: { fields: { version: one('int64', 2) } },
    Graph: {
      fields: {
        node: many('Node', 1),
        name: one('string', 2),
        initializer: many('Tensor', 5),
        input: many('Value', 11),
        output: many('Value', 12),
      },
    },
    Node: {
      fields: {
        input: many('string', 1),
        output: many('string', 2),
        name: one('string', 3),
        opType: one('string', 4),
        attribute: many('Attribute', 5),
      },
    },
    Attribute: {
      fields: {
        name: one('string', 1),
        f: one('float', 2),
        i: one('int64', 3),
        ints: many('int64', 8),
        type: one('int32', 20),
      },
    },
    Tensor: {
      fields: {
        dims: many('int64', 1),
        dataType: one('int32', 2),
        name: one('string', 8),
        rawData: one('bytes', 9),
      },
    },
    Value: { fields: { name: one('string', 1), type: one('Type', 2) } },
    Type: { fields: { tensorType: one('TensorType', 1) } },
    TensorType: { fields: { elemType: one('int32', 1), shape: one('Shape', 2) } },
    Shape: { fields: { dim: many('Dimension', 1) } },
    Dimension: { fields: { dimValue: one('int64', 1), dimParam: one('string', 2) } },
  },
});

/** The bytes of an ONNX file. */
export function encodeModel(message: ModelMessage): Uint8Array {
  return schema
    .lookupType('Model')
    .encode({ ...message })
    .finish();
}
