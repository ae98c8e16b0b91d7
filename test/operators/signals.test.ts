import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type GridSampleAttributes,
  samplingOperators,
} from '../../workloads/operators/sampling.js';
import { signalOperators } from '../../workloads/operators/signal.js';
import type { Tensor } from '../../workloads/tensor.js';
import { describeWithOnnx } from './onnx-judge.js';
import { agree, demandOf, fault, random, runRow, runs, seeds, tensor, valuesIn } from './rows.js';

const { trilu, dft, window: windows } = signalOperators;
const { 'grid-sample': gridSample, 'roi-align': roiAlign } = samplingOperators;

describe('trilu', () => {
  const x = tensor([1, 2, 3], [1, 2, 3, 4, 5, 6]);
  it.each([
    [true, 0, [1, 2, 3, 0, 5, 6]],
    [false, 0, [1, 0, 0, 4, 5, 0]],
    [true, 1, [0, 2, 3, 0, 0, 6]],
    [false, -1, [0, 0, 0, 4, 0, 0]],
  ])('upper %s from diagonal %d', (upper, k, expected) => {
    expect(valuesIn(trilu, { upper, k }, [x])).toEqual(expected);
    expect(() => trilu.infer({ upper, k }, [random([3], 0)], fault)).toThrow(
      'found an input of 3, expected matrices',
    );
  });
});

describe('dft', () => {
  it('of a constant has all in frequency 0', () => {
    const x = tensor([1, 4, 1], [1, 1, 1, 1]);
    const found = valuesIn(dft, { axis: 1, inverse: false, onesided: false }, [x]);
    expect(found.map((value) => Math.round(value * 1e6) / 1e6 + 0)).toEqual([
      4, 0, 0, 0, 0, 0, 0, 0,
    ]);
  });

  it('comes back, whole and from one side', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.boolean(), seeds, (half, onesided, seed) => {
        const x = random([1, 2 * half, onesided ? 1 : 2], seed, 'float64');
        const there = runRow(dft, { axis: 1, inverse: false, onesided }, [x]);
        const back = runRow(dft, { axis: 1, inverse: true, onesided }, there)[0] as Tensor;
        expect(back.shape).toEqual(x.shape);
        const worst = Math.max(
          ...x.values.map((value, at) => Math.abs(value - (back.values[at] as number))),
        );
        expect(worst).toBeLessThan(1e-12);
      }),
    );
  });

  it('costs a fast transform', () => {
    expect(
      demandOf(dft, { axis: 1, inverse: false, onesided: false }, [random([1, 8, 1], 0)]),
    ).toMatchObject({
      operations: { multiply: 4 * 12, add: 6 * 12 },
    });
    const last = () =>
      dft.infer({ axis: -1, inverse: false, onesided: false }, [random([1, 8, 1], 0)], fault);
    expect(last).toThrow('found axis -1 of 1×8×1');
  });
});

describe('regions', () => {
  it('averages the pixels that a cell covers', () => {
    const x = tensor([1, 1, 2, 2], [1, 2, 3, 4]);
    const attributes = {
      mode: 'avg',
      size: [1, 1],
      samplingRatio: 0,
      spatialScale: 1,
      halfPixel: true,
    } as const;
    const inputs = [x, tensor([1, 4], [0, 0, 2, 2]), tensor([1], [0], 'int64')];
    expect(valuesIn(roiAlign, attributes, inputs)).toEqual([2.5]);
    expect(valuesIn(roiAlign, { ...attributes, spatialScale: 0.5 }, inputs)).toEqual([1]);
  });
});

describe('grid-sample', () => {
  const x = tensor([1, 1, 2, 2], [1, 2, 3, 4]);
  const at = (more: Partial<GridSampleAttributes>, ...grid: readonly number[]) =>
    valuesIn(gridSample, { mode: 'linear', padding: 'zeros', alignCorners: true, ...more }, [
      ...[x, tensor([1, 1, grid.length / 2, 2], grid)],
    ]);
  it('reads between pixels and beyond the edge', () => {
    expect(at({}, -1, -1, 0, 0, 1, -1, 2, 0)).toEqual([1, 2.5, 2, 1.5]);
    expect(at({ padding: 'border' }, 2, 0, -9, 9)).toEqual([3, 3]);
    expect(at({ padding: 'reflection' }, 3, -1)).toEqual([1]);
    expect(at({ mode: 'nearest', alignCorners: false }, -0.5, 0.5)).toEqual([3]);
    expect(() => at({}, 1)).toThrow();
  });
});

