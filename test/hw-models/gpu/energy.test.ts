import { expect, it } from 'vitest';
import { joulesOf } from '../../../hw-models/gpu/energy.js';
import { type Launch, nothing } from '../../../hw-models/gpu/launch.js';
import { energiesOf, slowed } from '../../../hw-models/gpu/power.js';
import { blockShapes } from '../../../hw-models/gpu/shapes.js';
import { scale } from '../../../hw-models/technology/scaling.js';
import { presetOf } from './presets.js';

const { config } = presetOf('titan-x');
const launch: Launch = {
  ...nothing,
  blocks: 1,
  block: blockShapes.gemv as Launch['block'],
  gatherSectors: 1e9,
  coalescedBytes: 32e9,
  dramBytes: 1e9,
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

it('scales every event to the process of the device, by the law of scaling', () => {
  const { config: volta } = presetOf('v100');
  const factor = scale({ fromNm: 28, toNm: 12 }).energyPerOperation;
  const energies = energiesOf(volta);
  expect(factor).toBeLessThan(1);
  expect(energies.instructionJoules).toBeWithin(1e-12, factor * volta.energy.instructionJoules);
  expect(energies.l2ByteJoules).toBeWithin(1e-12, factor * volta.energy.l2ByteJoules);
  // DRAM is another chip.
  expect(energies.dramByteJoules).toBe(volta.energy.dramByteJoules);
  expect(energiesOf(config).instructionJoules).toBeWithin(1e-12, config.energy.instructionJoules);
});

it('charges shared memory and registers by the byte', () => {
  const joules = joulesOf({ ...launch, sharedBytes: 1e9, registerBytes: 1e9 }, 0, 1, config);
  const without = joulesOf(launch, 0, 1, config);
  expect((joules.l1 ?? 0) - (without.l1 ?? 0)).toBeWithin(
    1e-6,
    1e9 * config.energy.sharedByteJoules,
  );
  expect(joules.core).toBeWithin(1e-9, 1e9 * config.energy.registerByteJoules);
});

it('takes less energy an event at a lower clock, down to the least supply', () => {
  const at = (share: number) => slowed(config, share).energy.instructionJoules;
  expect(at(1)).toBeWithin(1e-3, config.energy.instructionJoules);
  const shares = [1, 0.9, 0.8, 0.7, 0.6, 0.5].map(at);
  for (const [index, joules] of shares.entries())
    expect(joules).toBeLessThanOrEqual((shares[index - 1] ?? joules) * (1 + 1e-9));
  expect(at(0.02)).toBe(at(0.01));
});
