// Reads zeroskip's own model files: safetensors whose metadata `zeroskip` says how each layer's
// tensors are encoded.

import { z } from 'zod';
import { InputError } from '../../base/errors.js';
import {
  type CodedNumbers,
  decodeMatrix,
  decodeNumbers,
  type EncodedMatrix,
  scalesPerRow,
} from '../../compress/encode.js';
import { type Layer, type LayerWeights, type Network, weightShapeOf } from '../../network.js';
import type { WeightStore } from '../../weights/store.js';
import {
  isSafetensors,
  readSafetensors,
  type StoredTensor,
  type TensorFile,
  toFloats,
} from '../safetensors.js';

export const MODEL_FORMAT = 1;
const METADATA_KEY = 'zeroskip';

const Count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const MatrixShape = z.tuple([Count, Count]).readonly();
const Bits = z.number().int().min(0).max(8);
const LayerSchema = z.discriminatedUnion('encoding', [
  z.strictObject({ encoding: z.literal('dense'), shape: MatrixShape }),
  z.strictObject({
    encoding: z.literal('sparse'),
    shape: MatrixShape,
    entries: Count,
    gapBits: Bits.min(1),
  }),
  z.strictObject({
    encoding: z.literal('coded'),
    shape: MatrixShape,
    entries: Count,
    codeBits: Bits.min(1),
    gapBits: Bits,
    /** Columns that share a float16 scale; without it scales are a row's. */
    group: Count.min(1).optional(),
  }),
]);
const HeaderSchema = z.object({
  format: z.literal(MODEL_FORMAT),
  network: z.string(),
  /** The data set it was trained on. */
  data: z.string().optional(),
  /** The command that made it. */
  command: z.string().optional(),
  /** Share of the test set that it classifies rightly. */
  accuracy: z.number().min(0).max(1).optional(),
  layers: z.record(z.string(), LayerSchema),
});

export type LayerHeader = z.infer<typeof LayerSchema>;
export type ModelHeader = z.infer<typeof HeaderSchema>;

/** Whether these are the bytes of a model file of ours, sound or not. */
export function isModelFile(bytes: Uint8Array): boolean {
  if (!isSafetensors(bytes)) return false;
  // The metadata come first.
  const start = new TextDecoder().decode(bytes.subarray(8, 64));
  return start.startsWith(`{"__metadata__":{"${METADATA_KEY}":`);
}

/** What a file says of itself. @throws InputError, one line, for anything but a model file. */
export function readModelHeader(bytes: Uint8Array, file: string): ModelHeader {
  return headerOf(readSafetensors(bytes, file), file);
}

/**
 * The weights of `network`'s layers, matrices of the shape that `shapeOf` has. @throws InputError,
 * one line, for a damaged file or one of another network.
 */
export function readModelFile(
  bytes: Uint8Array,
  network: Network,
  file: string,
  shapeOf: typeof weightShapeOf = weightShapeOf,
): ReadonlyMap<string, LayerWeights> {
  const tensors = readSafetensors(bytes, file);
  const header = headerOf(tensors, file);
  const weights = new Map<string, LayerWeights>();
  for (const layer of network.layers) {
    const shape = shapeOf(layer);
    if (!shape) continue;
    const about = header.layers[layer.name];
    const fault = (found: string, expected: string) =>
      new InputError(`${file}: layer ${layer.name}: found ${found}, expected ${expected}`);
    if (!about)
      throw fault(
        'nothing',
        `weights, as ${network.name} has the layer (the file is of ${header.network})`,
      );
    const [rows, columns] = about.shape;
    if (rows !== shape.rows || columns !== shape.columns) {
      throw fault(
        `${rows}×${columns} weights`,
        `${shape.rows}×${shape.columns} for ${network.name}`,
      );
    }
    weights.set(layer.name, {
      store: readStore(tensors, layer, about, fault),
      bias: readBias(tensors, layer, shape.biases, fault),
      origin: 'real',
    });
  }
  return weights;
}

type Fault = (found: string, expected: string) => InputError;

function headerOf({ metadata }: TensorFile, file: string): ModelHeader {
  let header: unknown;
  try {
    header = JSON.parse(metadata[METADATA_KEY] ?? '');
  } catch {
    throw new InputError(
      `${file}: found no JSON under the metadata '${METADATA_KEY}', expected a model file's header`,
    );
  }
  const parsed = HeaderSchema.safeParse(header);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new InputError(
    `${file}: header ${issue?.path.join('.')}: ${issue?.message}, expected a model file's header`,
  );
}

