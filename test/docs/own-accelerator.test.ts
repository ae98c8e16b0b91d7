// The guide's accelerator: what the guide prints is this folder's file, which compiles, binds and
// keeps the promises of any family.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bind } from '../../hw-models/bind.js';
import { cyclesOf, sum } from '../../hw-models/cost.js';
import { readPreset } from '../../hw-models/preset.js';
import { modelledRow } from '../../sim/modelled.js';
import { tasksOf, traceDrawn } from '../../sim/trace.js';
import { drawModel } from '../../workloads/synthesis.js';
import { toDense } from '../../workloads/weights/store.js';
import { zoo } from '../../workloads/zoo/index.js';
import { rowSkipper } from './row-skipper/index.js';

const guide = readFileSync('docs/own-accelerator.md', 'utf8');
const text = (name: string) => readFileSync(`test/docs/row-skipper/${name}`, 'utf8');
/** The file as it would stand in hw-models/row-skipper/. */
const inPlace = text('index.ts')
  .replaceAll("'../../../hw-models/", "'../")
  .replaceAll("'../../../", "'../../");

const hardware = bind(
  rowSkipper,
  readPreset(text('row-skipper-64.yaml'), 'row-skipper-64.yaml', rowSkipper),
);

function tasksOfNetwork(name: string, batch = 1) {
  const entry = zoo.get(name);
  if (!entry) throw new Error(`no ${name}`);
  const model = drawModel(entry.network, entry.densities, 0);
  return tasksOf(model, traceDrawn(entry.network, entry.densities, 0), batch);
}

describe('the guide to an accelerator of one’s own', () => {
  it('prints the files that are tested here', () => {
    expect(guide).toContain(`\`\`\`ts\n${inPlace}\`\`\``);
    expect(guide).toContain(`\`\`\`yaml\n${text('row-skipper-64.yaml')}\`\`\``);
  });

  it('has a model that takes as long as its fullest lane, counted weight by weight', () => {
    const tasks = tasksOfNetwork('lenet-300-100', 3);
    hardware.cost(tasks).forEach((cost, at) => {
      const store = tasks[at]?.weights?.store;
      if (!store) return;
      const lanes = new Array(64).fill(0);
      toDense(store).values.forEach((weight, place) => {
        if (weight !== 0) lanes[Math.floor(place / store.columns) % 64] += 3;
      });
      const streamed = (cost.counters.dram_bytes ?? 0) / 8; // 6.4 GB/s at 800 MHz
      expect(cyclesOf(cost)).toBeWithin(1e-12, Math.max(...lanes, streamed));
      expect(cost.load?.busyCycles).toEqual(lanes);
    });
  });

  it('has a model that costs whole networks, convolutions among them', () => {
    const tasks = tasksOfNetwork('lenet-5');
    const row = modelledRow(hardware, hardware.cost(tasks), tasks);
    expect(row).toMatchObject({
      hardware: 'row-skipper-64',
      kernel: 'skip-rows',
      origin: 'modelled',
      areaMm2: 6.4,
    });
    expect(row.joules).toBeGreaterThan(0);
    expect(row.layers.map(({ kernel }) => kernel)).toContain('elementwise');
    for (const cost of hardware.cost(tasks))
      expect(sum(cost.cycles)).toBeGreaterThanOrEqual(cost.floorCycles);
  });

  it('can be turned, and refuses what it cannot be', () => {
    expect(hardware.dials.map(({ path }) => path)).toEqual(['lanes', 'clockHz']);
    const wider = hardware.vary([{ op: 'replace', path: ['lanes'], value: 128 }]);
    // At this batch lanes decide, not the DRAM.
    const tasks = tasksOfNetwork('lenet-300-100', 64);
    const total = (design: typeof wider) =>
      design.cost(tasks).reduce((cycles, cost) => cycles + cyclesOf(cost), 0);
    expect(total(wider)).toBeLessThan(total(hardware));
    expect(() => hardware.vary([{ op: 'replace', path: ['lanes'], value: 0 }])).toThrow(
      'row-skipper-64: lanes: found 0',
    );
  });
});
