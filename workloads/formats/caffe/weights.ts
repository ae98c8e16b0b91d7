// Caffe's binary weight files (BVLC/caffe, src/caffe/proto/caffe.proto: field numbers): the blobs
// of each layer by name, in the current form of layers and in the one before.

import protobuf from 'protobufjs/light.js';
import { InputError } from '../../base/errors.js';
import { sizeOf } from '../../tensor.js';
import { requireAtMost, type SourceFile } from '../source.js';
import { decodeMessage } from '../wire.js';

const one = (type: string, id: number) => ({ type, id });
const many = (type: string, id: number) => ({ rule: 'repeated', type, id });

const schema = protobuf.Root.fromJSON({
  nested: {
    Net: {
      fields: { name: one('string', 1), layers: many('OldLayer', 2), layer: many('Layer', 100) },
    },
    Layer: { fields: { name: one('string', 1), type: one('string', 2), blobs: many('Blob', 7) } },
    OldLayer: { fields: { name: one('string', 4), blobs: many('Blob', 6) } },
    Blob: {
      fields: {
        ...{
          num: one('int32', 1),
          channels: one('int32', 2),
          height: one('int32', 3),
          width: one('int32', 4),
        },
        // Packed in the files that Caffe writes, as proto2's option says; both are read.
        data: { ...many('float', 5), options: { packed: true } },
        shape: one('Shape', 7),
        doubleData: { ...many('double', 8), options: { packed: true } },
      },
    },
    Shape: { fields: { dim: { ...many('int64', 1), options: { packed: true } } } },
  },
});

/** The message of a whole weight file. */
export const netType = schema.lookupType('Net');

export interface Blob {
  readonly dims: readonly number[];
  readonly values: Float32Array;
}

interface BlobMessage {
  readonly num?: number;
  readonly channels?: number;
  readonly height?: number;
  readonly width?: number;
  readonly data?: readonly number[];
  readonly doubleData?: readonly number[];
  readonly shape?: { readonly dim?: readonly number[] };
}

interface NetMessage {
  readonly layer: readonly LayerMessage[];
  readonly layers: readonly LayerMessage[];
}

interface LayerMessage {
  readonly name?: string;
  readonly blobs?: readonly BlobMessage[];
}

/**
 * Each layer's blobs by its name; layers without any are left out. @throws InputError, one line.
 */
export function readCaffeWeights(
  bytes: Uint8Array,
  file: string,
  limits: SourceFile['limits'],
): ReadonlyMap<string, readonly Blob[]> {
  let layers: readonly LayerMessage[];
  try {
    const net = decodeMessage(netType, bytes) as NetMessage;
    layers = [...net.layer, ...net.layers];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`${file}: found ${reason}, expected a whole .caffemodel`);
  }
  requireAtMost(file, 'layers', layers.length, limits.layers, 'layers');
  if (layers.length === 0) throw new InputError(`${file}: found no layers, expected a .caffemodel`);
  const weights = new Map<string, readonly Blob[]>();
  for (const { name = '', blobs = [] } of layers) {
    if (blobs.length > 0)
      weights.set(
        name,
        blobs.map((blob) => blobOf(blob, `${file}: layer ${name}`)),
      );
  }
  return weights;
}

function blobOf(
  { num = 1, channels = 1, height = 1, width = 1, data, doubleData, shape }: BlobMessage,
  where: string,
): Blob {
  const dims = shape?.dim ?? [num, channels, height, width];
  const stored = data && data.length > 0 ? data : (doubleData ?? []);
  const size = sizeOf(dims);
  if (
    !(dims.every((extent) => Number.isSafeInteger(extent) && extent >= 0) && size === stored.length)
  ) {
    throw new InputError(
      `${where}: found ${stored.length} values, expected ${size} for a shape of ${dims.join('×')}`,
    );
  }
  return { dims, values: Float32Array.from(stored) };
}
