import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PoolNdAttributes, poolOperators } from '../../workloads/operators/pool-nd.js';
import {
  type ResizeAttributes,
  type ResizeCoordinates,
  resizedExtent,
  resizeOperators,
} from '../../workloads/operators/resize.js';
import type { Shape, Tensor } from '../../workloads/tensor.js';
import { describeWithOnnx } from './onnx-judge.js';
import { agree, demandOf, fault, random, runRow, runs, seeds, tensor, valuesIn } from './rows.js';

const { resize } = resizeOperators;
const pool = poolOperators['pool-nd'];

const poolOf = (
  kernel: readonly number[],
  more: Partial<PoolNdAttributes> = {},
): PoolNdAttributes => ({
  ...{ mode: 'max', kernel, stride: kernel.map(() => 1), dilation: kernel.map(() => 1) },
  ...{ pads: [...kernel, ...kernel].map(() => 0), ceil: false, countsPadding: false },
  ...more,
});

describe('pool-nd', () => {
  const line = tensor([1, 1, 5], [1, 5, 2, 4, 3]);
  it.each<[string, Partial<PoolNdAttributes>, readonly number[]]>([
    ['maxima', {}, [5, 5, 4, 4]],
    ['means', { mode: 'average' }, [3, 3.5, 3, 3.5]],
    ['means with padding left out', { mode: 'average', pads: [1, 1] }, [1, 3, 3.5, 3, 3.5, 3]],
    [
      'means with padding',
      { mode: 'average', pads: [1, 1], countsPadding: true },
      [0.5, 3, 3.5, 3, 3.5, 1.5],
    ],
    ['roots of sums of squares', { mode: 'lp', stride: [3] }, [Math.fround(Math.sqrt(26)), 5]],
    ['sums', { mode: 'lp', p: 1 }, [6, 7, 6, 7]],
    ['every second pixel', { dilation: [2] }, [2, 5, 3]],
    ['whole steps', { stride: [2] }, [5, 4]],
    ['a window that the image ends in', { stride: [2], ceil: true }, [5, 4, 3]],
  ])('takes %s', (_, more, expected) => {
    expect(valuesIn(pool, poolOf([2], more), [line])).toEqual(expected);
  });

  it('says where the maxima are, in both orders', () => {
    const x = tensor([1, 2, 2, 3], [1, 9, 3, 4, 5, 6, 7, 8, 9, 3, 2, 1]);
    const at = (storageOrder: 0 | 1) =>
      runRow(pool, poolOf([2, 2], { indices: true, storageOrder }), [x]).map(({ type, values }) => [
        type,
        [...values],
      ]);
    expect(at(0)).toEqual([
      ['float32', [9, 9, 8, 9]],
      ['int64', [1, 1, 7, 8]],
    ]);
    expect(at(1)[1]).toEqual(['int64', [2, 2, 8, 10]]);
  });

  it('looks at each pixel as often as windows cover it', () => {
    expect(demandOf(pool, poolOf([2, 2]), [random([1, 3, 5, 5], 1)])).toEqual({
      ...{ kind: 'stream', inputs: 75, looks: 48 * 4, passes: 1, outputs: 48 },
      operations: { add: 48 * 3, multiply: 0, exponential: 0, divide: 0 },
    });
  });

  it('refuses what no window fits in', () => {
    expect(() => pool.infer(poolOf([3]), [random([1, 1, 2], 0)], fault)).toThrow(
      'found a window beyond axis 2 of 1×1×2',
    );
    expect(() => pool.infer(poolOf([3]), [random([1, 2], 0)], fault)).toThrow(
      'found an input of 1×2',
    );
  });
});

/** Windows over one to three axes that cover the image at least in part. */
const randomPool = fc.integer({ min: 1, max: 3 }).chain((axes) =>
  fc.record({
    ...{ kernel: many(1, 3, axes), stride: many(1, 3, axes), dilation: many(1, 2, axes) },
    ...{ before: many(0, 1, axes), after: many(0, 1, axes), extents: many(5, 7, axes) },
    ...{
      ceil: fc.boolean(),
      countsPadding: fc.boolean(),
      channels: fc.integer({ min: 1, max: 2 }),
    },
  }),
);
function many(min: number, max: number, length: number) {
  return fc.array(fc.integer({ min, max }), { minLength: length, maxLength: length });
}
type RandomPool = typeof randomPool extends fc.Arbitrary<infer Each> ? Each : never;

