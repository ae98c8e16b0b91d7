import type { LayerKind, LayerOp, OpOf } from '../../../../workloads/operators/table.js';
import type { ElementType, Shape, Tensor, TensorType } from '../../../../workloads/tensor.js';
import { tensor } from '../../../operators/rows.js';

/**
 * An input: drawn where it has no values, a constant of the network where it says so; null is left
 * out.
 */
export type Given =
  | (TensorType & { readonly values?: Tensor['values']; readonly isFixed?: boolean })
  | null;

export interface Case {
  readonly op: LayerOp;
  readonly inputs: readonly Given[];
  /** Drawn values are made positive. */
  readonly positive?: boolean;
}

export type Without<Op> = Op extends unknown ? Omit<Op, 'kind'> : never;

export const x = (shape: Shape, type: ElementType = 'float32'): Given => ({ shape, type });
export const fixed = (
  shape: Shape,
  values: readonly number[],
  type: ElementType = 'float32',
): Given => ({
  ...tensor(shape, values, type),
  isFixed: true,
});
export const fed = (shape: Shape, values: readonly number[], type: ElementType = 'int64'): Given =>
  tensor(shape, values, type);

export type Row<Kind extends LayerKind> = readonly [
  op: Without<OpOf<Kind>>,
  inputs: readonly Given[],
  positive?: 'positive',
];

export const none = { bias: false, activation: 'none' } as const;
export const window2 = { stride: [1, 1], dilation: [1, 1], pads: [0, 0, 0, 0] } as const;
export const image = x([1, 4, 6, 5]);

/** Some kinds' rows. */
export type RowsOf<Kind extends LayerKind> = { readonly [Each in Kind]: readonly Row<Each>[] };
