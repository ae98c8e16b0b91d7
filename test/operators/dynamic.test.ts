import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compress, nonMaxSuppression, nonZero, unique } from '../../workloads/operators/dynamic.js';
import { scalar, type Tensor } from '../../workloads/tensor.js';
import { describeWithOnnx } from './onnx-judge.js';
import { counted, same } from './onnx-node.js';
import { random, tensor, whole } from './rows.js';

const extent = fc.integer({ min: 1, max: 4 });
const shapes = fc.array(extent, { minLength: 1, maxLength: 3 });
const seeds = fc.nat(1000);
const runs = { numRuns: 40 };

/** Few different numbers, 0 among them. */
function coarse(shape: readonly number[], seed: number): Tensor {
  const tensor = random(shape, seed);
  return { ...tensor, values: tensor.values.map((value) => Math.round(value / 1.5) + 0) };
}

const axisOf = (at: number, shape: readonly number[]) =>
  at === 0 ? null : (at - 1) % shape.length;

describeWithOnnx('results whose shapes depend on values, held against ONNX Runtime', () => {
  it('non-zero', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, seeds, async (shape, seed) => {
        const inputs = [coarse(shape, seed)];
        await same(nonZero(inputs), { opType: 'NonZero', inputs });
      }),
      runs,
    );
  });

  it('compress', async () => {
    await fc.assert(
      fc.asyncProperty(
        shapes,
        fc.nat(3),
        fc.array(fc.nat(1), { minLength: 1, maxLength: 1 + 3 }),
        async (shape, at, kept) => {
          const axis = axisOf(at, shape);
          const data = counted(shape);
          const max = axis === null ? data.values.length : (shape[axis] as number);
          const condition = tensor([Math.min(kept.length, max)], kept.slice(0, max), 'bool');
          const attributes = axis === null ? {} : { axis };
          const inputs = [data, condition];
          await same(compress(inputs, { axis }), { opType: 'Compress', attributes, inputs });
        },
      ),
      runs,
    );
  });

  it('unique', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, fc.nat(3), fc.boolean(), seeds, async (shape, at, sorted, seed) => {
        const axis = axisOf(at, shape);
        const attributes = { sorted: Number(sorted), ...(axis === null ? {} : { axis }) };
        const inputs = [coarse(shape, seed)];
        await same(unique(inputs, { axis, sorted }), { opType: 'Unique', attributes, inputs });
      }),
      runs,
    );
  });

  it('non-max-suppression', async () => {
    const draw = fc.tuple(
      extent,
      extent,
      fc.integer({ min: 1, max: 12 }),
      fc.nat(5),
      fc.boolean(),
      seeds,
    );
    await fc.assert(
      fc.asyncProperty(draw, async ([images, classes, count, max, isCentered, seed]) => {
        const boxes = random([images, count, 4], seed);
        // Centres with a width and a height of at least 0.
        const sized = boxes.values.map((value, at) =>
          isCentered && at % 4 >= 2 ? Math.abs(value) : value,
        );
        const inputs = [
          { ...boxes, values: sized },
          random([images, classes, count], seed + 1),
          whole(max),
          tensor([1], [0.3]),
          tensor([1], [-0.5]),
        ];
        const node = {
          opType: 'NonMaxSuppression',
          attributes: { center_point_box: Number(isCentered) },
          inputs,
        };
        await same(nonMaxSuppression(inputs, { isCentered }), node);
      }),
      runs,
    );
  });
});

it('a scalar has no axes to count along', () => {
  expect(nonZero([scalar(3)])).toEqual([
    { shape: [0, 1], type: 'int64', values: new Float64Array(0) },
  ]);
});

it('boxes are suppressed by better ones that they share more than the threshold with', () => {
  const boxes = tensor([1, 3, 4], [0, 0, 1, 1, 0, 0.1, 1, 1.1, 0, 5, 1, 6]);
  const scores = tensor([1, 1, 3], [0.9, 0.75, 0.6]);
  const [found] = nonMaxSuppression([boxes, scores, whole(3), tensor([1], [0.5])], {
    isCentered: false,
  });
  expect(Array.from(found?.values ?? [])).toEqual([0, 0, 0, 0, 0, 2]);
  expect(nonMaxSuppression([boxes, scores], { isCentered: false })[0]?.shape).toEqual([0, 3]);
});
