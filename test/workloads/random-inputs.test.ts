import { describe, expect, it } from 'vitest';
import { buildNetwork } from '../../workloads/graph.js';
import type { ElementType, NamedTensor } from '../../workloads/network.js';
import { asType, drawInput, meets } from '../../workloads/random-inputs.js';
import type { LayerSpec } from '../../workloads/spec.js';
import { floats } from '../../workloads/tensor.js';

const source = { work: 'a test', at: 'here' };
const ids = (type: ElementType = 'int64'): NamedTensor => ({ name: 'ids', shape: [1, 400], type });
const table = floats(
  [7, 2],
  Float32Array.from({ length: 14 }, (_, at) => at),
);

function randomFor(layers: readonly LayerSpec[], input = ids(), seed = 0): readonly number[] {
  const network = buildNetwork({
    ...{ name: 'net', title: 'net', source, layers, inputs: [input] },
    constants: new Map([['table', table]]),
  });
  return [...drawInput(network, input, 0.5, seed).values];
}

const embedding = (name: string, entries: number, inputs = ['ids']): LayerSpec => ({
  ...{ kind: 'embedding', name, entries, width: 2, inputs },
});

describe('numbers that are looked up', () => {
  it.each<[string, number, readonly LayerSpec[]]>([
    ['an embedding', 50, [embedding('e', 50)]],
    ['the smaller of two tables', 5, [embedding('e', 50), embedding('f', 5)]],
    ['a constant table', 7, [{ kind: 'gather', name: 'g', axis: 0, inputs: ['table', 'ids'] }]],
    [
      'a table behind a reshape and a cast',
      9,
      [
        { kind: 'reshape', name: 'r', shape: [400], inputs: ['ids'] },
        { kind: 'cast', name: 'c', to: 'int32' },
        embedding('e', 9, ['c']),
      ],
    ],
  ])('stay within %s', (_what, entries, layers) => {
    const random = randomFor(layers);
    expect(random.every((id) => Number.isInteger(id) && id >= 0 && id < entries)).toBe(true);
    // All of them: 400 draws leave one of 50 out with a probability of 2 %, by this seed none.
    expect(new Set(random).size).toBe(entries);
  });

  it('are the same for one seed and others for another', () => {
    expect(randomFor([embedding('e', 50)])).toEqual(randomFor([embedding('e', 50)]));
    expect(randomFor([embedding('e', 50)], ids(), 1)).not.toEqual(randomFor([embedding('e', 50)]));
  });
});

describe('other inputs', () => {
  it.each<ElementType>(['int64', 'bool', 'uint8'])('of whole numbers are 1: %s', (type) => {
    expect(new Set(randomFor([{ kind: 'cast', name: 'c', to: 'float32' }], ids(type)))).toEqual(
      new Set([1]),
    );
  });

  it.each<ElementType>(['float32', 'float16'])('have the density that is asked for: %s', (type) => {
    const random = randomFor([{ kind: 'cast', name: 'c', to: 'float32' }], ids(type));
    expect(random.filter((value) => value !== 0)).toHaveLength(200);
  });
});

describe('a tensor as a layer meets it', () => {
  it('is held as float32, its zeros counted', () => {
    expect(meets({ values: Int8Array.of(1, 0, -2, 0) }, 'real')).toEqual({
      ...{ values: Float32Array.of(1, 0, -2, 0), density: 0.5, origin: 'real' },
    });
    const values = Float32Array.of(1);
    expect(meets({ values }, 'real').values).toBe(values);
    expect(meets({ values: new Float32Array(0) }, 'real').density).toBe(0);
  });

  it('comes back as its own type', () => {
    expect(asType(Float32Array.of(1, 3), 'int64')).toEqual(Float64Array.of(1, 3));
    expect(asType(Float32Array.of(1, 3), 'uint8')).toEqual(Uint8Array.of(1, 3));
    expect(asType(Float32Array.of(1, 0), 'bool')).toEqual(Uint8Array.of(1, 0));
  });
});
