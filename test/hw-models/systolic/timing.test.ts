// The closed forms against SCALE-Sim's published one, and against an array that ticks.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Dataflow, dataflows } from '../../../hw-models/systolic/config.js';
import { foldingOf, type Gemm } from '../../../hw-models/systolic/gemm.js';
import { arrayCycles, doubleBuffered } from '../../../hw-models/systolic/timing.js';
import { sramTraffic } from '../../../hw-models/systolic/traffic.js';
import {
  type Matrix,
  type Ticked,
  tickDoubleBuffer,
  tickOutputs,
  tickStationary,
} from '../../reference/systolic-ticking.js';

const configOf = (
  rows: number,
  columns: number,
  stationarySets = 1,
  accumulatorBytes = 2 ** 40,
) => {
  const sram = { wordBits: 64, weightBytes: 1, activationBytes: 1, accumulatorBytes };
  return { rows, columns, stationarySets, accumulatorBits: 32, sram };
};

const gemms: fc.Arbitrary<Gemm> = fc.record({
  groups: fc.constant(1),
  pixels: fc.integer({ min: 1, max: 300 }),
  depth: fc.integer({ min: 1, max: 300 }),
  outputs: fc.integer({ min: 1, max: 300 }),
});

/** Samajdar et al., ISPASS 2020, Table III and Equation 4: (2R + C + T − 2) ⌈S_R / R⌉ ⌈S_C / C⌉. */
function scaleSim(
  { pixels: M, depth: K, outputs: N }: Gemm,
  dataflow: Dataflow,
  R: number,
  C: number,
): number {
  const [SR, SC, T] = { os: [M, N, K], ws: [K, N, M], is: [K, M, N] }[dataflow] as [
    number,
    number,
    number,
  ];
  return (2 * R + C + T - 2) * Math.ceil(SR / R) * Math.ceil(SC / C);
}

describe('cycles of a systolic array', () => {
  const extent = fc.integer({ min: 1, max: 256 });

  it.each(dataflows)("are those of SCALE-Sim's closed form for %s", (dataflow) => {
    fc.assert(
      fc.property(gemms, extent, extent, (gemm, rows, columns) => {
        const config = configOf(rows, columns);
        const { total } = arrayCycles(foldingOf(gemm, dataflow, config), config);
        expect(total).toBe(scaleSim(gemm, dataflow, rows, columns));
      }),
    );
  });

  it('are those that the paper leads to for a layer one can do by hand', () => {
    // 10 × 7 · 7 × 5 on 4 × 3 PEs, outputs staying: 3 × 2 folds of 7 steps, 2·4 + 3 + 7 − 2 = 16
    // cycles each.
    const config = configOf(4, 3);
    expect(
      arrayCycles(foldingOf({ groups: 1, pixels: 10, depth: 7, outputs: 5 }, 'os', config), config)
        .total,
    ).toBe(96);
  });
});

const small = fc.record({
  pixels: fc.integer({ min: 1, max: 9 }),
  depth: fc.integer({ min: 1, max: 9 }),
  outputs: fc.integer({ min: 1, max: 9 }),
  rows: fc.integer({ min: 1, max: 5 }),
  columns: fc.integer({ min: 1, max: 5 }),
  /** Steps that the accumulators hold a sum for. */
  held: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant(1000)),
  seed: fc.integer({ min: 1, max: 1000 }),
});
type Small = typeof small extends fc.Arbitrary<infer Case> ? Case : never;

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
function tick(
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

function expected(c: Small): Matrix {
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

describe.each(dataflows)('the ticking array, %s', (dataflow) => {
  const modelled = (c: Small, stationarySets: number) => {
    // Room for `held` sums a column in each half of the accumulators.
    const config = configOf(c.rows, c.columns, stationarySets, c.held * c.columns * 4 * 2);
    const gemm = { groups: 1, pixels: c.pixels, depth: c.depth, outputs: c.outputs };
    const folding = foldingOf(gemm, dataflow, config);
    return { ...arrayCycles(folding, config), traffic: sramTraffic(gemm, folding, dataflow) };
  };

  it('computes the product and takes as long as modelled, fold after fold', () => {
    fc.assert(
      fc.property(small, (c) => {
        const ticked = tick(c, dataflow, (steps) => 2 * c.rows + c.columns + steps - 2);
        expect(ticked.product).toEqual(expected(c));
        const { total, traffic } = modelled(c, 1);
        expect(ticked.cycles).toBe(total);
        const { weightReads, inputReads } = traffic;
        const words = dataflow === 'ws' ? [weightReads, inputReads] : [inputReads, weightReads];
        expect([ticked.stationaryWords, ticked.streamedWords]).toEqual(words);
      }),
    );
  });

  it('computes the product and takes as long as modelled with two sets of stationary registers', () => {
    fc.assert(
      fc.property(small, (c) => {
        const ticked = tick(c, dataflow, (steps) => Math.max(steps, c.rows));
        expect(ticked.product).toEqual(expected(c));
        expect(ticked.cycles).toBe(modelled(c, 2).total);
      }),
    );
  });

  it('refuses folds that come any closer', () => {
    fc.assert(
      fc.property(small, (c) => {
        fc.pre(modelled(c, 2).folds > 1);
        expect(() => tick(c, dataflow, (steps) => Math.max(steps, c.rows) - 1)).toThrow(
          /^cycle \d+: /,
        );
      }),
    );
  });
});

describe('a double buffer', () => {
  it('fetches under the fold before, the first fetch and the last fold alone', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        (folds, fetch, compute) => {
          const ticked = tickDoubleBuffer(
            new Array(folds).fill(fetch),
            new Array(folds).fill(compute),
          );
          expect(doubleBuffered(folds * compute, folds * fetch, folds)).toBeWithin(1e-12, ticked);
        },
      ),
    );
  });
});
