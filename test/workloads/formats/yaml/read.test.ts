// Networks in YAML with safetensors.

import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { floats, writeSafetensors } from '../../../../workloads/formats/safetensors.js';
import { readNetworkYaml } from '../../../../workloads/formats/yaml/read.js';
import { networkSchema } from '../../../../workloads/formats/yaml/schema.js';
import { runEntry } from '../run-entry.js';
import { refusal, source } from '../source.js';

const text = `network: tiny
input: [2, 3, 3]
weights: tiny.safetensors
layers:
  - { name: conv, kind: conv2d, channels: 1, kernel: [1, 3], pad: [0, 1, 0, 1], bias: false }
  - { name: bn, kind: batch-norm, epsilon: 0 }
  - { name: relu, kind: relu }
  - { name: skip, kind: conv2d, channels: 1, kernel: 1, inputs: [data], weight: w2, biasName: b2 }
  - { name: sum, kind: add, inputs: [relu, skip] }
  - { name: pool, kind: global-average-pool }
  - { name: fc, kind: dense, outputs: 2, activation: relu }
`;
const ones = (count: number) => new Float32Array(count).fill(1);
const tensors = new Map([
  ['conv.weight', floats(ones(6), [1, 2, 1, 3])],
  ['bn.weight', floats(Float32Array.of(2))],
  ['bn.bias', floats(Float32Array.of(-1))],
  ['bn.running_mean', floats(Float32Array.of(1))],
  ['bn.running_var', floats(Float32Array.of(4))],
  ['w2', floats(Float32Array.of(0.5, 0), [1, 2, 1, 1])],
  ['b2', floats(Float32Array.of(0.25))],
  ['fc.weight', floats(Float32Array.of(1, -1), [2, 1])],
  ['fc.bias', floats(Float32Array.of(0, 1))],
]);
const weights = writeSafetensors({ metadata: {}, tensors });
const read = (yaml: string, bytes: Uint8Array | null = weights) =>
  readNetworkYaml(source('tiny.yaml', yaml, bytes ? { 'tiny.safetensors': bytes } : {}));

describe('a network in YAML', () => {
  it('computes what its layers and tensors say', async () => {
    const [entry] = await read(text);
    if (!entry) throw new Error('no network');
    expect(entry.network.layers.map(({ name }) => name)).toEqual([
      'conv',
      'skip',
      'sum',
      'pool',
      'fc',
    ]);
    // Of ones everywhere: sums of 4, 6, 4 over two channels become 2 · (x − 1) / 2 − 1 = 2, 4, 2;
    // 0.75 beside it.
    const mean = (2 + 4 + 2) / 3 + 0.75;
    const [first = 0, second] = runEntry(entry, ones(18));
    expect(first).toBeWithin(1e-6, mean);
    expect(second).toBe(0);
    expect(entry.densities.layers.skip?.weights).toBe(0.5);
  });

  it('without weights has them drawn at the stated density', async () => {
    const [entry] = await read(
      `network: n\ninput: [8]\nlayers:\n  - { name: fc, kind: dense, outputs: 4, density: 0.25 }\n`,
    );
    expect(entry?.weights).toBeUndefined();
    expect(entry?.densities.layers).toEqual({ fc: { weights: 0.25 } });
  });

  it('has a JSON Schema that is current, and takes what the reader takes', () => {
    expect(JSON.parse(readFileSync('schemas/network.schema.json', 'utf8'))).toEqual(
      networkSchema(),
    );
    const valid = new Ajv({ strictTypes: false, strictTuples: false }).compile(networkSchema());
    expect(valid(parse(text))).toBe(true);
    expect(valid(parse(text.replace('kernel: 1,', 'kernel: 0,')))).toBe(false);
    expect(valid(parse(text.replace('kind: relu', 'kind: relux')))).toBe(false);
  });

  it.each<[string, string, Uint8Array | null, string]>([
    [
      'an unknown kind',
      text.replace('kind: relu }', 'kind: gelu }'),
      weights,
      'tiny.yaml:7:19: layers.2.kind: Invalid',
    ],
    [
      'an unknown key',
      text.replace('epsilon', 'eps'),
      weights,
      'tiny.yaml:6:5: layers.1: unknown keys eps',
    ],
    ['a kernel of zero', text.replace('kernel: 1,', 'kernel: 0,'), weights, 'tiny.yaml:8:'],
    [
      'an input that is not there',
      text.replace('inputs: [data]', 'inputs: [fc]'),
      weights,
      'tiny.yaml:8:5: layer skip: found input fc, which no layer before it makes',
    ],
    [
      'a name twice',
      text.replace('name: pool', 'name: sum'),
      weights,
      'tiny.yaml:10:5: layer sum: found the name a second time',
    ],
    [
      'a tensor that is not there',
      text.replace('weight: w2', 'weight: w3'),
      weights,
      'layer skip: found no tensor w3, expected one in the weights',
    ],
    [
      'a tensor of another shape',
      text.replace('outputs: 2', 'outputs: 3'),
      weights,
      'layer fc: found the tensor fc.weight of 2×1, expected 3×1',
    ],
    [
      'a tensor of as many numbers in another order',
      text,
      writeSafetensors({
        metadata: {},
        tensors: new Map([...tensors, ['conv.weight', floats(ones(6), [1, 3, 2, 1])]]),
      }),
      'layer conv: found the tensor conv.weight of 1×3×2×1, expected 1×2×1×3',
    ],
    [
      'biases in a row of their own',
      text,
      writeSafetensors({
        metadata: {},
        tensors: new Map([...tensors, ['fc.bias', floats(ones(2), [1, 2])]]),
      }),
      'layer fc: found the tensor fc.bias of 1×2, expected 2',
    ],
    [
      'statistics of another shape',
      text,
      writeSafetensors({
        metadata: {},
        tensors: new Map([...tensors, ['bn.bias', floats(ones(1), [])]]),
      }),
      'layer bn: found the tensor bn.bias of one number, expected 1',
    ],
    ['no weights beside it', text, null, 'tiny.yaml: found no file tiny.safetensors beside it'],
    ['half the weights', text, weights.subarray(0, 60), 'tiny.safetensors: found'],
    ['no layers', 'network: n\ninput: [1]\nlayers: []\n', weights, 'tiny.yaml:3:1: layers: '],
    [
      'a kernel that does not fit',
      text.replace('input: [2, 3, 3]', 'input: [2, 3, 1]').replace('pad: [0, 1, 0, 1], ', ''),
      weights,
      'expected one that fits',
    ],
  ])('is refused for %s', async (_what, yaml, bytes, expected) => {
    expect(await refusal(() => read(yaml, bytes))).toContain(expected);
  });
});
