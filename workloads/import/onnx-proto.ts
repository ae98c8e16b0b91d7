// ONNX files as messages: decoded, checked for form, and their constant tensors as numbers.

import { z } from 'zod';
import { InputError } from '../base/errors.js';
import { modelType } from '../export/onnx-schema.js';
import { sizeOf } from '../layers/index.js';
import { halfToNumber } from './half.js';
import { requireAtMost, type SourceFile } from './source.js';

const bytes = z.instanceof(Uint8Array);
const whole = z.number();
/** Checked by the decoder, and too long to be checked again. */
const numbers = z.custom<readonly number[]>(Array.isArray).default([]);

const Tensor = z.object({
  dims: z.array(whole).default([]),
  dataType: z.number().default(0),
  floatData: numbers,
  int32Data: numbers,
  int64Data: numbers,
  doubleData: numbers,
  uint64Data: numbers,
  name: z.string().default(''),
  rawData: bytes.optional(),
  externalData: z.array(z.object({ key: z.string().default(''), value: z.string().default('') })).default([]),
  dataLocation: z.number().default(0),
});
const Attribute = z.object({
  name: z.string().default(''),
  type: z.number().default(0),
  f: z.number().default(0),
  i: whole.default(0),
  s: bytes.optional(),
  t: Tensor.optional(),
  floats: z.array(z.number()).default([]),
  ints: z.array(whole).default([]),
});
const Node = z.object({
  name: z.string().default(''),
  opType: z.string().default(''),
  domain: z.string().default(''),
  input: z.array(z.string()).default([]),
  output: z.array(z.string()).default([]),
  attribute: z.array(Attribute).default([]),
});
const Dimension = z.object({ dimValue: whole.optional(), dimParam: z.string().optional() });
const ValueInfo = z.object({
  name: z.string().default(''),
  type: z
    .object({
      tensorType: z
        .object({
          elemType: z.number().default(0),
          shape: z.object({ dim: z.array(Dimension).default([]) }).optional(),
        })
        .optional(),
    })
    .optional(),
});
const Model = z.object({
  opsetImport: z.array(z.object({ domain: z.string().default(''), version: whole.default(0) })).default([]),
  producerName: z.string().default(''),
  graph: z.object({
    name: z.string().default(''),
    node: z.array(Node).default([]),
    initializer: z.array(Tensor).default([]),
    sparseInitializer: z
      .array(z.object({ values: Tensor, indices: Tensor, dims: z.array(whole).default([]) }))
      .default([]),
    input: z.array(ValueInfo).default([]),
    output: z.array(ValueInfo).default([]),
  }),
});

export type OnnxModel = z.infer<typeof Model>;
export type OnnxNode = z.infer<typeof Node>;
export type OnnxTensor = z.infer<typeof Tensor>;
export type OnnxValueInfo = z.infer<typeof ValueInfo>;

/** A tensor that the file holds, as numbers. */
export interface Constant {
  readonly dims: readonly number[];
  readonly values: Float32Array | Float64Array;
  /** Whether the elements are whole numbers by their type, which divide without a rest. */
  readonly whole?: boolean;
  /** TensorProto.DataType of a tensor that is as the file holds it. */
  readonly dataType?: number;
}

/** @throws InputError, one line, for bytes that are no ONNX model or hold more than the limits allow. */
export function decodeOnnx({ name, bytes: content, limits }: SourceFile): OnnxModel {
  let message: unknown;
  try {
    message = modelType.toObject(modelType.decode(content), { longs: Number });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`${name}: found ${reason}, expected a whole ONNX model`);
  }
  const parsed = Model.safeParse(message);
  if (!parsed.success) throw new InputError(`${name}: found no graph, expected an ONNX model`);
  requireAtMost(name, 'nodes', parsed.data.graph.node.length, limits.layers, 'layers');
  return parsed.data;
}

interface ElementType {
  readonly title: string;
  readonly bytes: number;
  read(view: DataView, offset: number): number;
  /** The field that holds such elements where they are not raw, and how one is read there. */
  readonly field: 'floatData' | 'int32Data' | 'int64Data' | 'doubleData' | 'uint64Data';
  readonly unpack?: (stored: number) => number;
}

/** By TensorProto.DataType. */
const elementTypes: Readonly<Record<number, ElementType>> = {
  1: { title: 'float', bytes: 4, read: (view, at) => view.getFloat32(at, true), field: 'floatData' },
  2: { title: 'uint8', bytes: 1, read: (view, at) => view.getUint8(at), field: 'int32Data' },
  3: { title: 'int8', bytes: 1, read: (view, at) => view.getInt8(at), field: 'int32Data' },
  4: { title: 'uint16', bytes: 2, read: (view, at) => view.getUint16(at, true), field: 'int32Data' },
  5: { title: 'int16', bytes: 2, read: (view, at) => view.getInt16(at, true), field: 'int32Data' },
  6: { title: 'int32', bytes: 4, read: (view, at) => view.getInt32(at, true), field: 'int32Data' },
  7: { title: 'int64', bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)), field: 'int64Data' },
  9: { title: 'bool', bytes: 1, read: (view, at) => view.getUint8(at), field: 'int32Data' },
  10: {
    ...{ title: 'float16', bytes: 2, field: 'int32Data', unpack: halfToNumber },
    read: (view, at) => halfToNumber(view.getUint16(at, true)),
  },
  11: { title: 'double', bytes: 8, read: (view, at) => view.getFloat64(at, true), field: 'doubleData' },
  12: { title: 'uint32', bytes: 4, read: (view, at) => view.getUint32(at, true), field: 'uint64Data' },
  13: { title: 'uint64', bytes: 8, read: (view, at) => Number(view.getBigUint64(at, true)), field: 'uint64Data' },
};

