// What is recorded of a mapped layer adds up to what it costs.

import { describe, expect, it } from 'vitest';
import { cyclesOf } from '../../../hw-models/cost.js';
import { resolveHardware } from '../../../sim/resolve.node.js';
import { tasksOf, traceRandom } from '../../../sim/trace.js';
import { drawModel } from '../../../workloads/synthesis.js';
import { zoo } from '../../../workloads/zoo/index.js';

const entry = zoo.get('lenet-5');
if (!entry) throw new Error('the zoo has no lenet-5');
const { network, densities } = entry;
const tasks = tasksOf(drawModel(network, densities, 0), traceRandom(network, densities, 0), 2);

interface Slice {
  readonly name: string;
  readonly from: number;
  readonly taken: number;
}

function recorded(preset: string, layer: string, room: number) {
  const hardware = resolveHardware(preset);
  const own = tasks.filter(({ name }) => name === layer);
  const [cost] = hardware.cost(own);
  if (!cost) throw new Error(`no layer ${layer}`);
  const tracks = new Map<string, Slice[]>();
  hardware.record(own, 0, cost.kernel, {
    room,
    slice(track, name, from, taken) {
      tracks.set(track, [...(tracks.get(track) ?? []), { name, from, taken }]);
    },
    level: () => undefined,
    note: () => undefined,
  });
  return { cost, tracks };
}

describe.each([
  ['eyeriss', 'conv2'],
  ['simba', 'fc1'],
  ['eie-spatial', 'fc1'],
])('the record of %s on %s', (preset, layer) => {
  it.each([3, 100, 5000])('adds up to the cost with room for %d slices', (room) => {
    const { cost, tracks } = recorded(preset, layer, room);
    expect([...tracks.values()].flat().length).toBeLessThanOrEqual(room + tracks.size + 1);
    for (const [track, slices] of tracks) {
      let end = 0;
      for (const { from, taken } of slices) {
        expect(from).toBeGreaterThanOrEqual(end * (1 - 1e-9));
        end = from + taken;
      }
      expect(end).toBeLessThanOrEqual(cyclesOf(cost) * (1 + 1e-9));
      const working = slices.filter(({ name }) => !name.startsWith('wait'));
      const worked = working.reduce((sum, { taken }) => sum + taken, 0);
      if (track !== 'compute') continue;
      const { compute = 0, imbalance = 0 } = cost.cycles;
      expect(worked).toBeWithin(1e-9, compute + imbalance);
    }
  });
});

it('says which tiles come in, weights where the loops over channels go on', () => {
  const { tracks } = recorded('eyeriss', 'conv2', 5000);
  const names = new Set((tracks.get('glb') ?? []).map(({ name }) => name));
  expect([...names].some((name) => name.startsWith('fetch inputs'))).toBe(true);
  expect([...names].every((name) => !name.includes('weights'))).toBe(true);
});
