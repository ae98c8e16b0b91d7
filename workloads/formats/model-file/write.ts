// A trained and compressed network as one file: safetensors with each layer's tensors in the
// encoding that is smallest. docs/pruning.md describes the file.

import {
  type Encodable,
  type EncodedMatrix,
  encodeMatrix,
  encodeNumbers,
} from '../../compress/encode.js';
import { floats, floats16, type StoredTensor, wholes8, writeSafetensors } from '../safetensors.js';
import { type LayerHeader, MODEL_FORMAT, type ModelHeader } from './read.js';

/** A layer as it is to be written. */
export interface LayerToWrite extends Encodable {
  readonly bias: Float32Array | null;
}

/** What a file says of itself besides its layers. */
export type ModelFacts = Omit<ModelHeader, 'format' | 'layers'>;

/** The file's bytes. The same layers and facts, the same bytes. */
export function writeModelFile(
  layers: ReadonlyMap<string, LayerToWrite>,
  facts: ModelFacts,
  huffman: boolean,
): Uint8Array {
  const tensors = new Map<string, StoredTensor>();
  const headers: Record<string, LayerHeader> = {};
  for (const [name, layer] of layers) {
    const encoded = encodeMatrix(layer, huffman);
    headers[name] = headerOf(layer, encoded);
    for (const [part, tensor] of partsOf(layer, encoded, huffman))
      tensors.set(`${name}.${part}`, tensor);
    if (layer.bias) tensors.set(`${name}.bias`, floats(layer.bias));
  }
  const header: ModelHeader = { format: MODEL_FORMAT, ...facts, layers: headers };
  return writeSafetensors({ metadata: { zeroskip: JSON.stringify(header) }, tensors });
}

function headerOf({ rows, columns }: LayerToWrite, encoded: EncodedMatrix): LayerHeader {
  const shape = [rows, columns] as const;
  switch (encoded.encoding) {
    case 'dense':
      return { encoding: 'dense', shape };
    case 'sparse':
      return {
        encoding: 'sparse',
        shape,
        entries: encoded.gaps.values.length,
        gapBits: encoded.gaps.bits,
      };
    case 'coded': {
      const { codes, codeBits, gaps, scales } = encoded;
      return {
        ...{ encoding: 'coded', shape, entries: codes.length, codeBits, gapBits: gaps.bits },
        ...(scales && scales.group !== null ? { group: scales.group } : {}),
      };
    }
  }
}

function* partsOf(
  { rows, columns }: LayerToWrite,
  encoded: EncodedMatrix,
  huffman: boolean,
): Generator<readonly [string, StoredTensor]> {
  if (encoded.encoding === 'dense') {
    yield ['weight', floats(encoded.values, [rows, columns])];
    return;
  }
  if (encoded.encoding === 'sparse') {
    yield ['values', floats(encoded.values)];
  } else {
    yield ['codebook', floats(encoded.codebook)];
    const { scales } = encoded;
    if (scales)
      yield ['scales', scales.group === null ? floats(scales.values) : floats16(scales.values)];
    yield* numberParts('codes', encoded.codes, encoded.codeBits, huffman);
  }
  yield* numberParts('gaps', encoded.gaps.values, encoded.gaps.bits, huffman);
}

function* numberParts(
  name: string,
  values: Uint8Array,
  bits: number,
  huffman: boolean,
): Generator<readonly [string, StoredTensor]> {
  if (bits === 0) return;
  const { bytes, lengths } = encodeNumbers(values, bits, huffman);
  yield [name, wholes8(bytes)];
  if (lengths) yield [`${name}.huffman`, wholes8(lengths)];
}