describeWithOnnx('signals and samples as in ONNX Runtime', () => {
  it('trilu', async () => {
    const x = random([2, 3, 4], 1);
    for (const upper of [true, false]) {
      for (const k of [-2, 0, 1]) {
        const operator = { opType: 'Trilu', attributes: { upper: { i: Number(upper) } } };
        await agree(trilu, { upper, k }, [x], operator, {
          onnxInputs: [x, tensor([], [k], 'int64')],
        });
      }
    }
  });

  it('dft', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(1, 2),
        fc.nat(2),
        seeds,
        async (n, parts, form, seed) => {
          const [inverse, onesided] = [form === 1, form === 2 && parts === 1];
          const x = random([2, n, 3, parts], seed);
          const attributes = { inverse: { i: Number(inverse) }, onesided: { i: Number(onesided) } };
          const onnxInputs = [x, null, tensor([], [1], 'int64')];
          const operator = { opType: 'DFT', attributes, opset: 20 };
          await agree(dft, { axis: 1, inverse, onesided }, [x], operator, {
            onnxInputs,
            tolerance: 1e-4,
          });
        },
      ),
      runs(30),
    );
  });

  it('dft of a signal cut short or filled up, along any axis', async () => {
    for (const length of [3, 7]) {
      const x = random([2, 3, 5, 2], 1);
      const row = { axis: -2, inverse: false, onesided: false, length };
      const onnxInputs = [x, tensor([], [length], 'int64'), tensor([], [-2], 'int64')];
      await agree(dft, row, [x], { opType: 'DFT', opset: 20 }, { onnxInputs, tolerance: 1e-4 });
    }
  });

  it.each([
    ['hann', 'HannWindow'],
    ['hamming', 'HammingWindow'],
    ['blackman', 'BlackmanWindow'],
  ] as const)('%s windows', async (name, opType) => {
    for (const periodic of [true, false]) {
      const operator = { opType, attributes: { periodic: { i: Number(periodic) } } };
      const attributes = { function: name, length: 7, periodic, type: 'float32' } as const;
      await agree(windows, attributes, [], operator, { onnxInputs: [tensor([], [7], 'int64')] });
    }
  });

  it('grid-sample', async () => {
    const modes = fc.constantFrom<GridSampleAttributes['mode']>('linear', 'nearest', 'cubic');
    const paddings = fc.constantFrom<GridSampleAttributes['padding']>(
      'zeros',
      'border',
      'reflection',
    );
    await fc.assert(
      fc.asyncProperty(
        modes,
        paddings,
        fc.boolean(),
        seeds,
        async (mode, padding, alignCorners, seed) => {
          const grid = random([2, 3, 4, 2], seed + 1);
          const inputs = [
            random([2, 2, 4, 5], seed),
            { ...grid, values: grid.values.map((value) => value / 2) },
          ];
          const attributes = {
            mode: { s: mode },
            padding_mode: { s: padding },
            align_corners: { i: Number(alignCorners) },
          };
          const operator = { opType: 'GridSample', attributes };
          await agree(gridSample, { mode, padding, alignCorners }, inputs, operator, {
            tolerance: 1e-4,
          });
        },
      ),
      runs(60),
    );
  });

  it('grid-sample of volumes', async () => {
    const inputs = [random([1, 2, 3, 4, 5], 1), random([1, 2, 2, 2, 3], 2)];
    const operator = { opType: 'GridSample', attributes: { mode: { s: 'linear' } } };
    await agree(
      gridSample,
      { mode: 'linear', padding: 'zeros', alignCorners: false },
      inputs,
      operator,
    );
  });

  it.each(['avg', 'max'] as const)('roi-align, %s', async (mode) => {
    for (const halfPixel of [true, false]) {
      for (const samplingRatio of [0, 2]) {
        const regions = tensor([3, 4], [0, 0, 9, 7, 2, 1, 6, 8, -3, 4, 5, 12]);
        const inputs = [random([2, 3, 6, 5], 1), regions, tensor([3], [0, 1, 1], 'int64')];
        const attributes = {
          ...{
            mode: { s: mode },
            output_height: { i: 2 },
            output_width: { i: 3 },
            spatial_scale: { f: 0.5 },
          },
          ...{ sampling_ratio: { i: samplingRatio } },
          coordinate_transformation_mode: { s: halfPixel ? 'half_pixel' : 'output_half_pixel' },
        };
        const row = { mode, size: [2, 3], samplingRatio, spatialScale: 0.5, halfPixel } as const;
        await agree(roiAlign, row, inputs, { opType: 'RoiAlign', attributes });
      }
    }
  });
});
