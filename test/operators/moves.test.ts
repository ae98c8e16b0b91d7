import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockOperators } from '../../workloads/operators/blocks.js';
import { moveOperators } from '../../workloads/operators/moves.js';
import type { ElementType, Tensor } from '../../workloads/tensor.js';
import { scalar } from '../../workloads/tensor.js';
import { describeWithOnnx } from './onnx-judge.js';
import { counted, judge } from './onnx-node.js';
import { fault, random, runRow, tensor, whole } from './rows.js';

const extent = fc.integer({ min: 1, max: 4 });
const shapes = fc.array(extent, { minLength: 1, maxLength: 4 });
const types = fc.constantFrom<ElementType>(
  'float32',
  'float64',
  'float16',
  'int64',
  'int32',
  'uint8',
  'bool',
);
const seeds = fc.nat(1000);
const runs = { numRuns: 40 };

/** An input, and for each of its axes something drawn. */
function withAxes<Each>(each: fc.Arbitrary<Each>) {
  return fc
    .tuple(shapes, types, seeds)
    .chain(([shape, type, seed]) =>
      fc.tuple(
        fc.constant(type === 'bool' ? counted(shape, 'uint8') : random(shape, seed, type)),
        fc.array(each, { minLength: shape.length, maxLength: shape.length }),
      ),
    );
}

const values = ([tensor]: readonly Tensor[]) => Array.from(tensor?.values ?? []);

describe('moves', () => {
  it('reshape keeps the very values and costs nothing', () => {
    const input = counted([2, 3]);
    const [result] = runRow(moveOperators.reshape, { shape: [3, 1, 2] }, [input]);
    expect(result?.shape).toEqual([3, 1, 2]);
    expect(result?.values).toBe(input.values);
    expect(moveOperators.reshape.demand({ shape: [6] }, [input], [])).toBeNull();
    expect(() => moveOperators.reshape.infer({ shape: [4] }, [input], fault)).toThrow(
      'layer test: found 2×3 as 4, expected as many elements',
    );
  });

  it('a slice reads what it keeps and no more', () => {
    const attributes = { starts: [2, 3], ends: [-100, 1], axes: [0, -1], steps: [-1, -2] };
    const input = counted([3, 4]);
    const own = runRow(moveOperators.slice, attributes, [input]);
    expect(values(own)).toEqual([11, 7, 3]);
    expect(moveOperators.slice.demand(attributes, [input], own)).toEqual({
      kind: 'move',
      inputs: 3,
      outputs: 3,
    });
  });

  it('moves what it does to images and to a scalar', () => {
    expect(values(runRow(moveOperators.expand, { shape: [2, 2] }, [scalar(7)]))).toEqual([
      7, 7, 7, 7,
    ]);
    expect(values(runRow(moveOperators.transpose, { permutation: [] }, [scalar(7)]))).toEqual([7]);
    expect(values(runRow(moveOperators.reverse, { axes: [0, -1] }, [counted([2, 3])]))).toEqual([
      5, 4, 3, 2, 1, 0,
    ]);
    const padded = { mode: 'symmetric', pads: [3, 2], value: 0 } as const;
    expect(values(runRow(moveOperators.pad, padded, [counted([3])]))).toEqual([
      2, 1, 0, 0, 1, 2, 2, 1,
    ]);
  });

  it('pads read what they keep, tiles and expansions their input once', () => {
    const input = counted([2, 3]);
    const pad = { mode: 'constant', pads: [1, -1, 0, 2], value: 9 } as const;
    const padded = runRow(moveOperators.pad, pad, [input]);
    expect(padded[0]?.shape).toEqual([3, 4]);
    expect(values(padded)).toEqual([9, 9, 9, 9, 1, 2, 9, 9, 4, 5, 9, 9]);
    expect(moveOperators.pad.demand(pad, [input], padded)).toEqual({
      kind: 'move',
      inputs: 4,
      outputs: 12,
    });
    const tiled = runRow(moveOperators.tile, { repeats: [2, 2] }, [input]);
    expect(moveOperators.tile.demand({ repeats: [2, 2] }, [input], tiled)).toMatchObject({
      inputs: 6,
      outputs: 24,
    });
    const expanded = runRow(moveOperators.expand, { shape: [5, 2, 3] }, [input]);
    expect(moveOperators.expand.demand({ shape: [5, 2, 3] }, [input], expanded)).toMatchObject({
      inputs: 6,
      outputs: 30,
    });
  });

  it('refuses what does not fit', () => {
    const input = counted([2, 3]);
    const { transpose, slice, split, pad, expand, tile } = moveOperators;
    expect(() => transpose.infer({ permutation: [0, 0] }, [input], fault)).toThrow(
      'each of 2 axes once',
    );
    expect(() =>
      slice.infer({ starts: [0], ends: [1], axes: [0], steps: [0] }, [input], fault),
    ).toThrow('a step of 0');
    expect(() =>
      slice.infer({ starts: [0], ends: [1], axes: [2], steps: [1] }, [input], fault),
    ).toThrow('axis 2');
    expect(() => split.infer({ axis: 1, sizes: [1, 1] }, [input], fault)).toThrow(
      'parts of 1, 1 along axis 1 of 3',
    );
    expect(() =>
      pad.infer({ mode: 'edge', pads: [-2, 0, -1, 0], value: 0 }, [input], fault),
    ).toThrow('cut off');
    expect(() => expand.infer({ shape: [4] }, [input], fault)).toThrow('2×3 expanded to 4');
    expect(() => tile.infer({ repeats: [1] }, [input], fault)).toThrow('1 repeats');
  });
});

