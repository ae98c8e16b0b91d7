import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ReductionName,
  reductionOperators,
  reductions,
} from '../../workloads/operators/reduce.js';
import { sizeOf, stridesOf, type Tensor } from '../../workloads/tensor.js';
import { describeWithOnnx } from './onnx-judge.js';
import {
  agree,
  demandOf,
  expectSame,
  fault,
  random,
  runRow,
  runs,
  seeds,
  shapes,
  tensor,
  valuesIn,
  whole,
} from './rows.js';

const {
  reduce,
  arg,
  'cumulative-sum': cumulativeSum,
  'cumulative-product': cumulativeProduct,
} = reductionOperators;
const shapeAndAxes = shapes(1, 4).chain((shape) =>
  fc.tuple(fc.constant(shape), fc.subarray([...shape.keys()], { minLength: 1 })),
);
const shapeAndAxis = shapes(1, 4).chain((shape) =>
  fc.tuple(fc.constant(shape), fc.integer({ min: -shape.length, max: shape.length - 1 })),
);

describe('reduce', () => {
  const x = tensor([2, 3], [1, 2, 3, 4, 5, 6]);
  it.each<[ReductionName, readonly number[]]>([
    ['sum', [6, 15]],
    ['mean', [2, 5]],
    ['max', [3, 6]],
    ['min', [1, 4]],
    ['product', [6, 120]],
    ['l1', [6, 15]],
    ['l2', [Math.fround(Math.sqrt(14)), Math.fround(Math.sqrt(77))]],
    ['log-sum', [Math.fround(Math.log(6)), Math.fround(Math.log(15))]],
    [
      'log-sum-exp',
      [Math.fround(Math.log(Math.E + Math.E ** 2 + Math.E ** 3)), Math.fround(6.407605964444)],
    ],
    ['sum-square', [14, 77]],
  ])('%s', (name, expected) => {
    expect(valuesIn(reduce, { function: name, axes: [-1], keep: false }, [x])).toEqual(expected);
  });

  it('keeps axes or not, takes null for all of them and an empty list for none', () => {
    const shape = (axes: readonly number[] | null, keep: boolean) =>
      reduce.infer({ function: 'sum', axes, keep }, [x], fault)[0]?.shape;
    expect(shape([0], true)).toEqual([1, 3]);
    expect(shape([0], false)).toEqual([3]);
    expect(shape(null, false)).toEqual([]);
    expect(shape(null, true)).toEqual([1, 1]);
    expect(valuesIn(reduce, { function: 'sum-square', axes: [], keep: true }, [x])).toEqual([
      1, 4, 9, 16, 25, 36,
    ]);
    expect(() => shape([2], true)).toThrow('found axis 2 of 2 axes');
    expect(() => shape([1, -1], true)).toThrow('found axes 1, -1, expected each axis once');
  });

  it('stays finite where powers of e do not', () => {
    const large = tensor([2], [1000, 1000]);
    const attributes = { function: 'log-sum-exp', axes: null, keep: false } as const;
    expect(valuesIn(reduce, attributes, [large])[0]).toBeWithin(1e-6, 1000 + Math.LN2);
    expect(valuesIn(reduce, attributes, [tensor([1], [-Infinity])])).toEqual([
      Number.NEGATIVE_INFINITY,
    ]);
  });

  it('cuts means of integers off and rounds those of float16', () => {
    const attributes = { function: 'mean', axes: null, keep: false } as const;
    expect(valuesIn(reduce, attributes, [tensor([2], [-2, -1], 'int32')])).toEqual([-1]);
    expect(valuesIn(reduce, attributes, [tensor([3], [1, 1, 2], 'float16')])).toEqual([
      1.3330078125,
    ]);
  });

  it('adds up what each index of the other axes has', () => {
    fc.assert(
      fc.property(shapeAndAxes, seeds, ([shape, axes], seed) => {
        const input = random(shape, seed, 'int32');
        const strides = stridesOf(shape);
        const kept = shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
        const sums = new Int32Array(sizeOf(kept));
        for (const [at, value] of input.values.entries()) {
          const to = stridesOf(kept).reduce((sum, stride, axis) => {
            const index = Math.floor(at / (strides[axis] as number)) % (shape[axis] as number);
            return sum + (axes.includes(axis) ? 0 : index * stride);
          }, 0);
          sums[to] = (sums[to] as number) + value;
        }
        expectSame(
          runRow(reduce, { function: 'sum', axes, keep: true }, [input]),
          [{ shape: kept, type: 'int32', values: sums }],
          0,
        );
      }),
    );
  });

  it('costs an operation an element and what ends a result', () => {
    expect(demandOf(reduce, { function: 'mean', axes: [1], keep: false }, [x])).toEqual({
      ...{ kind: 'stream', inputs: 6, looks: 6, passes: 1, outputs: 2 },
      operations: { add: 6, multiply: 0, exponential: 0, divide: 2 },
    });
    expect(
      demandOf(reduce, { function: 'log-sum-exp', axes: [1], keep: false }, [x]),
    ).toMatchObject({ passes: 2 });
  });
});

