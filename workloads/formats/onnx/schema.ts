// The messages of the Open Neural Network Exchange format: field numbers of onnx/onnx.proto
// (onnx/onnx on GitHub), whose names are kept in camel case. Tensors are read by hand, since their
// numbers stay where they lie in the file.

import protobuf from 'protobufjs/light.js';
import { decodeMessage, type WireReader, wireReader } from '../wire.js';

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
        functions: many('Function', 25),
      },
    },
    OperatorSet: { fields: { domain: one('string', 1), version: one('int64', 2) } },
    Graph: {
      fields: {
        node: many('Node', 1),
        name: one('string', 2),
        initializer: many('Tensor', 5),
        input: many('Value', 11),
        output: many('Value', 12),
        valueInfo: many('Value', 13),
        sparseInitializer: many('SparseTensor', 15),
      },
    },
    Function: {
      fields: {
        name: one('string', 1),
        input: many('string', 4),
        output: many('string', 5),
        attribute: many('string', 6),
        node: many('Node', 7),
        opsetImport: many('OperatorSet', 9),
        domain: one('string', 10),
        attributeProto: many('Attribute', 11),
        valueInfo: many('Value', 12),
        overload: one('string', 13),
      },
    },
    Node: {
      fields: {
        input: many('string', 1),
        output: many('string', 2),
        name: one('string', 3),
        opType: one('string', 4),
        attribute: many('Attribute', 5),
        domain: one('string', 7),
        overload: one('string', 8),
      },
    },
    Attribute: {
      fields: {
        name: one('string', 1),
        f: one('float', 2),
        i: one('int64', 3),
        s: one('bytes', 4),
        t: one('Tensor', 5),
        g: one('Graph', 6),
        floats: many('float', 7),
        ints: many('int64', 8),
        strings: many('bytes', 9),
        type: one('int32', 20),
        refAttrName: one('string', 21),
        sparseTensor: one('SparseTensor', 22),
      },
    },
    Tensor: {
      fields: {
        dims: many('int64', 1),
        dataType: one('int32', 2),
        floatData: many('float', 4),
        int32Data: many('int32', 5),
        int64Data: many('int64', 7),
        name: one('string', 8),
        rawData: one('bytes', 9),
        doubleData: many('double', 10),
        uint64Data: many('uint64', 11),
        externalData: many('Entry', 13),
        dataLocation: one('int32', 14),
      },
    },
    SparseTensor: {
      fields: { values: one('Tensor', 1), indices: one('Tensor', 2), dims: many('int64', 3) },
    },
    Entry: { fields: { key: one('string', 1), value: one('string', 2) } },
    Value: { fields: { name: one('string', 1), type: one('Type', 2) } },
    Type: { fields: { tensorType: one('TensorType', 1) } },
    TensorType: { fields: { elemType: one('int32', 1), shape: one('Shape', 2) } },
    Shape: { fields: { dim: many('Dimension', 1) } },
    Dimension: {
      oneofs: { value: { oneof: ['dimValue', 'dimParam'] } },
      fields: { dimValue: one('int64', 1), dimParam: one('string', 2) },
    },
  },
});

/** The message of a whole file. */
export const modelType = schema.lookupType('Model');
/** A tensor in a file of its own, as ONNX's tests have them. */
export const tensorType = schema.lookupType('Tensor');

/** Numbers of a tensor as they lie in the file: fields of typed numbers are packed and stay so. */
export interface TensorMessage {
  readonly name: string;
  readonly dims: readonly number[];
  /** TensorProto.DataType. */
  readonly dataType: number;
  readonly rawData: Uint8Array | null;
  /**
   * By field number, the packed bytes of floatData (4), int32Data (5), int64Data (7), doubleData
   * (10), uint64Data (11).
   */
  readonly packed: ReadonlyMap<number, readonly Uint8Array[]>;
  readonly externalData: readonly { readonly key: string; readonly value: string }[];
  readonly dataLocation: number;
}

const PACKED = [4, 5, 7, 10, 11];
/** Bytes of a number that is not packed, by wire type; of 0 until its last byte. */
const FIXED: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

function readTensor(reader: WireReader, length: number): TensorMessage {
  const end = reader.pos + length;
  if (end > reader.len) throw new RangeError('index out of range');
  const dims: number[] = [];
  const packed = new Map<number, Uint8Array[]>();
  const externalData: { key: string; value: string }[] = [];
  let [name, dataType, dataLocation] = ['', 0, 0];
  let rawData: Uint8Array | null = null;
  while (reader.pos < end) {
    const tag = reader.uint32();
    const [field, wire] = [tag >>> 3, tag & 7];
    if (field === 1 && wire === 0) dims.push(Number(String(reader.int64())));
    else if (field === 1 && wire === 2) {
      const stop = reader.uint32() + reader.pos;
      while (reader.pos < stop) dims.push(Number(String(reader.int64())));
    } else if (field === 2 && wire === 0) dataType = reader.int32();
    else if (field === 8 && wire === 2) name = reader.string();
    else if (field === 9 && wire === 2) rawData = reader.bytes();
    else if (field === 13 && wire === 2) externalData.push(readEntry(reader, reader.uint32()));
    else if (field === 14 && wire === 0) dataLocation = reader.int32();
    else if (PACKED.includes(field)) {
      const chunks = packed.get(field) ?? [];
      packed.set(field, chunks);
      chunks.push(readNumbers(reader, wire));
    } else reader.skipType(wire);
  }
  if (reader.pos !== end) throw new RangeError('index out of range');
  return { name, dims, dataType, rawData, packed, externalData, dataLocation };
}

/** The bytes of packed numbers, or of one that is not packed. */
function readNumbers(reader: WireReader, wire: number): Uint8Array {
  if (wire === 2) return reader.bytes();
  const start = reader.pos;
  if (wire === 0) while ((reader.buf[reader.pos++] ?? 0) >= 128);
  else reader.pos += FIXED[wire] ?? Number.POSITIVE_INFINITY;
  if (reader.pos > reader.len) throw new RangeError('index out of range');
  return reader.buf.subarray(start, reader.pos);
}

function readEntry(reader: WireReader, length: number): { key: string; value: string } {
  const entry = { key: '', value: '' };
  const end = reader.pos + length;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === 10) entry.key = reader.string();
    else if (tag === 18) entry.value = reader.string();
    else reader.skipType(tag & 7);
  }
  return entry;
}

schema.resolveAll();

/** The message of a whole file; tensors' numbers stay where they lie. @throws Error in words. */
export const decodeModel = (bytes: Uint8Array): unknown =>
  decodeMessage(modelType, bytes, { own: new Map([[tensorType, readTensor]]), defaults: true });

/** The one tensor of a file of its own. @throws RangeError for bytes that are none. */
export function decodeTensor(bytes: Uint8Array): TensorMessage {
  return readTensor(wireReader(bytes), bytes.length);
}
