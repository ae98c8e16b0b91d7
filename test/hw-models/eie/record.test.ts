// What is told of each step adds up to what the fast engine found without telling.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutsOf } from '../../../hw-models/eie/layout.js';
import { recordProducts } from '../../../hw-models/eie/record.js';
import { createTimer, findActive } from '../../../hw-models/eie/timing.js';
import { drawActivations, drawWeights } from '../../../workloads/weights/synthetic.js';

interface Told {
  readonly slices: { track: string; name: string; from: number; cycles: number }[];
  readonly levels: { name: string; from: number; value: number }[];
}

const share = fc.double({ min: 0, max: 1, noNaN: true });
const cases = fc.record({
  rows: fc.integer({ min: 1, max: 60 }),
  columns: fc.integer({ min: 1, max: 60 }),
  pes: fc.integer({ min: 1, max: 12 }),
  queueDepth: fc.integer({ min: 1, max: 9 }),
  groupFetchCycles: fc.integer({ min: 0, max: 3 }),
  weights: share,
  activations: share,
  vectors: fc.integer({ min: 1, max: 4 }),
  seed: fc.integer({ min: 0, max: 999 }),
});
type Case = typeof cases extends fc.Arbitrary<infer Of> ? Of : never;

const STAGES = 6;

function record(c: Case, room: number) {
  const weights = drawWeights(
    { rows: c.rows, columns: c.columns, biases: 0 },
    c.weights,
    c.seed,
    'layer',
  );
  const layouts = layoutsOf(weights, 1, c.pes, 4);
  const products = layouts.map((layout) => ({
    layout,
    visit: (run: (active: Int32Array, count: number) => void) => {
      const active = new Int32Array(layout.columns + 1);
      for (let vector = 0; vector < c.vectors; vector++) {
        const { values } = drawActivations(c.columns, c.activations, c.seed + vector, 'layer');
        run(active, findActive(values, layout, active));
      }
    },
  }));
  const machine = { ...c, pipelineStages: STAGES };
  const told: Told = { slices: [], levels: [] };
  recordProducts(products, machine, {
    room,
    slice: (track, name, from, cycles) => told.slices.push({ track, name, from, cycles }),
    level: (name, from, value) => told.levels.push({ name, from, value }),
    note: () => undefined,
  });
  const timers = products.map(({ layout, visit }) => {
    const timer = createTimer(layout, machine);
    visit(timer.run);
    return timer.total();
  });
  return { told, timing: timers[0] as NonNullable<(typeof timers)[0]> };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** What a level adds up to over time. */
function integral({ levels }: Told, name: string): number {
  const own = levels.filter((level) => level.name === name);
  return sum(
    own.slice(0, -1).map(({ from, value }, at) => value * ((own[at + 1]?.from ?? 0) - from)),
  );
}

describe('a record of products on EIE', () => {
  it('with room for all of it has every cycle of every PE, every broadcast and every stall', () => {
    fc.assert(
      fc.property(cases, (c) => {
        const { told, timing } = record(c, Number.MAX_SAFE_INTEGER);
        const cyclesOn = (track: string) => told.slices.filter((slice) => slice.track === track);
        for (let pe = 0; pe < c.pes; pe++) {
          expect(sum(cyclesOn(`PE ${pe}`).map(({ cycles }) => cycles))).toBe(timing.busyCycles[pe]);
        }
        const control = cyclesOn('control unit');
        expect(control.filter(({ name }) => name.startsWith('send'))).toHaveLength(
          timing.broadcasts,
        );
        const waits = control.filter(({ name }) => name.startsWith('wait'));
        expect(sum(waits.map(({ cycles }) => cycles))).toBe(timing.stallCycles);
      }),
      { numRuns: 60 },
    );
  });

  it('never has two slices of one track at a time, nor one after the end', () => {
    fc.assert(
      fc.property(cases, fc.integer({ min: 0, max: 400 }), (c, room) => {
        const { told, timing } = record(c, room);
        const ends = new Map<string, number>();
        for (const { track, from, cycles } of told.slices) {
          expect(from).toBeGreaterThanOrEqual(ends.get(track) ?? 0);
          expect(cycles).toBeGreaterThan(0);
          ends.set(track, from + cycles);
        }
        for (const end of ends.values()) expect(end).toBeLessThanOrEqual(timing.cycles);
      }),
      { numRuns: 60 },
    );
  });

  it('has means of the whole layer, however little room there is', () => {
    fc.assert(
      fc.property(cases, fc.integer({ min: 0, max: 400 }), (c, room) => {
        const { told, timing } = record(c, room);
        expect(integral(told, 'PEs at work') + 1).toBeWithin(1e-9, sum([...timing.busyCycles]) + 1);
        expect(integral(told, 'broadcasts per cycle') + 1).toBeWithin(1e-9, timing.broadcasts + 1);
        const queued = told.levels.filter(({ name }) => name === 'activations in a queue');
        for (const { value } of queued) expect(value).toBeLessThanOrEqual(c.queueDepth + 1e-9);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps to its room, up to one run of steps', () => {
    const c = {
      rows: 64,
      columns: 3000,
      pes: 8,
      queueDepth: 8,
      groupFetchCycles: 1,
      weights: 0.1,
      activations: 0.5,
    };
    for (const room of [0, 500, 2000, 8000]) {
      const { told } = record({ ...c, vectors: 3, seed: 1 }, room);
      expect(told.slices.length).toBeLessThanOrEqual(room + 64 * (8 + 3));
      if (room >= 2000) expect(told.slices.length).toBeGreaterThan(room / 2);
    }
  });
});
