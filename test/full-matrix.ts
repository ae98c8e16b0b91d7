import type { DenseMatrix } from '../workloads/weights/store.js';

/** A matrix without zeros whose values nobody may ask for. */
export const fullMatrix = (rows: number, columns: number): DenseMatrix => ({
  ...{ format: 'dense', rows, columns, isFull: true },
  get values(): never {
    throw new Error('values of a full matrix were made');
  },
});
