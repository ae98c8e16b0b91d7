import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type FakeQuantiseAttributes,
  quantisationOperators,
} from '../../workloads/operators/quantise.js';
import type { ElementType, Tensor } from '../../workloads/tensor.js';
import { describeWithOnnx } from './onnx-judge.js';
import { agree, demandOf, fault, random, runRow, runs, seeds, tensor, valuesIn } from './rows.js';

const { quantise, dequantise, ...others } = quantisationOperators;
const positive = (x: Tensor, min = 0.01): Tensor => ({
  ...x,
  values: x.values.map((value) => Math.abs(value) / 50 + min),
});
const types = ['uint8', 'int8', 'uint16', 'int16', 'uint4', 'int4'] as const;

describe('quantise', () => {
  it('rounds halves to even, adds the zero point and saturates', () => {
    const x = tensor([6], [0.5, 1.5, 2.5, -0.5, 1000, -1000]);
    const [scale, zero] = [tensor([], [1]), tensor([], [10], 'uint8')];
    expect(valuesIn(quantise, { axis: 1, type: 'uint8' }, [x, scale, zero])).toEqual([
      10, 12, 12, 10, 255, 0,
    ]);
    expect(valuesIn(quantise, { axis: 1, type: 'int4' }, [x, scale])).toEqual([0, 2, 2, 0, 7, -8]);
  });

  it('has a scale an index of an axis, or a block of them', () => {
    const x = tensor([1, 2, 3], [1, 2, 3, 4, 5, 6]);
    const of = (axis: number, scale: Tensor, blockSize = 0) =>
      valuesIn(quantise, { axis, type: 'int8', blockSize }, [x, scale]);
    expect(of(1, tensor([2], [1, 2]))).toEqual([1, 2, 3, 2, 2, 3]);
    expect(of(-1, tensor([3], [1, 2, 3]))).toEqual([1, 1, 1, 4, 2, 2]);
    expect(of(2, tensor([1, 2, 2], [1, 3, 2, 6]), 2)).toEqual([1, 2, 1, 2, 2, 1]);
    expect(() => of(1, tensor([3], [1, 1, 1]))).toThrow(
      'found 3 scales, expected 1 or 2 along axis 1',
    );
    expect(() => of(2, tensor([1, 2, 3], [1, 1, 1, 1, 1, 1]), 2)).toThrow(
      'expected 1×2×2 in blocks of 2',
    );
  });

  it('undoes itself on multiples of the scale', () => {
    fc.assert(
      fc.property(fc.constantFrom(...types), seeds, (type, seed) => {
        const levels = random([2, 9], seed, type);
        const inputs = [tensor([2], [0.25, 0.5]), tensor([2], [3, 1], type)];
        const floats = runRow(dequantise, { axis: 0, type: 'float32' }, [
          levels,
          ...inputs,
        ])[0] as Tensor;
        expect(valuesIn(quantise, { axis: 0, type }, [floats, ...inputs])).toEqual([
          ...levels.values,
        ]);
      }),
    );
  });

  it('costs a division, and a multiplication on the way back', () => {
    const [x, scale] = [random([1, 8], 1), tensor([], [1])];
    expect(demandOf(quantise, { axis: 0, type: 'int8' }, [x, scale])).toMatchObject({
      operations: { divide: 8 },
    });
    expect(
      demandOf(dequantise, { axis: 0, type: 'float32' }, [random([8], 1, 'int8'), scale]),
    ).toMatchObject({
      ...{ inputs: 9, outputs: 8 },
      operations: { add: 0, multiply: 8 },
    });
  });
});