const onnxReductions: { readonly [Name in ReductionName]: string } = {
  sum: 'ReduceSum',
  mean: 'ReduceMean',
  max: 'ReduceMax',
  min: 'ReduceMin',
  product: 'ReduceProd',
  l1: 'ReduceL1',
  l2: 'ReduceL2',
  'log-sum': 'ReduceLogSum',
  'log-sum-exp': 'ReduceLogSumExp',
  'sum-square': 'ReduceSumSquare',
};

describeWithOnnx('reductions as in ONNX Runtime', () => {
  it.each(Object.keys(reductions) as ReductionName[])('%s', async (name) => {
    await fc.assert(
      fc.asyncProperty(shapeAndAxes, fc.boolean(), seeds, async ([shape, axes], keep, seed) => {
        const x = random(shape, seed);
        const input =
          name === 'log-sum' ? { ...x, values: x.values.map((value) => Math.abs(value) + 0.1) } : x;
        const operator = {
          opType: onnxReductions[name],
          attributes: { keepdims: { i: Number(keep) } },
          constants: [1],
        };
        await agree(reduce, { function: name, axes, keep }, [input], operator, {
          onnxInputs: [input, whole(...axes)],
        });
      }),
      runs(15),
    );
  });

  it('means and sums of integers', async () => {
    for (const name of ['sum', 'mean', 'max', 'product'] as const) {
      const input = random([2, 3], 5, 'int32');
      const operator = { opType: onnxReductions[name], attributes: { keepdims: { i: 0 } } };
      await agree(reduce, { function: name, axes: [1], keep: false }, [input], operator, {
        ...{ onnxInputs: [input, whole(1)], tolerance: 0 },
      });
    }
  });

  it.each([
    ['max', 'ArgMax'],
    ['min', 'ArgMin'],
  ] as const)('positions of the %s', async (name, opType) => {
    await fc.assert(
      fc.asyncProperty(
        shapeAndAxis,
        fc.boolean(),
        fc.boolean(),
        seeds,
        async ([shape, axis], keep, last, seed) => {
          const input = random(shape, seed, 'int32');
          const few = { ...input, values: input.values.map((value) => value % 3) };
          const flags = { keepdims: { i: Number(keep) }, select_last_index: { i: Number(last) } };
          const operator = { opType, attributes: { axis: { i: axis }, ...flags } };
          await agree(arg, { function: name, axis, keep, last }, [few], operator, { tolerance: 0 });
        },
      ),
      runs(30),
    );
  });

  it('running sums', async () => {
    await fc.assert(
      fc.asyncProperty(
        shapeAndAxis,
        fc.boolean(),
        fc.boolean(),
        async ([shape, axis], exclusive, reverse) => {
          const input = random(shape, 3);
          const attributes = {
            exclusive: { i: Number(exclusive) },
            reverse: { i: Number(reverse) },
          };
          const operator = { opType: 'CumSum', attributes };
          const onnxInputs = [input, tensor([], [axis], 'int64')];
          await agree(cumulativeSum, { axis, exclusive, reverse }, [input], operator, {
            onnxInputs,
          });
        },
      ),
      runs(30),
    );
  });
});

describe('arg', () => {
  it('takes the first of equals, or the last when told to', () => {
    const x = tensor([1, 4], [1, 5, 5, 0]);
    const of = (last: boolean) =>
      runRow(arg, { function: 'max', axis: 1, keep: false, last }, [x])[0] as Tensor;
    expect([of(false).type, [...of(false).values], [...of(true).values]]).toEqual([
      'int64',
      [1],
      [2],
    ]);
    const nothing = () =>
      arg.infer({ function: 'max', axis: 0, keep: false, last: false }, [random([0], 0)], fault);
    expect(nothing).toThrow('found axis 0 without elements');
  });
});

describe('running products', () => {
  it.each([
    [false, false, [1, 2, 6, 24]],
    [true, false, [1, 1, 2, 6]],
    [false, true, [24, 24, 12, 4]],
    [true, true, [24, 12, 4, 1]],
  ])('exclusive %s, reverse %s', (exclusive, reverse, expected) => {
    const attributes = { axis: -1, exclusive, reverse };
    expect(valuesIn(cumulativeProduct, attributes, [tensor([1, 4], [1, 2, 3, 4])])).toEqual(
      expected,
    );
  });
});