/** Whether elements of a TensorProto.DataType are whole numbers; false for what is true or false. */
export function isWholeType(dataType: number): boolean {
  return /int/.test(elementTypes[dataType]?.title ?? '');
}

/** The tensor's values. @throws InputError where they do not fill its shape, or lie where they may not. */
export async function constantOf(tensor: OnnxTensor, file: SourceFile): Promise<Constant> {
  const type = elementTypes[tensor.dataType];
  const where = `${file.name}: tensor ${tensor.name}`;
  if (!type) {
    const known = Object.values(elementTypes).map(({ title }) => title);
    throw new InputError(`${where}: found elements of type ${tensor.dataType}, expected ${known.join(', ')}`);
  }
  const { dims, dataType } = tensor;
  const size = sizeOf(dims);
  if (!dims.every((extent) => Number.isSafeInteger(extent) && extent >= 0)) {
    throw new InputError(`${where}: found a shape of ${dims.join('×')}, expected whole numbers`);
  }
  requireAtMost(file.name, `elements in tensor ${tensor.name}`, size, file.limits.elements, 'elements');
  const whole = isWholeType(dataType);
  const raw = tensor.dataLocation === 1 ? await externalBytes(tensor, file, where) : tensor.rawData;
  if (raw && raw.length > 0) {
    if (raw.length !== size * type.bytes) {
      throw new InputError(
        `${where}: found ${raw.length} bytes, expected ${size * type.bytes} for ${dims.join('×')} of ${type.title}`,
      );
    }
    const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
    return { dims, values: filled(type, size, (at) => type.read(view, at * type.bytes)), whole, dataType };
  }
  const stored = tensor[type.field];
  if (stored.length !== size) {
    throw new InputError(`${where}: found ${stored.length} values, expected ${size} for ${dims.join('×')}`);
  }
  const { unpack = (value: number) => value } = type;
  return { dims, values: filled(type, size, (at) => unpack(stored[at] as number)), whole, dataType };
}

/** Single precision holds what has no more: the weights. */
function filled({ title }: ElementType, size: number, at: (index: number) => number): Constant['values'] {
  const values = /^(float|float16|u?int8|u?int16|bool)$/.test(title) ? new Float32Array(size) : new Float64Array(size);
  for (let index = 0; index < size; index++) values[index] = at(index);
  return values;
}

async function externalBytes(tensor: OnnxTensor, file: SourceFile, where: string): Promise<Uint8Array> {
  const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
  const location = entries.get('location');
  if (!location) throw new InputError(`${where}: found external data without a location, expected a file's name`);
  const content = await file.beside(location);
  if (!content) throw new InputError(`${where}: found no file ${location} beside it, expected its external data`);
  const offset = Number(entries.get('offset') ?? 0);
  const length = entries.has('length') ? Number(entries.get('length')) : content.length - offset;
  const isSound = [offset, length].every((number) => Number.isSafeInteger(number) && number >= 0);
  if (!(isSound && offset + length <= content.length)) {
    throw new InputError(
      `${where}: found bytes ${offset} to ${offset + length} of ${location}, expected at most ${content.length}`,
    );
  }
  return content.subarray(offset, offset + length);
}

/** A sparse tensor with its zeros: its indices are flat, or one for each axis. */
export async function sparseConstant(
  { values, indices, dims }: OnnxModel['graph']['sparseInitializer'][number],
  file: SourceFile,
): Promise<Constant> {
  const where = `${file.name}: sparse tensor ${values.name}`;
  const size = sizeOf(dims);
  if (!dims.every((extent) => Number.isSafeInteger(extent) && extent >= 1)) {
    throw new InputError(`${where}: found a shape of ${dims.join('×')}, expected whole numbers above 0`);
  }
  requireAtMost(file.name, `elements in sparse tensor ${values.name}`, size, file.limits.elements, 'elements');
  const kept = (await constantOf(values, file)).values;
  const { dims: form, values: places } = await constantOf(indices, file);
  const axes = form.length === 2 ? dims.length : 1;
  if (places.length !== kept.length * axes) {
    throw new InputError(
      `${where}: found ${places.length} indices for ${kept.length} values, expected ${kept.length * axes}`,
    );
  }
  const dense = new Float32Array(size);
  for (let at = 0; at < kept.length; at++) {
    let place = 0;
    for (let axis = 0; axis < axes; axis++) {
      const index = places[at * axes + axis] as number;
      const extent = axes === 1 ? size : (dims[axis] as number);
      if (!(index >= 0 && index < extent))
        throw new InputError(`${where}: found index ${index}, expected below ${extent}`);
      place = place * extent + index;
    }
    dense[place] = kept[at] as number;
  }
  return { dims, values: dense };
}
