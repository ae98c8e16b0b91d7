import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalisationOperators } from '../../workloads/operators/normalise.js';
import { sizeOf, type Tensor } from '../../workloads/tensor.js';
import { describeWithOnnx } from './onnx-judge.js';
import {
  agree,
  demandOf,
  fault,
  random,
  runRow,
  runs,
  seeds,
  shapes,
  tensor,
  valuesIn,
} from './rows.js';

const rows = normalisationOperators;
const shapeAndAxis = shapes(1, 4).chain((shape) =>
  fc.tuple(fc.constant(shape), fc.integer({ min: -shape.length, max: shape.length - 1 })),
);
const image = fc.tuple(
  fc.integer({ min: 1, max: 2 }),
  fc.constantFrom(1, 2, 4, 6),
  fc.integer({ min: 2, max: 4 }),
);

describe('layer-norm', () => {
  it('makes rows of mean 0 and deviation 1, then scales and shifts', () => {
    const x = tensor([1, 2, 2], [1, 3, -5, 5]);
    const attributes = { axis: -1, epsilon: 0 };
    expect(valuesIn(rows['layer-norm'], attributes, [x])).toEqual([-1, 1, -1, 1]);
    const scaled = [x, tensor([2], [2, 3]), tensor([2], [10, 20])];
    expect(valuesIn(rows['layer-norm'], attributes, scaled)).toEqual([8, 23, 8, 23]);
  });

  it('has mean and inverse deviation as results when told to', () => {
    const x = tensor([2, 2], [1, 3, -5, 5], 'float16');
    const found = runRow(rows['layer-norm'], { axis: 1, epsilon: 0, statistics: true }, [x]);
    expect(found.map(({ shape, type }) => [shape, type])).toEqual([
      [[2, 2], 'float16'],
      [[2, 1], 'float32'],
      [[2, 1], 'float32'],
    ]);
    expect(found.slice(1).map(({ values }) => [...values])).toEqual([
      [2, 0],
      [1, Math.fround(1 / 5)],
    ]);
  });

  it('passes by twice and costs a root a row', () => {
    expect(
      demandOf(rows['layer-norm'], { axis: -1, epsilon: 1e-5 }, [
        random([1, 3, 4], 0),
        random([4], 1),
      ]),
    ).toEqual({
      ...{ kind: 'stream', inputs: 16, looks: 16, passes: 2, outputs: 12 },
      operations: { add: 48 + 3, multiply: 24 + 12, exponential: 3, divide: 9 },
    });
  });

  it('refuses a scale that does not broadcast', () => {
    const infer = () =>
      rows['layer-norm'].infer(
        { axis: -1, epsilon: 0 },
        [random([2, 3], 0), random([2], 0)],
        fault,
      );
    expect(infer).toThrow('found a scale or bias of 2, expected one that broadcasts to 2×3');
  });
});

describe('norms by hand', () => {
  it('rms-norm divides by the root of the mean square', () => {
    const x = tensor([1, 2], [3, -4], 'float64');
    const [a, b] = valuesIn(rows['rms-norm'], { axis: -1, epsilon: 0 }, [
      x,
      tensor([2], [1, 2], 'float64'),
    ]);
    expect(a).toBeWithin(1e-12, 3 / Math.sqrt(12.5));
    expect(b).toBeWithin(1e-12, -8 / Math.sqrt(12.5));
  });

  it('lp-norm of 1 and 2, and of nothing but zeros', () => {
    const x = tensor([2, 2], [3, 0, -4, 0], 'float64');
    expect(valuesIn(rows['lp-norm'], { axis: 0, p: 2 }, [x])).toEqual([
      0.6000000000000001, 0, -0.8, 0,
    ]);
    expect(
      valuesIn(rows['lp-norm'], { axis: 0, p: 1 }, [x]).map((value) => Math.round(value * 7)),
    ).toEqual([...[3, 0, -4, 0]]);
  });

  it('affine scales and shifts each index of an axis', () => {
    const x = tensor([1, 2, 2], [1, 2, 3, 4]);
    const [scale, shift] = [tensor([2], [2, 3]), tensor([2], [10, 20])];
    expect(valuesIn(rows.affine, { axis: 1 }, [x, scale, shift])).toEqual([12, 14, 29, 32]);
    expect(valuesIn(rows.affine, { axis: -1 }, [x, scale])).toEqual([2, 6, 6, 12]);
    expect(() => rows.affine.infer({ axis: 0 }, [x, scale], fault)).toThrow(
      'expected 1, one an index of axis 0',
    );
  });

  it('hardmax marks the first of the greatest', () => {
    expect(valuesIn(rows.hardmax, { axis: 0 }, [tensor([2, 3], [1, 5, 2, 1, 4, 9])])).toEqual([
      1, 1, 0, 0, 0, 1,
    ]);
  });

  it('group-norm takes a scale a channel or a group', () => {
    const x = tensor([1, 4, 1], [1, 3, -5, 5]);
    const attributes = { groups: 2, epsilon: 0 };
    expect(valuesIn(rows['group-norm'], attributes, [x, tensor([4], [1, 2, 3, 4])])).toEqual([
      -1, 2, -3, 4,
    ]);
    expect(valuesIn(rows['group-norm'], attributes, [x, tensor([2], [1, 2])])).toEqual([
      -1, 1, -2, 2,
    ]);
    expect(() => rows['group-norm'].infer({ groups: 3, epsilon: 0 }, [x], fault)).toThrow(
      '3 groups of 4 channels',
    );
  });

  it('norms of groups agree: one a channel is an instance norm, one in all a layer norm', () => {
    fc.assert(
      fc.property(image, seeds, ([frames, channels, size], seed) => {
        const x = random([frames, channels, size, size], seed);
        const group = (groups: number) =>
          valuesIn(rows['group-norm'], { groups, epsilon: 1e-5 }, [x]);
        expect(group(channels)).toEqual(valuesIn(rows['instance-norm'], { epsilon: 1e-5 }, [x]));
        expect(group(1)).toEqual(valuesIn(rows['layer-norm'], { axis: 1, epsilon: 1e-5 }, [x]));
      }),
    );
  });
});

