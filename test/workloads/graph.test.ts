import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../workloads/base/errors.js';
import { buildNetwork, type NetworkSpec } from '../../workloads/graph.js';
import { resultOf, type TensorType } from '../../workloads/network.js';
import type { LayerSpec } from '../../workloads/spec.js';
import { scalar } from '../../workloads/tensor.js';
import { conv, dense, maxPool } from '../../workloads/zoo/entry.js';

const source = { work: 'a test', at: 'here' };
const build = (layers: readonly LayerSpec[], input: NetworkSpec['input'] = [3, 8, 8]) =>
  buildNetwork({ name: 'net', title: 'a net', input, layers, source });
/** Of the first layer's result. */
const shapeIn = ({ layers: [layer] }: ReturnType<typeof build>) => layer && resultOf(layer).shape;

describe('buildNetwork', () => {
  it('chains layers without inputs and infers shapes', () => {
    const net = build([conv('a', 4, 3, { pad: 1 }), maxPool('b', 3, 2), dense('c', 10, 'none')]);
    expect(net.inputs).toEqual([{ name: 'data', shape: [1, 3, 8, 8], type: 'float32' }]);
    expect(net.layers.map((layer) => resultOf(layer).shape)).toEqual([
      [1, 4, 8, 8],
      [1, 4, 4, 4],
      [1, 10],
    ]);
    expect(net.outputs).toEqual(['c']);
    expect(net.layers.map(({ inputs }) => inputs)).toEqual([['data'], ['a'], ['b']]);
  });

  it('rounds pooling up or down as told', () => {
    const pool = (rounding: 'ceil' | 'floor') =>
      shapeIn(
        build([{ kind: 'pool2d', name: 'p', mode: 'max', kernel: 3, stride: 2, pad: 0, rounding }]),
      );
    // (8 − 3) / 2 = 2.5
    expect(pool('ceil')).toEqual([1, 3, 4, 4]);
    expect(pool('floor')).toEqual([1, 3, 3, 3]);
  });

  it('drops a pooling window that would start outside the padded image, as Caffe does', () => {
    // ceil((4 + 2 − 2) / 2) + 1 = 3 windows start at −1, 1, 3; with stride 3: ceil(4/3)+1 = 3 start
    // at −1, 2, 5 ≥ 4 + 1.
    const pool = (stride: number) =>
      shapeIn(
        build(
          [{ kind: 'pool2d', name: 'p', mode: 'max', kernel: 2, stride, pad: 1, rounding: 'ceil' }],
          [1, 4, 4],
        ),
      );
    expect(pool(2)).toEqual([1, 1, 3, 3]);
    expect(pool(3)).toEqual([1, 1, 2, 2]);
  });

  it.each<[string, readonly LayerSpec[], string]>([
    [
      'an unknown input',
      [{ ...dense('a', 2, 'none'), inputs: ['x'] }],
      'net: layer a reads x, which no layer before it makes',
    ],
    [
      'a doubled name',
      [dense('a', 2, 'none'), dense('a', 2, 'none')],
      'net: two layers are named a',
    ],
    [
      'a kernel that does not fit',
      [conv('a', 4, 9)],
      'layer a: found a kernel of 9×9 over an input of 3×8×8, expected one that fits',
    ],
    [
      'groups that do not divide',
      [conv('a', 4, 1, { groups: 2 })],
      'layer a: found 3 → 4 channels in 2 groups, expected groups that divide them',
    ],
    [
      'a stride of 0',
      [conv('a', 4, 1, { stride: 0 })],
      'layer a: stride: found 0, expected a whole number of at least 1',
    ],
    [
      'a vector where an image is needed',
      [dense('a', 2, 'none'), maxPool('b', 2, 2)],
      'layer b: found an input of 1×2, expected images of [1, channels, height, width]',
    ],
    ['no layers', [], 'net: found no layers, expected at least one'],
    [
      'images of different size',
      [
        conv('a', 4, 1),
        conv('b', 4, 3, { inputs: ['data'] }),
        { kind: 'concat', name: 'c', inputs: ['a', 'b'] },
      ],
      'layer c: found a concatenation of 1×4×8×8 and 1×4×6×6, expected shapes that differ in axis 1 only',
    ],
  ])('refuses %s', (_what, layers, message) => {
    expect(() => build(layers)).toThrow(new InputError(message));
  });

  it.each<[string, Partial<NetworkSpec>, string]>([
    [
      'an output that nobody makes',
      { outputs: ['b'] },
      'net: output b: found no tensor of that name',
    ],
    [
      'an input of no extent',
      { input: [3, 0] },
      'net: input shape 3×0: found 0, expected whole numbers above 0',
    ],
    [
      'an input of half an element',
      { inputs: [{ name: 'x', shape: [1, 2.5], type: 'float32' }] },
      'net: input x: shape 1×2.5: found 2.5, expected whole numbers above 0',
    ],
    [
      'two results of one name',
      { layers: [dense('a', 2, 'none'), { ...dense('b', 2, 'none'), resultNames: ['a'] }] },
      'net: two tensors are named a',
    ],
    [
      'too few inputs',
      { layers: [{ ...dense('a', 2, 'none'), inputs: [''] }] },
      'layer a: found 0 inputs, expected 1',
    ],
  ])('refuses %s', (_what, change, message) => {
    const spec = {
      name: 'net',
      title: 'a net',
      input: [4],
      layers: [dense('a', 2, 'none')],
      source,
    };
    expect(() => buildNetwork({ ...spec, ...change })).toThrow(new InputError(message));
  });

  it('knows inputs, constants and results by the names that they are given', () => {
    const float: TensorType = { shape: [1, 4], type: 'float32' };
    const net = buildNetwork({
      ...{ name: 'net', title: 'a net', source },
      inputs: [
        { name: 'x', ...float },
        { name: 'y', ...float },
      ],
      constants: new Map([['half', scalar(0.5)]]),
      layers: [
        { kind: 'add', name: 'sum', inputs: ['x', 'y'], activation: 'none', resultNames: ['z'] },
        { kind: 'binary', name: 'more', inputs: ['z', 'half'], function: 'multiply' },
      ],
      outputs: ['more', 'z'],
    });
    expect(net.layers.map(({ results }) => results)).toEqual([
      [{ name: 'z', ...float }],
      [{ name: 'more', ...float }],
    ]);
    // Types alone: neither names nor values.
    expect(net.layers[1]?.inputTypes).toEqual([float, { shape: [], type: 'float32' }]);
    expect(net.outputs).toEqual(['more', 'z']);
  });

  it('gives convolutions as many outputs as there are window starts', () => {
    fc.assert(
      fc.property(
        ...[
          fc.integer({ min: 1, max: 20 }),
          fc.integer({ min: 1, max: 5 }),
          fc.integer({ min: 1, max: 4 }),
        ],
        fc.integer({ min: 0, max: 3 }),
        (size, kernel, stride, pad) => {
          fc.pre(size + 2 * pad >= kernel);
          let starts = 0;
          for (let start = -pad; start + kernel <= size + pad; start += stride) starts++;
          const net = build([conv('a', 2, kernel, { stride, pad })], [1, size, size]);
          expect(shapeIn(net)).toEqual([1, 2, starts, starts]);
        },
      ),
    );
  });
});
