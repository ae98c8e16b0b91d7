// The loss of a network over a sequence from the definitions of its layers, in double precision:
// what gradients are derivatives of.

import { type Layer, type Network, resultOf, type Shape } from '../../workloads/network.js';

export type ReferenceValues = ReadonlyMap<
  string,
  { readonly weights: ArrayLike<number>; readonly bias: ArrayLike<number> | null }
>;

interface Tensor {
  readonly shape: Shape;
  readonly values: readonly number[];
}

const sizeOf = (shape: Shape) => shape.reduce((product, extent) => product * extent, 1);
const at = (values: ArrayLike<number>, index: number): number => values[index] ?? Number.NaN;

/** Mean cross-entropy of `labels`, one a position, after the layers before a last softmax. */
export function referenceSequenceLoss(
  network: Network,
  values: ReferenceValues,
  input: readonly number[],
  labels: ArrayLike<number>,
): number {
  const [first] = network.inputs;
  const tensors = new Map<string, Tensor>(
    [...network.constants].map(([name, { shape, values: own }]) => [
      name,
      { shape, values: Array.from(own as Float32Array) },
    ]),
  );
  tensors.set(first?.name ?? '', { shape: first?.shape ?? [], values: input });
  for (const layer of network.layers) {
    const inputs = layer.inputs.map((name) => tensors.get(name) as Tensor);
    const own = values.get(layer.name);
    for (const [result, tensor] of forward(layer, inputs, own?.weights ?? [], own?.bias ?? null))
      tensors.set(result, tensor);
  }
  const logits = tensors.get(network.outputs[0] as string) as Tensor;
  const classes = logits.shape.at(-1) as number;
  let loss = 0;
  for (let row = 0; row < labels.length; row++) {
    const own = logits.values.slice(row * classes, (row + 1) * classes);
    const total = own.reduce((sum, logit) => sum + Math.exp(logit), 0);
    loss += Math.log(total) - at(own, at(labels, row));
  }
  return loss / labels.length;
}

function forward(
  layer: Layer,
  inputs: readonly Tensor[],
  weights: ArrayLike<number>,
  bias: ArrayLike<number> | null,
): readonly (readonly [string, Tensor])[] {
  const one = (tensor: Tensor) => [[resultOf(layer).name, tensor] as const];
  if (layer.kind !== 'split') return one(single(layer, inputs, weights, bias));
  let from = 0;
  return layer.sizes.map((size, part) => {
    const first = from;
    from += size;
    const { name, shape } = layer.results[part] ?? resultOf(layer);
    const source = inputs[0] as Tensor;
    return [name, gather(shape, source, (index) => shifted(index, layer.axis, first))] as const;
  });
}

function single(
  layer: Layer,
  inputs: readonly Tensor[],
  weights: ArrayLike<number>,
  bias: ArrayLike<number> | null,
): Tensor {
  const [x, second, third] = inputs as [Tensor, Tensor, Tensor];
  const { shape } = resultOf(layer);
  const elementwise = (of: (...values: number[]) => number): Tensor => ({
    shape,
    values: indices(shape).map((index) => of(...inputs.map((input) => broadcast(input, index)))),
  });
  switch (layer.kind) {
    case 'embedding':
      return { shape, values: x.values.flatMap((row) => rowOf(weights, row, layer.width)) };
    case 'dense': {
      const columns = x.shape.at(-1) as number;
      return {
        shape,
        values: indices(shape).map((index) => {
          const output = index.at(-1) as number;
          let sum = bias ? at(bias, output) : 0;
          for (let column = 0; column < columns; column++)
            sum +=
              valueAt(x, [...index.slice(0, -1), column]) * at(weights, output * columns + column);
          return layer.activation === 'relu' ? Math.max(0, sum) : sum;
        }),
      };
    }
    case 'rms-norm':
      return rows(x, (row) => {
        const mean = row.reduce((sum, value) => sum + value * value, 0) / row.length;
        return row.map(
          (value, i) => (value / Math.sqrt(mean + layer.epsilon)) * scaleAt(second, i),
        );
      });
    case 'layer-norm':
      return rows(x, (row) => {
        const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
        const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
        const shift = (i: number) => (third ? at(third.values, i) : 0);
        return row.map(
          (value, i) =>
            ((value - mean) / Math.sqrt(variance + layer.epsilon)) * scaleAt(second, i) + shift(i),
        );
      });
    case 'softmax':
      return rows(x, (row) => {
        const top = Math.max(...row);
        const total = row.reduce((sum, value) => sum + Math.exp(value - top), 0);
        return row.map((value) => Math.exp(value - top) / total);
      });
    case 'unary':
      return elementwise((value) => functions[layer.function]?.(value) ?? Number.NaN);
    case 'binary':
      return elementwise((a, b) => operations[layer.function]?.(a, b) ?? Number.NaN);
    case 'add':
      return elementwise((...values) => values.reduce((sum, value) => sum + value, 0));
    case 'where':
      return elementwise((condition, value, other) => (condition ? value : other) ?? Number.NaN);
    case 'cast':
      return x;
    case 'reshape':
      return { shape, values: x.values };
    case 'transpose':
      return gather(shape, x, (index) => {
        const from: number[] = [];
        layer.permutation.forEach((axis, to) => {
          from[axis] = index[to] as number;
        });
        return from;
      });
    case 'slice':
      return gather(shape, x, (index) =>
        layer.axes.reduce((own, axis, i) => shifted(own, axis, at(layer.starts, i)), index),
      );
    case 'concat':
      return joined(shape, inputs, layer.axis ?? 1);
    case 'matmul': {
      const depth = x.shape.at(-1) as number;
      return {
        shape,
        values: indices(shape).map((index) => {
          const [stack, row, column] = [index.slice(0, -2), index.at(-2), index.at(-1)];
          let sum = 0;
          for (let k = 0; k < depth; k++) {
            const right = layer.transposeRight ? [column as number, k] : [k, column as number];
            sum += valueAt(x, [...stack, row as number, k]) * valueAt(second, [...stack, ...right]);
          }
          return sum * (layer.alpha ?? 1);
        }),
      };
    }
    default:
      throw new Error(`no reference for ${layer.kind}`);
  }
}

