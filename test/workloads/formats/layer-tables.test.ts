// SCALE-Sim topologies: layers by their extents.

import { describe, expect, it } from 'vitest';
import { readScaleSim } from '../../../workloads/formats/scale-sim/read.js';
import { type Network, resultOf } from '../../../workloads/network.js';
import { drawModel } from '../../../workloads/synthesis.js';
import { shapeText } from '../../../workloads/tensor.js';
import { toDense } from '../../../workloads/weights/store.js';
import type { ZooEntry } from '../../../workloads/zoo/entry.js';
import { refusal, source } from './source.js';

const header =
  'Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,';
const only = (entries: readonly ZooEntry[]) => {
  const [entry] = entries;
  const layer = entry?.network.layers[0];
  if (!entry || !layer) throw new Error('no layer');
  return { ...entry, layer };
};

/** Of the input and the result. */
const shapesOf = ({ inputs, layers }: Network) =>
  [inputs[0], layers[0]?.results[0]].map((tensor) => tensor && shapeText(tensor.shape));

describe('SCALE-Sim topologies', () => {
  const rows = ['Conv1, 224, 224, 11, 11, 3, 96, 4', 'Conv2, 31, 30, 5, 3, 96, 256, 1'];

  it.each([
    ['with header and trailing commas', `${header}\n${rows.map((row) => `${row},`).join('\n')}\n`],
    ['without commas at the ends', `${header.slice(0, -1)}\r\n${rows.join('\r\n')}`],
    ['without header', rows.join('\n')],
    ['with empty lines and a byte order mark', `\ufeff${header}\n\n${rows.join('\n\n')}\n\n`],
  ])('%s say the same', (_what, text) => {
    const entries = readScaleSim(source('t.csv', text));
    expect(entries.map(({ network }) => [network.name, ...shapesOf(network)])).toEqual([
      // ⌈(224 − 11 + 4) / 4⌉ = 55; (31 − 5) + 1 = 27, (30 − 3) + 1 = 28.
      ['Conv1', '1×3×224×224', '1×96×55×55'],
      ['Conv2', '1×96×31×30', '1×256×27×28'],
    ]);
  });

  it('takes products of matrices as M vectors through one matrix', () => {
    const [many, one] = readScaleSim(
      source('g.csv', 'Layer,M,N,K,\nqkv,128,768,512,\nfc,1,10,84,\n'),
    );
    expect(many?.network.layers[0]).toMatchObject({ kind: 'dense', outputs: 768, axis: 2 });
    expect(many && shapesOf(many.network)).toEqual(['1×128×512', '1×128×768']);
    expect(one?.network.layers[0]).toMatchObject({ kind: 'dense', outputs: 10 });
    expect(one && shapesOf(one.network)).toEqual(['1×84', '1×10']);
  });

  it('draws weights of which N of every M are kept', () => {
    const { network, densities, layer } = only(readScaleSim(source('s.csv', 'fc,1,8,18,2:4,')));
    expect(densities.layers.fc?.weights).toBe(0.5);
    const weights = drawModel(network, densities, 3).weights.get(layer.name);
    if (!weights) throw new Error('no weights');
    const { values, rows, columns } = toDense(weights.store);
    for (let row = 0; row < rows; row++) {
      for (let block = 0; block < columns; block += 4) {
        const kept = values.subarray(
          row * columns + block,
          row * columns + Math.min(block + 4, columns),
        );
        expect(kept.filter((value) => value !== 0)).toHaveLength(2);
      }
    }
  });

  it('rounds the output up as SCALE-Sim does, and pads for it', () => {
    const { layer, notes } = only(
      readScaleSim(source('t.csv', `${header}\nres, 56, 57, 1, 3, 64, 128, 2,`)),
    );
    // ⌈(56 − 1 + 2) / 2⌉ = 29, ⌈(57 − 3 + 2) / 2⌉ = 28.
    expect(layer).toMatchObject({ pad: [0, 0, 1, 0], results: [{ shape: [1, 128, 29, 28] }] });
    expect(notes).toEqual([
      "SCALE-Sim rounds the output's size up: the image is padded below and right",
    ]);
    expect(
      only(readScaleSim(source('t.csv', `${header}\nres, 57, 57, 1, 3, 64, 128, 2,`))).notes,
    ).toEqual([]);
  });

  it('numbers layers of one name', () => {
    const names = (text: string) =>
      readScaleSim(source('t.csv', text)).map(({ network }) => network.name);
    expect(names('Layer,M,N,K\na,1,2,3,\na,1,2,3\na-2,1,2,3\na,4,5,6')).toEqual([
      'a',
      'a-3',
      'a-2',
      'a-4',
    ]);
  });

  it('says that SCALE-Sim skips the first line', () => {
    const [first, second] = readScaleSim(source('t.csv', 'a,1,2,3\nb,1,2,3'));
    expect(first?.notes?.join()).toContain('the first line is a layer, which SCALE-Sim skips');
    expect(second?.notes).toEqual([]);
  });

  it('reads what stands behind: comments, a second stride, batches', () => {
    const commented = only(
      readScaleSim(source('t.csv', `${header}\ndw, 112, 112, 3, 3, 1, 1, 1,#dw\n`)),
    );
    expect(resultOf(commented.layer).shape).toEqual([1, 1, 110, 110]);
    expect(resultOf(only(readScaleSim(source('t.csv', 'a,8,8,3,3,2,4,1, 1'))).layer).shape).toEqual(
      [1, 4, 6, 6],
    );
    const strided = `${header.replace('Strides', 'Stride Height, Stride Width, Batch Size')}\na,9,9,3,3,2,4,2,3,5,2:4,`;
    const { layer, notes, densities } = only(readScaleSim(source('t.csv', strided)));
    expect(layer).toMatchObject({ stride: [2, 3], results: [{ shape: [1, 4, 4, 3] }] });
    expect(notes).toEqual(['its batch is left to --batch 5']);
    expect(densities.layers.a?.pattern).toEqual({ kind: 'n-of-m', keep: 2, of: 4 });
    const heads = only(readScaleSim(source('t.csv', 'Layer,M,N,K,Batch\nqk,128,64,32,12')));
    expect(heads.layer).toMatchObject({ groups: 12, results: [{ shape: [1, 768, 128, 1] }] });
  });

  it('takes layers with DP in their names for depthwise ones', () => {
    const { layer, notes } = only(
      readScaleSim(source('t.csv', `${header}\nDP2, 8, 8, 3, 3, 16, 1, 1,`)),
    );
    expect(layer).toMatchObject({ groups: 16, results: [{ shape: [1, 16, 6, 6] }] });
    expect(notes?.join()).toContain('depthwise');
  });

  it.each([
    ['', 't.csv: found no layers'],
    [`${header}\n`, 't.csv: found no layers'],
    [
      'Conv1, 224, 224, 11, 11\n',
      't.csv:1: layer Conv1: found 4 numbers, expected 3 (M, N, K) or 7',
    ],
    [
      'a,1,2,3,\nConv1, 224, x, 11, 11, 3, 96, 4',
      "t.csv:2: layer Conv1: IFMAP Width: found 'x', expected a whole number",
    ],
    ['a,1,2,-3,', "t.csv:1: layer a: K: found '-3'"],
    ['a,1,2,3.5,', "t.csv:1: layer a: K: found '3.5'"],
    // Lines that are no header, whatever SCALE-Sim makes of them.
    [
      'Conv1,-5,227,11,11,3,96,4,\nConv2,31,31,5,5,96,256,1,\n',
      "t.csv:1: layer Conv1: IFMAP Height: found '-5'",
    ],
    [
      'Conv1,x,y,11,11,3,96,4,\nConv2,31,31,5,5,96,256,1,\n',
      "t.csv:1: layer Conv1: IFMAP Height: found 'x'",
    ],
    ['Conv1,?,?,?\n', "t.csv:1: layer Conv1: M: found '?'"],
    ['a,1,2,3,1:4,1:2', 't.csv:1: layer a: Sparsity: found 1:4 and 1:2, expected one'],
    ['a,8,8,3,3,2,4,1,2', 't.csv:1: layer a: found 8 numbers, expected 3 (M, N, K) or 7'],
    [`${header} Batch\na,8,8,3,3,2,4,1,0`, "t.csv:2: layer a: batch: found '0'"],
    [',1,2,3', 't.csv:1: found no name'],
    ['a,1,2,3,5:4', "t.csv:1: layer a: Sparsity: found '5:4', expected N:M"],
    ['a,1,2,3,0:4', "t.csv:1: layer a: Sparsity: found '0:4', expected N:M"],
    [
      'a,4,4,11,11,3,96,4',
      'layer a: found a kernel of 11×11 over an input of 3×4×4, expected one that fits',
    ],
    ['a,1,99999999,99999999', 'limit elements'],
    ['a,"1,2,3', 't.csv: found '],
  ])('refuse %j', async (text, expected) => {
    expect(await refusal(() => readScaleSim(source('t.csv', text)))).toContain(expected);
  });

  it('bounds layers and elements by the limits', async () => {
    const text = 'a,1,2,3\nb,1,2,3\n';
    expect(await refusal(() => readScaleSim(source('t.csv', text, {}, { layers: 1 })))).toContain(
      '(limit layers)',
    );
    expect(await refusal(() => readScaleSim(source('t.csv', text, {}, { elements: 5 })))).toContain(
      '(limit elements)',
    );
  });
});
