// Measures the size of a network in bytes. It is really written, with and without Huffman coding,
// read back and compared.

import { invariant } from '../base/errors.js';
import { readModelFile } from '../formats/model-file/read.js';
import { writeModelFile } from '../formats/model-file/write.js';
import { type Network, weightShapeOf } from '../network.js';
import { effectiveWeights, type LayerParameters, type Parameters } from '../train/parameters.js';
import { toDense } from '../weights/store.js';
import { binarize } from './binary.js';
import { type Encodable, encodeMatrix, encodeNumbers, matrixBytes } from './encode.js';
import { quantizeGroups } from './grouped.js';
import { ternarize } from './ternary.js';

/** One layer's weights without its bias. */
export interface LayerSize {
  readonly name: string;
  /** 32 bits a weight as the network has them, in Winograd's domain too. */
  readonly denseBytes: number;
  readonly bytes: number;
  readonly huffmanBytes: number;
  /**
   * Bits of a code and of a gap, a written weight, as they are and as Huffman's code has them; null
   * where there are none.
   */
  readonly codeBits: number | null;
  readonly huffmanCodeBits: number | null;
  readonly gapBits: number | null;
  readonly huffmanGapBits: number | null;
}

export interface EncodedSize {
  /** 32 bits a weight and bias, nothing else. */
  readonly denseBytes: number;
  /** The whole file, header and biases included. */
  readonly fileBytes: number;
  readonly huffmanFileBytes: number;
  readonly layers: readonly LayerSize[];
}

const FLOAT_BYTES = 4;

/** Writes the network both ways, reads both files back and compares every weight. */
export function measureSize(network: Network, parameters: Parameters): EncodedSize {
  const layers = new Map(
    [...parameters].map(([name, layer]) => [name, { ...encodable(layer), bias: layer.bias }]),
  );
  const [plain, huffman] = [false, true].map((coded) => {
    const file = writeModelFile(layers, { network: network.name }, coded);
    checkReadBack(file, network, parameters);
    return file.length;
  }) as [number, number];
  const sizes = network.layers.flatMap((layer) => {
    const shape = weightShapeOf(layer);
    const own = shape && layers.get(layer.name);
    return own ? [layerSize(layer.name, own, FLOAT_BYTES * shape.rows * shape.columns)] : [];
  });
  const biases = [...layers.values()].reduce((sum, { bias }) => sum + (bias?.length ?? 0), 0);
  return {
    denseBytes: FLOAT_BYTES * biases + sizes.reduce((sum, { denseBytes }) => sum + denseBytes, 0),
    fileBytes: plain,
    huffmanFileBytes: huffman,
    layers: sizes,
  };
}

/** A layer as an encoder takes it. */
export function encodable(layer: LayerParameters): Encodable {
  const { binding, rows, columns } = layer;
  const weights = effectiveWeights(layer);
  return { rows, columns, weights, coded: codesOf(layer, binding.kind) };
}

/** The codes of shared and rounded weights. */
function codesOf(
  layer: LayerParameters,
  kind: LayerParameters['binding']['kind'],
): Encodable['coded'] {
  const { binding, rows, columns } = layer;
  const dense = { format: 'dense', rows, columns, values: layer.weights } as const;
  if (binding.kind === 'shared') {
    return { codebook: binding.centroids, scales: null, codes: Uint8Array.from(binding.codes) };
  }
  if (binding.kind === 'grouped') {
    const { values, scales, group } = quantizeGroups(dense, binding);
    // 0, 1, −1, 2, −2, …: zero first, so that it need not be written.
    const codebook = Float32Array.from({ length: 2 ** binding.bits - 1 }, (_, at) =>
      at % 2 === 1 ? (at + 1) / 2 : -at / 2,
    );
    codebook[0] = 0;
    return {
      codebook,
      scales: { values: scales, group },
      codes: Uint8Array.from(values, (value) => (value > 0 ? 2 * value - 1 : -2 * value)),
    };
  }
  if (kind === 'ternary') {
    const { values, scales } = ternarize(dense);
    return {
      codebook: Float32Array.of(0, 1, -1),
      scales: { values: scales, group: null },
      codes: Uint8Array.from(values, (value) => (value + 3) % 3),
    };
  }
  if (kind === 'binary') {
    const { scales } = binarize(dense);
    return {
      codebook: Float32Array.of(1, -1),
      scales: { values: scales, group: null },
      codes: Uint8Array.from(layer.weights, (value) => +(value < 0)),
    };
  }
  return null;
}

function layerSize(name: string, layer: Encodable, denseBytes: number): LayerSize {
  const plain = encodeMatrix(layer, false);
  const coded = encodeMatrix(layer, true);
  const perEntry = (bytes: Uint8Array, entries: number) =>
    entries === 0 ? null : (8 * bytes.length) / entries;
  return {
    name,
    denseBytes,
    bytes: matrixBytes(plain, false),
    huffmanBytes: matrixBytes(coded, true),
    codeBits: plain.encoding === 'coded' ? plain.codeBits : null,
    huffmanCodeBits:
      coded.encoding === 'coded'
        ? perEntry(encodeNumbers(coded.codes, coded.codeBits, true).bytes, coded.codes.length)
        : null,
    gapBits: plain.encoding === 'dense' ? null : plain.gaps.bits,
    huffmanGapBits:
      coded.encoding === 'dense'
        ? null
        : perEntry(
            encodeNumbers(coded.gaps.values, coded.gaps.bits, true).bytes,
            coded.gaps.values.length,
          ),
  };
}

function checkReadBack(file: Uint8Array, network: Network, parameters: Parameters): void {
  const read = readModelFile(file, network, 'the file just written', (layer) => {
    const shape = weightShapeOf(layer);
    // In Winograd's domain a layer has more columns than its network says.
    return shape && { ...shape, columns: parameters.get(layer.name)?.columns ?? shape.columns };
  });
  for (const [name, layer] of parameters) {
    const stored = read.get(name);
    const expected = effectiveWeights(layer);
    const { values } = toDense(
      stored?.store ?? { format: 'dense', rows: 0, columns: 0, values: new Float32Array() },
    );
    const same =
      values.length === expected.length && expected.every((value, at) => value === values[at]);
    const sameBias = (layer.bias ?? []).every((value, at) => value === stored?.bias?.[at]);
    invariant(same && sameBias, () => `layer ${name} is not read back as it was written`);
  }
}
