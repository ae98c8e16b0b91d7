// The largest or smallest along an axis and where they stand.

import { operationsEach, streamOf } from '../demand.js';
import { roomFor, sizeOf, type TensorType, type Values } from '../tensor.js';
import { knownAxis, laneStart, lanesOf } from './axes.js';
import { axisOf, given, operator } from './operator.js';

/** Results: values, and their indices as int64. Of equal values the one in front comes first. */
export interface TopKAttributes {
  readonly k: number;
  readonly axis: number;
  readonly largest: boolean;
  /** By value; otherwise in whatever order is cheap (here by value too). */
  readonly sorted: boolean;
}

const topK = operator<TopKAttributes>({
  arity: [1, 1],
  infer({ k, axis }, inputs, fault) {
    const { shape, type } = given(inputs);
    const at = axisOf(axis, shape.length, fault);
    if (!(Number.isInteger(k) && k >= 0 && k <= (shape[at] ?? 1))) {
      throw fault(`the first ${k} of ${shape[at] ?? 1}`, 'no more than there are');
    }
    const kept = shape.length === 0 ? [] : shape.with(at, k);
    return [
      { shape: kept, type },
      { shape: kept, type: 'int64' },
    ];
  },
  forward({ k, axis, largest }, inputs, [valuesType, indicesType]) {
    const { shape, values } = given(inputs);
    const lanes = lanesOf(shape, knownAxis(axis, shape.length));
    const { outer, extent, inner } = lanes;
    const [best, places] = [roomFor(valuesType as TensorType), roomFor(indicesType as TensorType)];
    for (let lane = 0; lane < outer * inner; lane++) {
      const start = laneStart(lanes, lane);
      const to = laneStart({ ...lanes, extent: k }, lane);
      const order = orderOf(values, start, inner, extent, largest);
      for (let rank = 0; rank < k; rank++) {
        const index = order[rank] as number;
        best[to + rank * inner] = values[start + index * inner] as number;
        places[to + rank * inner] = index;
      }
    }
    return [best, places];
  },
  demand({ k }, inputs, [values]) {
    const size = sizeOf(given(inputs).shape);
    // A heap of the best k: for each element as many comparisons as the heap is high.
    const comparisons = Math.ceil(Math.log2(k + 1));
    return streamOf(
      size,
      2 * sizeOf((values as TensorType).shape),
      operationsEach(size, { add: comparisons }),
    );
  },
});

function orderOf(
  values: Values,
  start: number,
  stride: number,
  extent: number,
  largest: boolean,
): Uint32Array {
  const sign = largest ? -1 : 1;
  const at = (index: number) => values[start + index * stride] as number;
  return Uint32Array.from({ length: extent }, (_, index) => index).sort(
    (a, b) => sign * (at(a) - at(b)) || a - b,
  );
}

export const topKOperators = { 'top-k': topK } as const;
