import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../workloads/base/errors.js';
import { readNetFile, writeNetFile } from '../../../workloads/formats/net-file.js';
import { buildNetwork } from '../../../workloads/graph.js';
import { type LayerWeights, type Network, weightShapeOf } from '../../../workloads/network.js';
import { nonzerosOf } from '../../../workloads/weights/entries.js';
import { toCodebook, toDense } from '../../../workloads/weights/store.js';
import { drawWeights } from '../../../workloads/weights/synthetic.js';
import { squeezenet10 } from '../../../workloads/zoo/squeezenet.js';

/** A convolution (8-bit codes) before a fully connected layer (4-bit codes). */
function smallNetwork(channels: number, kernel: number, outputs: number): Network {
  return buildNetwork({
    name: 'small',
    title: 'small',
    input: [3, 6, 6],
    layers: [
      {
        kind: 'conv2d',
        name: 'conv',
        channels,
        kernel,
        stride: 1,
        pad: 0,
        groups: 1,
        bias: true,
        activation: 'relu',
      },
      {
        kind: 'pool2d',
        name: 'pool',
        mode: 'max',
        kernel: 'global',
        stride: 1,
        pad: 0,
        rounding: 'ceil',
      },
      { kind: 'dense', name: 'fc', outputs, bias: true, activation: 'none' },
    ],
    source: { work: 'test', at: 'test' },
  });
}

/** Weights that take few values, stored by code; at density 0 every entry is left out. */
function sharedWeights(
  network: Network,
  density: number,
  seed: number,
): ReadonlyMap<string, LayerWeights> {
  return new Map(
    network.layers.flatMap((layer) => {
      const shape = weightShapeOf(layer);
      if (!shape) return [];
      const table = Float32Array.from(
        { length: layer.kind === 'dense' ? 16 : 256 },
        (_, code) => code / 8,
      );
      const random = toDense(drawWeights(shape, density, seed, layer.name).store);
      const shared = random.values.map((value) =>
        value === 0 ? 0 : (table[1 + ((Math.abs(value * 977) % 15) | 0)] ?? 0),
      );
      const store = toCodebook({ ...random, values: shared }, table, 4);
      const bias = Float32Array.from({ length: shape.biases }, (_, i) => i / 4);
      return [[layer.name, { store, bias, origin: 'real' as const }] as const];
    }),
  );
}

const small = smallNetwork(4, 3, 7);
const smallFile = () => writeNetFile(sharedWeights(small, 0.2, 1), small);

function outcomeOf(bytes: Uint8Array, network: Network): 'read' | 'refused' {
  try {
    const weights = readNetFile(bytes, network, 'x.net');
    for (const { store } of weights.values()) nonzerosOf(store);
    return 'read';
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    expect(String(error)).toMatch(/^InputError: x\.net: (layer \S+: )?found .*, expected .*[^\n]$/);
    return 'refused';
  }
}