describeWithOnnx('pool-nd as in ONNX Runtime', () => {
  const check = async (
    mode: PoolNdAttributes['mode'],
    draw: RandomPool,
    more: Partial<PoolNdAttributes>,
    seed: number,
  ) => {
    const { kernel, stride, dilation, ceil, countsPadding } = draw;
    const pads = [draw.before, draw.after].map((side) =>
      side.map((pad, axis) => Math.min(pad, (kernel[axis] as number) - 1)),
    );
    const attributes = {
      mode,
      kernel,
      stride,
      dilation,
      pads: pads.flat(),
      ceil,
      countsPadding,
      ...more,
    };
    const operator = {
      opType: { max: 'MaxPool', average: 'AveragePool', lp: 'LpPool' }[mode],
      attributes: {
        ...{
          kernel_shape: { ints: kernel },
          strides: { ints: stride },
          pads: { ints: attributes.pads },
        },
        ...{ dilations: { ints: dilation }, ceil_mode: { i: Number(ceil) } },
        ...(mode === 'average' ? { count_include_pad: { i: Number(countsPadding) } } : {}),
        ...(mode === 'lp' ? { p: { i: attributes.p ?? 2 } } : {}),
        ...(attributes.storageOrder ? { storage_order: { i: attributes.storageOrder } } : {}),
      },
    };
    await agree(pool, attributes, [random([1, draw.channels, ...draw.extents], seed)], operator);
  };

  it('maxima', async () => {
    await fc.assert(
      fc.asyncProperty(randomPool, seeds, (draw, seed) => check('max', draw, {}, seed)),
      runs(40),
    );
  });

  it('maxima with their places', async () => {
    await fc.assert(
      fc.asyncProperty(
        randomPool,
        seeds,
        fc.constantFrom<0 | 1>(0, 1),
        (draw, seed, storageOrder) => check('max', draw, { indices: true, storageOrder }, seed),
      ),
      runs(40),
    );
  });

  it('means', async () => {
    await fc.assert(
      fc.asyncProperty(randomPool, seeds, (draw, seed) => check('average', draw, {}, seed)),
      runs(60),
    );
  });

  it('roots of sums', async () => {
    await fc.assert(
      fc.asyncProperty(randomPool, seeds, fc.constantFrom(1, 2, 3), (draw, seed, p) =>
        check('lp', draw, { p }, seed),
      ),
      runs(40),
    );
  });
});

const resizeOf = (
  from: Shape,
  shape: Shape,
  more: Partial<ResizeAttributes> = {},
): ResizeAttributes => ({
  ...{
    mode: 'linear',
    shape,
    scales: shape.map((extent, axis) => extent / (from[axis] as number)),
  },
  coordinates: 'half_pixel',
  ...more,
});

