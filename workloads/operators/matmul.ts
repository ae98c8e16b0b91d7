// Products of matrices that are both results of other operators.

import {
  broadcastShape,
  type ElementType,
  roomFor,
  type Shape,
  shapeText,
  sizeOf,
  stridesOf,
  type TensorType,
} from '../tensor.js';
import { type AxisPlace, expand } from './axes.js';
import { fitOf } from './elements.js';
import { type Fault, given, type InputTypes, operator } from './operator.js';

export interface MatmulAttributes {
  /** Whether the last two axes of the left operand change places; of no effect on a vector. */
  readonly transposeLeft?: boolean;
  readonly transposeRight?: boolean;
  /** What the product is multiplied by; 1 unless told. */
  readonly alpha?: number;
  /** The result's type where it is not the left operand's: int32 of a product of 8-bit integers. */
  readonly type?: ElementType;
}

/** A stack of matrices as it lies in memory. */
interface Stack {
  readonly batch: Shape;
  readonly rows: number;
  readonly columns: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/**
 * Inputs: left, right, and the zero points of both where they are quantised: one value, or one a
 * row of the left and one a column of the right operand. NumPy's matmul: a vector stands for one
 * row on the left and one column on the right, the axes before the last two broadcast.
 */
const matmul = operator<MatmulAttributes>({
  arity: [2, 4],
  infer(attributes, inputs, fault) {
    const { left, right, batch } = stacksOf(attributes, inputs, fault);
    const [leftRank, rightRank] = [given(inputs).shape.length, given(inputs, 1).shape.length];
    const shape = [
      ...batch,
      ...(leftRank === 1 ? [] : [left.rows]),
      ...(rightRank === 1 ? [] : [right.columns]),
    ];
    return [{ shape, type: attributes.type ?? given(inputs).type }];
  },
  forward(attributes, inputs, results) {
    const { left, right, batch } = stacksOf(attributes, inputs, broken);
    const [a, b] = [given(inputs).values, given(inputs, 1).values];
    const zerosOf = (at: 2 | 3, count: number) => {
      const values = inputs[at]?.values ?? [0];
      return Float64Array.from(
        { length: count },
        (_, each) => values[values.length === 1 ? 0 : each] as number,
      );
    };
    const [rowZeros, columnZeros] = [zerosOf(2, left.rows), zerosOf(3, right.columns)];
    const [leftOf, rightOf] = [matrixNumbers(left.batch, batch), matrixNumbers(right.batch, batch)];
    const product = roomFor(given(results));
    const fitted = fitOf(given(results).type);
    const sums = new Float64Array(right.columns);
    let to = 0;
    for (let matrix = 0; matrix < sizeOf(batch); matrix++) {
      const fromLeft = (leftOf[matrix] as number) * left.rows * left.columns;
      const fromRight = (rightOf[matrix] as number) * right.rows * right.columns;
      for (let row = 0; row < left.rows; row++) {
        sums.fill(0);
        for (let depth = 0; depth < left.columns; depth++) {
          const x =
            (a[fromLeft + row * left.rowStride + depth * left.columnStride] as number) -
            (rowZeros[row] as number);
          const from = fromRight + depth * right.rowStride;
          for (let column = 0; column < right.columns; column++) {
            const y =
              (b[from + column * right.columnStride] as number) - (columnZeros[column] as number);
            sums[column] = (sums[column] as number) + x * y;
          }
        }
        for (const sum of sums) product[to++] = fitted(sum * (attributes.alpha ?? 1));
      }
    }
    return [product];
  },
  demand(attributes, inputs) {
    const { left, right, batch } = stacksOf(attributes, inputs, broken);
    // Rows that meet the same right matrix are rows of one product.
    const matrices = sizeOf(right.batch);
    return {
      kind: 'product',
      matrices,
      rows: matrices === 0 ? 0 : (left.rows * sizeOf(batch)) / matrices,
      depth: left.columns,
      columns: right.columns,
      right: 'activations',
      bias: false,
      activation: 'none',
    };
  },
});

/**
 * Where both operands lie as their product is counted: matrices, then rows or columns, then what is
 * summed over. Left matrices that meet the same right one are rows of one matrix.
 */
export function matmulAxes(
  attributes: MatmulAttributes,
  inputs: InputTypes,
): readonly [left: readonly AxisPlace[], right: readonly AxisPlace[]] {
  const { left, right, batch } = stacksOf(attributes, inputs, broken);
  const axesIn = (stack: Stack) => {
    const strides = stridesOf(stack.batch);
    const missing = batch.length - stack.batch.length;
    return batch.map((extent, axis): AxisPlace & { readonly own: number } => {
      const own = stack.batch[axis - missing] ?? 1;
      return {
        own,
        extent,
        stride: own === 1 ? 0 : (strides[axis - missing] as number) * stack.rows * stack.columns,
      };
    });
  };
  const [leftBatch, rightBatch] = [axesIn(left), axesIn(right)];
  const isShared = (axis: number) => rightBatch[axis]?.own === 1;
  const plain = ({ extent, stride }: AxisPlace): AxisPlace => ({ extent, stride });
  return [
    [
      ...leftBatch.filter((_, axis) => !isShared(axis)).map(plain),
      ...leftBatch.filter((_, axis) => isShared(axis)).map(plain),
      { extent: left.rows, stride: left.rowStride },
      { extent: left.columns, stride: left.columnStride },
    ],
    [
      ...rightBatch.filter((_, axis) => !isShared(axis)).map(plain),
      { extent: right.columns, stride: right.columnStride },
      { extent: right.rows, stride: right.rowStride },
    ],
  ];
}

function stacksOf(
  { transposeLeft = false, transposeRight = false }: MatmulAttributes,
  inputs: InputTypes,
  fault: Fault,
) {
  const [leftType, rightType] = [given(inputs), given(inputs, 1)];
  const left = stackOf(leftType, 'left', transposeLeft, fault);
  const right = stackOf(rightType, 'right', transposeRight, fault);
  const batch = broadcastShape([left.batch, right.batch]);
  if (left.columns !== right.rows || !batch) {
    throw fault(
      `a product of ${shapeText(leftType.shape)} and ${shapeText(rightType.shape)}`,
      `matrices that fit, found ${left.rows}×${left.columns} and ${right.rows}×${right.columns}`,
    );
  }
  for (const [at, extent] of [
    [2, left.rows],
    [3, right.columns],
  ] as const) {
    const count = inputs[at] ? sizeOf(inputs[at].shape) : 1;
    if (count !== 1 && count !== extent) throw fault(`${count} zero points`, `1 or ${extent}`);
  }
  return { left, right, batch };
}

function stackOf(
  { shape }: TensorType,
  side: 'left' | 'right',
  transposed: boolean,
  fault: Fault,
): Stack {
  const [inner = 1, outer] = [shape.at(-1), shape.at(-2)];
  if (shape.length === 0) throw fault(`a scalar on the ${side}`, 'a vector or matrices');
  if (outer === undefined) {
    const [rows, columns] = side === 'left' ? [1, inner] : [inner, 1];
    return { batch: [], rows, columns, rowStride: columns, columnStride: 1 };
  }
  const batch = shape.slice(0, -2);
  if (transposed) return { batch, rows: inner, columns: outer, rowStride: 1, columnStride: inner };
  return { batch, rows: outer, columns: inner, rowStride: inner, columnStride: 1 };
}

/** For each matrix of the result the number of the operand's matrix. */
function matrixNumbers(from: Shape, to: Shape): Int32Array {
  const numbers = Int32Array.from({ length: sizeOf(from) }, (_, at) => at);
  return expand(numbers, from, to);
}

function broken(found: string, expected: string): never {
  throw new Error(`found ${found}, expected ${expected}`);
}

export const matmulOperators = { matmul } as const;
