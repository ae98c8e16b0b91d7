import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { einsumOperators } from '../../workloads/operators/einsum.js';
import { matmulOperators } from '../../workloads/operators/matmul.js';
import { broadcastShape, type Shape } from '../../workloads/tensor.js';
import { describeWithOnnx } from './onnx-judge.js';
import {
  agree,
  broadcastable,
  demandOf,
  expectSame,
  fault,
  random,
  runRow,
  runs,
  seeds,
  tensor,
  valuesIn,
} from './rows.js';

const { matmul } = matmulOperators;
const { einsum } = einsumOperators;
const extent = fc.integer({ min: 1, max: 4 });
/** Operands of a product, vectors among them. */
const operands = fc
  .tuple(
    broadcastable,
    extent,
    extent,
    extent,
    fc.constantFrom('matrices', 'left vector', 'right vector', 'vectors'),
  )
  .map(([{ left, right }, rows, depth, columns, form]): readonly [Shape, Shape] => [
    form === 'left vector' || form === 'vectors' ? [depth] : [...left, rows, depth],
    form === 'right vector' || form === 'vectors' ? [depth] : [...right, depth, columns],
  ]);

describe('matmul', () => {
  it('multiplies rows with columns', () => {
    const [a, b] = [tensor([1, 2, 2], [1, 2, 3, 4]), tensor([2, 2], [5, 6, 7, 8])];
    expect(valuesIn(matmul, {}, [a, b])).toEqual([19, 22, 43, 50]);
    expect(valuesIn(matmul, { transposeRight: true, alpha: 2 }, [a, b])).toEqual([34, 46, 78, 106]);
    expect(valuesIn(matmul, { transposeLeft: true }, [a, b])).toEqual([26, 30, 38, 44]);
  });

  it('takes a transposed operand for what the operand itself would be', () => {
    fc.assert(
      fc.property(extent, extent, extent, seeds, (rows, depth, columns, seed) => {
        const [a, b] = [random([2, rows, depth], seed), random([depth, columns], seed + 1)];
        const transposed = (x: typeof a) => {
          const [m = 1, n = 1] = x.shape.slice(-2);
          const values = x.values.map((_, at) => {
            const [matrix, place] = [Math.floor(at / (m * n)), at % (m * n)];
            return x.values[matrix * m * n + (place % m) * n + Math.floor(place / m)] as number;
          });
          return { ...x, shape: [...x.shape.slice(0, -2), n, m], values };
        };
        const both = { transposeLeft: true, transposeRight: true };
        expectSame(
          runRow(matmul, both, [transposed(a), transposed(b)]),
          runRow(matmul, {}, [a, b]),
          0,
        );
      }),
    );
  });

  it.each<[Shape, Shape, Shape, readonly [number, number, number, number]]>([
    [
      [1, 12, 128, 64],
      [1, 12, 64, 128],
      [1, 12, 128, 128],
      [12, 128, 64, 128],
    ],
    [
      [1, 12, 128, 64],
      [64, 32],
      [1, 12, 128, 32],
      [1, 12 * 128, 64, 32],
    ],
    // Two query heads share a key head: rows of both meet the same matrix.
    [
      [1, 4, 2, 8, 16],
      [1, 4, 1, 16, 8],
      [1, 4, 2, 8, 8],
      [4, 16, 16, 8],
    ],
    [
      [8, 16],
      [3, 16, 2],
      [3, 8, 2],
      [3, 8, 16, 2],
    ],
    [[16], [16], [], [1, 1, 16, 1]],
    [[16], [3, 16, 2], [3, 2], [3, 1, 16, 2]],
    [[3, 4, 16], [16], [3, 4], [1, 12, 16, 1]],
  ])('%j by %j makes %j and demands %j', (left, right, shape, [matrices, rows, depth, columns]) => {
    const inputs = [random(left, 1), random(right, 2)];
    expect(matmul.infer({}, inputs, fault)[0]?.shape).toEqual(shape);
    expect(demandOf(matmul, {}, inputs)).toEqual({
      ...{ kind: 'product', matrices, rows, depth, columns },
      ...{ right: 'activations', bias: false, activation: 'none' },
    });
  });

  it('demands as many multiplications as it has', () => {
    fc.assert(
      fc.property(operands, ([left, right]) => {
        const inputs = [random(left, 1), random(right, 2)];
        const demand = demandOf(matmul, {}, inputs);
        if (demand?.kind !== 'product') throw new Error('no product');
        const outputs = runRow(matmul, {}, inputs)[0]?.values.length ?? 0;
        expect(demand.matrices * demand.rows * demand.columns).toBe(outputs);
        expect(demand.depth).toBe(left.at(-1));
      }),
    );
  });

  it('refuses what does not fit', () => {
    const infer = (left: Shape, right: Shape) => () =>
      matmul.infer({}, [random(left, 0), random(right, 0)], fault);
    expect(infer([2, 3], [2, 3])).toThrow(
      'found a product of 2×3 and 2×3, expected matrices that fit',
    );
    expect(infer([2, 1, 3], [3, 3, 1])).toThrow('found a product of 2×1×3 and 3×3×1');
    expect(infer([], [3])).toThrow('found a scalar on the left, expected a vector or matrices');
  });

  it('takes zero points off: one for all, or one a row and a column', () => {
    const [a, b] = [tensor([2, 2], [1, 2, 3, 4], 'uint8'), tensor([2, 1], [5, 6], 'int8')];
    const zeros = [tensor([2], [1, 3], 'uint8'), tensor([1], [5], 'int8')];
    const found = runRow(matmul, { type: 'int32' }, [a, b, ...zeros]);
    expectSame(found, [tensor([2, 1], [1, 1], 'int32')], 0);
    expect(() => matmul.infer({}, [a, b, tensor([3], [0, 0, 0], 'uint8')], fault)).toThrow(
      'found 3 zero points',
    );
  });
});

