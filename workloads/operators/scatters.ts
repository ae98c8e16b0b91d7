// Elements written where indices say: a copy of the data with updates in it.

import { operationsEach, type StreamDemand } from '../demand.js';
import {
  roomFor,
  type Shape,
  shapeText,
  sizeOf,
  stridesOf,
  type Tensor,
  type TensorType,
  type Values,
} from '../tensor.js';
import { knownAxis } from './axes.js';
import { fitOf } from './elements.js';
import { blockPlaces, elementPlaces, indexDepth, requireElementIndices } from './gathers.js';
import { axisOf, given, type InputTypes, operator } from './operator.js';
import { indexInside, move, reshaped } from './places.js';
import { coveredExtents } from './windows.js';

/** What happens to an element that an update meets. */
export type Reduction = 'none' | 'add' | 'mul' | 'max' | 'min';

/** Inputs: data, an index for each update, updates. */
export interface ScatterElementsAttributes {
  readonly axis: number;
  readonly reduction: Reduction;
}

/**
 * Inputs: data, indices into its first axes along the last of their own, updates of what is left of
 * the data's axes.
 */
export interface ScatterNdAttributes {
  readonly reduction: Reduction;
}

/**
 * As ONNX's TensorScatter: a cache of keys or values, new ones, and for each sequence where they
 * start (0).
 */
export interface TensorScatterAttributes {
  /** Of the positions; −2 as a rule. */
  readonly axis: number;
  /** Whether positions beyond the end go on at the start. */
  readonly mode: 'linear' | 'circular';
}

/** Inputs: what a pooling gave and, for each, its place among all elements of what was pooled. */
export interface MaxUnpoolAttributes {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  /** Before each axis of positions, then behind each. */
  readonly pads: readonly number[];
  /** Of the result, if it is larger than what the pooling's attributes give. */
  readonly shape: Shape | null;
}

const reduce: { readonly [Each in Reduction]: (old: number, update: number) => number } = {
  none: (_, update) => update,
  add: (old, update) => old + update,
  mul: (old, update) => old * update,
  max: (old, update) => Math.max(old, update),
  min: (old, update) => Math.min(old, update),
};

function scatterDemand(reduction: Reduction, inputs: InputTypes, result: TensorType) {
  const all = [0, 1, 2].reduce((sum, at) => sum + sizeOf(given(inputs, at).shape), 0);
  const outputs = sizeOf(result.shape);
  if (reduction === 'none') return move(all, outputs);
  const each = reduction === 'mul' ? { multiply: 1 } : { add: 1 };
  const operations = operationsEach(sizeOf(given(inputs, 2).shape), each);
  return {
    kind: 'stream',
    inputs: all,
    looks: all,
    passes: 1,
    outputs,
    operations,
  } satisfies StreamDemand;
}

/** Data copied, and update `u` of element `e` of its block put at places[u] + e. */
function scattered(
  { values: data, type }: Tensor,
  places: Int32Array,
  block: number,
  updates: Values,
  reduction: Reduction,
): Values {
  const values = data.slice();
  const combine = reduce[reduction];
  const fitted = fitOf(type);
  for (const [at, place] of places.entries()) {
    for (let element = 0; element < block; element++) {
      const to = place + element;
      values[to] = fitted(combine(values[to] as number, updates[at * block + element] as number));
    }
  }
  return values;
}

const scatterElements = operator<ScatterElementsAttributes>({
  arity: [3, 3],
  infer({ axis }, inputs, fault) {
    const [data, indices, updates] = [given(inputs), given(inputs, 1), given(inputs, 2)];
    requireElementIndices(data.shape, indices.shape, axis, fault);
    if (updates.shape.join() !== indices.shape.join()) {
      throw fault(
        `updates of ${shapeText(updates.shape)}`,
        `${shapeText(indices.shape)}, one an index`,
      );
    }
    return [reshaped(data, data.shape)];
  },
  forward({ axis, reduction }, inputs) {
    const data = given(inputs);
    const places = elementPlaces(data.shape, given(inputs, 1), axis);
    return [scattered(data, places, 1, given(inputs, 2).values, reduction)];
  },
  demand: ({ reduction }, inputs, [result]) =>
    scatterDemand(reduction, inputs, result as TensorType),
});

