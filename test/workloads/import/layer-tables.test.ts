// SCALE-Sim topologies: layers by their extents.

import { describe, expect, it } from 'vitest';
import { readScaleSim } from '../../../workloads/import/scale-sim.js';
import { drawModel } from '../../../workloads/synthesis.js';
import { toDense } from '../../../workloads/weights/store.js';
import type { ZooEntry } from '../../../workloads/zoo/entry.js';
import { refusal, source } from './source.js';

const header = 'Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,';
const only = (entries: readonly ZooEntry[]) => {
  const [entry] = entries;
  const layer = entry?.network.layers[0];
  if (!entry || !layer) throw new Error('no layer');
  return { ...entry, layer };
};

describe('SCALE-Sim topologies', () => {
  const rows = ['Conv1, 224, 224, 11, 11, 3, 96, 4', 'Conv2, 31, 30, 5, 3, 96, 256, 1'];

  it.each([
    ['with header and trailing commas', `${header}\n${rows.map((row) => `${row},`).join('\n')}\n`],
    ['without commas at the ends', `${header.slice(0, -1)}\r\n${rows.join('\r\n')}`],
    ['without header', rows.join('\n')],
    ['with empty lines and a byte order mark', `\ufeff${header}\n\n${rows.join('\n\n')}\n\n`],
  ])('%s say the same', (_what, text) => {
    const entries = readScaleSim(source('t.csv', text));
    expect(entries.map(({ network }) => [network.name, network.input, network.layers[0]?.output])).toEqual([
      // (224 − 11) / 4 + 1 = 54; (31 − 5) + 1 = 27, (30 − 3) + 1 = 28.
      ['Conv1', [3, 224, 224], [96, 54, 54]],
      ['Conv2', [96, 31, 30], [256, 27, 28]],
    ]);
  });

  it('takes products of matrices as M vectors through one matrix', () => {
    const [many, one] = readScaleSim(source('g.csv', 'Layer,M,N,K,\nqkv,128,768,512,\nfc,1,10,84,\n'));
    expect(many?.network.input).toEqual([512, 128, 1]);
    expect(many?.network.layers[0]).toMatchObject({ kind: 'conv2d', channels: 768, output: [768, 128, 1] });
    expect(one?.network.layers[0]).toMatchObject({ kind: 'dense', outputs: 10, output: [10] });
  });

  it('draws weights of which N of every M are kept', () => {
    const { network, densities, layer } = only(readScaleSim(source('s.csv', 'fc,1,8,18,2:4,')));
    expect(densities.layers.fc?.weights).toBe(0.5);
    const weights = drawModel(network, densities, 3).weights.get(layer.name);
    if (!weights) throw new Error('no weights');
    const { values, rows, columns } = toDense(weights.store);
    for (let row = 0; row < rows; row++) {
      for (let block = 0; block < columns; block += 4) {
        const kept = values.subarray(row * columns + block, row * columns + Math.min(block + 4, columns));
        expect(kept.filter((value) => value !== 0)).toHaveLength(2);
      }
    }
  });

  it.each([
    ['', 't.csv: found no layers'],
    [`${header}\n`, 't.csv: found no layers'],
    ['Conv1, 224, 224, 11, 11\n', 't.csv:1: layer Conv1: found 4 numbers, expected 3 (M, N, K) or 7'],
    [
      'a,1,2,3,\nConv1, 224, x, 11, 11, 3, 96, 4',
      "t.csv:2: layer Conv1: IFMAP Width: found 'x', expected a whole number",
    ],
    ['a,1,2,-3,', "t.csv:1: layer a: K: found '-3'"],
    ['a,1,2,3.5,', "t.csv:1: layer a: K: found '3.5'"],
    ['a,1,2,3,\na,1,2,3', 't.csv:2: found layer a a second time'],
    [',1,2,3', 't.csv:1: found no name'],
    ['a,1,2,3,5:4', "t.csv:1: layer a: Sparsity: found '5:4', expected N:M"],
    ['a,1,2,3,0:4', "t.csv:1: layer a: Sparsity: found '0:4', expected N:M"],
    ['a,4,4,11,11,3,96,4', 'layer a: a kernel of 11×11 does not fit an input of 3×4×4'],
    ['a,1,99999999,99999999', 'limit elements'],
    ['a,"1,2,3', 't.csv: found '],
  ])('refuse %j', async (text, expected) => {
    expect(await refusal(() => readScaleSim(source('t.csv', text)))).toContain(expected);
  });

  it('bounds layers and elements by the limits', async () => {
    const text = 'a,1,2,3\nb,1,2,3\n';
    expect(await refusal(() => readScaleSim(source('t.csv', text, {}, { layers: 1 })))).toContain('(limit layers)');
    expect(await refusal(() => readScaleSim(source('t.csv', text, {}, { elements: 5 })))).toContain('(limit elements)');
  });
});
