// What SCNN's PEs do group by group, against the cost of the same layer.

import { describe, expect, it } from 'vitest';
import { loadHardware } from '../../../hw-models/presets.node.js';
import { tasksOf, traceRandom } from '../../../sim/trace.js';
import { drawModel } from '../../../workloads/synthesis.js';
import { zoo } from '../../../workloads/zoo/index.js';

const scnn = loadHardware('scnn');
const entry = zoo.get('lenet-5');
if (!entry) throw new Error('no lenet-5');
const { network, densities } = entry;
const tasks = tasksOf(drawModel(network, densities, 1), traceRandom(network, densities, 1), 1);

interface Told {
  readonly name: string;
  readonly from: number;
  readonly cycles: number;
}

function record(hardware: typeof scnn, at: number, room: number): ReadonlyMap<string, Told[]> {
  const tracks = new Map<string, Told[]>();
  hardware.record(tasks, at, 'sparse', {
    room,
    slice: (track, name, from, cycles) =>
      tracks.set(track, [...(tracks.get(track) ?? []), { name, from, cycles }]),
    level: () => {},
  });
  return tracks;
}

const convolutions = tasks.flatMap(({ name, demand }, at) =>
  demand.kind === 'convolution' ? [[name, at] as const] : [],
);
/** Fewer accumulators, so that the plane is cut into bands; and sums that leave slowly. */
const narrow = scnn.vary([
  { op: 'replace', path: ['pe', 'bankEntries'], value: 1 },
  { op: 'replace', path: ['drainedPerCycle'], value: 0.25 },
]);

describe.each([
  ['as published', scnn],
  ['narrow', narrow],
] as const)('SCNN %s, recorded', (_, hardware) => {
  it.each(convolutions)(
    '%s: each PE works as long as it costs, the last sum out at the end',
    (_, at) => {
      const tracks = record(hardware, at, 1e6);
      const cost = hardware.cost(tasks)[at];
      const { memory = 0, ...onChip } = cost?.cycles ?? {};
      const whole = Object.values(onChip).reduce((sum, part) => sum + part, 0);
      expect(memory).toBeGreaterThanOrEqual(0);
      const ends = [...tracks.values()].flat().map(({ from, cycles }) => from + cycles);
      expect(Math.max(...ends)).toBeWithin(1e-9, whole);
      for (const [pe, busy] of cost?.load?.busyCycles.entries() ?? []) {
        const worked = (tracks.get(`PE ${pe}`) ?? [])
          .filter(({ name }) => name.startsWith('group'))
          .reduce((sum, { cycles }) => sum + cycles, 0);
        expect(Math.abs(worked - busy)).toBeLessThanOrEqual(1e-9 * whole);
      }
      for (const slices of tracks.values()) {
        let end = 0;
        for (const { from, cycles } of slices) {
          expect(from).toBeGreaterThanOrEqual(end - 1e-6);
          end = from + cycles;
        }
      }
    },
  );

  it('tells as many groups as there is room for, evenly spread', () => {
    const [, at] = convolutions.at(-1) ?? ['', 0];
    const [all, some] = [record(hardware, at, 1e6), record(hardware, at, 400)];
    const count = (tracks: typeof all) => [...tracks.values()].flat().length;
    expect(count(some)).toBeLessThanOrEqual(400 + 64);
    expect(count(some)).toBeGreaterThan(64);
    expect(count(some)).toBeLessThan(count(all));
  });
});
