import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../workloads/base/errors.js';
import { createRandom } from '../../../workloads/base/random.js';
import {
  decodeMatrix,
  type Encodable,
  encodeMatrix,
  matrixBytes,
} from '../../../workloads/compress/encode.js';
import { shareWeights } from '../../../workloads/compress/share.js';
import { encodable, measureSize } from '../../../workloads/compress/size.js';
import {
  isModelFile,
  readModelFile,
  readModelHeader,
} from '../../../workloads/formats/model-file/read.js';
import { writeModelFile } from '../../../workloads/formats/model-file/write.js';
import { readWeights } from '../../../workloads/formats/weight-files.js';
import { buildNetwork } from '../../../workloads/graph.js';
import type { Network } from '../../../workloads/network.js';
import type { Binding, LayerParameters, Parameters } from '../../../workloads/train/parameters.js';
import { effectiveWeights } from '../../../workloads/train/parameters.js';
import { toDense } from '../../../workloads/weights/store.js';

const network: Network = buildNetwork({
  name: 'small',
  title: 'small',
  input: [1, 6, 6],
  layers: [
    {
      kind: 'conv2d',
      name: 'conv',
      channels: 4,
      kernel: 3,
      stride: 1,
      pad: 0,
      groups: 1,
      bias: true,
      activation: 'relu',
    },
    { kind: 'dense', name: 'fc', outputs: 5, bias: true, activation: 'none' },
  ],
  source: { work: 'test', at: 'here' },
});

/** Of weights that a file has room for. */
type StoredKind = Exclude<Binding['kind'], 'winograd'>;

function drawLayer(
  rows: number,
  columns: number,
  density: number,
  kind: StoredKind,
  seed: number,
): LayerParameters {
  const random = createRandom(seed, `${rows}×${columns}`);
  const weights = Float32Array.from({ length: rows * columns }, () =>
    random.uniform() < density ? 2 * random.uniform() - 1 : 0,
  );
  const bias = Float32Array.from({ length: rows }, () => random.uniform());
  const layer = { rows, columns, weights, bias, mask: null };
  if (kind === 'grouped') return { ...layer, binding: { kind, bits: 4, group: 5 } };
  if (kind !== 'shared') return { ...layer, binding: { kind } };
  const kept = weights.filter((weight) => weight !== 0);
  const { centroids, assignments } = shareWeights(kept, 7);
  let from = 0;
  const codes = Uint16Array.from(weights, (weight) =>
    weight === 0 ? 0 : (assignments[from++] as number) + 1,
  );
  return { ...layer, binding: { kind, centroids: Float32Array.of(0, ...centroids), codes } };
}

const draw = (kind: StoredKind, density: number, seed: number): Parameters =>
  new Map([
    ['conv', drawLayer(4, 9, density, kind, seed)],
    ['fc', drawLayer(5, 64, density, kind, seed)],
  ]);

const write = (parameters: Parameters, huffman: boolean) => {
  const layers = new Map(
    [...parameters].map(([name, layer]) => [name, { ...encodable(layer), bias: layer.bias }]),
  );
  return writeModelFile(layers, { network: network.name }, huffman);
};

const kinds = fc.constantFrom<StoredKind>('free', 'shared', 'ternary', 'binary', 'grouped');
const densities = fc.constantFrom(0, 0.03, 0.1, 0.5, 1);

describe('a model file', () => {
  it('gives every weight and bias back, whatever binds them', () => {
    fc.assert(
      fc.property(kinds, densities, fc.boolean(), fc.nat(), (kind, density, huffman, seed) => {
        const parameters = draw(kind, density, seed);
        const bytes = write(parameters, huffman);
        expect(isModelFile(bytes)).toBe(true);
        const read = readModelFile(bytes, network, 'x');
        for (const [name, layer] of parameters) {
          const stored = read.get(name);
          expect(toDense(stored?.store as NonNullable<typeof stored>['store']).values).toEqual(
            effectiveWeights(layer),
          );
          expect(stored?.bias).toEqual(layer.bias);
          expect(stored?.origin).toBe('real');
        }
        expect(readWeights(bytes, network, 'x')).toEqual(read);
      }),
    );
  });

  it('is measured as large as it is', () => {
    const parameters = draw('shared', 0.1, 1);
    const { fileBytes, huffmanFileBytes, denseBytes } = measureSize(network, parameters);
    expect(fileBytes).toBe(write(parameters, false).length);
    expect(huffmanFileBytes).toBe(write(parameters, true).length);
    // 36 + 320 weights and 4 + 5 biases of 4 bytes.
    expect(denseBytes).toBe(4 * 365);
  });

  it('says what it is of', () => {
    const { network: name, layers } = readModelHeader(write(draw('shared', 0.1, 1), true), 'x');
    expect(name).toBe('small');
    expect(layers.fc).toMatchObject({ encoding: 'coded', shape: [5, 64] });
  });

  it('of another network is refused', () => {
    const other = buildNetwork({
      ...{ name: 'other', title: 'other', input: [7], source: { work: 'test', at: 'here' } },
      layers: [{ kind: 'dense', name: 'fc', outputs: 5, bias: true, activation: 'none' }],
    });
    const bytes = write(draw('free', 1, 0), false);
    expect(() => readModelFile(bytes, other, 'm.safetensors')).toThrow(
      new InputError('m.safetensors: layer fc: found 5×64 weights, expected 5×7 for other'),
    );
  });

  it('truncated or damaged anywhere is read or refused in one line', () => {
    const bytes = write(draw('shared', 0.2, 3), true);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.boolean(), (place, byte, cut) => {
        const damaged = cut
          ? bytes.slice(0, place)
          : bytes.map((old, at) => (at === place ? byte : old));
        try {
          readModelFile(damaged, network, 'x');
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
          expect((error as Error).message).not.toContain('\n');
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('an encoded matrix', () => {
  it('is never larger with Huffman coding than without', () => {
    fc.assert(
      fc.property(kinds, densities, fc.nat(), (kind, density, seed) => {
        const matrix: Encodable = encodable(drawLayer(5, 64, density, kind, seed));
        const plain = matrixBytes(encodeMatrix(matrix, false), false);
        expect(matrixBytes(encodeMatrix(matrix, true), true)).toBeLessThanOrEqual(plain);
      }),
    );
  });

  it('takes the published bytes at the published widths', () => {
    // 64 weights, one in eight kept, evenly: 8 entries of 2-bit codes and 3-bit gaps, a table of 4
    // floats.
    const codes = Uint8Array.from({ length: 64 }, (_, at) => (at % 8 === 7 ? 1 + (at % 3) : 0));
    const codebook = Float32Array.of(0, 1, 2, 3);
    const weights = Float32Array.from(codes, (code) => codebook[code] as number);
    const encoded = encodeMatrix(
      { rows: 8, columns: 8, weights, coded: { codebook, scales: null, codes } },
      false,
    );
    expect(matrixBytes(encoded, false)).toBe(4 * 4 + 2 + 3);
    expect(decodeMatrix(encoded, 8, 8)).toEqual(weights);
  });
});
