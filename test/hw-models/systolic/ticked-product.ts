// Small products, folded over the ticking array.

import fc from 'fast-check';
import type { Dataflow } from '../../../hw-models/systolic/config.js';
import {
  type Matrix,
  type Ticked,
  tickOutputs,
  tickStationary,
} from '../../reference/systolic-ticking.js';

export const small = fc.record({
  pixels: fc.integer({ min: 1, max: 9 }),
  depth: fc.integer({ min: 1, max: 9 }),
  outputs: fc.integer({ min: 1, max: 9 }),
  rows: fc.integer({ min: 1, max: 5 }),
  columns: fc.integer({ min: 1, max: 5 }),
  /** Steps that the accumulators hold a sum for. */
  held: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant(1000)),
  seed: fc.integer({ min: 1, max: 1000 }),
});
export type Small = typeof small extends fc.Arbitrary<infer Case> ? Case : never;

const blocks = (extent: number, size: number) =>
  Array.from(
    { length: Math.ceil(extent / size) },
    (_, at) => [at * size, Math.min(extent, (at + 1) * size)] as const,
  );
const matrix = (
  rows: number,
  columns: number,
  value: (row: number, column: number) => number,
): Matrix =>
  Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => value(row, column)),
  );

/**
 * The whole product on the ticking array with folds that start `interval(steps)` cycles after one
 * another.
 */
export function tick(
  c: Small,
  dataflow: Dataflow,
  interval: (steps: number) => number,
): Ticked & { readonly product: Matrix } {
  const input = (pixel: number, depth: number) => ((pixel * 31 + depth * 17 + c.seed) % 7) - 3;
  const weight = (depth: number, output: number) => ((depth * 13 + output * 29 + c.seed) % 5) - 2;
  const product = matrix(c.pixels, c.outputs, () => 0) as number[][];
  const add = (pixel: number, output: number, value: number) => {
    (product[pixel] as number[])[output] = (product[pixel]?.[output] ?? 0) + value;
  };
  const startsOf = (steps: readonly number[]) =>
    steps.map((_, at) => steps.slice(0, at).reduce((sum, own) => sum + interval(own), 0));
  if (dataflow === 'os') {
    const folds = blocks(c.pixels, c.rows).flatMap((rows) =>
      blocks(c.outputs, c.columns).map((cols) => ({ rows, cols })),
    );
    const ticked = tickOutputs(
      c,
      folds.map(({ rows: [r0, r1], cols: [c0, c1] }) => ({
        left: matrix(r1 - r0, c.depth, (row, step) => input(r0 + row, step)),
        top: matrix(c.depth, c1 - c0, (step, column) => weight(step, c0 + column)),
      })),
      startsOf(folds.map(() => c.depth)),
    );
    folds.forEach(({ rows: [r0, r1], cols: [c0, c1] }, at) => {
      for (let p = r0; p < r1; p++)
        for (let n = c0; n < c1; n++)
          add(p, n, ticked.outputs[at]?.[p - r0]?.[n - c0] ?? Number.NaN);
    });
    return { ...ticked, product };
  }
  const isWeights = dataflow === 'ws';
  const [columns, steps] = isWeights ? [c.outputs, c.pixels] : [c.pixels, c.outputs];
  const depths = blocks(c.depth, c.rows);
  const folds = blocks(steps, depths.length > 1 ? c.held : steps).flatMap((piece) =>
    blocks(columns, c.columns).flatMap((cols) => depths.map((rows) => ({ piece, cols, rows }))),
  );
  const ticked = tickStationary(
    c,
    folds.map(({ piece: [s0, s1], cols: [c0, c1], rows: [r0, r1] }) => ({
      stationary: matrix(r1 - r0, c1 - c0, (row, column) =>
        isWeights ? weight(r0 + row, c0 + column) : input(c0 + column, r0 + row),
      ),
      streamed: matrix(s1 - s0, r1 - r0, (step, row) =>
        isWeights ? input(s0 + step, r0 + row) : weight(r0 + row, s0 + step),
      ),
    })),
    startsOf(folds.map(({ piece: [s0, s1] }) => s1 - s0)),
  );
  folds.forEach(({ piece: [s0, s1], cols: [c0, c1] }, at) => {
    for (let s = s0; s < s1; s++) {
      for (let n = c0; n < c1; n++) {
        const value = ticked.outputs[at]?.[s - s0]?.[n - c0] ?? Number.NaN;
        if (isWeights) add(s, n, value);
        else add(n, s, value);
      }
    }
  });
  return { ...ticked, product };
}

export function expected(c: Small): Matrix {
  return matrix(c.pixels, c.outputs, (pixel, output) => {
    let sum = 0;
    for (let depth = 0; depth < c.depth; depth++) {
      sum +=
        (((pixel * 31 + depth * 17 + c.seed) % 7) - 3) *
        (((depth * 13 + output * 29 + c.seed) % 5) - 2);
    }
    return sum;
  });
}
