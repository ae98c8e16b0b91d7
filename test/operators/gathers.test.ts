import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gatherOperators } from '../../workloads/operators/gathers.js';
import { type Reduction, scatterOperators } from '../../workloads/operators/scatters.js';
import { topKOperators } from '../../workloads/operators/top-k.js';
import { sizeOf, type Tensor } from '../../workloads/tensor.js';
import { describeWithOnnx } from './onnx-judge.js';
import { counted, judge } from './onnx-node.js';
import { fault, random, runRow, tensor, whole } from './rows.js';

const extent = fc.integer({ min: 1, max: 4 });
const shapes = fc.array(extent, { minLength: 1, maxLength: 4 });
const types = fc.constantFrom('float32' as const, 'int64' as const, 'int32' as const);
const seeds = fc.nat(1000);
const runs = { numRuns: 40 };
const values = (tensors: readonly Tensor[]) => tensors.map((tensor) => Array.from(tensor.values));

/** Indices into an axis, some counted from behind. */
function indicesOf(
  shape: readonly number[],
  extentOf: (at: number) => number,
  seed: number,
): Tensor {
  const numbers = Array.from({ length: sizeOf(shape) }, (_, at) => {
    const length = extentOf(at);
    return (Math.floor(Math.abs(Math.sin((at + 1) * (seed + 0.7))) * 1e4) % (2 * length)) - length;
  });
  return tensor(shape, numbers, 'int64');
}

/** Indices into an axis that differ along it, as scattering needs where it doesn't reduce. */
function differing(shape: readonly number[], axis: number, length: number): Tensor {
  const inner = sizeOf(shape.slice(axis + 1));
  const numbers = Array.from({ length: sizeOf(shape) }, (_, at) => {
    const along = Math.floor(at / inner) % (shape[axis] as number);
    return (length - 1 - along + (at % inner)) % length;
  });
  return tensor(shape, numbers, 'int64');
}

describeWithOnnx('gathers held against ONNX Runtime', () => {
  it('gather', async () => {
    const draw = fc.tuple(shapes, fc.array(extent, { maxLength: 2 }), fc.nat(3), types, seeds);
    await fc.assert(
      fc.asyncProperty(draw, ([shape, indexShape, at, type, seed]) => {
        const axis = (at % shape.length) - (seed % 2) * shape.length;
        const indices = indicesOf(indexShape, () => shape.at(at % shape.length) as number, seed);
        const inputs = [random(shape, seed, type), indices];
        return judge(
          gatherOperators.gather,
          { axis },
          { opType: 'Gather', attributes: { axis }, inputs },
        );
      }),
      runs,
    );
  });

  it('gather-elements', async () => {
    const draw = fc.tuple(
      fc.array(fc.tuple(extent, extent), { minLength: 1, maxLength: 4 }),
      fc.nat(3),
      types,
      seeds,
    );
    await fc.assert(
      fc.asyncProperty(draw, ([pairs, at, type, seed]) => {
        const axis = at % pairs.length;
        const shape = pairs.map(([length]) => length);
        const indexShape = pairs.map(([length, other], each) =>
          each === axis ? other : Math.min(length, other),
        );
        const inputs = [
          random(shape, seed, type),
          indicesOf(indexShape, () => shape[axis] as number, seed),
        ];
        const node = { opType: 'GatherElements', attributes: { axis }, inputs };
        return judge(gatherOperators['gather-elements'], { axis }, node);
      }),
      runs,
    );
  });

  it('gather-nd', async () => {
    const draw = fc.tuple(
      shapes,
      fc.nat(3),
      fc.integer({ min: 1, max: 4 }),
      fc.array(extent, { maxLength: 2 }),
      seeds,
    );
    await fc.assert(
      fc.asyncProperty(draw, ([shape, batches, wanted, rows, seed]) => {
        const batchAxes = batches % shape.length;
        const depth = Math.min(wanted, shape.length - batchAxes);
        const indexShape = [...shape.slice(0, batchAxes), ...rows, depth];
        const indices = indicesOf(
          indexShape,
          (at) => shape[batchAxes + (at % depth)] as number,
          seed,
        );
        const node = {
          opType: 'GatherND',
          attributes: { batch_dims: batchAxes },
          inputs: [random(shape, seed), indices],
        };
        return judge(gatherOperators['gather-nd'], { batchAxes }, node);
      }),
      runs,
    );
  });

  it('one-hot, nothing where an index is beyond', async () => {
    const draw = fc.tuple(shapes, fc.integer({ min: 1, max: 4 }), fc.nat(4), seeds);
    await fc.assert(
      fc.asyncProperty(draw, ([shape, depth, at, seed]) => {
        const axis = (at % (shape.length + 1)) - (seed % 2) * (shape.length + 1);
        const indices = indicesOf(shape, () => depth + 1, seed);
        const offOn = tensor([2], [-1, 5]);
        const node = {
          opType: 'OneHot',
          attributes: { axis },
          inputs: [indices, whole(depth), offOn],
        };
        return judge(gatherOperators['one-hot'], { axis, depth }, node, {
          inputs: [indices, offOn],
        });
      }),
      runs,
    );
  });

  it('reverse-sequence', async () => {
    const draw = fc.tuple(extent, extent, extent, fc.boolean(), seeds);
    await fc.assert(
      fc.asyncProperty(draw, ([first, second, third, isTimeFirst, seed]) => {
        const [batchAxis, timeAxis] = isTimeFirst ? [1, 0] : [0, 1];
        const [steps, sequences] = isTimeFirst ? [first, second] : [second, first];
        const lengths = whole(
          ...Array.from({ length: sequences }, (_, at) => 1 + ((at + seed) % steps)),
        );
        const node = {
          opType: 'ReverseSequence',
          attributes: { batch_axis: batchAxis, time_axis: timeAxis },
          inputs: [random([first, second, third], seed), lengths],
        };
        return judge(gatherOperators['reverse-sequence'], { batchAxis, timeAxis }, node);
      }),
      runs,
    );
  });

  it('top-k', async () => {
    const draw = fc.tuple(shapes, fc.nat(3), fc.nat(4), fc.boolean(), seeds);
    await fc.assert(
      fc.asyncProperty(draw, ([shape, at, wanted, largest, seed]) => {
        const axis = at % shape.length;
        const k = Math.min(wanted, shape[axis] as number);
        // Few different values, so that some are equal.
        const input = random(shape, seed);
        const x = { ...input, values: input.values.map(Math.round) };
        const node = {
          opType: 'TopK',
          attributes: { axis, largest: Number(largest), sorted: 1 },
          inputs: [x, whole(k)],
        };
        return judge(topKOperators['top-k'], { k, axis, largest, sorted: true }, node, {
          inputs: [x],
        });
      }),
      runs,
    );
  });
});

