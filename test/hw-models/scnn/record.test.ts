// What SCNN's PEs do group by group, against the cost of the same layer.

import { describe, expect, it } from 'vitest';
import { cyclesOf } from '../../../hw-models/cost.js';
import { loadHardware } from '../../../hw-models/presets.node.js';
import { tasksOf, traceRandom } from '../../../sim/trace.js';
import { drawModel } from '../../../workloads/synthesis.js';
import { toDense } from '../../../workloads/weights/store.js';
import { zoo } from '../../../workloads/zoo/index.js';
import { productTask } from '../product-task.js';
import { lengthOf, recordedOn } from '../recorded.js';

const scnn = loadHardware('scnn');
const entry = zoo.get('lenet-5');
if (!entry) throw new Error('no lenet-5');
const { network, densities } = entry;
const tasks = tasksOf(drawModel(network, densities, 1), traceRandom(network, densities, 1), 1);

const record = (hardware: typeof scnn, at: number, room: number) =>
  recordedOn(hardware, tasks, at, 'sparse', room).tracks;

const products = tasks.flatMap(({ name, demand }, at) =>
  demand.kind === 'product' ? [[name, at] as const] : [],
);
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

  it.each(products)('%s: each PE works as long as it costs, to the cycle of the cost', (_, at) => {
    const tracks = record(hardware, at, 1e6);
    const cost = hardware.cost(tasks)[at];
    const whole = cost ? cyclesOf(cost) : Number.NaN;
    const slices = [...tracks.values()].flat();
    expect(Math.max(...slices.map(({ from, cycles }) => from + cycles))).toBeWithin(1e-9, whole);
    for (const [pe, busy] of cost?.load?.busyCycles.entries() ?? []) {
      const own = tracks.get(`PE ${pe}`) ?? [];
      const worked = own.filter(({ name }) => name.startsWith('activation'));
      expect(Math.abs(lengthOf(worked) - busy)).toBeLessThanOrEqual(1e-9 * whole);
      let end = 0;
      for (const { from, cycles } of own) {
        expect(from).toBeGreaterThanOrEqual(end * (1 - 1e-9));
        end = from + cycles;
      }
    }
  });

  it('tells as many groups as there is room for, evenly spread', () => {
    const [, at] = convolutions.at(-1) ?? ['', 0];
    const [all, some] = [record(hardware, at, 1e6), record(hardware, at, 400)];
    const count = (tracks: typeof all) => [...tracks.values()].flat().length;
    expect(count(some)).toBeLessThanOrEqual(400 + 64);
    expect(count(some)).toBeGreaterThan(64);
    expect(count(some)).toBeLessThan(count(all));
  });
});

describe('a fully connected layer on SCNN, recorded', () => {
  it('has the issues that a look at each weight counts', () => {
    const [[, at] = ['', 0]] = products;
    const task = tasks[at];
    if (!task?.weights) throw new Error('no weights');
    const { rows, columns } = task.weights.store;
    const rowsPerPe = Math.ceil(rows / 64);
    const dense = toDense(task.weights.store).values;
    // Elements of one PE's part of a column: values, and a placeholder for each 16 zeros before one.
    const issuesOf = (pe: number, column: number) => {
      let [elements, zeros] = [0, 0];
      for (let row = pe * rowsPerPe; row < Math.min(rows, (pe + 1) * rowsPerPe); row++) {
        if (dense[row * columns + column] === 0) zeros++;
        else {
          elements += 1 + Math.floor(zeros / 16);
          zeros = 0;
        }
      }
      return task.input.values[column] === 0 ? 0 : Math.ceil(elements / 4);
    };
    const tracks = record(scnn, at, 1e9);
    for (const pe of [0, 7, Math.ceil(rows / rowsPerPe) - 1]) {
      const own = (tracks.get(`PE ${pe}`) ?? []).filter(({ name }) =>
        name.startsWith('activation'),
      );
      const issues = Array.from({ length: columns }, (_, column) => issuesOf(pe, column));
      const all = issues.reduce((sum, each) => sum + each, 0);
      const perIssue = lengthOf(own) / all;
      for (const { name, cycles } of own) {
        const [first = 0, last = first] = (name.match(/\d+/g) ?? []).map(Number);
        const counted = issues.slice(first, last + 1).reduce((sum, each) => sum + each, 0);
        expect(cycles).toBeWithin(1e-9, counted * perIssue);
      }
      expect(own.length).toBeGreaterThan(1);
    }
  });

  it('of several vectors and matrices ends where its chip does', () => {
    const task = productTask({ matrices: 3, rows: 5, depth: 40, columns: 24 });
    const [cost] = scnn.cost([task]);
    const { memory = 0, ...onChip } = cost?.cycles ?? {};
    const whole = Object.values(onChip).reduce((sum, part) => sum + part, 0);
    const slices = [...recordedOn(scnn, [task], 0, 'sparse', 1e6).tracks.values()].flat();
    const end = Math.max(...slices.map(({ from, cycles }) => from + cycles));
    // Between two matrices the array may wait for memory.
    expect(end).toBeGreaterThanOrEqual(whole * (1 - 1e-9));
    expect(end).toBeLessThanOrEqual((whole + memory) * (1 + 1e-9));
  });
});
