import { expect, it } from 'vitest';
import { joulesOf } from '../../../hw-models/gpu/energy.js';
import { blockShapes, type Launch } from '../../../hw-models/gpu/launch.js';
import { presetOf } from './presets.js';

const { config } = presetOf('titan-x');
const launch: Launch = {
  blocks: 1,
  block: blockShapes.gemv as Launch['block'],
  instructions: 0,
  issueEfficiency: 1,
  gatherSectors: 1e9,
  coalescedBytes: 32e9,
  tensorCycles: 0,
  l2Bytes: 0,
  dramBytes: 1e9,
  dependentLoads: 1,
};

it('charges operations, bytes and time', () => {
  const joules = joulesOf(launch, 1e9 * config.energy.macJoules, 2, config);
  // 10⁹ B at 94 pJ; 10⁹ · (3.7 + 0.9) pJ · 28/45; two seconds.
  expect(joules.dram).toBeWithin(1e-9, 0.094);
  expect(joules.core).toBeWithin(1e-3, 2.862e-3);
  expect(joules.active).toBeWithin(1e-9, 2 * config.energy.activeWatts);
  // 10⁹ sectors gathered and as many loaded in rows at 25 pJ.
  expect(joules.l1).toBeWithin(1e-9, 1e9 * config.energy.gatherSectorJoules + 0.025);
  expect(joules.l2).toBe(0);
});

it('charges issue slots, those lost within the inner loop included', () => {
  const busy = { ...launch, instructions: 1e9 };
  const joules = 1e9 * config.energy.instructionJoules;
  expect(joulesOf(busy, 0, 1, config).core).toBeWithin(1e-9, joules);
  expect(joulesOf({ ...busy, issueEfficiency: 0.25 }, 0, 1, config).core).toBeWithin(
    1e-9,
    4 * joules,
  );
});