describeWithOnnx('products as in ONNX Runtime', () => {
  it('matmul of any ranks', async () => {
    await fc.assert(
      fc.asyncProperty(operands, seeds, async ([left, right], seed) => {
        await agree(matmul, {}, [random(left, seed), random(right, seed + 1)], {
          opType: 'MatMul',
        });
      }),
      runs(60),
    );
  });

  it('matmul with transposed operands', async () => {
    const inputs = [random([2, 4, 3], 1), random([2, 5, 4], 2)];
    const flags = { transA: { i: 1 }, transB: { i: 1 }, alpha: { f: 0.5 } };
    const operator = { opType: 'FusedMatMul', domain: 'com.microsoft', attributes: flags };
    await agree(
      matmul,
      { transposeLeft: true, transposeRight: true, alpha: 0.5 },
      inputs,
      operator,
    );
  });

  it('matmul of integers', async () => {
    const [a, b] = [random([2, 3, 4], 1, 'uint8'), random([4, 5], 2, 'int8')];
    const zeros = [tensor([], [7], 'uint8'), tensor([5], [1, -2, 3, 0, 9], 'int8')];
    await agree(
      matmul,
      { type: 'int32' },
      [a, b, ...zeros],
      { opType: 'MatMulInteger' },
      { tolerance: 0 },
    );
    await agree(matmul, {}, [random([3, 4], 1, 'int32'), random([4, 2], 2, 'int32')], {
      opType: 'MatMul',
    });
  });

  it.each<[string, readonly Shape[]]>([
    [
      'bhid,bhjd->bhij',
      [
        [1, 2, 3, 4],
        [1, 2, 5, 4],
      ],
    ],
    [
      'ij,jk',
      [
        [2, 3],
        [3, 4],
      ],
    ],
    ['ij->ji', [[2, 3]]],
    ['ii->i', [[3, 3]]],
    ['ii', [[3, 3]]],
    ['ij->', [[2, 3]]],
    ['i,j->ij', [[2], [3]]],
    [
      '...ij,...jk->...ik',
      [
        [2, 5, 3, 4],
        [2, 5, 4, 2],
      ],
    ],
    [
      '...ij,jk->...ik',
      [
        [2, 3, 4],
        [4, 2],
      ],
    ],
    [
      'bij,bij->b',
      [
        [2, 3, 4],
        [2, 3, 4],
      ],
    ],
    [
      'bi,ijk,bk->bj',
      [
        [2, 3],
        [3, 4, 5],
        [2, 5],
      ],
    ],
    [
      'bchw,kc->bkhw',
      [
        [1, 3, 2, 2],
        [4, 3],
      ],
    ],
  ])('einsum %s', async (equation, shapes) => {
    const inputs = shapes.map((shape, at) => random(shape, at + 1));
    await agree(einsum, { equation }, inputs, {
      opType: 'Einsum',
      attributes: { equation: { s: equation } },
    });
  });
});

