// The closed forms against SCALE-Sim's published one, and against an array that ticks.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Dataflow, dataflows } from '../../../hw-models/systolic/config.js';
import { foldingOf, type Gemm } from '../../../hw-models/systolic/gemm.js';
import { arrayCycles, doubleBuffered } from '../../../hw-models/systolic/timing.js';
import { sramTraffic } from '../../../hw-models/systolic/traffic.js';
import { tickDoubleBuffer } from '../../reference/systolic-ticking.js';
import { expected, type Small, small, tick } from './ticked-product.js';

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
