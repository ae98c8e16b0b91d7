// Small folders of random weights, held in memory, and a plain pass over what is read from them.

import { expect } from 'vitest';
import { openBytes } from '../../../../workloads/base/open-file.js';
import { createRandom } from '../../../../workloads/base/random.js';
import { readHuggingFace } from '../../../../workloads/formats/huggingface/read.js';
import { type StoredTensor, writeSafetensors } from '../../../../workloads/formats/safetensors.js';
import { defaultLimits, type SourceFile } from '../../../../workloads/formats/source.js';
import { forwardLayer } from '../../../../workloads/network.js';
import { elementTypes, sizeOf, type Tensor } from '../../../../workloads/tensor.js';
import type { ZooEntry } from '../../../../workloads/zoo/entry.js';

export type Type = 'F32' | 'F16' | 'BF16';

/** Sixty-fourths that each of the types holds exactly. */
export function randomTensors(
  shapes: Readonly<Record<string, readonly number[]>>,
  seed = 1,
): ReadonlyMap<string, Tensor> {
  const random = createRandom(seed, 'folder');
  return new Map(
    Object.entries(shapes).map(([name, shape]) => {
      const values = Float32Array.from(
        { length: sizeOf(shape) },
        () => (random.below(81) - 40) / 64,
      );
      return [name, { shape, type: 'float32', values }];
    }),
  );
}

function stored({ shape, values }: Tensor, type: Type): StoredTensor {
  const bytes = new Uint8Array(values.length * (type === 'F32' ? 4 : 2));
  const view = new DataView(bytes.buffer);
  for (const [at, value] of values.entries()) {
    if (type === 'F32') view.setFloat32(4 * at, value, true);
    else view.setUint16(2 * at, type === 'F16' ? halfBits(value) : brainBits(value), true);
  }
  return { type, shape, bytes };
}

function brainBits(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  return view.getUint16(0);
}

function halfBits(value: number): number {
  if (value === 0) return 0;
  const exponent = Math.floor(Math.log2(Math.abs(value)));
  const fraction = (Math.abs(value) / 2 ** exponent - 1) * 1024;
  return (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | fraction;
}

export function safetensors(tensors: ReadonlyMap<string, Tensor>, type: Type = 'F32'): Uint8Array {
  return writeSafetensors({
    metadata: { format: 'pt' },
    tensors: new Map([...tensors].map(([name, tensor]) => [name, stored(tensor, type)])),
  });
}

export const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

export interface Folder {
  readonly config: unknown;
  readonly files?: Readonly<Record<string, Uint8Array>>;
  readonly dims?: Readonly<Record<string, number>>;
}

export function sourceFile({ config, files = {}, dims = {} }: Folder): SourceFile {
  const found = (path: string) => (Object.hasOwn(files, path) ? (files[path] as Uint8Array) : null);
  return {
    name: 'folder/config.json',
    bytes: json(config),
    limits: defaultLimits,
    dims: new Map(Object.entries(dims)),
    beside: async (path) => found(path),
    async open(path) {
      const bytes = found(path);
      return bytes && openBytes(bytes);
    },
  };
}

export async function read(folder: Folder): Promise<ZooEntry> {
  const [entry] = await readHuggingFace(sourceFile(folder));
  if (!entry) throw new Error('no entry');
  return entry;
}

/** Every output by name. */
export function run(
  { network, weights }: ZooEntry,
  inputs: Readonly<Record<string, ArrayLike<number>>>,
) {
  const tensors = new Map<string, Tensor>(network.constants);
  for (const { name, shape, type } of network.inputs) {
    const values = elementTypes[type].room(sizeOf(shape));
    values.set(inputs[name] as ArrayLike<number>);
    tensors.set(name, { shape, type, values });
  }
  for (const layer of network.layers) {
    const read = layer.inputs.map((name) => tensors.get(name) ?? null);
    const results = forwardLayer(layer, weights?.get(layer.name) ?? null, read);
    for (const [at, { name }] of layer.results.entries()) tensors.set(name, results[at] as Tensor);
  }
  return network.outputs.map((name) => tensors.get(name) as Tensor);
}

/** A prompt of the little networks. */
export const tokens = [3, 1, 10, 0, 7];

export const valuesOf = ([output]: readonly Tensor[]) => output?.values ?? [];

/** In float32's own accuracy: `tolerance` as a share of the largest. */
export function expectClose(
  found: ArrayLike<number>,
  expected: readonly number[],
  tolerance = 2e-5,
) {
  expect(found.length).toBe(expected.length);
  const max = Math.max(...expected.map(Math.abs));
  for (const [at, value] of expected.entries()) {
    expect(Math.abs((found[at] as number) - value)).toBeLessThan(tolerance * max);
  }
}
