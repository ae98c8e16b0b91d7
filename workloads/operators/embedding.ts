// Rows of a table of weights, looked up by number.

import { invariant } from '../base/errors.js';
import { type ElementType, roomFor, sizeOf, type TensorType } from '../tensor.js';
import { toCsr } from '../weights/store.js';
import { given, operator } from './operator.js';
import { indexInside } from './places.js';

/** Indices of any shape; an index below zero counts from behind. */
export interface EmbeddingAttributes {
  /** Rows of the table. */
  readonly entries: number;
  readonly width: number;
  /** Of the result; float32 where it is left out. */
  readonly type?: ElementType;
}

const embedding = operator<EmbeddingAttributes>({
  arity: [1, 1],
  infer: ({ width, type = 'float32' }, inputs) => [
    { shape: [...given(inputs).shape, width], type },
  ],
  weightShape: ({ entries, width }) => ({ rows: entries, columns: width, biases: 0 }),
  forward({ entries, width }, inputs, [result], weights) {
    invariant(weights !== null, 'an embedding has weights');
    const { store } = weights;
    const values = roomFor(result as TensorType);
    const compressed = store.format === 'dense' ? null : toCsr(store);
    for (const [at, index] of given(inputs).values.entries()) {
      const row = indexInside(index, entries);
      if (store.format === 'dense') {
        values.set(store.values.subarray(row * width, (row + 1) * width), at * width);
      } else if (compressed) {
        const { pointers, indices, values: kept } = compressed;
        const [first, end] = [pointers[row] as number, pointers[row + 1] as number];
        // A row without zeros lies as it is.
        if (end - first === width) values.set(kept.subarray(first, end), at * width);
        else
          for (let entry = first; entry < end; entry++)
            values[at * width + (indices[entry] as number)] = kept[entry] as number;
      }
    }
    return [values];
  },
  demand: ({ entries, width }, inputs) => ({
    kind: 'embedding',
    lookups: sizeOf(given(inputs).shape),
    width,
    entries,
  }),
});

export const embeddingOperators = { embedding } as const;
