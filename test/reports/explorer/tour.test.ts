// The tour's numbers are the model's, worked out anew, and lie where the paper says they do.

import { describe, expect, it } from 'vitest';
import { gatherOffer } from '../../../reports/explorer/offer.node.js';
import { initialState } from '../../../reports/explorer/state.js';
import {
  paperOf,
  questionsOf,
  sliderOf,
  stateOfStep,
  type TourPoint,
  type TourStep,
  tour,
  turned,
} from '../../../reports/explorer/tour.js';
import { createExplorer } from '../../../sim/explore.js';
import { createInspector } from '../../../sim/inspect.js';

// Whatever is being explored, a step is about EIE as it is.
const offer = gatherOffer({ workload: 'nt-we', hardware: ['titan-x'], batch: 4, seed: 1 });
const before = initialState(offer);
const inspector = createInspector(
  createExplorer({
    soundConfigs: new Map(offer.presets.map(({ family, config }) => [family, config])),
    readShippedWeights: async () => new Uint8Array(),
  }),
);
const stepOf = (id: string) => tour.find((step) => step.id === id) as TourStep;

async function points(step: TourStep): Promise<readonly TourPoint[]> {
  const found = await inspector.sweep(questionsOf(offer, before, step));
  return found.flatMap(({ designs: [design] }, at) => {
    const level = step.levels[at] as number;
    return design && 'row' in design ? [{ level, text: `${level}`, row: design.row }] : [];
  });
}

describe('the tour', () => {
  it('has seven steps, each with a slider that has its levels and figures beside', () => {
    expect(tour).toHaveLength(7);
    for (const step of tour) {
      const state = stateOfStep(offer, before, step);
      const slider = state && sliderOf(offer, state, step);
      expect(slider?.levels, step.id).toEqual(expect.arrayContaining([...step.levels]));
      expect(slider?.value, step.id).toBe(step.chosen);
      expect(step.levels).toContain(step.chosen);
      expect(paperOf(offer, step), step.id).toHaveLength(step.paper.length);
      expect(state?.designs).toHaveLength(1);
    }
  });

  it('sets a dial as its slider does', () => {
    const step = stepOf('queue');
    const state = stateOfStep(offer, before, step);
    const slider = state && sliderOf(offer, state, step);
    if (!state || !slider) throw new Error('no state');
    const [design] = turned(state, slider, 2).designs;
    expect(design.config).toMatchObject({ queueDepth: 2, pes: 64 });
    expect(before.designs[0].preset).toBe('titan-x');
  });

  it('finds that half of the time is idle with a queue of 1, and little is gained beyond 8', async () => {
    const step = stepOf('queue');
    const found = await points(step);
    const idle = new Map(found.map(({ level, row }) => [level, step.measures[0].of(row)]));
    const printed = offer.figures['idle share with a queue of 1']?.value ?? 0;
    expect(100 * (idle.get(1) ?? 0)).toBeWithin(0.2, printed);
    expect((idle.get(8) ?? 0) - (idle.get(64) ?? 0)).toBeLessThan(0.02);
    expect(step.explain(found)).toHaveLength(2);
  });

  it('finds the least energy at the word that the paper finds', async () => {
    const step = stepOf('word');
    const found = await points(step);
    const [measure] = step.measures;
    const best = found.reduce((a, b) => (measure.of(b.row) < measure.of(a.row) ? b : a));
    expect(best.level).toBe(offer.figures['word of the least energy']?.value);
  });

  it('says something of every step once its levels are there, and nothing of missing ones', async () => {
    for (const step of tour.slice(1)) {
      const sentences = step.explain(await points(step));
      expect(sentences.length, step.id).toBeGreaterThan(0);
      for (const sentence of sentences) expect(sentence).not.toMatch(/NaN|undefined|Infinity|–/);
    }
    expect(stepOf('queue').explain([])).toEqual([]);
  });
});
