// Fully connected layers, tables of embeddings and products of results.

import { knownAxis } from '../../operators/axes.js';
import { elementTypes, type Shape, sizeOf } from '../../tensor.js';
import { toDense } from '../../weights/store.js';
import { transposed } from './rows/products.js';
import type { Page, WritersOf } from './write-page.js';

/** Weights, with outputs first or last, and biases, '' where there are none. */
function matrix(page: Page, isTurned: boolean): readonly [weights: string, bias: string] {
  const { rows, columns } = page.weightShape;
  const weights = page.weighted(
    'weights',
    isTurned ? [columns, rows] : [rows, columns],
    ({ store }) => {
      const { values } = toDense(store);
      return isTurned ? transposed(values, rows, columns) : values;
    },
  );
  return [weights, page.bias()];
}

/** Indices as operators take them. */
export function indices(page: Page, at: number): string {
  const { type } = page.type(at);
  return type === 'int32' ? page.input(at) : page.cast(page.input(at), type, 'int64');
}

export const productWriters: WritersOf<'dense' | 'embedding' | 'experts' | 'matmul' | 'einsum'> = {
  dense(page, { axis = 1, activation }) {
    const { shape } = page.type();
    const first = shape.length === 0 ? 0 : knownAxis(axis, shape.length);
    const emit = page.clamped(activation);
    if (first === 1) {
      const flat =
        shape.length === 2
          ? page.input()
          : page.step('vector', 'Flatten', [page.input()], { axis: 1 });
      const [weights, bias] = matrix(page, false);
      emit('Gemm', [flat, weights, bias], { transB: 1 });
      return;
    }
    // 0 leaves an extent as it is.
    const vectors = [...new Array<number>(first).fill(0), page.weightShape.columns];
    const isPlain = first === shape.length - 1;
    const flat = isPlain
      ? page.input()
      : page.step('vectors', 'Reshape', [page.input(), page.wholes(vectors, 'shape')]);
    const [weights, bias] = matrix(page, true);
    if (bias === '') emit('MatMul', [flat, weights]);
    else emit('Add', [page.core('product', 'MatMul', [flat, weights]), bias]);
  },
  embedding(page, { entries, width, type = 'float32' }) {
    const table = page.weighted(
      'weights',
      [entries, width],
      ({ store }) => toDense(store).values,
      type,
    );
    page.result('Gather', [table, indices(page, 0)], { axis: 0 });
  },
  /** The chosen matrices are gathered: ONNX has no operator that leaves them where they lie. */
  experts(page, { experts, outputs }) {
    const { columns } = page.weightShape;
    const [{ shape }, { shape: chosen }] = [page.type(0), page.type(1)];
    const all = page.weighted(
      'weights',
      [experts, outputs, columns],
      ({ store }) => toDense(store).values,
    );
    const met = page.step('met', 'Gather', [all, indices(page, 1)], { axis: 0 });
    const isShared = shape.length === chosen.length;
    const vectors = page.reshape(page.input(), [
      ...(isShared ? [...shape.slice(0, -1), 1] : shape.slice(0, -1)),
      ...[columns, 1],
    ]);
    const made = page.core('products', 'MatMul', [met, vectors]);
    page.reshape(made, [...chosen, outputs], page.result);
  },
  matmul(page, layer) {
    const [left, right] = [page.type(0), page.type(1)];
    const { transposeLeft = false, transposeRight = false, alpha = 1 } = layer;
    const ranks = [left.shape.length, right.shape.length];
    const isByte = [left, right].every(({ type }) => type === 'int8' || type === 'uint8');
    const hasRows = page.has(2) && sizeOf(page.type(2).shape) > 1;
    const isFlat = ranks.every((rank) => rank === 2);
    if (
      isFlat &&
      elementTypes[left.type].isFloat &&
      !page.has(2) &&
      !page.has(3) &&
      layer.type === undefined
    ) {
      if (transposeLeft || transposeRight || alpha !== 1) {
        const flags = {
          transA: Number(transposeLeft),
          transB: Number(transposeRight),
          alpha: { float: alpha },
        };
        page.result('Gemm', [page.input(0), page.input(1)], flags);
        return;
      }
    }
    const isInteger = isByte && layer.type === 'int32' && !hasRows;
    const made = isInteger ? 'int32' : page.has(2) || page.has(3) || isByte ? 'int32' : left.type;
    const operand = (at: 0 | 1, isTurned: boolean) => {
      const levels = isInteger ? page.input(at) : less(page, at, made);
      const { shape } = page.type(at);
      return isTurned && shape.length > 1
        ? page.step('transposed', 'Transpose', [levels], { perm: lastTwo(shape) })
        : levels;
    };
    const operands = [operand(0, transposeLeft), operand(1, transposeRight)];
    const inputs = isInteger ? [...operands, page.input(2), page.input(3)] : operands;
    const emit = page.typed(made);
    const opType = isInteger ? 'MatMulInteger' : 'MatMul';
    if (alpha === 1) emit(opType, inputs);
    else emit('Mul', [page.core('product', opType, inputs), page.scalar(alpha, made, 'alpha')]);
  },
  einsum(page, { equation }) {
    page.result('Einsum', page.inputs, { equation });
  },
};

function lastTwo({ length }: Shape): readonly number[] {
  return [...Array.from({ length: length - 2 }, (_, axis) => axis), length - 1, length - 2];
}

/**
 * An operand as elements of `made`, its zero points, one a row on the left or one a column on the
 * right, taken off.
 */
function less(page: Page, at: 0 | 1, made: Parameters<Page['cast']>[2]): string {
  const operand = page.cast(page.input(at), page.type(at).type, made);
  const zeros = at === 0 ? 2 : 3;
  if (!page.has(zeros)) return operand;
  const { shape, type } = page.type(zeros);
  const count = sizeOf(shape);
  const points = page.cast(page.input(zeros), type, made);
  const column =
    at === 0 && count > 1
      ? page.step('zeros', 'Reshape', [points, page.wholes([count, 1], 'shape')])
      : points;
  return page.step('levels', 'Sub', [operand, column]);
}
