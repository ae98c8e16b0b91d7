// One frame of a network's inputs, from files where there are some.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadInputs } from '../../sim/load.node.js';
import { writeNpy } from '../../workloads/formats/matrices/npy.js';
import { buildNetwork } from '../../workloads/graph.js';
import type { NamedTensor, Values } from '../../workloads/network.js';
import type { ZooEntry } from '../../workloads/zoo/entry.js';
import { refusal } from '../workloads/formats/source.js';

const folder = mkdtempSync(join(tmpdir(), 'zeroskip-load-'));
const file = (name: string, bytes: Uint8Array) => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};
const floats = (name: string, shape: readonly number[], ...values: readonly number[]) =>
  file(name, writeNpy({ shape, values: Float32Array.from(values) }));

/** As numpy writes int64. */
function wholes(name: string, shape: readonly number[], ...values: readonly bigint[]): string {
  const header =
    `{'descr': '<i8', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`.padEnd(117);
  const bytes = new Uint8Array(128 + 8 * values.length);
  bytes.set(Buffer.from(`\x93NUMPY\x01\x00v\x00${header}\n`, 'latin1'));
  for (const [at, value] of values.entries())
    new DataView(bytes.buffer).setBigInt64(128 + 8 * at, value, true);
  return file(name, bytes);
}

function entryOf(...inputs: readonly NamedTensor[]): ZooEntry {
  const source = { work: 'a test', at: 'here' };
  const network = buildNetwork({
    ...{ name: 'net', title: 'net', source, inputs },
    layers: [{ kind: 'cast', name: 'c', to: 'float32', inputs: [inputs[0]?.name ?? ''] }],
  });
  return { network, densities: { source, input: 1, layers: {} }, preprocessing: null };
}

const ids: NamedTensor = { name: 'ids', shape: [1, 3], type: 'int64' };
const mask: NamedTensor = { name: 'mask', shape: [1, 3], type: 'bool' };
const plane: NamedTensor = { name: 'x', shape: [1, 2, 2], type: 'float32' };
const both = entryOf(ids, mask);
const random = new Map<string, Values>([
  ['ids', Float64Array.of(7, 8, 9)],
  ['mask', Uint8Array.of(1, 1, 1)],
  ['x', Float32Array.of(1, 2, 3, 4)],
]);

describe('the inputs of a network', () => {
  it('are drawn where nobody gives them', async () => {
    expect(await loadInputs(both, [], random)).toEqual(new Map([...random].slice(0, 2)));
    const inputs = await loadInputs(both, [`mask=${floats('mask.npy', [3], 0, 1, 0)}`], random);
    expect(inputs).toEqual(
      new Map<string, Values | undefined>([
        ['ids', random.get('ids')],
        ['mask', Uint8Array.of(0, 1, 0)],
      ]),
    );
  });

  it('are found by name, in any order, each of its own type', async () => {
    const files = [
      `mask=${floats('m.npy', [1, 3], 1, 0, 1)}`,
      `ids=${wholes('ids.npy', [3], 1n, 2n ** 40n, 0n)}`,
    ];
    const inputs = await loadInputs(both, files, random);
    expect([...inputs]).toEqual([
      ['ids', Float64Array.of(1, 2 ** 40, 0)],
      ['mask', Uint8Array.of(1, 0, 1)],
    ]);
  });

  it('need no name where there is one', async () => {
    const path = floats('x.npy', [2, 2], 1, 0, 3, 4);
    for (const text of [path, `x=${path}`]) {
      expect((await loadInputs(entryOf(plane), [text], random)).get('x')).toEqual(
        Float32Array.of(1, 0, 3, 4),
      );
    }
  });

  it.each([
    ['with the leading 1 of a frame', [1, 2, 2]],
    ['without it', [2, 2]],
    ['as they lie', [4]],
  ])('have their shape %s', async (_what, shape) => {
    const inputs = await loadInputs(
      entryOf(plane),
      [floats('shape.npy', shape, 1, 2, 3, 4)],
      random,
    );
    expect(inputs.get('x')).toEqual(Float32Array.of(1, 2, 3, 4));
  });

  const three = floats('three.npy', [3], 1, 1, 1);
  it.each<[string, ZooEntry, readonly string[], string]>([
    [
      'a name of nobody',
      both,
      [`msk=${three}`],
      `input 'msk=${three}'; did you mean mask?: expected NAME=FILE with one of ids, mask`,
    ],
    [
      'no name among several',
      both,
      [three],
      `input '${three}': expected NAME=FILE with one of ids, mask`,
    ],
    [
      'two files for one input',
      both,
      [`ids=${three}`, `ids=${three}`],
      'input ids: found two files, expected one',
    ],
    ['a file that is not there', both, ['ids=nothing.npy'], 'nothing.npy: no such file'],
    ['another shape', entryOf(plane), [three], `${three}: found a tensor of 3, expected 2×2`],
    [
      'more frames',
      entryOf(plane),
      [floats('two.npy', [2, 2, 2], ...Array(8).fill(1))],
      'two.npy: found a tensor of 2×2×2, expected 2×2',
    ],
    [
      'as many elements in another order',
      entryOf({ ...plane, shape: [1, 2, 3] }),
      [floats('turned.npy', [3, 2], 1, 2, 3, 4, 5, 6)],
      'turned.npy: found a tensor of 3×2, expected 2×3',
    ],
    [
      'a fraction',
      both,
      [`ids=${floats('half.npy', [3], 1, 0.5, 2)}`],
      'half.npy: found 0.5 at element 1, expected whole numbers that int64 holds',
    ],
    [
      'more than 4 bits',
      entryOf({ ...ids, type: 'int4' }),
      [floats('wide.npy', [3], -8, 7, 8)],
      'wide.npy: found 8 at element 2, expected whole numbers that int4 holds',
    ],
    [
      'an infinite whole number',
      both,
      [`ids=${floats('infinite.npy', [3], 1, 2, Number.NEGATIVE_INFINITY)}`],
      'infinite.npy: found -Infinity at element 2, expected whole numbers that int64 holds',
    ],
    [
      'more than a bool',
      both,
      [`mask=${floats('many.npy', [3], 1, 256, 2)}`],
      'many.npy: found 256 at element 1, expected only 0 and 1',
    ],
    [
      'an infinite number',
      entryOf(plane),
      [floats('inf.npy', [4], 1, 2, Number.POSITIVE_INFINITY, 4)],
      'inf.npy: found Infinity at element 2, expected finite numbers',
    ],
    [
      'a picture',
      entryOf(plane),
      [file('cat.png', Uint8Array.of(0x89, 0x50))],
      'cat.png: net takes no picture, expected a .npy tensor of 2×2',
    ],
  ])('are refused: %s', async (_what, entry, files, message) => {
    expect(await refusal(() => loadInputs(entry, files, random))).toContain(message);
  });
});
