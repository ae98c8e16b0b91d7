// Threads of the native library: steps in their order, all lanes of a step once, whoever takes
// them.

import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NativeCrew, type NativeSteps } from '../../../../../hw-models/host/engine/native/crew.js';
import { nativeCall } from '../../../../../hw-models/host/engine/native/native.js';
import { createMemory } from '../../../../../hw-models/host/engine/webassembly.js';
import { library } from '../../native-library.js';

/** Floats that a lane works on, and how far lanes are from each other. */
const FLOATS = 64;
const LANE_BYTES = 4 * FLOATS;
const LANES = 4;

/** cell[to] = cell[from] + cell[to], for every float of them. */
const addition = (from: number, to: number) =>
  nativeCall(
    'zs_add',
    ...[from * LANE_BYTES, to * LANE_BYTES, to * LANE_BYTES, FLOATS],
    ...[-Infinity, Infinity],
  );

/**
 * Of each lane the cells that its calls add to its own; they are the step's no other lane writes.
 */
type Plan = readonly (readonly (readonly number[])[])[];

const plans: fc.Arbitrary<Plan> = fc.array(
  fc
    .array(fc.array(fc.nat(2 * LANES - 1), { maxLength: 3 }), { minLength: 1, maxLength: LANES })
    .map((lanes) =>
      // A cell that another lane of the step writes is read a step later.
      lanes.map((froms, lane) => froms.map((from) => (from < LANES ? lane : from))),
    ),
  { minLength: 1, maxLength: 12 },
);

const stepsOf = (plan: Plan): NativeSteps => [
  ...plan.map((lanes) => lanes.map((froms, lane) => froms.map((from) => addition(from, lane)))),
  // What other lanes made, for the next run of all steps.
  [Array.from({ length: LANES }, (_, lane) => addition(lane, LANES + lane))],
];

function expected(plan: Plan, runs: number): readonly number[] {
  const cells = Array.from({ length: 2 * LANES }, (_, cell) => Math.fround(1 / (cell + 3)));
  const add = (from: number, to: number) => {
    cells[to] = Math.fround((cells[from] as number) + (cells[to] as number));
  };
  for (let run = 0; run < runs; run++) {
    for (const lanes of plan)
      for (const [lane, froms] of lanes.entries()) for (const from of froms) add(from, lane);
    for (let lane = 0; lane < LANES; lane++) add(lane, LANES + lane);
  }
  return cells;
}

describe.skipIf(library === null)('a crew of native threads', () => {
  it('runs steps as one thread would, awake or asleep', async () => {
    if (!library) throw new Error('skipped without');
    const memory = createMemory(1);
    const cells = new Float32Array(memory.buffer);
    const base = library.addressOf(memory.buffer);
    for (const threads of [1, 2, 3, 5]) {
      const crew = new NativeCrew(library, threads, base);
      await fc.assert(
        fc.asyncProperty(plans, fc.integer({ min: 1, max: 20 }), fc.boolean(), async (...of) => {
          const [plan, runs, sleeps] = of;
          for (let cell = 0; cell < 2 * LANES; cell++)
            cells.fill(Math.fround(1 / (cell + 3)), cell * FLOATS, (cell + 1) * FLOATS);
          const steps = stepsOf(plan);
          crew.lay(steps);
          if (sleeps) await setTimeout(2);
          for (let run = 0; run < runs; run++) {
            if (run % 3 === 1) crew.rouse();
            const seconds: number[] = [];
            crew.run(0, steps.length, (step, took) => {
              expect(step).toBe(seconds.length);
              seconds.push(took);
            });
            expect(seconds).toHaveLength(steps.length);
            for (const took of seconds) expect(took).toBeGreaterThanOrEqual(0);
          }
          const found = Array.from({ length: 2 * LANES }, (_, cell) => cells[cell * FLOATS + 63]);
          expect(found).toEqual(expected(plan, runs));
        }),
        { numRuns: 60 },
      );
      crew.stop();
    }
  });

  it('runs the steps that it is told, from any on', () => {
    if (!library) throw new Error('skipped without');
    const memory = createMemory(1);
    const cells = new Float32Array(memory.buffer);
    cells.fill(1, 0, 4 * FLOATS);
    const crew = new NativeCrew(library, 2, library.addressOf(memory.buffer));
    crew.lay([[[addition(0, 1)]], [[addition(1, 2)]], [[addition(2, 3)]]]);
    const met: number[] = [];
    crew.run(1, 2, (step) => met.push(step));
    crew.stop();
    expect(met).toEqual([1, 2]);
    expect([0, 1, 2, 3].map((cell) => cells[cell * FLOATS])).toEqual([1, 1, 2, 3]);
  });
});
