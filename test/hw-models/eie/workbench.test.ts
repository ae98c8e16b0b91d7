import { expect, it } from 'vitest';
import { drawTask, eie64, layerOf, replace } from './layer-task.js';

it('the memory of the timing grows with the largest design, not with how many were met', () => {
  const task = drawTask(
    layerOf({ name: 'fc', kind: 'dense', outputs: 64, bias: false, activation: 'none' }, [64]),
    0.2,
    0.5,
  );
  // Each number of PEs is larger than the one before, up to the most that a design can have.
  for (let pes = 8; pes <= 1024; pes += 8) {
    const [cost] = eie64.vary([replace(pes, 'pes')]).cost([task]);
    expect(cost?.counters.vectors).toBe(1);
  }
});