describe('a .net file', () => {
  it('reads back as it was written, whatever the sizes and densities', () => {
    const sizes = [
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 9 }),
    ] as const;
    fc.assert(
      fc.property(
        ...sizes,
        fc.constantFrom(0, 0.02, 0.3, 1),
        fc.nat(),
        (channels, kernel, outputs, density, seed) => {
          const network = smallNetwork(channels, kernel, outputs);
          const weights = sharedWeights(network, density, seed);
          const read = readNetFile(writeNetFile(weights, network), network, 'x.net');
          expect(read).toEqual(weights);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('reads a file that begins in the middle of a buffer', () => {
    const file = smallFile();
    const shifted = new Uint8Array(file.length + 3);
    shifted.set(file, 3);
    expect(readNetFile(shifted.subarray(3), small, 'x.net')).toEqual(
      readNetFile(file, small, 'x.net'),
    );
  });

  it('is refused when cut anywhere or when too long', () => {
    const file = smallFile();
    for (let end = 0; end < file.length; end++)
      expect(outcomeOf(file.subarray(0, end), small)).toBe('refused');
    const longer = new Uint8Array(file.length + 1);
    longer.set(file);
    expect(() => readNetFile(longer, small, 'x.net')).toThrow(
      `x.net: found ${file.length + 1} bytes, expected ${file.length} for small`,
    );
  });

  it('is refused for an impossible count, before anything is allocated', () => {
    const file = smallFile();
    new DataView(file.buffer).setUint32(4, 0xffffffff, true);
    expect(() => readNetFile(file, small, 'x.net')).toThrow(
      'x.net: layer fc: found 4294967295 entries, expected at most 28, one for each weight',
    );
  });

  it('is refused for an entry past the last weight', () => {
    const file = smallFile();
    file[file.length - 1] = 0xff;
    file[file.length - 2] = 0xff;
    file[file.length - 3] = 0xff;
    expect(() => readNetFile(file, small, 'x.net')).toThrow(
      /layer fc: found entry \d at weight \d+, expected a position below 28/,
    );
  });

  it.each([
    ['codebook entry 1 of NaN', 8 + 4, Number.NaN],
    ['codebook entry 255 of Infinity', 8 + 4 * 255, Number.POSITIVE_INFINITY],
    ['bias entry 0 of NaN', 8 + 4 * 256, Number.NaN],
    ['codebook entry 0 of 1', 8, 1],
  ])('is refused for %s', (found, offset, value) => {
    const file = smallFile();
    new DataView(file.buffer).setFloat32(offset, value, true);
    expect(() => readNetFile(file, small, 'x.net')).toThrow(
      `x.net: layer conv: found ${found}, expected`,
    );
  });

  it('is read or refused, never worse, with any bytes changed', () => {
    const file = smallFile();
    const changes = fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(changes, (bytes) => {
        const hostile = file.slice();
        for (const [at, value] of bytes) hostile[at] = value;
        outcomeOf(hostile, small);
      }),
      { numRuns: 500 },
    );
  });

  it('is written only from shared weights that its fields can hold', () => {
    const dense = new Map(
      [...sharedWeights(small, 0.5, 1)].map(([name, layer]) => [
        name,
        { ...layer, store: toDense(layer.store) },
      ]),
    );
    expect(() => writeNetFile(dense, small)).toThrow(
      'layer conv: found dense weights, expected shared ones',
    );
    expect(() => writeNetFile(new Map(), small)).toThrow('layer conv: found no weights');
    expect(() => writeNetFile(sharedWeights(smallNetwork(4, 2, 7), 0.5, 1), small)).toThrow(
      'expected 4×27, 4',
    );
  });
});

const released = join(
  process.env.ZEROSKIP_ASSETS ?? '../shared',
  'models/compressed_SqueezeNet.net',
);
const missing = !existsSync(released);

describe(`the released SqueezeNet${missing ? ' (asset missing)' : ''}`, () => {
  const { network } = squeezenet10;

  it.skipIf(missing)('decodes to the published non-zeros and is written back byte for byte', () => {
    const file = new Uint8Array(readFileSync(released));
    const weights = readNetFile(file, network, released);
    const stores = [...weights.values()].map(({ store }) => store);
    expect(stores.every(({ format }) => format === 'codebook')).toBe(true);
    expect(weights.size).toBe(26);
    const entries = stores.reduce(
      (sum, store) => sum + (store.format === 'codebook' ? store.codes.length : 0),
      0,
    );
    expect(entries).toBe(422_083);
    expect(stores.reduce((sum, store) => sum + nonzerosOf(store), 0)).toBe(415_921);
    const nonzeros = new Map([...weights].map(([name, { store }]) => [name, nonzerosOf(store)]));
    expect(nonzeros.get('conv10')).toBe(102_323);
    expect(nonzeros.get('fire2/expand3x3')).toBe(3_039);
    expect(Buffer.compare(writeNetFile(weights, network), file)).toBe(0);
  });

  it.skipIf(missing)(
    'is refused when cut at any percent, and read or refused with a bit flipped',
    () => {
      const file = new Uint8Array(readFileSync(released));
      for (let percent = 0; percent < 100; percent++) {
        expect(
          outcomeOf(file.subarray(0, Math.floor((file.length * percent) / 100)), network),
        ).toBe('refused');
      }
      fc.assert(
        fc.property(fc.nat(file.length * 8 - 1), (bit) => {
          const hostile = file.slice();
          hostile[bit >>> 3] = (hostile[bit >>> 3] as number) ^ (1 << (bit & 7));
          outcomeOf(hostile, network);
        }),
        { numRuns: 40 },
      );
    },
  );
});
