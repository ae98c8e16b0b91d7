import { expect, it } from 'vitest';
import { joulesOf } from '../../../hw-models/gpu/energy.js';
import { blockShapes, type Launch } from '../../../hw-models/gpu/launch.js';
import { presetOf } from './published.js';

it('charges operations, bytes and time', () => {
  const launch: Launch = {
    blocks: 1,
    block: blockShapes.gemv as Launch['block'],
    instructions: 0,
    issueEfficiency: 1,
    gatherSectors: 0,
    l2Bytes: 0,
    dramBytes: 1e9,
    dependentLoads: 1,
  };
  const joules = joulesOf(launch, 1e9, 2, presetOf('titan-x').config);
  // 8 Gbit at 14 pJ; 10⁹ · (3.7 + 0.9) pJ · 28/45; two seconds of 147 W.
  expect(joules.dram).toBeWithin(1e-9, 0.112);
  expect(joules.core).toBeWithin(1e-3, 2.862e-3);
  expect(joules.active).toBeWithin(1e-9, 294);
  expect(joules.l1).toBe(0);
  expect(joules.l2).toBe(0);
});
