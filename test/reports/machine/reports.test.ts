// What reports show of a described accelerator: its memories' accesses and its drawing.

import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { accessCharts } from '../../../reports/charts/accesses.js';
import { writeCharts } from '../../../reports/charts/files.node.js';
import { drawSvg } from '../../../reports/charts/render.js';
import { renderHtml } from '../../../reports/html/page.js';
import { machineCharts } from '../../../reports/machine/machine-charts.js';
import { mappingView } from '../../../reports/views/mapping.js';
import { compare } from '../../../sim/compare.node.js';
import { mapNetwork } from '../../../sim/map.node.js';

const comparisons = await compare({
  workloads: 'lenet-5',
  hardware: ['eyeriss', 'eie-64', 'titan-x'],
});
const eyeriss = comparisons[0]?.results[0];

describe('the accesses of a described accelerator', () => {
  const charts = accessCharts(comparisons);

  it('are charted for it alone, by level and operand, and come to its energy', () => {
    expect(charts.map(({ id }) => id)).toEqual([
      'accesses-eyeriss-mapped',
      'access-energy-eyeriss-mapped',
    ]);
    const rows = charts[1]?.data.rows ?? [];
    const inMemories = rows.reduce((sum, row) => sum + Number(row[3]), 0);
    const compute = eyeriss?.layers.reduce((sum, { energy }) => sum + (energy?.compute ?? 0), 0);
    const others = eyeriss?.layers.reduce(
      (sum, { energy }) =>
        sum + (energy?.rows ?? 0) + (energy?.columns ?? 0) + (energy?.clock ?? 0),
      0,
    );
    expect(inMemories + (compute ?? 0) + (others ?? 0)).toBeWithin(1e-9, eyeriss?.joules ?? 0);
  });

  it.each([330, 860])('draw without a warning at %d pixels', async (width) => {
    for (const chart of charts) expect(await drawSvg(chart.spec(width))).not.toMatch(/NaN/);
  });
});

describe('reports', () => {
  it('draw what says of what it consists, twice, and write it as files', async () => {
    const drawings = machineCharts(comparisons);
    expect(drawings.map(({ id }) => id.replace(/-(eyeriss|eie).*/, ' $1'))).toEqual([
      ...['machine-use eyeriss', 'machine-energy eyeriss'],
      ...['machine-use eie', 'machine-energy eie'],
    ]);
    const folder = mkdtempSync(join(tmpdir(), 'zeroskip-machine-'));
    const [first] = drawings;
    if (!first) throw new Error('no drawing');
    await writeCharts([first], folder);
    expect(readFileSync(join(folder, `${first.id}.svg`), 'utf8')).not.toContain('var(--');
    expect(readFileSync(join(folder, `${first.id}.csv`), 'utf8')).toContain('glb,1,');
    expect(existsSync(join(folder, `${first.id}.vl.json`))).toBe(false);
  });

  it('show the mapping of a network with its accesses, in text and as a page', async () => {
    const view = mappingView(
      await mapNetwork({ hardware: 'eyeriss', workload: 'lenet-5', batch: 1, seed: 0 }),
    );
    const sections = view.sections({ columns: 80, color: false });
    expect(sections[1]?.table?.rows.map(([memory, operand]) => `${memory} ${operand}`)).toEqual([
      ...['dram weights', 'dram inputs', 'dram outputs', 'glb inputs', 'glb outputs'],
      ...['ifmap-spad inputs', 'filter-spad weights', 'psum-spad outputs'],
    ]);
    const html = await renderHtml(view);
    expect(html).toContain('id="machine-use-eyeriss"');
    expect(html).toContain('id="access-energy-eyeriss"');
    expect(html).toContain('the chip, 2.14 mm²');
  });
});
