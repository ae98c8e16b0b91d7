import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseFractions, fixActivations, multiply } from '../../../hw-models/eie/datapath.js';
import { type CodedMatrix, encode, shareCodes } from '../../../hw-models/eie/encode.js';
import { createEventCounter } from '../../../hw-models/eie/events.js';
import { layoutsOf } from '../../../hw-models/eie/layout.js';
import { createTimer, findActive } from '../../../hw-models/eie/timing.js';
import type { LayerWeights } from '../../../workloads/network.js';
import { drawActivations, drawWeights } from '../../../workloads/weights/synthetic.js';
import { PIPELINE_STAGES, tick } from '../../reference/eie-ticking.js';

interface Case {
  readonly rows: number;
  readonly columns: number;
  readonly biases: boolean;
  readonly weightDensity: number;
  readonly activationDensity: number;
  readonly pes: number;
  readonly queueDepth: number;
  readonly groupFetchCycles: number;
  readonly indexBits: number;
  readonly codeBits: number;
  readonly widthBits: number;
  readonly seed: number;
}

const density = fc.oneof(fc.constantFrom(0, 0.5, 1), fc.double({ min: 0, max: 1, noNaN: true }));
const cases: fc.Arbitrary<Case> = fc.record({
  rows: fc.integer({ min: 1, max: 70 }),
  columns: fc.integer({ min: 1, max: 50 }),
  biases: fc.boolean(),
  weightDensity: density,
  activationDensity: density,
  pes: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(16, 31, 32, 33, 64, 100, 255, 256)),
  queueDepth: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(16, 63, 64)),
  groupFetchCycles: fc.integer({ min: 0, max: 3 }),
  indexBits: fc.integer({ min: 1, max: 8 }),
  codeBits: fc.integer({ min: 1, max: 8 }),
  widthBits: fc.constantFrom(8, 16, 32, 40, 64, 128, 256, 512),
  seed: fc.integer({ min: 0, max: 1000 }),
});

function weightsFor({ rows, columns, biases, weightDensity, seed }: Case): LayerWeights {
  const weights = drawWeights(
    { rows, columns, biases: biases ? rows : 0 },
    weightDensity,
    seed,
    'layer',
  );
  if (!weights.bias) return weights;
  // Biases that are zero have no entry.
  const bias = weights.bias.map((value, row) => (row % 3 === 0 ? 0 : value));
  return { ...weights, bias };
}

function runFast(c: Case, weights: LayerWeights, activations: ArrayLike<number>) {
  const [layout] = layoutsOf(weights, 1, c.pes, c.indexBits);
  if (!layout) throw new Error('no layout');
  const { queueDepth, groupFetchCycles } = c;
  const timer = createTimer(layout, {
    queueDepth,
    groupFetchCycles,
    pipelineStages: PIPELINE_STAGES,
  });
  const perWord = Math.max(1, Math.floor(c.widthBits / (c.codeBits + c.indexBits)));
  const counter = createEventCounter(layout, perWord);
  const active = new Int32Array(layout.columns);
  const count = findActive(activations, layout, active);
  timer.run(active, count);
  counter.run(active, count);
  return { perWord, layout, timing: timer.total(), events: counter.total() };
}

describe('the fast engine', () => {
  it('equals the ticked machine cycle for cycle, event for event, bit for bit', () => {
    fc.assert(
      fc.property(cases, (c) => {
        const weights = weightsFor(c);
        const values = drawActivations(c.columns, c.activationDensity, c.seed, 'layer').values;
        const coded: CodedMatrix = shareCodes(weights, c.codeBits);
        const fractions = chooseFractions(coded, values, 16);
        const activations = fixActivations(values, coded.hasBias, fractions);
        const encoded = encode(coded, c.pes, c.indexBits);
        const { perWord, timing, events } = runFast(c, weights, activations);
        const slow = tick(encoded, activations, { ...c, entriesPerWord: perWord }, fractions);
        expect({
          cycles: timing.cycles,
          broadcasts: timing.broadcasts,
          stallCycles: timing.stallCycles,
          busyCycles: [...timing.busyCycles],
          starvationCycles: [...timing.starvationCycles],
          pointerReads: events.queueEntries,
          emptyColumns: events.emptyColumns,
          entries: events.entries,
          padding: events.padding,
          wordReads: events.wordReads,
          accumulatorReads: events.accumulations,
          accumulatorWrites: events.accumulations,
          outputs: multiply(encoded, activations, fractions, 'none'),
        }).toEqual(slow);
      }),
      { numRuns: 400 },
    );
  });

  it('adds up the vectors of one layer, a barrier between them', () => {
    fc.assert(
      fc.property(cases, (c) => {
        const weights = weightsFor(c);
        const [layout] = layoutsOf(weights, 1, c.pes, c.indexBits);
        if (!layout) throw new Error('no layout');
        const { queueDepth, groupFetchCycles } = c;
        const timer = createTimer(layout, {
          queueDepth,
          groupFetchCycles,
          pipelineStages: PIPELINE_STAGES,
        });
        const active = new Int32Array(layout.columns);
        let cycles = 0;
        for (const seed of [1, 2, 3]) {
          const values = drawActivations(c.columns, c.activationDensity, seed, 'pixel').values;
          timer.run(active, findActive(values, layout, active));
          cycles += runFast(c, weights, values).timing.cycles;
        }
        expect(timer.total().cycles).toBe(cycles);
        expect(timer.total().vectors).toBe(3);
      }),
      { numRuns: 50 },
    );
  });

  it('takes the cycles that a hand count gives', () => {
    // 1 PE, 2 × 3 dense weights, activations 1 0 1, depth 1: broadcast in 0, entries in 1 and 2, so
    // column 2 is broadcast in 3 (the queue is free again; groups of one activation and no fetch
    // cycles), entries in 4 and 5.
    const c: Case = {
      ...{
        rows: 2,
        columns: 3,
        biases: false,
        weightDensity: 1,
        activationDensity: 1,
        pes: 1,
        queueDepth: 1,
      },
      ...{ groupFetchCycles: 0, indexBits: 4, codeBits: 4, widthBits: 64, seed: 0 },
    };
    const { timing } = runFast(c, weightsFor(c), [1, 0, 1]);
    expect(timing.cycles).toBe(6 + PIPELINE_STAGES);
    expect(timing.stallCycles).toBe(2);
    expect([...timing.starvationCycles]).toEqual([2]);
  });
});