describe('einsum', () => {
  it.each<[string, readonly Shape[], readonly [number, number, number, number]]>([
    [
      'bhid,bhjd->bhij',
      [
        [1, 2, 3, 4],
        [1, 2, 5, 4],
      ],
      [2, 3, 4, 5],
    ],
    [
      'bchw,kc->bkhw',
      [
        [1, 3, 2, 2],
        [4, 3],
      ],
      [1, 4, 3, 4],
    ],
    [
      '...ij,...jk->...ik',
      [
        [2, 1, 3, 4],
        [5, 4, 2],
      ],
      [1, 6, 4, 10],
    ],
    [
      'ij,ij->',
      [
        [2, 3],
        [2, 3],
      ],
      [1, 1, 6, 1],
    ],
  ])('%s demands a product of %j', (equation, shapes, [matrices, rows, depth, columns]) => {
    const inputs = shapes.map((shape) => random(shape, 1));
    const expected = { kind: 'product', matrices, rows, depth, columns, right: 'activations' };
    expect(demandOf(einsum, { equation }, inputs)).toMatchObject(expected);
  });

  it.each<[string, readonly Shape[], number, number]>([
    ['ij->ji', [[2, 3]], 0, 0],
    ['i,j->ij', [[2], [3]], 6, 0],
    ['ii->', [[3, 3]], 0, 2],
    [
      'bi,ijk,bk->bj',
      [
        [2, 3],
        [3, 4, 5],
        [2, 5],
      ],
      8 * 15 * 2,
      8 * 14,
    ],
  ])('%s streams', (equation, shapes, multiply, add) => {
    const inputs = shapes.map((shape) => random(shape, 1));
    const expected = { kind: 'stream', operations: { add, multiply, exponential: 0, divide: 0 } };
    expect(demandOf(einsum, { equation }, inputs)).toMatchObject(expected);
  });

  it('multiplies matrices as matmul does, whatever broadcasts', () => {
    fc.assert(
      fc.property(
        broadcastable,
        extent,
        extent,
        extent,
        seeds,
        ({ left, right }, rows, depth, columns, seed) => {
          const inputs = [
            random([...left, rows, depth], seed),
            random([...right, depth, columns], seed + 1),
          ];
          const found = runRow(einsum, { equation: '... i j, ... j k -> ... i k' }, inputs);
          expect(found[0]?.shape.slice(0, -2)).toEqual(broadcastShape([left, right]));
          expectSame(found, runRow(matmul, {}, inputs), 1e-6);
        },
      ),
    );
  });

  it('refuses equations that do not fit', () => {
    const infer = (equation: string, ...shapes: readonly Shape[]) => {
      const inputs = shapes.map((shape) => random(shape, 1));
      return () => einsum.infer({ equation }, inputs, fault);
    };
    expect(infer('ij,jk->ik', [2, 3])).toThrow("found the equation 'ij,jk->ik' for 1 operands");
    expect(infer('ijk->i', [2, 3])).toThrow(
      "found the term 'ijk' for 2×3, expected an index an axis",
    );
    expect(infer('ij,jk->ik', [2, 3], [4, 5])).toThrow('found extents 3 and 4 of index j');
    expect(infer('ij->iz', [2, 3])).toThrow("found the equation 'ij->iz'");
    expect(infer('i?->i', [2, 3])).toThrow("found the term 'i?'");
  });
});