describeWithOnnx('norms as in ONNX Runtime', () => {
  const epsilonOf = (epsilon: number) => ({ epsilon: { f: epsilon } });
  /** Normalised numbers of a group with little spread are sensitive to rounding. */
  const tolerance = 1e-4;

  it('layer-norm', async () => {
    await fc.assert(
      fc.asyncProperty(
        shapeAndAxis,
        fc.boolean(),
        seeds,
        async ([shape, axis], statistics, seed) => {
          const own = shape.slice(axis);
          const inputs = [random(shape, seed), random(own, seed + 1), random(own, seed + 2)];
          const operator = {
            opType: 'LayerNormalization',
            attributes: { axis: { i: axis }, ...epsilonOf(1e-2) },
          };
          await agree(rows['layer-norm'], { axis, epsilon: 1e-2, statistics }, inputs, operator, {
            tolerance,
          });
        },
      ),
      runs(25),
    );
  });

  it('rms-norm', async () => {
    const inputs = [random([1, 3, 8], 1), random([8], 2)];
    const operator = {
      opType: 'SimplifiedLayerNormalization',
      attributes: { axis: { i: -1 }, ...epsilonOf(1e-2) },
    };
    await agree(rows['rms-norm'], { axis: -1, epsilon: 1e-2 }, inputs, operator, { tolerance });
  });

  it('group-norm', async () => {
    await fc.assert(
      fc.asyncProperty(image, seeds, async ([frames, channels, size], seed) => {
        const inputs = [
          random([frames, channels, size, size], seed),
          ...[1, 2].map((at) => random([channels], seed + at)),
        ];
        for (const groups of [1, channels]) {
          const attributes = { num_groups: { i: groups }, ...epsilonOf(1e-2) };
          const operator = { opType: 'GroupNormalization', attributes };
          await agree(rows['group-norm'], { groups, epsilon: 1e-2 }, inputs, operator, {
            tolerance,
          });
        }
      }),
      runs(15),
    );
  });

  it('instance-norm', async () => {
    const inputs = [random([2, 3, 4, 5], 1), random([3], 2), random([3], 3)];
    const operator = { opType: 'InstanceNormalization', attributes: epsilonOf(1e-2) };
    await agree(rows['instance-norm'], { epsilon: 1e-2 }, inputs, operator, { tolerance });
  });

  it('mean-variance-norm', async () => {
    const operator = {
      opType: 'MeanVarianceNormalization',
      attributes: { axes: { ints: [0, 2, 3] } },
    };
    await agree(
      rows['mean-variance-norm'],
      { axes: [0, 2, 3] },
      [random([2, 3, 4, 5], 1)],
      operator,
      { tolerance },
    );
  });

  it('lp-norm and hardmax', async () => {
    await fc.assert(
      fc.asyncProperty(
        shapeAndAxis,
        fc.constantFrom<1 | 2>(1, 2),
        seeds,
        async ([shape, axis], p, seed) => {
          const x = random(shape, seed);
          const attributes = { axis: { i: axis } };
          const lp = { opType: 'LpNormalization', attributes: { ...attributes, p: { i: p } } };
          await agree(rows['lp-norm'], { axis, p }, [x], lp);
          const few = { ...x, values: x.values.map(Math.round) };
          await agree(
            rows.hardmax,
            { axis },
            [few],
            { opType: 'Hardmax', attributes },
            { tolerance: 0 },
          );
        },
      ),
      runs(25),
    );
  });

  it('affine as a batch norm in use', async () => {
    const [x, scale, shift] = [random([2, 3, 4], 1), random([3], 2), random([3], 3)] as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const [mean, variance] = [tensor([3], [0, 0, 0]), tensor([3], [1, 1, 1])];
    expect(sizeOf(scale.shape)).toBe(3);
    const operator = { opType: 'BatchNormalization', attributes: epsilonOf(0) };
    await agree(rows.affine, { axis: 1 }, [x, scale, shift], operator, {
      onnxInputs: [x, scale, shift, mean, variance],
    });
  });
});