describe('quantised for training', () => {
  const of = (
    attributes: Partial<FakeQuantiseAttributes>,
    x: readonly number[],
    scale = 1,
    zero = 0,
  ) =>
    valuesIn(
      others['fake-quantise'],
      { bits: 4, signed: true, narrow: false, rounding: 'round', ...attributes },
      [tensor([x.length], x), tensor([], [scale]), tensor([], [zero])],
    ).map((value) => value + 0);

  it('covers the range of its bits', () => {
    expect(of({}, [-99, 99])).toEqual([-8, 7]);
    expect(of({ narrow: true }, [-99, 99])).toEqual([-7, 7]);
    expect(of({ signed: false }, [-99, 99])).toEqual([0, 15]);
    expect(of({ signed: false, narrow: true }, [-99, 99])).toEqual([0, 14]);
    expect(of({ bits: 1 }, [-0.1, 0, 3], 0.5)).toEqual([-0.5, 0.5, 0.5]);
  });

  it.each<[FakeQuantiseAttributes['rounding'], readonly number[]]>([
    ['round', [-2, -2, 0, 2, 2]],
    ['floor', [-3, -2, -1, 1, 2]],
    ['ceil', [-2, -1, 0, 2, 3]],
    ['round-to-zero', [-2, -1, 0, 1, 2]],
    ['down', [-2, -1, 0, 1, 2]],
    ['up', [-3, -2, -1, 2, 3]],
    ['half-up', [-3, -2, -1, 2, 3]],
    ['half-down', [-2, -1, 0, 1, 2]],
  ])('sends halves by %s', (rounding, expected) => {
    expect(of({ rounding }, [-2.5, -1.5, -0.5, 1.5, 2.5])).toEqual(expected);
  });

  it('scales back', () => {
    expect(of({}, [0.3, 0.9], 0.25, 1)).toEqual([0.25, 1]);
    expect(
      valuesIn(others['bipolar-quantise'], {}, [tensor([3], [-2, 0, 5]), tensor([1], [0.5])]),
    ).toEqual([...[-0.5, 0.5, 0.5]]);
    const integers = () =>
      others['bipolar-quantise'].infer({}, [random([2], 1, 'int8'), tensor([], [1])], fault);
    expect(integers).toThrow('found int8 elements, expected floats');
  });
});

describeWithOnnx('quantisation as in ONNX Runtime', () => {
  it.each(types)('to and from %s', async (type) => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<0 | 1 | 2 | null>(0, 1, 2, null),
        seeds,
        async (axis, seed) => {
          const shape = [2, 3, 4];
          const scales = axis === null ? [] : [shape[axis] as number];
          const scale = positive(random(scales, seed + 1));
          const zero = random(scales, seed + 2, type);
          const attributes = { axis: { i: axis ?? 1 } };
          const x = random(shape, seed);
          const row = { axis: axis ?? 1, type } as const;
          await agree(
            quantise,
            row,
            [x, scale, zero],
            { opType: 'QuantizeLinear', attributes },
            { tolerance: 0 },
          );
          const back = { ...row, type: 'float32' } as const;
          const levels = random(shape, seed, type);
          await agree(dequantise, back, [levels, scale, zero], {
            opType: 'DequantizeLinear',
            attributes,
          });
        },
      ),
      runs(15),
    );
  });

  it('in blocks', async () => {
    const [x, scale] = [random([3, 8, 2], 1), positive(random([3, 2, 2], 2))];
    const attributes = { axis: { i: 1 }, block_size: { i: 4 } };
    for (const type of ['int8', 'uint4'] as const satisfies readonly ElementType[]) {
      const zero = random([3, 2, 2], 3, type);
      const operator = { opType: 'QuantizeLinear', attributes };
      await agree(quantise, { axis: 1, blockSize: 4, type }, [x, scale, zero], operator, {
        tolerance: 0,
      });
      const row = { axis: 1, blockSize: 4, type: 'float32' } as const;
      const inputs = [random([3, 8, 2], 4, type), scale, zero];
      await agree(dequantise, row, inputs, { opType: 'DequantizeLinear', attributes });
    }
  });

  it('by the range of what is there', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.constantFrom(1, -1, 0), async (seed, sign) => {
        const x = random([2, 5], seed);
        const input =
          sign === 0 ? x : { ...x, values: x.values.map((value) => sign * Math.abs(value)) };
        await agree(
          others['dynamic-quantise'],
          {},
          [input],
          { opType: 'DynamicQuantizeLinear' },
          { tolerance: 1e-6 },
        );
      }),
      runs(40),
    );
    await agree(others['dynamic-quantise'], {}, [tensor([2], [0, 0])], {
      opType: 'DynamicQuantizeLinear',
    });
  });
});
