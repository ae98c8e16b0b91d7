import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../workloads/base/errors.js';
import { buildNetwork, type NetworkSpec } from '../../workloads/graph.js';
import type { LayerSpec } from '../../workloads/spec.js';
import { conv, dense, maxPool } from '../../workloads/zoo/entry.js';

const source = { work: 'a test', at: 'here' };
const build = (layers: readonly LayerSpec[], input: NetworkSpec['input'] = [3, 8, 8]) =>
  buildNetwork({ name: 'net', title: 'a net', input, layers, source });

describe('buildNetwork', () => {
  it('chains layers without inputs and infers shapes', () => {
    const net = build([conv('a', 4, 3, { pad: 1 }), maxPool('b', 3, 2), dense('c', 10, 'none')]);
    expect(net.layers.map(({ output }) => output)).toEqual([[4, 8, 8], [4, 4, 4], [10]]);
    expect(net.layers.map(({ inputs }) => inputs)).toEqual([['data'], ['a'], ['b']]);
  });

  it('rounds pooling up or down as told', () => {
    const pool = (rounding: 'ceil' | 'floor') =>
      build([{ kind: 'pool2d', name: 'p', mode: 'max', kernel: 3, stride: 2, pad: 0, rounding }]).layers[0]?.output;
    // (8 − 3) / 2 = 2.5
    expect(pool('ceil')).toEqual([3, 4, 4]);
    expect(pool('floor')).toEqual([3, 3, 3]);
  });

  it('drops a pooling window that would start outside the padded image, as Caffe does', () => {
    // ceil((4 + 2 − 2) / 2) + 1 = 3 windows start at −1, 1, 3; with stride 3: ceil(4/3)+1 = 3 start at −1, 2, 5 ≥ 4 + 1.
    const pool = (stride: number) =>
      build([{ kind: 'pool2d', name: 'p', mode: 'max', kernel: 2, stride, pad: 1, rounding: 'ceil' }], [1, 4, 4])
        .layers[0];
    expect(pool(2)?.output).toEqual([1, 3, 3]);
    expect(pool(3)?.output).toEqual([1, 2, 2]);
  });

  it.each<[string, readonly LayerSpec[], string]>([
    [
      'an unknown input',
      [{ ...dense('a', 2, 'none'), inputs: ['x'] }],
      'net: layer a reads x, which no layer before it makes',
    ],
    ['a doubled name', [dense('a', 2, 'none'), dense('a', 2, 'none')], 'net: two layers are named a'],
    ['a kernel that does not fit', [conv('a', 4, 9)], 'layer a: a kernel of 9×9 does not fit an input of 3×8×8'],
    [
      'groups that do not divide',
      [conv('a', 4, 1, { groups: 2 })],
      'layer a: 3 → 4 channels do not divide into 2 groups',
    ],
    [
      'a stride of 0',
      [conv('a', 4, 1, { stride: 0 })],
      'layer a: stride: found 0, expected a whole number of at least 1',
    ],
    [
      'a vector where an image is needed',
      [dense('a', 2, 'none'), maxPool('b', 2, 2)],
      'layer b: found a vector of 2, expected an image of [channels, height, width]',
    ],
    ['no layers', [], 'net: found no layers, expected at least one'],
    [
      'images of different size',
      [conv('a', 4, 1), conv('b', 4, 3, { inputs: ['data'] }), { kind: 'concat', name: 'c', inputs: ['a', 'b'] }],
      'layer c: cannot concatenate images of 8×8 and 6×6',
    ],
  ])('refuses %s', (_what, layers, message) => {
    expect(() => build(layers)).toThrow(new InputError(message));
  });

  it('gives convolutions as many outputs as there are window starts', () => {
    fc.assert(
      fc.property(
        ...[fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 4 })],
        fc.integer({ min: 0, max: 3 }),
        (size, kernel, stride, pad) => {
          fc.pre(size + 2 * pad >= kernel);
          let starts = 0;
          for (let start = -pad; start + kernel <= size + pad; start += stride) starts++;
          const net = build([conv('a', 2, kernel, { stride, pad })], [1, size, size]);
          expect(net.layers[0]?.output).toEqual([2, starts, starts]);
        },
      ),
    );
  });
});
