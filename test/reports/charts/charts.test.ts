// Every chart of every report: it draws at each width, says as much in words and numbers, and
// changes only on purpose.

import { describe, expect, it } from 'vitest';
import type { Chart } from '../../../reports/charts/chart.js';
import { predictedCharts } from '../../../reports/charts/predicted.js';
import { drawSvg } from '../../../reports/charts/render.js';
import { rooflineCharts } from '../../../reports/charts/roofline.js';
import { logScale } from '../../../reports/charts/scales.js';
import { textWidth } from '../../../reports/charts/text-width.js';
import type { View } from '../../../reports/document.js';
import { quantity, ratio } from '../../../reports/quantity.js';
import type { NamedComparison } from '../../../sim/compare.node.js';
import { madeUpClaims as claims } from '../claims.js';
import { madeUpComparisons, viewOf } from '../comparison.js';

const chartsOf = (view: View) =>
  (view.charts?.() ?? []).flatMap(({ charts }) =>
    charts.filter((chart): chart is Chart => 'spec' in chart),
  );

const [one, two] = madeUpComparisons() as [NamedComparison, NamedComparison];
const charts: readonly Chart[] = [
  ...chartsOf(viewOf([one, two])),
  ...chartsOf(viewOf([two])).map((chart) => ({ ...chart, id: `alone-${chart.id}` })),
  ...rooflineCharts([
    { ...two, results: two.results.filter(({ hardware }) => hardware === 'npu') },
  ]).map((chart) => ({ ...chart, id: `lone-${chart.id}` })),
  ...predictedCharts(claims),
];

const ofId = (id: string) => charts.find((chart) => chart.id === id);
const drawn = (id: string) => {
  const chart = ofId(id);
  if (!chart) throw new Error(`no chart ${id}`);
  return chart.spec(860);
};
const marks = (svg: string, role: string) => svg.split(`aria-roledescription="${role}"`).length - 1;

