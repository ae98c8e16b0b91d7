// A folder's tensors: in one safetensors file, or in several that an index names.

import { z } from 'zod';
import { InputError } from '../../base/errors.js';
import { type PlacedTensor, placeSafetensors } from '../safetensors.js';
import { openBeside, type SourceFile } from '../source.js';
import { checked, parseJson } from './config.js';

const ONE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

/** Files of weights that programs of their own are needed for. */
const others = [
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
  'pytorch_model.pt',
  'model.pt',
  'tf_model.h5',
];

const Index = z.object({ weight_map: z.record(z.string(), z.string()) });

/**
 * Tensors by the names that they have in the folder; null where it has no weights. @throws
 * InputError, one line.
 */
export async function readTensors(
  file: SourceFile,
): Promise<ReadonlyMap<string, PlacedTensor> | null> {
  const one = await openBeside(file, ONE);
  if (one) return placeSafetensors(one, beside(file, ONE)).tensors;
  const index = await file.beside(INDEX);
  if (index) return readShards(file, index);
  for (const name of others) {
    if (!(await openBeside(file, name))) continue;
    throw new InputError(
      `${file.name}: found weights in ${name}, expected ${ONE}; convert them in the folder: python -c "from transformers import AutoModel as M; M.from_pretrained('.').save_pretrained('.', safe_serialization=True)"`,
    );
  }
  return null;
}

async function readShards(
  file: SourceFile,
  bytes: Uint8Array,
): Promise<ReadonlyMap<string, PlacedTensor>> {
  const name = beside(file, INDEX);
  const { weight_map: map } = checked(Index, parseJson({ bytes, name }), name);
  const shards = new Map<string, ReadonlyMap<string, PlacedTensor>>();
  const tensors = new Map<string, PlacedTensor>();
  for (const [tensor, shard] of Object.entries(map)) {
    const known = shards.get(shard) ?? (await readShard(file, shard));
    shards.set(shard, known);
    const found = known.get(tensor);
    if (!found)
      throw new InputError(`${name}: found no tensor ${tensor} in ${shard}, expected one`);
    tensors.set(tensor, found);
  }
  return tensors;
}

async function readShard(
  file: SourceFile,
  shard: string,
): Promise<ReadonlyMap<string, PlacedTensor>> {
  const opened = await openBeside(file, shard);
  if (!opened)
    throw new InputError(
      `${beside(file, INDEX)}: found no file ${shard}, expected it in the same folder`,
    );
  return placeSafetensors(opened, beside(file, shard)).tensors;
}

/** How messages name a file in the same folder. */
function beside({ name }: SourceFile, path: string): string {
  return name.replace(/[^\\/]*$/, path);
}

/** Bytes that are looked at together. */
const PIECE = 2 ** 24;

/** The share of elements that are not zero, counted piece by piece. */
export function densityOf({ type, shape, size, read }: PlacedTensor): number {
  const count = shape.reduce((product, extent) => product * extent, 1);
  const width = count === 0 ? 1 : size / count;
  const isFloat = type.includes('F');
  let nonzeros = 0;
  for (let from = 0; from < size; from += PIECE) {
    nonzeros += countNonzeros(read(from, Math.min(size, from + PIECE)), width, isFloat);
  }
  return count === 0 ? 0 : nonzeros / count;
}

/** A float's sign, its highest bit, may stand at a zero. */
function countNonzeros(bytes: Uint8Array, width: number, isFloat: boolean): number {
  const { buffer, byteOffset, length } = bytes;
  let nonzeros = 0;
  if (width === 2 && byteOffset % 2 === 0) {
    const sign = isFloat ? 0x7fff : 0xffff;
    for (const bits of new Uint16Array(buffer, byteOffset, length / 2))
      if ((bits & sign) !== 0) nonzeros++;
    return nonzeros;
  }
  if (width === 4 && byteOffset % 4 === 0) {
    const sign = isFloat ? 0x7fff_ffff : 0xffff_ffff;
    for (const bits of new Uint32Array(buffer, byteOffset, length / 4))
      if ((bits & sign) !== 0) nonzeros++;
    return nonzeros;
  }
  for (let from = 0; from < length; from += width) {
    let any = (bytes[from + width - 1] as number) & (isFloat ? 0x7f : 0xff);
    for (let at = from; at < from + width - 1; at++) any |= bytes[at] as number;
    if (any !== 0) nonzeros++;
  }
  return nonzeros;
}