describe('resize', () => {
  const line = tensor([1, 4], [1, 2, 3, 4]);
  it.each<[Partial<ResizeAttributes>, number, readonly number[]]>([
    [
      { mode: 'nearest', coordinates: 'asymmetric', nearestMode: 'floor' },
      8,
      [1, 1, 2, 2, 3, 3, 4, 4],
    ],
    [{ mode: 'nearest' }, 2, [1, 3]],
    [{ mode: 'nearest', nearestMode: 'round_prefer_ceil' }, 2, [2, 4]],
    [{ mode: 'nearest', nearestMode: 'simple', coordinates: 'asymmetric' }, 3, [1, 3, 4]],
    [{}, 8, [1, 1.25, 1.75, 2.25, 2.75, 3.25, 3.75, 4]],
    [{}, 2, [1.5, 3.5]],
    [{ coordinates: 'align_corners' }, 7, [1, 1.5, 2, 2.5, 3, 3.5, 4]],
    [{ coordinates: 'align_corners' }, 1, [1]],
    [{ coordinates: 'asymmetric' }, 2, [1, 3]],
    [{ coordinates: 'pytorch_half_pixel' }, 1, [1]],
    [{ coordinates: 'tf_half_pixel_for_nn', mode: 'nearest', nearestMode: 'floor' }, 2, [2, 4]],
    [{ coordinates: 'tf_crop_and_resize', roi: [0, 0, 1, 2], extrapolation: 9 }, 3, [1, 4, 9]],
    [{ antialias: true, coordinates: 'half_pixel' }, 1, [2.5]],
  ])('%j to %d', (more, extent, expected) => {
    expect(valuesIn(resize, resizeOf([1, 4], [1, extent], more), [line])).toEqual(expected);
  });

  it('looks at as many elements as the filter has taps on the axes that change', () => {
    const [from, to] = [
      [1, 3, 4, 4],
      [1, 3, 8, 8],
    ];
    const demand = (more: Partial<ResizeAttributes>) =>
      demandOf(resize, resizeOf(from, to, more), [random(from, 1)]);
    expect(demand({ mode: 'nearest' })).toMatchObject({
      inputs: 48,
      looks: 192,
      operations: { add: 0, multiply: 0 },
    });
    expect(demand({})).toMatchObject({ looks: 768, operations: { add: 576, multiply: 768 } });
    expect(demand({ mode: 'cubic' })).toMatchObject({ looks: 192 * 16 });
  });

  it('refuses another number of axes', () => {
    expect(() => resize.infer(resizeOf([1, 4], [4], {}), [line], fault)).toThrow(
      'found a result of 4 with 1 scales',
    );
  });
});

