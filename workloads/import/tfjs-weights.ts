// Weights of TensorFlow.js models: the files that a model.json lists, one behind the other, cut into named tensors.

import { z } from 'zod';
import { InputError } from '../base/errors.js';
import { sizeOf } from '../layers/index.js';
import { halfToNumber } from './half.js';
import { requireAtMost, type SourceFile } from './source.js';

const Quantization = z.object({ dtype: z.string(), scale: z.number().optional(), min: z.number().optional() });
const Spec = z.object({
  name: z.string(),
  shape: z.array(z.int().min(0)),
  dtype: z.string(),
  quantization: Quantization.optional(),
});
export const WeightsManifest = z.array(z.object({ paths: z.array(z.string()), weights: z.array(Spec) }));

export interface TfTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

interface ElementType {
  readonly bytes: number;
  read(view: DataView, at: number): number;
}

const elementTypes: Readonly<Record<string, ElementType>> = {
  float32: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  float16: { bytes: 2, read: (view, at) => halfToNumber(view.getUint16(at, true)) },
  int32: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  uint16: { bytes: 2, read: (view, at) => view.getUint16(at, true) },
  uint8: { bytes: 1, read: (view, at) => view.getUint8(at) },
  bool: { bytes: 1, read: (view, at) => view.getUint8(at) },
};

/** Every tensor by name; those stored in fewer bits as the numbers that they stand for. @throws InputError, one line. */
export async function readTfjsWeights(
  manifest: z.infer<typeof WeightsManifest>,
  file: SourceFile,
): Promise<ReadonlyMap<string, TfTensor>> {
  const tensors = new Map<string, TfTensor>();
  let elements = 0;
  for (const { paths, weights } of manifest) {
    const bytes = await joined(paths, file);
    let offset = 0;
    for (const spec of weights) {
      const size = sizeOf(spec.shape);
      elements += size;
      requireAtMost(file.name, 'weights', elements, file.limits.elements, 'elements');
      const type = elementTypes[spec.quantization?.dtype ?? spec.dtype];
      if (!type) {
        const known = Object.keys(elementTypes).join(', ');
        throw new InputError(`${file.name}: weight ${spec.name}: found elements of ${spec.dtype}, expected ${known}`);
      }
      const end = offset + size * type.bytes;
      if (end > bytes.length) {
        throw new InputError(
          `${file.name}: weight ${spec.name}: found ${bytes.length} bytes in ${paths.join(', ')}, expected at least ${end}: truncated`,
        );
      }
      const view = new DataView(bytes.buffer, bytes.byteOffset + offset, size * type.bytes);
      const { scale = 1, min = 0 } = spec.quantization ?? {};
      const values = Float32Array.from({ length: size }, (_, at) => type.read(view, at * type.bytes) * scale + min);
      tensors.set(spec.name, { shape: spec.shape, values });
      offset = end;
    }
    if (offset !== bytes.length) {
      throw new InputError(
        `${file.name}: found ${bytes.length} bytes in ${paths.join(', ')}, expected the ${offset} of the weights`,
      );
    }
  }
  return tensors;
}

async function joined(paths: readonly string[], file: SourceFile): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (const path of paths) {
    const part = await file.beside(path);
    if (!part) throw new InputError(`${file.name}: found no file ${path} beside it, expected its weights`);
    length += part.length;
    requireAtMost(file.name, 'bytes of weights', length, file.limits.fileBytes, 'fileBytes');
    parts.push(part);
  }
  const [only] = parts;
  if (only && parts.length === 1) return only;
  const whole = new Uint8Array(length);
  let to = 0;
  for (const part of parts) {
    whole.set(part, to);
    to += part.length;
  }
  return whole;
}

/** A Conv2D kernel [rows, columns, in, out] as a matrix of [out, in · rows · columns]. */
export function filtersOf({ shape, values }: TfTensor): {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
} {
  const [high = 1, wide = 1, inputs = 1, outputs = 1] = shape;
  const taps = high * wide;
  const moved = new Float32Array(values.length);
  for (let tap = 0; tap < taps; tap++) {
    for (let input = 0; input < inputs; input++) {
      for (let output = 0; output < outputs; output++) {
        moved[(output * inputs + input) * taps + tap] = values[(tap * inputs + input) * outputs + output] as number;
      }
    }
  }
  return { rows: outputs, columns: inputs * taps, values: moved };
}

/** A depthwise kernel [rows, columns, in, multiplier] as a matrix of [in · multiplier, rows · columns]. */
export function depthwiseFiltersOf({ shape, values }: TfTensor) {
  const [high = 1, wide = 1, inputs = 1, multiplier = 1] = shape;
  // The same numbers, seen as one channel in and in · multiplier out.
  return filtersOf({ shape: [high, wide, 1, inputs * multiplier], values });
}

/** A Dense kernel [in, out] as a matrix of [out, in]. */
export function rowsOf({ shape, values }: TfTensor) {
  const [inputs = 1, outputs = 1] = shape;
  return filtersOf({ shape: [1, 1, inputs, outputs], values });
}
