// ONNX files of a few nodes, written field by field.

import { modelType } from '../../../workloads/export/onnx-schema.js';

export interface OnnxNodeText {
  readonly opType: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attributes?: Readonly<Record<string, number | readonly number[] | string | OnnxTensorText>>;
  /** Attributes that are floats though they look whole. */
  readonly floats?: readonly string[];
}

export interface OnnxTensorText {
  readonly dims: readonly number[];
  readonly values: readonly number[];
  /** TensorProto.DataType; float unless told. */
  readonly type?: number;
}

export interface OnnxText {
  readonly opset?: number;
  readonly input: readonly number[];
  readonly nodes: readonly OnnxNodeText[];
  readonly tensors?: Readonly<Record<string, OnnxTensorText>>;
  /** Results; the last node's first one unless told. */
  readonly outputs?: readonly string[];
}

/** The graph's input is `x`. */
export function onnxFile({ opset = 13, input, nodes, tensors = {}, outputs }: OnnxText): Uint8Array {
  const named = outputs ?? [nodes.at(-1)?.output[0] ?? ''];
  return modelType
    .encode({
      irVersion: 8,
      producerName: 'a test',
      opsetImport: [{ version: opset }],
      graph: {
        name: 'test',
        node: nodes.map(({ opType, input: read, output, attributes = {}, floats = [] }) => ({
          ...{ opType, input: read, output, name: '' },
          attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value, floats.includes(name))),
        })),
        initializer: Object.entries(tensors).map(([name, tensor]) => ({ ...tensorMessage(tensor), name })),
        input: [valueInfo('x', input)],
        output: named.map((name) => valueInfo(name, null)),
      },
    })
    .finish();
}

function attribute(name: string, value: number | readonly number[] | string | OnnxTensorText, isFloat: boolean) {
  if (typeof value === 'number') return isFloat ? { name, type: 1, f: value } : { name, type: 2, i: value };
  if (typeof value === 'string') return { name, type: 3, s: new TextEncoder().encode(value) };
  if ('dims' in value) return { name, type: 4, t: tensorMessage(value) };
  return isFloat ? { name, type: 6, floats: value } : { name, type: 7, ints: value };
}

const arrays = {
  1: Float32Array,
  2: Uint8Array,
  3: Int8Array,
  6: Int32Array,
  9: Uint8Array,
  11: Float64Array,
} as const;

export function tensorMessage({ dims, values, type = 1 }: OnnxTensorText) {
  if (type === 7) {
    const wide = BigInt64Array.from(values, BigInt);
    return { dims, dataType: type, rawData: new Uint8Array(wide.buffer) };
  }
  const raw = arrays[type as keyof typeof arrays].from(values);
  return { dims, dataType: type, rawData: new Uint8Array(raw.buffer) };
}

function valueInfo(name: string, shape: readonly number[] | null) {
  const dim = [{ dimParam: 'batch' }, ...(shape ?? []).map((extent) => ({ dimValue: extent }))];
  return { name, type: { tensorType: { elemType: 1, ...(shape ? { shape: { dim } } : {}) } } };
}
