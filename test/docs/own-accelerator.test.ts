// docs/own-accelerator.md: its files, written into an empty folder where the package is installed,
// have sound types, run by the commands that it shows, and count what they say.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Hardware } from '../../hw-models/contract.js';
import { cyclesOf, sum } from '../../hw-models/cost.js';
import { loadHardware } from '../../hw-models/presets.node.js';
import { modelledRow } from '../../sim/modelled.js';
import { loadPlugin } from '../../sim/plugin.node.js';
import { tasksOf, traceRandom } from '../../sim/trace.js';
import { drawModel } from '../../workloads/synthesis.js';
import { toDense } from '../../workloads/weights/store.js';
import { zoo } from '../../workloads/zoo/index.js';

const page = readFileSync('docs/own-accelerator.md', 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'own-accelerator-'));
afterAll(() => rmSync(folder, { recursive: true }));

const node = (...args: readonly string[]) =>
  execFileSync(process.execPath, [...args], { cwd: folder, encoding: 'utf8' });

let hardware: Hardware;

beforeAll(async () => {
  for (const [, name = '', text = ''] of page.matchAll(
    /`([\w-]+\.(?:mjs|yaml))`:?\n\n```\w+\n([\s\S]*?)```/g,
  ))
    writeFileSync(join(folder, name), text);
  // As npm installs a folder.
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(resolve('.'), join(folder, 'node_modules/zeroskip'));
  await loadPlugin(join(folder, 'my-family.mjs'));
  hardware = loadHardware(join(folder, 'mine.yaml'));
});

function tasksOfNetwork(name: string, batch = 1) {
  const entry = zoo.get(name);
  if (!entry) throw new Error(`no ${name}`);
  const model = drawModel(entry.network, entry.densities, 0);
  return tasksOf(model, traceRandom(entry.network, entry.densities, 0), batch);
}

describe('the guide to an accelerator of one’s own', () => {
  it('has a family whose types are sound', () => {
    const compilerOptions = {
      ...{ checkJs: true, noEmit: true, strict: true, skipLibCheck: true, types: [] },
      ...{ module: 'nodenext', target: 'es2022' },
    };
    const config = { compilerOptions, files: ['my-family.mjs'] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    expect(node(resolve('node_modules/typescript/bin/tsc'), '-p', '.')).toBe('');
  });

  it('shows commands that run', () => {
    const lines = [...page.matchAll(/^npx zeroskip (.*?)(?: +#.*)?$/gm)].map(
      ([, line = '']) => line,
    );
    expect(lines.length).toBe(6);
    const bin = 'node_modules/zeroskip/dist/reports/cli/bin.js';
    const [compared = '', checked, , caused, swept = '', axes] = lines.map((line) =>
      node(bin, ...line.split(' ')),
    );
    expect(compared).toMatch(/^mine:skip-rows +modelled/m);
    expect(checked).toContain('mine.yaml: ok');
    expect(caused).toContain('mine');
    expect(swept).toMatch(/5 designs/);
    expect(axes).toContain('lanes');
    const schema = JSON.parse(readFileSync(join(folder, 'mine.schema.json'), 'utf8'));
    expect(schema.properties).toHaveProperty('lanes');
  });

  it('shows a program that runs, and that more lanes take less time', () => {
    const [, program = ''] = /In a program:\n\n```js\n([\s\S]*?)```/.exec(page) ?? [];
    writeFileSync(join(folder, 'program.mjs'), program.replaceAll('alex-6', 'lenet-5'));
    const [mine, wider] = node('program.mjs')
      .trim()
      .split('\n')
      .map((line) => Number(line.split(' ')[1]));
    expect(wider).toBeLessThan(mine ?? 0);
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
      hardware: 'mine',
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
      'mine: lanes: found 0',
    );
  });
});