const erf = (x: number): number => {
  // Its power series, far enough for the small arguments of the tests.
  let [term, sum] = [x, x];
  for (let n = 1; n < 60; n++) {
    term *= -(x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
};

const functions: Readonly<Record<string, (x: number) => number>> = {
  relu: (x) => Math.max(0, x),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  tanh: Math.tanh,
  swish: (x) => x / (1 + Math.exp(-x)),
  gelu: (x) => (x * (1 + erf(x / Math.SQRT2))) / 2,
  'gelu-tanh': (x) => (x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))) / 2,
  cos: Math.cos,
  sin: Math.sin,
  neg: (x) => -x,
  reciprocal: (x) => 1 / x,
};

const operations: Readonly<Record<string, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  power: (a, b) => a ** b,
};

const scaleAt = (scale: Tensor | undefined, i: number) => (scale ? at(scale.values, i) : 1);

const rowOf = (weights: ArrayLike<number>, row: number, width: number) =>
  Array.from({ length: width }, (_, i) => at(weights, row * width + i));

/** All indices of a shape, the last axis fastest. */
function indices(shape: Shape): readonly (readonly number[])[] {
  return Array.from({ length: sizeOf(shape) }, (_, place) => {
    let rest = place;
    const index = new Array<number>(shape.length);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const extent = shape[axis] as number;
      index[axis] = rest % extent;
      rest = Math.floor(rest / extent);
    }
    return index;
  });
}

function valueAt({ shape, values }: Tensor, index: readonly number[]): number {
  return at(
    values,
    index.reduce((place, own, axis) => place * (shape[axis] as number) + own, 0),
  );
}

/** NumPy's broadcasting: an extent of 1 is read again and again. */
function broadcast(tensor: Tensor, index: readonly number[]): number {
  const own = index.slice(index.length - tensor.shape.length);
  return valueAt(
    tensor,
    own.map((place, axis) => (tensor.shape[axis] === 1 ? 0 : place)),
  );
}

function gather(
  shape: Shape,
  source: Tensor,
  from: (index: readonly number[]) => readonly number[],
) {
  return { shape, values: indices(shape).map((index) => valueAt(source, from(index))) };
}

function shifted(index: readonly number[], axis: number, by: number): readonly number[] {
  const own = axis < 0 ? axis + index.length : axis;
  return index.map((place, i) => (i === own ? place + by : place));
}

function joined(shape: Shape, inputs: readonly Tensor[], axis: number): Tensor {
  const own = axis < 0 ? axis + shape.length : axis;
  return {
    shape,
    values: indices(shape).map((index) => {
      let place = index[own] as number;
      const source = inputs.find((input) => {
        if (place < (input.shape[own] as number)) return true;
        place -= input.shape[own] as number;
        return false;
      }) as Tensor;
      return valueAt(
        source,
        index.map((each, i) => (i === own ? place : each)),
      );
    }),
  };
}

function rows(
  { shape, values }: Tensor,
  of: (row: readonly number[]) => readonly number[],
): Tensor {
  const width = shape.at(-1) as number;
  return {
    shape,
    values: Array.from({ length: values.length / width }, (_, row) =>
      of(values.slice(row * width, (row + 1) * width)),
    ).flat(),
  };
}
