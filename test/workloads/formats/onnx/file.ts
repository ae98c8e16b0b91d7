// ONNX files of a few nodes, written field by field.

import { modelType } from '../../../../workloads/formats/onnx/schema.js';

/** Of a tensor: a number an axis, or the name of an open one. */
export type OnnxShape = readonly (number | string)[];

export interface OnnxTensorText {
  readonly dims: readonly number[];
  readonly values: readonly number[];
  /** TensorProto.DataType; float unless told. */
  readonly type?: number;
}

export interface OnnxGraphText {
  readonly inputs?: readonly string[];
  /** Of inputs and outputs. */
  readonly types?: Readonly<Record<string, { readonly type?: number; readonly shape: OnnxShape }>>;
  readonly outputs: readonly string[];
  readonly nodes: readonly OnnxNodeText[];
}

export type OnnxAttributeText =
  | number
  | readonly number[]
  | string
  | readonly string[]
  | OnnxTensorText
  | OnnxGraphText;

export interface OnnxNodeText {
  readonly opType: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name?: string;
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, OnnxAttributeText>>;
  /** Attributes that are floats though they look whole. */
  readonly floats?: readonly string[];
  /** Within a function: attributes that are the caller's, by their names there. */
  readonly references?: Readonly<Record<string, string>>;
}

export interface OnnxFunctionText extends OnnxGraphText {
  readonly name: string;
  readonly domain: string;
  readonly attributes?: readonly string[];
}

export interface OnnxText {
  readonly opset?: number;
  /** Of other domains than ONNX's own. */
  readonly domains?: readonly string[];
  /** Of the one input `x`, a float, behind an open batch; or `inputs`. */
  readonly input?: readonly number[];
  readonly inputs?: Readonly<Record<string, { readonly type?: number; readonly shape: OnnxShape }>>;
  readonly nodes: readonly OnnxNodeText[];
  readonly tensors?: Readonly<Record<string, OnnxTensorText>>;
  /** Results; the last node's first one unless told. */
  readonly outputs?: readonly string[];
  /** What the file says of other tensors, or of its results. */
  readonly told?: Readonly<Record<string, { readonly type?: number; readonly shape: OnnxShape }>>;
  readonly functions?: readonly OnnxFunctionText[];
}

export function onnxFile(text: OnnxText): Uint8Array {
  const {
    opset = 13,
    domains = [],
    input,
    inputs,
    nodes,
    tensors = {},
    outputs,
    told = {},
    functions = [],
  } = text;
  const given = inputs ?? { x: { shape: ['batch', ...(input ?? [])] } };
  const named = outputs ?? [nodes.at(-1)?.output[0] ?? ''];
  const imports = [{ version: opset }, ...domains.map((domain) => ({ domain, version: 1 }))];
  return modelType
    .encode({
      ...{ irVersion: 9, producerName: 'a test', opsetImport: imports },
      functions: functions.map(({ attributes: own = [], ...each }) => ({
        ...{ name: each.name, domain: each.domain, input: each.inputs ?? [], output: each.outputs },
        ...{ attribute: own, node: each.nodes.map(nodeMessage), opsetImport: imports },
      })),
      graph: {
        name: 'test',
        node: nodes.map(nodeMessage),
        initializer: Object.entries(tensors).map(([name, tensor]) => ({
          ...tensorMessage(tensor),
          name,
        })),
        input: Object.entries(given).map(([name, { type = 1, shape }]) =>
          valueInfo(name, type, shape),
        ),
        output: named.map((name) =>
          valueInfo(name, told[name]?.type ?? 1, told[name]?.shape ?? null),
        ),
        valueInfo: Object.entries(told)
          .filter(([name]) => !named.includes(name))
          .map(([name, { type = 1, shape }]) => valueInfo(name, type, shape)),
      },
    })
    .finish();
}

function nodeMessage({
  opType,
  input,
  output,
  name = '',
  domain = '',
  attributes = {},
  floats = [],
  references = {},
}: OnnxNodeText) {
  return {
    ...{ opType, input, output, name, domain },
    attribute: [
      ...Object.entries(attributes).map(([key, value]) =>
        attribute(key, value, floats.includes(key)),
      ),
      ...Object.entries(references).map(([key, refAttrName]) => ({
        name: key,
        refAttrName,
        type: 1,
      })),
    ],
  };
}

function attribute(name: string, value: OnnxAttributeText, isFloat: boolean): object {
  if (typeof value === 'number')
    return isFloat ? { name, type: 1, f: value } : { name, type: 2, i: value };
  if (typeof value === 'string') return { name, type: 3, s: encode(value) };
  if ('nodes' in value) return { name, type: 5, g: graphMessage(value) };
  if ('dims' in value) return { name, type: 4, t: tensorMessage(value) };
  if (typeof value[0] === 'string')
    return { name, type: 8, strings: (value as readonly string[]).map(encode) };
  return isFloat ? { name, type: 6, floats: value } : { name, type: 7, ints: value };
}

function graphMessage({ nodes, inputs = [], outputs, types = {} }: OnnxGraphText) {
  const named = (name: string) => {
    const known = types[name];
    return known ? valueInfo(name, known.type ?? 1, known.shape) : { name };
  };
  return {
    name: 'within',
    node: nodes.map(nodeMessage),
    input: inputs.map(named),
    output: outputs.map(named),
  };
}

const encode = (text: string) => new TextEncoder().encode(text);

const arrays = {
  1: Float32Array,
  2: Uint8Array,
  3: Int8Array,
  6: Int32Array,
  9: Uint8Array,
  11: Float64Array,
} as const;

/**
 * As the runtime's other implementations know them: 4-bit integers two in a byte, the lower half
 * first.
 */
export function tensorMessage({ dims, values, type = 1 }: OnnxTensorText) {
  if (type === 7) {
    const wide = BigInt64Array.from(values, BigInt);
    return { dims, dataType: type, rawData: new Uint8Array(wide.buffer) };
  }
  if (type === 21 || type === 22) {
    const bytes = new Uint8Array(Math.ceil(values.length / 2));
    for (const [at, value] of values.entries())
      bytes[at >> 1] = (bytes[at >> 1] as number) | ((value & 15) << (4 * (at % 2)));
    return { dims, dataType: type, rawData: bytes };
  }
  const raw = arrays[type as keyof typeof arrays].from(values);
  return { dims, dataType: type, rawData: new Uint8Array(raw.buffer) };
}

function valueInfo(name: string, elemType: number, shape: OnnxShape | null) {
  const dim = shape?.map((extent) =>
    typeof extent === 'number' ? { dimValue: extent } : { dimParam: extent },
  );
  return { name, type: { tensorType: { elemType, ...(dim ? { shape: { dim } } : {}) } } };
}