function readStore(file: TensorFile, layer: Layer, about: LayerHeader, fault: Fault): WeightStore {
  const [rows, columns] = about.shape;
  const matrix = readMatrix(file, layer.name, about, fault);
  const decode = () => inLayer(fault, () => decodeMatrix(matrix, rows, columns));
  if (matrix.encoding === 'coded' && matrix.scales === null && matrix.codebook[0] === 0) {
    decode();
    const { codebook, codes, gaps } = matrix;
    return { format: 'codebook', rows, columns, codebook, codes, gaps: gaps.values };
  }
  return { format: 'dense', rows, columns, values: decode() };
}

function readMatrix(
  file: TensorFile,
  name: string,
  about: LayerHeader,
  fault: Fault,
): EncodedMatrix {
  const [rows, columns] = about.shape;
  if (about.encoding === 'dense') {
    return { encoding: 'dense', values: readFloats(file, `${name}.weight`, rows * columns, fault) };
  }
  const { entries, gapBits } = about;
  // So that nothing larger is ever allocated than the layer itself.
  if (!(entries <= rows * columns))
    throw fault(`${entries} entries`, `at most ${rows * columns}, one a weight`);
  const gaps = {
    values: readNumbers(file, `${name}.gaps`, entries, gapBits, fault),
    bits: gapBits,
  };
  if (about.encoding === 'sparse') {
    return { encoding: 'sparse', values: readFloats(file, `${name}.values`, entries, fault), gaps };
  }
  const codebook = readFloats(file, `${name}.codebook`, null, fault);
  const codes = readNumbers(file, `${name}.codes`, entries, about.codeBits, fault);
  const beyond = codes.findIndex((code) => code >= codebook.length);
  if (beyond >= 0)
    throw fault(`code ${codes[beyond]} of entry ${beyond}`, `a code below ${codebook.length}`);
  const { group = null } = about;
  const count = rows * scalesPerRow(columns, group);
  const scales = file.tensors.has(`${name}.scales`)
    ? {
        values: readFloats(file, `${name}.scales`, count, fault, group === null ? 'F32' : 'F16'),
        group,
      }
    : null;
  return { encoding: 'coded', codebook, scales, codes, codeBits: about.codeBits, gaps };
}

function readBias(
  file: TensorFile,
  { name }: Layer,
  biases: number,
  fault: Fault,
): Float32Array | null {
  return biases > 0 ? readFloats(file, `${name}.bias`, biases, fault) : null;
}

function readNumbers(
  file: TensorFile,
  name: string,
  count: number,
  bits: number,
  fault: Fault,
): Uint8Array {
  if (bits === 0) return new Uint8Array(count);
  const lengths = file.tensors.get(`${name}.huffman`);
  const coded: CodedNumbers = {
    bytes: bytesOf(file, name, fault),
    lengths: lengths ? bytesOf(file, `${name}.huffman`, fault) : null,
  };
  return inLayer(fault, () => decodeNumbers(coded, count, bits));
}

/** `count` finite numbers, or as many as there are. */
function readFloats(
  file: TensorFile,
  name: string,
  count: number | null,
  fault: Fault,
  type: 'F32' | 'F16' = 'F32',
): Float32Array {
  const tensor = tensorOf(file, name, fault);
  if (tensor.type !== type) throw fault(`${name} of ${tensor.type}`, type);
  const values = toFloats(tensor);
  if (count !== null && values.length !== count)
    throw fault(`${values.length} values of ${name}`, `${count}`);
  const odd = values.findIndex((value) => !Number.isFinite(value));
  if (odd >= 0) throw fault(`${values[odd]} in ${name}`, 'finite numbers');
  return values;
}

function bytesOf(file: TensorFile, name: string, fault: Fault): Uint8Array {
  const tensor = tensorOf(file, name, fault);
  if (tensor.type !== 'U8') throw fault(`${name} of ${tensor.type}`, 'U8');
  return tensor.bytes;
}

function tensorOf(file: TensorFile, name: string, fault: Fault): StoredTensor {
  const tensor = file.tensors.get(name);
  if (!tensor) throw fault(`no tensor ${name}`, 'one');
  return tensor;
}

/** What a decoder says, with the file and the layer before it. */
function inLayer<Result>(fault: Fault, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const [, found = error.message, expected = 'a sound one'] =
      /^found (.*), expected (.*)$/.exec(error.message) ?? [];
    throw fault(found, expected);
  }
}
