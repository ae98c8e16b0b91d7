// Charts of sweeps, break-even points, chains and pruning: they draw what was found, whatever it is
// called.

import { describe, expect, it } from 'vitest';
import type { Chart } from '../../../reports/charts/chart.js';
import { drawSvg } from '../../../reports/charts/render.js';
import type { View } from '../../../reports/document.js';
import { compareView } from '../../../reports/views/compare.js';
import { compare } from '../../../sim/compare.node.js';
import { HOSTILE } from '../comparison.js';
import { hostValidationStudy } from '../host-validation.js';
import { breakevenStudy, pruneStudy, stackStudy, sweepStudy } from '../studies.js';

const chartsOf = (view: View) =>
  (view.charts?.() ?? []).flatMap(({ charts }) =>
    charts.filter((chart): chart is Chart => 'spec' in chart),
  );
const { sweep, sensitivity } = await sweepStudy();
const breakeven = await breakevenStudy();
const uncertain = compareView(
  await compare({
    workloads: ['lenet-300-100'],
    hardware: ['titan-x:sparse', 'eie-64'],
    uncertainty: true,
  }),
  { layers: false },
);
const charts: readonly Chart[] = [
  ...[
    sweep,
    sensitivity,
    breakeven,
    await stackStudy(),
    pruneStudy(),
    hostValidationStudy(),
  ].flatMap(chartsOf),
  ...chartsOf(uncertain).filter(({ id }) => id.startsWith('uncertainty')),
];
const ofId = (id: string) => {
  const chart = charts.find((one) => one.id === id);
  if (!chart) throw new Error(`no chart ${id}`);
  return chart;
};
const labels = (svg: string, role: string) =>
  [...svg.matchAll(new RegExp(`aria-label="([^"]*)"[^>]*aria-roledescription="${role}"`, 'g'))].map(
    ([, said]) => said,
  );