describe('charts', () => {
  it('are all there', () => {
    expect(charts.map(({ id }) => id)).toEqual([
      ...['speed-up', 'energy-efficiency', 'absolute-time', 'absolute-energy'],
      ...['time-on-cpu-dense', 'time-on-cpu-sparse', 'time-on-npu-sparse'],
      ...['energy-on-cpu-dense', 'energy-on-cpu-sparse', 'energy-on-npu-sparse'],
      ...['rooflines', 'load-npu-sparse'],
      ...['alone-speed-up', 'alone-energy-efficiency', 'alone-time-by-hardware'],
      ...['alone-time-on-cpu-dense', 'alone-time-on-cpu-sparse', 'alone-time-on-npu-sparse'],
      'alone-energy-by-hardware',
      ...['alone-energy-on-cpu-dense', 'alone-energy-on-cpu-sparse', 'alone-energy-on-npu-sparse'],
      ...['alone-rooflines', 'alone-load-npu-sparse'],
      'lone-roofline-npu',
      ...['errors', 'against-eie-table-iv-s', 'against-eie-figure-6-ratio'],
    ]);
  });

  it.each([330, 410, 860])(
    'draw without a warning at %d pixels, no wider, and with no ids that could collide',
    async (width) => {
      for (const chart of charts) {
        const svg = await drawSvg(chart.spec(width));
        const [, random = ''] = /viewBox="0 0 (\d+)/.exec(svg) ?? [];
        expect(Number(random), chart.id).toBeLessThanOrEqual(width + 1);
        expect(svg, chart.id).not.toMatch(/ id=|NaN|undefined|Infinity/);
      }
    },
  );

  it('say in words and numbers what they draw', () => {
    for (const { id, title, subtitle, alt, data } of charts) {
      for (const text of [title, subtitle, alt]) expect(text.length, id).toBeGreaterThan(8);
      expect(`${title}${subtitle}${alt}`, id).not.toMatch(/NaN|undefined|Infinity/);
      expect(data.rows.length, id).toBeGreaterThan(0);
      for (const row of data.rows) expect(row, id).toHaveLength(data.columns.length);
    }
  });

  it('draw a bar for each ratio, from 1', async () => {
    const chart = ofId('speed-up');
    // Two workloads and their mean on four hardware rows.
    expect(chart?.data.rows).toHaveLength(12);
    if (chart) expect(marks(await drawSvg(chart.spec(860)), 'bar')).toBe(12);
    const reference = chart?.data.rows
      .filter(([, hardware]) => hardware === 'cpu:dense')
      .map((row) => row[3]);
    expect(reference).toEqual([1, 1, 1]);
  });

  it('stack parts that add up to the whole', () => {
    const rows = ofId('alone-time-on-npu-sparse')?.data.rows ?? [];
    const secondsOf = (layer: string) =>
      rows
        .filter(([row]) => row === layer)
        .reduce((sum, [, , seconds]) => sum + Number(seconds), 0);
    // 3 ms at 50 times the speed; the first layer takes a quarter.
    expect(secondsOf('first')).toBeWithin(1e-9, 0.25 * 60e-6);
    expect(secondsOf('second')).toBeWithin(1e-9, 0.75 * 60e-6);
    expect(ofId('alone-time-by-hardware')?.data.rows).toContainEqual([
      'npu:sparse',
      'compute',
      0.75 * 60e-6,
    ]);
  });

  it('say what ratios come to: a second axis for one workload, marks for several', async () => {
    const { seconds, speedup } = two.results[3] ?? {};
    const svg = await drawSvg(drawn('alone-speed-up'));
    expect(svg).toContain(`${ratio(speedup ?? 0)} · ${quantity(seconds ?? 0, 's')}`);
    expect(svg).toContain('>time<');
    const marked = ofId('absolute-time')?.data.rows ?? [];
    expect(marked.map((row) => row[3])).toEqual(
      [one, two].flatMap(({ results }) => results.map((result) => result.seconds)),
    );
  });

  it('put all modelled devices under one pair of axes, each in its own colour', async () => {
    const chart = ofId('rooflines');
    const devices = new Set(chart?.data.rows.map(([hardware]) => hardware));
    expect([...devices].sort()).toEqual(['cpu', 'npu']);
    const svg = await drawSvg(drawn('rooflines'));
    expect(marks(svg, 'point')).toBe(chart?.data.rows.length);
    const colors = [...svg.matchAll(/aria-roledescription="point"[^>]* fill="([^"]*)"/g)];
    expect(new Set(colors.map(([, fill]) => fill)).size).toBe(2);
  });

  it('show how evenly units worked', () => {
    expect(ofId('load-npu-sparse')?.alt).toBe(
      'Heat map, 4 rows by 8 PEs. On average they are busy 68.0 % of the time in one first and 68.0 % in one first.',
    );
  });

  it('say how many published figures are met and how many lie outside the picture', () => {
    const errors = ofId('errors');
    // Factors 0.82 to 1.24 of two devices, eight each, and all twelve of Figure 6.
    expect(errors?.alt).toContain('28 of 37 figures lie within a factor of 1.25');
    expect(errors?.subtitle).toContain('1 beyond 4×');
  });

  it('keep every mark of a roofline under the roof', async () => {
    for (const chart of charts.filter(({ id }) => id.includes('roofline'))) {
      const shares = [...chart.alt.matchAll(/(\d+) %/g)].map(([, share]) => Number(share));
      expect(shares, chart.id).toHaveLength(chart.id.endsWith('rooflines') ? 2 : 1);
      for (const share of shares) {
        expect(share, chart.id).toBeGreaterThan(0);
        expect(share, chart.id).toBeLessThanOrEqual(100);
      }
    }
  });

  it.each([
    'speed-up',
    'alone-speed-up',
    'alone-time-by-hardware',
    'load-npu-sparse',
    'rooflines',
    'errors',
  ])('%s looks as reviewed', async (id) => {
    const chart = ofId(id);
    expect(chart).toBeDefined();
    if (!chart) return;
    // A tag a line, so that a change can be read.
    const svg = (await drawSvg(chart.spec(660))).replaceAll('><', '>\n<');
    await expect(svg).toMatchFileSnapshot(`../../golden/charts/${id}.svg`);
  });
});

describe('a logarithmic axis', () => {
  it.each([
    [
      [1, 1000],
      [1, 10, 100, 1000],
    ],
    [
      [3, 40],
      [5, 10, 20],
    ],
    [
      [1.1, 1.9],
      [1, 1.2, 1.5, 2],
    ],
    [
      [1e-6, 1e6],
      [1e-6, 1e-4, 1e-2, 1, 100, 1e4, 1e6],
    ],
    [[5, 5], [5]],
  ])('for %j has ticks %j', (values, expected) => {
    const { domain, ticks } = logScale(values);
    expect(ticks).toEqual(expected);
    expect(domain[0]).toBeLessThan(Math.min(...values));
    expect(domain[1]).toBeGreaterThan(Math.max(...values));
  });
});

describe('the width of a text', () => {
  it('follows its letters and its size', () => {
    expect(textWidth('mm', 10, false)).toBeGreaterThan(2 * textWidth('ii', 10, false));
    expect(textWidth('abc', 20, false)).toBeWithin(1e-12, 2 * textWidth('abc', 10, false));
    expect(textWidth('abc', 10, true)).toBeGreaterThan(textWidth('abc', 10, false));
    // Helvetica: 10 digits of 556/1000 em, and 12 % of room.
    expect(textWidth('0123456789', 10, false)).toBeWithin(1e-12, 10 * 5.56 * 1.12);
  });
});