describeWithOnnx('scatters held against ONNX Runtime', () => {
  const reductions = fc.constantFrom<Reduction>('none', 'add', 'mul', 'max', 'min');

  it('scatter-elements', async () => {
    const draw = fc.tuple(
      fc.array(fc.tuple(extent, extent), { minLength: 1, maxLength: 3 }),
      fc.nat(2),
      reductions,
      types,
      seeds,
    );
    await fc.assert(
      fc.asyncProperty(draw, ([pairs, at, reduction, type, seed]) => {
        const axis = at % pairs.length;
        const shape = pairs.map(([length]) => length);
        const indexShape = pairs.map(([length, other]) => Math.min(length, other));
        const indices =
          reduction === 'none'
            ? differing(indexShape, axis, shape[axis] as number)
            : indicesOf(indexShape, () => shape[axis] as number, seed);
        const inputs = [random(shape, seed, type), indices, random(indexShape, seed + 1, type)];
        const node = { opType: 'ScatterElements', attributes: { axis, reduction }, inputs };
        return judge(scatterOperators['scatter-elements'], { axis, reduction }, node, {
          tolerance: 1e-6,
        });
      }),
      runs,
    );
  });

  it('scatter-nd', async () => {
    const draw = fc.tuple(
      shapes,
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 5 }),
      reductions,
      seeds,
    );
    await fc.assert(
      fc.asyncProperty(draw, ([shape, wanted, rows, reduction, seed]) => {
        const depth = Math.min(wanted, shape.length);
        const count = reduction === 'none' ? 1 : rows;
        const indices = indicesOf([count, depth], (at) => shape[at % depth] as number, seed);
        const updates = random([count, ...shape.slice(depth)], seed + 1);
        const inputs = [random(shape, seed), indices, updates];
        const node = { opType: 'ScatterND', attributes: { reduction }, inputs };
        return judge(scatterOperators['scatter-nd'], { reduction }, node, { tolerance: 1e-6 });
      }),
      runs,
    );
  });

  it('max-unpool', async () => {
    const x = tensor([1, 1, 2, 2], [1, 2, 3, 4]);
    const indices = tensor([1, 1, 2, 2], [5, 7, 13, 15], 'int64');
    const windows = { kernel: [2, 2], stride: [2, 2], pads: [0, 0, 0, 0] };
    const node = {
      opType: 'MaxUnpool',
      attributes: { kernel_shape: [2, 2], strides: [2, 2] },
      inputs: [x, indices],
    };
    await judge(scatterOperators['max-unpool'], { ...windows, shape: null }, node);
  });
});

