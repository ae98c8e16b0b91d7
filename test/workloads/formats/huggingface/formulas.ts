// The architectures once more, straight from their papers' formulas: a list of numbers a position,
// one head at a time.

import type { Tensor } from '../../../../workloads/tensor.js';

export type Rows = number[][];
export type Tensors = ReadonlyMap<string, Tensor>;

const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, x, at) => sum + x * (b[at] as number), 0);

export function vector(tensors: Tensors, name: string): number[] {
  const tensor = tensors.get(name);
  if (!tensor) throw new Error(`no ${name}`);
  return [...tensor.values];
}

export function matrix(tensors: Tensors, name: string): Rows {
  const tensor = tensors.get(name) as Tensor;
  const columns = tensor.values.length / (tensor.shape[0] as number);
  const all = vector(tensors, name);
  return Array.from({ length: tensor.shape[0] as number }, (_, row) =>
    all.slice(row * columns, (row + 1) * columns),
  );
}

const turned = (rows: Rows): Rows =>
  (rows[0] ?? []).map((_, column) => rows.map((row) => row[column] as number));

/** x·Wᵀ + b. */
export function linear(tensors: Tensors, name: string, x: Rows, isTransposed = false): Rows {
  const weight = matrix(tensors, `${name}.weight`);
  const rows = isTransposed ? turned(weight) : weight;
  const bias = tensors.has(`${name}.bias`) ? vector(tensors, `${name}.bias`) : rows.map(() => 0);
  return x.map((row) => rows.map((each, at) => dot(each, row) + (bias[at] as number)));
}

export function layerNorm(tensors: Tensors, name: string, x: Rows, epsilon: number): Rows {
  const [scale, shift] = [vector(tensors, `${name}.weight`), vector(tensors, `${name}.bias`)];
  return x.map((row) => {
    const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
    return row.map(
      (value, at) =>
        ((value - mean) / Math.sqrt(variance + epsilon)) * (scale[at] as number) +
        (shift[at] as number),
    );
  });
}

export function rmsNorm(tensors: Tensors, name: string, x: Rows, epsilon: number): Rows {
  const scale = vector(tensors, `${name}.weight`);
  return x.map((row) => {
    const square = dot(row, row) / row.length;
    return row.map((value, at) => (value / Math.sqrt(square + epsilon)) * (scale[at] as number));
  });
}

export const plus = (a: Rows, b: Rows): Rows =>
  a.map((row, at) => row.map((x, i) => x + (b[at]?.[i] as number)));
export const each = (x: Rows, f: (value: number) => number): Rows => x.map((row) => row.map(f));
export const silu = (x: number) => x / (1 + Math.exp(-x));
export const geluTanh = (x: number) =>
  0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

/** x·Φ(x), Φ by its series: for small x alone. */
export function gelu(x: number): number {
  const z = x / Math.SQRT2;
  let [term, sum] = [z, z];
  for (let n = 1; n < 200; n++) {
    term *= (-z * z) / n;
    sum += term / (2 * n + 1);
  }
  return (x * (1 + (2 / Math.sqrt(Math.PI)) * sum)) / 2;
}

const part = (rows: Rows, head: number, width: number) =>
  rows.map((row) => row.slice(head * width, (head + 1) * width));

export interface Attention {
  readonly heads: number;
  readonly sharedHeads: number;
  /** Whether a query at `i` looks at a key at `j`. */
  readonly looks: (i: number, j: number) => boolean;
  readonly turn?: (row: number[], position: number) => number[];
  /** What scores are multiplied by; 1 / √width where left out. */
  readonly factor?: number;
  /** Scores x become c · tanh(x / c). */
  readonly cap?: number;
}

const capped = (score: number, cap: number | undefined) =>
  cap === undefined ? score : cap * Math.tanh(score / cap);

/** All queries, keys and values → what each position gathers. */
export function attend(
  q: Rows,
  k: Rows,
  v: Rows,
  { heads, sharedHeads, looks, turn = (row) => row, factor, cap }: Attention,
): Rows {
  const width = (q[0]?.length ?? 0) / heads;
  const gathered = q.map((): number[] => []);
  for (let head = 0; head < heads; head++) {
    const shared = Math.floor(head / (heads / sharedHeads));
    const queries = part(q, head, width).map(turn);
    const keys = part(k, shared, width).map(turn);
    const values = part(v, shared, width);
    for (const [i, query] of queries.entries()) {
      const weights = keys.map((key, j) =>
        looks(i, j) ? Math.exp(capped(dot(query, key) * (factor ?? 1 / Math.sqrt(width)), cap)) : 0,
      );
      const sum = weights.reduce((total, weight) => total + weight, 0);
      for (let at = 0; at < width; at++) {
        const value = weights.reduce(
          (total, weight, j) => total + (weight / sum) * (values[j]?.[at] as number),
          0,
        );
        gathered[i]?.push(value);
      }
    }
  }
  return gathered;
}

/** Pairs (i, i + width / 2) turned as complex numbers. */
export function rotate(base: number) {
  return (row: number[], position: number): number[] => {
    const half = row.length / 2;
    const result = [...row];
    for (let at = 0; at < half; at++) {
      const angle = position * base ** ((-2 * at) / row.length);
      const [real, imaginary] = [row[at] as number, row[at + half] as number];
      result[at] = real * Math.cos(angle) - imaginary * Math.sin(angle);
      result[at + half] = real * Math.sin(angle) + imaginary * Math.cos(angle);
    }
    return result;
  };
}

export const causal = (i: number, j: number) => j <= i;