describeWithOnnx('moves held against ONNX Runtime', () => {
  it('transpose', async () => {
    const draw = fc.tuple(shapes, types, seeds).chain(([shape, type, seed]) =>
      fc.tuple(
        fc.constant(random(shape, seed, type === 'bool' ? 'int8' : type)),
        fc.shuffledSubarray(
          shape.map((_, axis) => axis),
          { minLength: shape.length },
        ),
      ),
    );
    await fc.assert(
      fc.asyncProperty(draw, ([x, permutation]) =>
        judge(
          moveOperators.transpose,
          { permutation },
          { opType: 'Transpose', attributes: { perm: permutation }, inputs: [x] },
        ),
      ),
      runs,
    );
  });

  it('slice, forwards and backwards, beyond the ends', async () => {
    const bound = fc.oneof(
      fc.integer({ min: -6, max: 6 }),
      fc.constantFrom(-(2 ** 53), 2 ** 53 - 1),
    );
    const draw = withAxes(fc.tuple(bound, bound, fc.constantFrom(-3, -2, -1, 1, 2, 3)));
    await fc.assert(
      fc.asyncProperty(draw, fc.boolean(), ([x, slices], isNegative) => {
        const [starts, ends, steps] = [0, 1, 2].map((at) =>
          slices.map((each) => each[at] as number),
        ) as number[][];
        const axes = slices.map((_, axis) => (isNegative ? axis - slices.length : axis));
        const attributes = { starts, ends, axes, steps } as const;
        const inputs = [
          x,
          whole(...(starts ?? [])),
          whole(...(ends ?? [])),
          whole(...axes),
          whole(...(steps ?? [])),
        ];
        return judge(
          moveOperators.slice,
          attributes as never,
          { opType: 'Slice', inputs },
          { inputs: [x] },
        );
      }),
      runs,
    );
  });

  it('split', async () => {
    const draw = fc.tuple(
      shapes,
      seeds,
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 4 }),
    );
    await fc.assert(
      fc.asyncProperty(draw, fc.nat(3), ([shape, seed, sizes], at) => {
        const axis = at % shape.length;
        const x = random(
          shape.with(
            axis,
            sizes.reduce((a, b) => a + b, 0),
          ),
          seed,
        );
        const node = { opType: 'Split', attributes: { axis }, inputs: [x, whole(...sizes)] };
        return judge(moveOperators.split, { axis, sizes }, node, { inputs: [x] });
      }),
      runs,
    );
  });

  it('pad in each of its modes', async () => {
    const modes = fc.constantFrom(
      'constant' as const,
      'reflect' as const,
      'edge' as const,
      'wrap' as const,
    );
    const draw = withAxes(
      fc.tuple(fc.integer({ min: -1, max: 2 }), fc.integer({ min: -1, max: 2 })),
    );
    await fc.assert(
      fc.asyncProperty(draw, modes, ([x, pairs], mode) => {
        // ONNX Runtime reflects no further than an axis is long, and mixes up cropping with
        // reflecting.
        const sized = pairs.map(([before, behind], axis) => {
          const length = x.shape[axis] as number;
          const [min, max] = mode === 'constant' ? [length > 2 ? -1 : 0, 2] : [0, length - 1];
          return [before, behind].map((each) => Math.min(Math.max(each, min), max)) as [
            number,
            number,
          ];
        });
        const pads = [...sized.map(([before]) => before), ...sized.map(([, behind]) => behind)];
        const value = x.type === 'uint8' ? 3 : -3;
        const inputs = [x, whole(...pads), scalar(value, x.type)];
        const node = { opType: 'Pad', attributes: { mode }, inputs };
        return judge(moveOperators.pad, { mode, pads, value }, node, { inputs: [x] });
      }),
      { numRuns: 80 },
    );
  });

  it('expand and tile', async () => {
    await fc.assert(
      fc.asyncProperty(withAxes(fc.tuple(fc.boolean(), extent)), ([x, axes]) => {
        const thin = { ...x, shape: x.shape.map((each, axis) => (axes[axis]?.[0] ? 1 : each)) };
        const own = random(thin.shape, 3, x.type);
        const shape = [
          2,
          ...axes.map(([isThin, length], axis) => (isThin ? length : (x.shape[axis] as number))),
        ];
        return judge(
          moveOperators.expand,
          { shape },
          { opType: 'Expand', inputs: [own, whole(...shape)] },
          { inputs: [own] },
        );
      }),
      runs,
    );
    await fc.assert(
      fc.asyncProperty(withAxes(fc.integer({ min: 0, max: 3 })), ([x, repeats]) =>
        judge(
          moveOperators.tile,
          { repeats },
          { opType: 'Tile', inputs: [x, whole(...repeats)] },
          { inputs: [x] },
        ),
      ),
      runs,
    );
  });

  it('center-crop-pad', async () => {
    await fc.assert(
      fc.asyncProperty(withAxes(fc.integer({ min: 1, max: 7 })), ([x, shape]) => {
        const own = random(x.shape, 3);
        const axes = shape.map((_, axis) => axis);
        const node = {
          opType: 'CenterCropPad',
          attributes: { axes },
          inputs: [own, whole(...shape)],
        };
        return judge(moveOperators['center-crop-pad'], { axes, shape }, node, { inputs: [own] });
      }),
      runs,
    );
  });

  it('depth-to-space and space-to-depth', async () => {
    const draw = fc.tuple(
      fc.integer({ min: 1, max: 3 }),
      extent,
      extent,
      extent,
      fc.constantFrom('DCR' as const, 'CRD' as const),
    );
    await fc.assert(
      fc.asyncProperty(draw, async ([block, channels, height, width, mode]) => {
        const deep = counted([2, channels * block ** 2, height, width]);
        const node = {
          opType: 'DepthToSpace',
          attributes: { blocksize: block, mode },
          inputs: [deep],
        };
        await judge(blockOperators['depth-to-space'], { block, mode }, node);
        const wide = counted([2, channels, height * block, width * block]);
        const back = { opType: 'SpaceToDepth', attributes: { blocksize: block }, inputs: [wide] };
        await judge(blockOperators['space-to-depth'], { block }, back);
      }),
      runs,
    );
  });
});

