import { describe, expect, it } from 'vitest';
import { resultOf } from '../../../../workloads/network.js';
import { runEntry } from '../run-entry.js';
import { check, node, readText, scalar, tensor } from './agreement.js';
import type { OnnxText } from './file.js';
import { hasOnnx, plainPass } from './networks.js';
import { filled, kindsOf } from './texts.js';

describe('graphs within', () => {
  const doubled = { outputs: ['d'], nodes: [node('Add', ['x', 'x'], {}, [], ['d'])] };
  const halved = { outputs: ['h'], nodes: [node('Mul', ['x', 'half'], {}, [], ['h'])] };
  const branching = (condition: OnnxText): OnnxText => ({
    ...condition,
    nodes: [
      ...condition.nodes,
      node('If', ['c'], { then_branch: doubled, else_branch: halved }),
      node('Relu', ['y'], {}, [], ['z']),
    ],
    tensors: { ...condition.tensors, half: scalar(0.5) },
  });

  it.skipIf(!hasOnnx)('branches whose condition is known', async () => {
    for (const [value, kinds] of [
      [1, 'add'],
      [0, 'binary,relu'],
    ] as const) {
      const text = branching({ input: [3], nodes: [], tensors: { c: scalar(value, 9) } });
      expect(kindsOf(await check(text))).toBe(kinds);
    }
  });

  it('branches whose condition is not known are read as if it held', async () => {
    const { notes, network } = await readText(
      branching({ inputs: { x: { shape: [1, 3] }, c: { type: 9, shape: [] } }, nodes: [] }),
    );
    expect(notes?.[0]).toContain('read as if it held');
    expect(network.layers[0]?.kind).toBe('add');
  });

  it.skipIf(!hasOnnx)('loops of a known number of turns', async () => {
    const body = {
      ...{ inputs: ['turn', 'go', 'state'], outputs: ['go2', 'next', 'seen'] },
      types: {
        ...{
          turn: { type: 7, shape: [] },
          go: { type: 9, shape: [] },
          go2: { type: 9, shape: [] },
        },
        ...{ state: { shape: [1, 3] }, next: { shape: [1, 3] }, seen: { shape: [1, 3] } },
      },
      nodes: [
        node('Identity', ['go'], {}, [], ['go2']),
        node('Add', ['state', 'x'], {}, [], ['next']),
        node('Mul', ['next', 'half'], {}, [], ['seen']),
      ],
    };
    await check({
      ...{ input: [3], outputs: ['last', 'all'] },
      nodes: [node('Loop', ['n', 'go', 'x'], { body }, [], ['last', 'all'])],
      tensors: { n: scalar(3, 7), go: scalar(1, 9), half: scalar(0.5) },
    });
  });

  it.skipIf(!hasOnnx)('functions of the model itself, with its caller’s attributes', async () => {
    const entry = await check({
      ...{ input: [3], domains: ['local'] },
      functions: [
        {
          ...{
            name: 'Gate',
            domain: 'local',
            inputs: ['a'],
            outputs: ['b'],
            attributes: ['slope'],
          },
          nodes: [
            { ...node('LeakyRelu', ['a'], {}, [], ['s']), references: { alpha: 'slope' } },
            node('Mul', ['a', 's'], {}, [], ['b']),
          ],
        },
      ],
      nodes: [
        { ...node('Gate', ['x'], { slope: 0.3 }, ['slope'], ['g']), domain: 'local' },
        { ...node('Gate', ['g'], { slope: 0.1 }, ['slope'], ['y']), domain: 'local' },
      ],
    });
    expect(entry.network.layers.map(resultOf).map(({ name }) => name)).toContain('g');
  });

  it('nodes in any order', async () => {
    const text: OnnxText = {
      input: [3],
      outputs: ['y'],
      nodes: [node('Relu', ['a']), node('Neg', ['x'], {}, [], ['a'])],
    };
    expect(kindsOf(await readText(text))).toBe('unary,relu');
  });
});

it('fake quantisation of QONNX and Brevitas', async () => {
  for (const domain of ['qonnx.custom_op.general', 'onnx.brevitas']) {
    const entry = await readText({
      ...{ input: [4], domains: [domain], outputs: ['y', 'b'] },
      nodes: [
        {
          ...node('Quant', ['x', 's', 'z', 'n'], { signed: 1, narrow: 0, rounding_mode: 'ROUND' }),
          domain,
        },
        { ...node('BipolarQuant', ['x', 's'], {}, [], ['b']), domain },
      ],
      tensors: { s: scalar(0.5), z: scalar(0), n: scalar(3) },
    });
    const inputs = new Map([
      ['x', { shape: [1, 4], type: 'float32', values: Float32Array.of(0.6, -9, 9, 0.75) } as const],
    ]);
    const { network, weights = new Map() } = entry;
    const made = plainPass({ network, weights, origin: 'real' }, inputs);
    expect([...(made.get('y')?.values ?? [])]).toEqual([0.5, -2, 1.5, 1]);
    expect([...(made.get('b')?.values ?? [])]).toEqual([0.5, -0.5, 0.5, 0.5]);
  }
});

it('linear models of ai.onnx.ml', async () => {
  const domain = 'ai.onnx.ml';
  const entry = await readText({
    ...{ input: [2], domains: [domain] },
    nodes: [
      {
        ...node('Scaler', ['x'], { offset: [1, 2], scale: [2, 0.5] }, ['offset', 'scale'], ['s']),
        domain,
      },
      {
        ...node('LinearRegressor', ['s'], { coefficients: [3, 4], intercepts: [0.25] }, [
          'coefficients',
          'intercepts',
        ]),
        domain,
      },
    ],
  });
  expect([...runEntry(entry, Float32Array.of(3, 4))]).toEqual([3 * 4 + 4 * 1 + 0.25]);
});

it('one-dimensional convolutions are those of images, with what follows folded in', async () => {
  const entry = await readText({
    input: [3, 12],
    nodes: [
      node('Conv', ['x', 'w'], {}, [], ['a']),
      node('BatchNormalization', ['a', 's', 'b', 'b', 's'], {}, [], ['n']),
      node('Relu', ['n'], {}, [], ['r']),
      node('Conv', ['r', 'v']),
    ],
    tensors: {
      w: tensor([4, 3, 3], 1),
      v: tensor([2, 4, 3], 2),
      s: filled([4], 2),
      b: filled([4], 0.5),
    },
  });
  expect(kindsOf(entry)).toBe('reshape,conv2d,conv2d,reshape');
  expect(entry.network.layers[1]).toMatchObject({ bias: true, activation: 'relu' });
});
