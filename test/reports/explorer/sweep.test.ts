// Sweeps of the page as data: which designs are tried, and which of them none beats.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gatherOffer } from '../../../reports/explorer/offer.node.js';
import { initialState } from '../../../reports/explorer/state.js';
import {
  frontOf,
  MAX_DESIGNS,
  measureOf,
  type SweptPoint,
  sweptDesigns,
  sweptDials,
} from '../../../reports/explorer/sweep.js';

const offer = gatherOffer({ workload: 'nt-we', hardware: ['eie-64'], batch: 1, seed: 0 });
const state = initialState(offer);
const [design] = state.designs;

describe('a sweep of the page', () => {
  it('tries every level of each dial, the designs themselves all different', () => {
    const dials = sweptDials(offer, state, ['queueDepth', 'clockHz']);
    const designs = sweptDesigns(state, dials);
    expect(designs).toHaveLength((dials[0]?.levels.length ?? 0) * (dials[1]?.levels.length ?? 0));
    expect(new Set(designs.map((one) => JSON.stringify(one.design.config))).size).toBe(
      designs.length,
    );
    expect(designs.map((one) => one.design)).toContainEqual(design);
  });

  it('takes some levels, the outermost among them, where all would be too many', () => {
    const paths = ['pes', 'queueDepth', 'clockHz'];
    const all = offer.presets[0]?.dials.filter(({ path }) => paths.includes(path)) ?? [];
    expect(all.reduce((product, { levels }) => product * levels.length, 1)).toBeGreaterThan(
      MAX_DESIGNS,
    );
    const dials = sweptDials(offer, state, paths);
    expect(sweptDesigns(state, dials).length).toBeLessThanOrEqual(MAX_DESIGNS);
    dials.forEach(({ levels }, at) => {
      expect(levels[0]).toBe(all[at]?.levels[0]);
      expect(levels.at(-1)).toBe(all[at]?.levels.at(-1));
    });
  });

  it('keeps those that none beats', () => {
    const amount = fc.integer({ min: 1, max: 6 });
    const drawn = fc.array(fc.tuple(amount, fc.option(amount)), { maxLength: 20 });
    fc.assert(
      fc.property(drawn, (pairs) => {
        if (!design) return;
        const points = pairs.map(
          ([seconds, joules], at): SweptPoint => ({
            ...{ design, levels: [at], seconds, joules, areaMm2: null, precision: undefined },
          }),
        );
        const known = points.flatMap((point) => (point.joules === null ? [] : [point]));
        const isBeaten = (a: SweptPoint) =>
          known.some((b) => {
            const [energy, other] = [a.joules ?? 0, b.joules ?? 0];
            const isNoWorse = b.seconds <= a.seconds && other <= energy;
            return isNoWorse && (b.seconds < a.seconds || other < energy);
          });
        const pair = ({ seconds, joules }: SweptPoint) => `${seconds} ${joules}`;
        const expected = new Set(known.filter((point) => !isBeaten(point)).map(pair));
        const front = frontOf(points, ['seconds', 'joules']);
        expect(new Set(front.map(pair))).toEqual(expected);
        expect(front).toHaveLength(expected.size);
        const times = front.map((point) => measureOf(point, 'seconds'));
        expect(times).toEqual([...times].sort((a, b) => (a ?? 0) - (b ?? 0)));
      }),
    );
  });
});