const scatterNd = operator<ScatterNdAttributes>({
  arity: [3, 3],
  infer(_, inputs, fault) {
    const [data, indices, updates] = [given(inputs), given(inputs, 1), given(inputs, 2)];
    const depth = indexDepth(data.shape, indices.shape, 0, fault);
    const expected = [...indices.shape.slice(0, -1), ...data.shape.slice(depth)];
    if (updates.shape.join() !== expected.join()) {
      throw fault(`updates of ${shapeText(updates.shape)}`, shapeText(expected));
    }
    return [reshaped(data, data.shape)];
  },
  forward({ reduction }, inputs) {
    const data = given(inputs);
    const { places, block } = blockPlaces(data.shape, given(inputs, 1), 0);
    return [scattered(data, places, block, given(inputs, 2).values, reduction)];
  },
  demand: ({ reduction }, inputs, [result]) =>
    scatterDemand(reduction, inputs, result as TensorType),
});

const tensorScatter = operator<TensorScatterAttributes>({
  arity: [2, 3],
  infer({ axis }, inputs, fault) {
    const [cache, update] = [given(inputs), given(inputs, 1)];
    const at = axisOf(axis, cache.shape.length, fault);
    const fits = cache.shape.every(
      (extent, other) => other === at || extent === update.shape[other],
    );
    if (at === 0 || cache.shape.length !== update.shape.length || !fits) {
      throw fault(
        `${shapeText(update.shape)} into ${shapeText(cache.shape)}`,
        `the same but along axis ${axis}`,
      );
    }
    return [reshaped(cache, cache.shape)];
  },
  forward({ axis, mode }, inputs) {
    const [cache, update, starts] = [given(inputs), given(inputs, 1), inputs[2]];
    const at = knownAxis(axis, cache.shape.length);
    const [positions, steps] = [cache.shape[at] as number, update.shape[at] as number];
    const block = stridesOf(cache.shape)[at] as number;
    const before = sizeOf(cache.shape.slice(0, at));
    const perSequence = before / Math.max(1, cache.shape[0] as number);
    const places = Int32Array.from({ length: before * steps }, (_, index) => {
      const outer = Math.floor(index / steps);
      const position = (starts?.values[Math.floor(outer / perSequence)] ?? 0) + (index % steps);
      return (
        (outer * positions +
          (mode === 'circular' ? position % positions : indexInside(position, positions))) *
        block
      );
    });
    return [scattered(cache, places, block, update.values, 'none')];
  },
  demand(_, inputs) {
    // In place: the rest of the cache stays where it is.
    const update = sizeOf(given(inputs, 1).shape);
    return move(update + sizeOf(inputs[2]?.shape ?? [0]), update);
  },
});

const maxUnpool = operator<MaxUnpoolAttributes>({
  arity: [2, 2],
  infer(attributes, inputs, fault) {
    const [input, indices] = [given(inputs), given(inputs, 1)];
    if (
      input.shape.length !== 2 + attributes.kernel.length ||
      indices.shape.join() !== input.shape.join()
    ) {
      const found = `${shapeText(input.shape)} and indices of ${shapeText(indices.shape)}`;
      throw fault(found, `the same of ${2 + attributes.kernel.length} axes`);
    }
    const pooled = unpooledShape(attributes, input.shape);
    const shape = attributes.shape ?? pooled;
    if (
      shape.length !== pooled.length ||
      shape.some((extent, axis) => extent < (pooled[axis] as number))
    ) {
      throw fault(`a result of ${shapeText(shape)}`, `at least ${shapeText(pooled)}`);
    }
    return [reshaped(input, shape)];
  },
  forward(attributes, inputs, [result]) {
    const [input, indices] = [given(inputs), given(inputs, 1).values];
    // Indices count in what was pooled, at whose front corner of the result it lies.
    const pooled = unpooledShape(attributes, input.shape);
    const [from, to] = [stridesOf(pooled), stridesOf((result as TensorType).shape)];
    const values = roomFor(result as TensorType);
    for (const [at, value] of input.values.entries()) {
      let left = indexInside(indices[at] as number, sizeOf(pooled));
      let place = 0;
      for (const [axis, stride] of from.entries()) {
        place += Math.floor(left / stride) * (to[axis] as number);
        left %= stride;
      }
      values[place] = value;
    }
    return [values];
  },
  demand(_, inputs, [result]) {
    return move(2 * sizeOf(given(inputs).shape), sizeOf((result as TensorType).shape));
  },
});

function unpooledShape(attributes: MaxUnpoolAttributes, shape: Shape): Shape {
  const windows = { ...attributes, dilation: attributes.kernel.map(() => 1) };
  return [...shape.slice(0, 2), ...coveredExtents(windows, shape.slice(2))];
}

export const scatterOperators = {
  'scatter-elements': scatterElements,
  'scatter-nd': scatterNd,
  'tensor-scatter': tensorScatter,
  'max-unpool': maxUnpool,
} as const;