describe('blocks of positions and images', () => {
  it('space-to-batch is what its documentation shows', () => {
    const spaced = runRow(blockOperators['space-to-batch'], { block: [2, 2], pads: [0, 0, 0, 0] }, [
      counted([1, 4, 4, 1]),
    ]);
    expect(spaced[0]?.shape).toEqual([4, 2, 2, 1]);
    expect(values(spaced)).toEqual([0, 2, 8, 10, 1, 3, 9, 11, 4, 6, 12, 14, 5, 7, 13, 15]);
    const padded = runRow(blockOperators['space-to-batch'], { block: [2, 2], pads: [0, 2, 0, 0] }, [
      counted([2, 2, 4, 1]),
    ]);
    expect(padded[0]?.shape).toEqual([8, 1, 3, 1]);
    expect(values(padded)).toEqual([
      0, 0, 2, 0, 8, 10, 0, 1, 3, 0, 9, 11, 0, 4, 6, 0, 12, 14, 0, 5, 7, 0, 13, 15,
    ]);
  });

  it('batch-to-space undoes it', () => {
    const block = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 2 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 }),
        block,
        fc.array(extent, { minLength: 6, maxLength: 6 }),
        (images, sides, numbers) => {
          const pads = [
            ...sides.map((_, at) => (numbers[at] as number) - 1),
            ...sides.map(() => 0),
          ];
          const extents = sides.map((side, at) => {
            const length = numbers[at + 2] as number;
            pads[at + sides.length] = (side - ((length + (pads[at] as number)) % side)) % side;
            return length;
          });
          const input = counted([images, ...extents, numbers[5] as number]);
          const spaced = runRow(blockOperators['space-to-batch'], { block: sides, pads }, [input]);
          const [back] = runRow(
            blockOperators['batch-to-space'],
            { block: sides, crops: pads },
            spaced,
          );
          expect(back).toEqual(input);
        },
      ),
    );
  });
});

it('an empty tensor moves nothing', () => {
  const empty = tensor([2, 0], []);
  expect(runRow(moveOperators.transpose, { permutation: [1, 0] }, [empty])[0]?.shape).toEqual([
    0, 2,
  ]);
  const pad = { mode: 'constant', pads: [0, 1, 0, 1], value: 5 } as const;
  expect(values(runRow(moveOperators.pad, pad, [empty]))).toEqual([5, 5, 5, 5]);
});
