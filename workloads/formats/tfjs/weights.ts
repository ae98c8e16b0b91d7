// Weights of TensorFlow.js models: the files that a model.json lists, one behind the other, cut
// into named tensors.

import { z } from 'zod';
import { InputError } from '../../base/errors.js';
import {
  type ElementType,
  elementTypes,
  sizeOf,
  type Tensor,
  type TensorType,
} from '../../tensor.js';
import { halfToNumber } from '../half.js';
import { requireAtMost, type SourceFile } from '../source.js';

const Quantization = z.object({
  dtype: z.string(),
  scale: z.number().optional(),
  min: z.number().optional(),
});
const Spec = z.object({
  name: z.string(),
  shape: z.array(z.int().min(0)),
  dtype: z.string(),
  quantization: Quantization.optional(),
});
export const WeightsManifest = z.array(
  z.object({ paths: z.array(z.string()), weights: z.array(Spec) }),
);
type Group = z.infer<typeof WeightsManifest>[number];

interface Stored {
  readonly bytes: number;
  read(view: DataView, at: number): number;
}

const stored: Readonly<Record<string, Stored>> = {
  float32: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  float16: { bytes: 2, read: (view, at) => halfToNumber(view.getUint16(at, true)) },
  int32: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  uint16: { bytes: 2, read: (view, at) => view.getUint16(at, true) },
  uint8: { bytes: 1, read: (view, at) => view.getUint8(at) },
  bool: { bytes: 1, read: (view, at) => view.getUint8(at) },
};

/** A tensor whose values are in no file that is there has none. */
export interface TfjsWeights {
  readonly tensors: ReadonlyMap<string, Tensor | TensorType>;
  /** Tensors of text, which nothing here reads. */
  readonly texts: ReadonlySet<string>;
  /** Weight files that are listed and not there. */
  readonly missing: readonly string[];
}

/**
 * Every tensor by name; those stored in fewer bits as the numbers that they stand for. @throws
 * InputError, one line.
 */
export async function readTfjsWeights(
  manifest: readonly Group[],
  file: SourceFile,
): Promise<TfjsWeights> {
  const tensors = new Map<string, Tensor | TensorType>();
  const texts = new Set<string>();
  const missing: string[] = [];
  let elements = 0;
  for (const group of manifest) {
    const size = group.weights.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    elements += size;
    requireAtMost(file.name, 'weights', elements, file.limits.elements, 'elements');
    const { bytes, absent } = await joined(group.paths, file);
    missing.push(...absent);
    let offset: number | null = absent.length > 0 ? null : 0;
    for (const spec of group.weights) {
      if (spec.dtype === 'string') {
        texts.add(spec.name);
        if (offset !== null) offset = textsEnd(bytes, offset, sizeOf(spec.shape));
        continue;
      }
      const found = tensorOf(spec, bytes, offset, group, file);
      tensors.set(spec.name, found.tensor);
      offset = found.end;
    }
    if (offset !== null && offset !== bytes.length) {
      throw new InputError(
        `${file.name}: found ${bytes.length} bytes in ${group.paths.join(', ')}, expected the ${offset} of the weights`,
      );
    }
  }
  return { tensors, texts, missing };
}

function tensorOf(
  { name, shape, dtype, quantization }: Group['weights'][number],
  bytes: Uint8Array,
  offset: number | null,
  { paths }: Group,
  file: SourceFile,
): { readonly tensor: Tensor | TensorType; readonly end: number | null } {
  const form = stored[quantization?.dtype ?? dtype];
  if (!form) {
    const known = Object.keys(stored).join(', ');
    throw new InputError(
      `${file.name}: weight ${name}: found elements of ${dtype}, expected ${known}`,
    );
  }
  const type: ElementType = dtype === 'int32' || dtype === 'bool' ? dtype : 'float32';
  if (offset === null) return { tensor: { shape, type }, end: null };
  const size = sizeOf(shape);
  const end = offset + size * form.bytes;
  if (end > bytes.length) {
    throw new InputError(
      `${file.name}: weight ${name}: found ${bytes.length} bytes in ${paths.join(', ')}, expected at least ${end}: truncated`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, size * form.bytes);
  const { scale = 1, min = 0 } = quantization ?? {};
  const values = elementTypes[type].room(size);
  const isWhole = type !== 'float32';
  for (let at = 0; at < size; at++) {
    const value = form.read(view, at * form.bytes) * scale + min;
    values[at] = isWhole ? Math.round(value) : value;
  }
  return { tensor: { shape, type, values }, end };
}

/** Texts have their length in 4 bytes before them. */
function textsEnd(bytes: Uint8Array, offset: number, count: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = offset;
  for (let at = 0; at < count && end + 4 <= bytes.length; at++)
    end += 4 + view.getUint32(end, true);
  return end;
}

async function joined(paths: readonly string[], file: SourceFile) {
  const parts: Uint8Array[] = [];
  const absent: string[] = [];
  let length = 0;
  for (const path of paths) {
    const part = await file.beside(path);
    if (!part) {
      absent.push(path);
      continue;
    }
    length += part.length;
    requireAtMost(file.name, 'bytes of weights', length, file.limits.fileBytes, 'fileBytes');
    parts.push(part);
  }
  const [only] = parts;
  if (only && parts.length === 1) return { bytes: only, absent };
  const whole = new Uint8Array(length);
  let to = 0;
  for (const part of parts) {
    whole.set(part, to);
    to += part.length;
  }
  return { bytes: whole, absent };
}