describeWithOnnx('resize as in ONNX Runtime', () => {
  const coordinates = fc.constantFrom<ResizeCoordinates>(
    ...([
      'half_pixel',
      'half_pixel_symmetric',
      'pytorch_half_pixel',
      'align_corners',
      'asymmetric',
    ] as const),
  );
  const size = fc.tuple(fc.integer({ min: 2, max: 6 }), fc.integer({ min: 2, max: 6 }));
  const target = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }));
  const check = async (
    image: readonly number[],
    to: readonly number[],
    more: Partial<ResizeAttributes> & Pick<ResizeAttributes, 'mode'>,
    byScales = false,
  ) => {
    const from = [1, 2, ...image];
    const shape = [1, 2, ...to];
    const row = resizeOf(from, shape, more);
    const { mode, nearestMode, cubicCoefficient, excludeOutside, antialias, extrapolation, roi } =
      row;
    const operator = {
      opType: 'Resize',
      attributes: {
        ...{ mode: { s: mode }, coordinate_transformation_mode: { s: row.coordinates } },
        ...(nearestMode ? { nearest_mode: { s: nearestMode } } : {}),
        ...(cubicCoefficient ? { cubic_coeff_a: { f: cubicCoefficient } } : {}),
        ...(excludeOutside ? { exclude_outside: { i: 1 } } : {}),
        ...(antialias ? { antialias: { i: 1 } } : {}),
        ...(extrapolation ? { extrapolation_value: { f: extrapolation } } : {}),
      },
      constants: [1, 2, 3],
    };
    const x = random(from, 3);
    const sizes: Tensor = tensor([4], shape, 'int64');
    const scales: Tensor = tensor([4], row.scales);
    await agree(resize, row, [x], operator, {
      onnxInputs: [x, roi ? tensor([8], roi) : null, ...(byScales ? [scales] : [null, sizes])],
      tolerance: 2e-5,
    });
  };

  it('nearest', async () => {
    const modes = fc.constantFrom('round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil');
    await fc.assert(
      fc.asyncProperty(size, target, coordinates, modes, (image, to, coordinates, nearestMode) =>
        check(image, to, { mode: 'nearest', coordinates, nearestMode }),
      ),
      runs(60),
    );
  });

  it('linear', async () => {
    await fc.assert(
      fc.asyncProperty(size, target, coordinates, (image, to, coordinates) =>
        check(image, to, { mode: 'linear', coordinates }),
      ),
      runs(60),
    );
  });

  it('cubic', async () => {
    await fc.assert(
      fc.asyncProperty(
        size,
        target,
        coordinates,
        fc.boolean(),
        fc.constantFrom(-0.5, -0.75),
        (image, to, at, out, a) =>
          check(image, to, {
            mode: 'cubic',
            coordinates: at,
            excludeOutside: out,
            cubicCoefficient: a,
          }),
      ),
      runs(60),
    );
  });

  it('with wider filters where it shrinks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<'linear' | 'cubic'>('linear', 'cubic'),
        size,
        size,
        (mode, image, to) => {
          const less = image.map((extent, axis) => Math.min(extent, to[axis] as number));
          return check(image, less, { mode, antialias: true, excludeOutside: true });
        },
      ),
      runs(40),
    );
  });

  it('by scales that do not divide the extents', async () => {
    const scale = fc.integer({ min: 4, max: 40 }).map((tenths) => Math.fround(tenths / 10));
    const modes = fc.constantFrom<ResizeAttributes['mode']>('nearest', 'linear', 'cubic');
    await fc.assert(
      fc.asyncProperty(
        modes,
        size,
        fc.tuple(scale, scale),
        coordinates,
        (mode, image, factors, coordinates) => {
          const scales = [1, 1, ...factors];
          const to = image.map((extent, axis) => resizedExtent(extent, factors[axis] as number));
          fc.pre(to.every((extent) => extent > 0));
          // Where a position lies halfway, the last bit of this mode's offset decides, and it is
          // ONNX Runtime's own.
          fc.pre(mode !== 'nearest' || coordinates !== 'half_pixel_symmetric');
          // ONNX Runtime copies what keeps its shape, whatever the scales say.
          fc.pre(to.some((extent, axis) => extent !== image[axis]));
          return check(image, to, { mode, coordinates, scales }, true);
        },
      ),
      runs(60),
    );
  });

  it('in its first forms', async () => {
    const scale = fc.constantFrom(0.5, 0.6, 1.5, 2, 2.5, 3);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('Upsample', 'Resize'),
        size,
        fc.tuple(scale, scale),
        async (opType, image, by) => {
          const factors = opType === 'Upsample' ? by.map((factor) => Math.max(1, factor)) : by;
          const shape = [
            1,
            2,
            ...image.map((extent, axis) => resizedExtent(extent, factors[axis] as number)),
          ];
          const scales = [1, 1, ...factors];
          const x = random([1, 2, ...image], 3);
          const row = resizeOf(x.shape, shape, {
            mode: 'nearest',
            coordinates: 'asymmetric',
            nearestMode: 'simple',
            scales,
          });
          const attributes = { mode: { s: 'nearest' } };
          const operator = {
            opType,
            attributes,
            opset: opType === 'Upsample' ? 9 : 10,
            constants: [1],
          };
          await agree(resize, row, [x], operator, {
            onnxInputs: [x, tensor([4], scales)],
            tolerance: 0,
          });
        },
      ),
      runs(40),
    );
  });

  it('of a region', async () => {
    for (const mode of ['nearest', 'linear'] as const) {
      const roi = [0, 0, 0.2, 0.3, 1, 1, 1.2, 0.8];
      await check([5, 6], [4, 7], {
        mode,
        coordinates: 'tf_crop_and_resize',
        roi,
        extrapolation: 7,
      });
    }
  });

  it('of three spatial axes and of integers', async () => {
    const from = [1, 1, 2, 3, 4];
    const shape = [1, 1, 4, 6, 6];
    const x = random(from, 2);
    const operator = { opType: 'Resize', attributes: { mode: { s: 'linear' } }, constants: [3] };
    const onnxInputs = [x, null, null, tensor([5], shape, 'int64')];
    await agree(resize, resizeOf(from, shape), [x], operator, { onnxInputs });
    const bytes = random([1, 1, 3, 3], 2, 'uint8');
    await agree(
      resize,
      resizeOf([1, 1, 3, 3], [1, 1, 5, 5], {
        mode: 'nearest',
        coordinates: 'asymmetric',
        nearestMode: 'floor',
      }),
      [bytes],
      {
        opType: 'Resize',
        attributes: {
          coordinate_transformation_mode: { s: 'asymmetric' },
          nearest_mode: { s: 'floor' },
        },
      },
      { onnxInputs: [bytes, null, null, tensor([4], [1, 1, 5, 5], 'int64')], tolerance: 0 },
    );
  });
});