describe('charts of studies', () => {
  it('are all there', () => {
    expect(charts.map(({ id }) => id)).toEqual([
      ...['pareto-seconds-joules', 'pareto-seconds-area-mm2', 'pareto-joules-area-mm2'],
      ...['effects', 'levels-seconds', 'levels-joules', 'levels-area-mm2'],
      ...['map-time', 'map-energy', 'time-by-batch', 'energy-by-batch'],
      ...['chain-speed-up', 'chain-energy'],
      ...['size-and-error', 'sensitivity-plain'],
      ...['predicted-measured', 'networks-predicted', 'error-by-network', 'error-by-kernel'],
      'roofline',
      ...['uncertainty-titan-x-sparse', 'uncertainty-eie-64-sparse'],
    ]);
  });

  it.each([330, 860])('draw without a warning at %d pixels, no wider', async (width) => {
    for (const chart of charts) {
      const svg = await drawSvg(chart.spec(width));
      const [, random = ''] = /viewBox="0 0 (\d+)/.exec(svg) ?? [];
      expect(Number(random), chart.id).toBeLessThanOrEqual(width + 1);
      expect(svg, chart.id).not.toMatch(/ id=|NaN|undefined|Infinity|<img|<script/);
    }
  });

  it('say in words and numbers what they draw', () => {
    for (const { id, title, subtitle, alt, data } of charts) {
      expect(`${title}${subtitle}${alt}`, id).not.toMatch(/NaN|undefined|Infinity|null/);
      expect(data.rows.length, id).toBeGreaterThan(0);
      for (const row of data.rows) expect(row, id).toHaveLength(data.columns.length);
    }
  });

  it('mark the front, what it beats and what is beyond a constraint, each design once', async () => {
    const { data, spec } = ofId('pareto-seconds-area-mm2');
    expect(data.rows).toHaveLength(12);
    expect(new Set(data.rows.map(([, ordinal]) => ordinal)).size).toBe(12);
    for (const [role, , , area] of data.rows)
      expect(Number(area) > 8, `${area}`).toBe(role === 'beyond constraints');
    expect(data.rows.map(([role]) => role)).toContain('front');
    const svg = await drawSvg(spec(860));
    expect(labels(svg, 'point')).toHaveLength(12);
    expect(svg).toContain('stroke-dasharray="5,4"');
    // No other feasible design is better in all three objectives.
    const joules = new Map(
      ofId('pareto-joules-area-mm2').data.rows.map(([, ordinal, value]) => [
        ordinal,
        Number(value),
      ]),
    );
    const designs = data.rows.map(([role, ordinal, seconds, area]) => ({
      role,
      values: [Number(seconds), joules.get(ordinal ?? null) ?? Number.NaN, Number(area)],
    }));
    const feasible = designs.filter(({ role }) => role !== 'beyond constraints');
    for (const { role, values } of feasible) {
      const beaten = feasible.some(
        (other) =>
          other.values.every((value, at) => value <= (values[at] ?? 0)) &&
          other.values.some((value, at) => value < (values[at] ?? 0)),
      );
      expect(role).toBe(beaten ? 'feasible' : 'front');
    }
  });

  it('name levels as the spec does', async () => {
    expect(ofId('levels-seconds').data.rows.map(([, level]) => level)).toContain(HOSTILE);
    const said = labels(await drawSvg(ofId('levels-seconds').spec(860)), 'point');
    expect(
      said.filter((label) => label?.includes('&lt;img src=x onerror=alert(1)&gt;')),
    ).toHaveLength(1);
  });

  it('map who costs least, cell by cell', () => {
    const { map, contenders } = breakeven.json() as {
      map: { batch: number; winners: { seconds: string } }[];
      contenders: { label: string }[];
    };
    const rows = ofId('map-time').data.rows;
    expect(rows).toHaveLength(map.length);
    expect(rows.map(([, , winner]) => winner)).toEqual(map.map(({ winners }) => winners.seconds));
    for (const [, , winner] of rows) expect(contenders.map(({ label }) => label)).toContain(winner);
  });

  it('set every timed layer predicted against measured, by kind of kernel', async () => {
    const { alt, data, spec } = ofId('predicted-measured');
    // 3 networks × 13 kernels × 3 layers, of which one a network is not timed.
    expect(data.rows).toHaveLength(114);
    expect(alt).toMatch(
      /^Scatter of 114 layers by kind of kernel\. \d+ of them lie within a factor of 1\.25\.$/,
    );
    const svg = await drawSvg(spec(860));
    expect(labels(svg, 'point')).toHaveLength(114);
    for (const kind of ['dense', 'winograd', 'sparse', 'tfjs', 'others'])
      expect(svg).toContain(`>${kind}</text>`);
    expect(svg).not.toContain('>winograd-f4</text>');
  });

  it('draw a machine’s roofline with each level of its memory and what each layer reached', async () => {
    const { data, spec } = ofId('roofline');
    // Layers that multiply: 9 kernels on 3 layers of 3 networks.
    expect(data.rows).toHaveLength(81);
    const svg = await drawSvg(spec(860));
    expect(labels(svg, 'point')).toHaveLength(81);
    for (const name of ['L1 200 GB/s', 'memory 15.0 GB/s', 'fused multiply-add'])
      expect(svg).toContain(name);
  });

  it('show for each uncertain number what less and more of it do', () => {
    const rows = ofId('uncertainty-titan-x-sparse').data.rows;
    const launch = rows.find(([path]) => path === 'launchSeconds');
    // Small layers are launches and little else: 20 % more of them is nearly 20 % more time, and
    // never more than that.
    expect(launch?.[4]).toBeGreaterThan(1.1);
    expect(launch?.[4]).toBeLessThanOrEqual(1.2);
    expect(launch?.[3]).toBeWithin(0.05, 1 / Number(launch?.[4]));
    for (const [path, , from] of rows) expect(['estimate', 'fitted'], `${path}`).toContain(from);
    // What a network on the chip never reads moves nothing.
    const dram = ofId('uncertainty-eie-64-sparse').data.rows.find(
      ([path]) => path === 'dram.bytesPerSecond',
    );
    expect(dram?.slice(3)).toEqual([1, 1, 1, 1]);
  });
});