describe('lookups', () => {
  it('gathers read what they keep, and the indices', () => {
    const inputs = [counted([10, 4]), whole(3, -1)];
    const own = runRow(gatherOperators.gather, { axis: 0 }, inputs);
    expect(values(own)).toEqual([[12, 13, 14, 15, 36, 37, 38, 39]]);
    expect(gatherOperators.gather.demand({ axis: 0 }, inputs, own)).toEqual({
      kind: 'move',
      inputs: 10,
      outputs: 8,
    });
  });

  it('refuse an index that is not there', () => {
    expect(() => runRow(gatherOperators.gather, { axis: 0 }, [counted([3]), whole(3)])).toThrow(
      'found index 3 of 3, expected one from -3 to 2',
    );
    const { gather, 'gather-elements': elements, 'gather-nd': nd } = gatherOperators;
    expect(() => gather.infer({ axis: 2 }, [counted([3, 2]), whole(0)], fault)).toThrow(
      'axis 2 of 2 axes',
    );
    expect(() => elements.infer({ axis: 0 }, [counted([3, 2]), whole(0)], fault)).toThrow(
      'indices of 1 for 3×2',
    );
    expect(() => nd.infer({ batchAxes: 0 }, [counted([3]), whole(0, 1)], fault)).toThrow(
      'indices of 2 for 3',
    );
  });

  it('scatters that reduce are streams with an operation an update', () => {
    const inputs = [counted([2, 4]), tensor([1, 1], [1], 'int64'), counted([1, 4])];
    const own = runRow(scatterOperators['scatter-nd'], { reduction: 'add' }, inputs);
    expect(values(own)).toEqual([[0, 1, 2, 3, 4, 6, 8, 10]]);
    const demand = scatterOperators['scatter-nd'].demand({ reduction: 'add' }, inputs, own);
    expect(demand).toMatchObject({
      kind: 'stream',
      inputs: 13,
      outputs: 8,
      operations: { add: 4, multiply: 0 },
    });
    const plain = scatterOperators['scatter-nd'].demand({ reduction: 'none' }, inputs, own);
    expect(plain).toEqual({ kind: 'move', inputs: 13, outputs: 8 });
  });

  it('half-precision sums are rounded', () => {
    const inputs = [tensor([1], [2048], 'float16'), whole(0), tensor([1], [1], 'float16')];
    expect(
      values(runRow(scatterOperators['scatter-elements'], { axis: 0, reduction: 'add' }, inputs)),
    ).toEqual([[2048]]);
  });

  it('max-unpool counts in what was pooled, at the front of a larger result', () => {
    const inputs = [
      tensor([1, 1, 2, 2], [1, 2, 3, 4]),
      tensor([1, 1, 2, 2], [5, 7, 13, 15], 'int64'),
    ];
    const attributes = { kernel: [2, 2], stride: [2, 2], pads: [0, 0, 0, 0], shape: [1, 1, 5, 5] };
    expect(values(runRow(scatterOperators['max-unpool'], attributes, inputs))).toEqual([
      [0, 0, 0, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 4, 0, 0, 0, 0, 0, 0],
    ]);
  });

  it('tensor-scatter writes new positions into a cache, around its end where it is circular', () => {
    const cache = counted([2, 1, 4, 1]);
    const update = tensor([2, 1, 2, 1], [10, 11, 20, 21]);
    const row = scatterOperators['tensor-scatter'];
    const linear = runRow(row, { axis: -2, mode: 'linear' }, [cache, update, whole(1, 2)]);
    expect(values(linear)).toEqual([[0, 10, 11, 3, 4, 5, 20, 21]]);
    const circular = runRow(row, { axis: -2, mode: 'circular' }, [cache, update, whole(1, 3)]);
    expect(values(circular)).toEqual([[0, 10, 11, 3, 21, 5, 6, 20]]);
    const first = runRow(row, { axis: 2, mode: 'linear' }, [cache, update]);
    expect(values(first)).toEqual([[10, 11, 2, 3, 20, 21, 6, 7]]);
    expect(row.demand({ axis: 2, mode: 'linear' }, [cache, update], first)).toEqual({
      kind: 'move',
      inputs: 4,
      outputs: 4,
    });
  });
});
