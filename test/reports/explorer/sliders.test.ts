// Sliders as data: every one that is offered can be moved.

import { describe, expect, it } from 'vitest';
import { gatherOffer } from '../../../reports/explorer/offer.node.js';
import { designSliders, type Slider, workloadSliders } from '../../../reports/explorer/sliders.js';
import { designOf, initialState } from '../../../reports/explorer/state.js';
import { weightsDrawnTogether } from '../../../workloads/synthesis.js';
import { zooEntry } from '../../../workloads/zoo/index.js';

const offer = gatherOffer({ workload: 'nt-we', hardware: ['eie-64'], batch: 1, seed: 0 });
const start = initialState(offer);

const moves = ({ id, levels }: Slider) => ({ id, canMove: levels.length > 1 });

describe('sliders', () => {
  it.each(offer.workloads)('of $name can all be moved', ({ name, drawnTogether }) => {
    const sliders = workloadSliders(offer, { ...start, workload: name });
    expect(sliders.map(moves).filter(({ canMove }) => !canMove)).toEqual([]);
    const weights = sliders.find(({ id }) => id === 'weightDensity');
    // As published, and a few densities that a page has the memory for.
    expect(weights?.levels.length).toBeGreaterThan(4);
    expect((weights?.levels.at(-1) ?? 1) * drawnTogether).toBeLessThanOrEqual(30e6);
  });

  it('of every preset can be moved', () => {
    const stuck = offer.presets.flatMap((preset) =>
      designSliders(offer, { ...start, designs: [designOf(preset)] }, 0)
        .map(moves)
        .filter(({ canMove }) => !canMove),
    );
    expect(stuck).toEqual([]);
  });
});

describe('weights that are drawn together', () => {
  const drawn = (name: string) => {
    const entry = zooEntry(name);
    return entry ? weightsDrawnTogether(entry.network) : null;
  };

  it('are all of a network that draws each layer by itself', () => {
    expect(drawn('lenet-300-100')).toBe(784 * 300 + 300 * 100 + 100 * 10);
  });

  it('are those of the largest matrix of a network whose layers share draws, of one expert', () => {
    // The table of words: 32,000 × 4,096. An expert has 14,336 × 4,096.
    expect(drawn('mixtral-8x7b')).toBe(32_000 * 4096);
  });
});
