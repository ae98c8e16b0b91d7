import { expect, it } from 'vitest';
import { joulesOf } from '../../../hw-models/gpu/energy.js';
import { blockShapes, type Launch } from '../../../hw-models/gpu/launch.js';
import { presetOf } from './published.js';

it('charges operations, bytes and time', () => {
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
  const joules = joulesOf(launch, 1e9 * config.energy.macJoules, 2, config);
  // 8 Gbit at 14 pJ; 10⁹ · (3.7 + 0.9) pJ · 28/45; two seconds of 147 W.
  expect(joules.dram).toBeWithin(1e-9, 0.112);
  expect(joules.core).toBeWithin(1e-3, 2.862e-3);
  expect(joules.active).toBeWithin(1e-9, 294);
  // 10⁹ sectors gathered and as many loaded in rows, 25 pJ each.
  expect(joules.l1).toBeWithin(1e-9, 0.05);
  expect(joules.l2).toBe(0);
});
