// Where the time of a real run went: a bar a layer in the colour of its kernel, and the kernels'
// sums.

import type { TopLevelSpec } from 'vega-lite';
import type { RunReport } from '../../sim/run-network.js';
import { percent, quantity } from '../quantity.js';
import { type Chart, NARROW } from './chart.js';
import { legendColumns } from './legend.js';
import { siLabels } from './look.js';
import { fillOf, type Look, solid } from './looks.js';
import { nameLooks } from './name-looks.js';

interface Bar {
  readonly name: string;
  readonly kernel: string;
  readonly seconds: number;
  readonly label: string;
}

/** Layers that a chart has room for; of more, those that take longest. */
const MAX = 40;

export function layerTimeCharts({ layers, seconds, spread }: RunReport): readonly Chart[] {
  const all = layers.map(({ name, kernel, seconds: own }, at): Bar => {
    const label = `${name}, ${kernel}: ${quantity(own, 's')}, ${percent(own / seconds)}`;
    // Layers that share a name are bars of their own.
    const times = layers.slice(0, at).filter((layer) => layer.name === name).length;
    return { name: times > 0 ? `${name} (${times + 1})` : name, kernel, seconds: own, label };
  });
  const timed = all.filter((bar) => bar.seconds > 0);
  const [longest] = byTime(timed);
  if (!longest || timed.length < 2) return [];
  const looks = nameLooks(timed.map(({ kernel }) => kernel));
  const shown = new Set(byTime(timed).slice(0, MAX));
  const bars = timed.filter((bar) => shown.has(bar));
  const left =
    timed.length > bars.length
      ? `; the ${bars.length} longest of ${timed.length}, in order; the data has all`
      : '';
  const range =
    spread.runs > 1
      ? `; the whole took ${quantity(spread.min, 's')} to ${quantity(spread.max, 's')} in ${spread.runs} runs`
      : '';
  return [
    {
      id: 'layer-times',
      title: 'Time of each layer',
      subtitle: `measured, by kernel${left}${range}`,
      alt: `Bars for ${bars.length} layers. The longest: ${longest.label}.`,
      data: {
        columns: ['layer', 'kernel', 'seconds'],
        rows: timed.map((bar) => [bar.name, bar.kernel, bar.seconds]),
      },
      spec: (width) => layerSpec(bars, { looks, whole: seconds, width }),
    },
    ...kernelChart(timed, looks, seconds),
  ];
}

const byTime = <Item extends { readonly seconds: number }>(bars: readonly Item[]) =>
  [...bars].sort((a, b) => b.seconds - a.seconds);

/** Sums by kernel, where there are several. */
function kernelChart(
  timed: readonly Bar[],
  looks: ReadonlyMap<string, Look>,
  whole: number,
): readonly Chart[] {
  const kernels = [...new Set(timed.map(({ kernel }) => kernel))];
  if (kernels.length < 2) return [];
  const sums = kernels.map((kernel): Bar => {
    const own = timed.filter((bar) => bar.kernel === kernel);
    const seconds = own.reduce((sum, bar) => sum + bar.seconds, 0);
    const label = `${kernel}, ${own.length} layers: ${quantity(seconds, 's')}, ${percent(seconds / whole)}`;
    return { name: kernel, kernel, seconds, label };
  });
  const [most] = byTime(sums);
  return [
    {
      id: 'kernel-times',
      title: 'Time of each kernel',
      subtitle: 'its layers together, measured',
      alt: `Bars for ${sums.length} kernels. The longest: ${most?.label}.`,
      data: {
        columns: ['kernel', 'seconds'],
        rows: byTime(sums).map((bar) => [bar.kernel, bar.seconds]),
      },
      spec: (width) => layerSpec(byTime(sums), { looks, whole, width }, false),
    },
  ];
}

const ROW = 18;

interface Plan {
  readonly looks: ReadonlyMap<string, Look>;
  readonly whole: number;
  readonly width: number;
}

function layerSpec(
  bars: readonly Bar[],
  { looks, whole, width }: Plan,
  hasLegend = true,
): TopLevelSpec {
  const names = bars.map(({ name }) => name);
  const longest = Math.max(...bars.map(({ seconds }) => seconds));
  const kernels = [...new Set(bars.map(({ kernel }) => kernel))];
  const y = {
    field: 'name',
    type: 'nominal' as const,
    sort: names,
    title: null,
    scale: { paddingInner: 0.28 },
    axis: { ticks: false, domain: false, labelPadding: 6, labelLimit: width / 3 },
  };
  const textOf = ({ seconds }: Bar) =>
    width < NARROW
      ? quantity(seconds, 's')
      : `${quantity(seconds, 's')} · ${percent(seconds / whole)}`;
  return {
    width,
    height: bars.length * ROW,
    autosize: { type: 'fit-x', contains: 'padding' },
    data: { values: bars.map((bar) => ({ ...bar, text: textOf(bar) })) },
    layer: [
      {
        mark: { type: 'bar' },
        encoding: {
          y,
          x: {
            field: 'seconds',
            type: 'quantitative',
            title: null,
            // Room for what stands at the end of the longest bar.
            scale: { domain: [0, longest * (width < NARROW ? 1.4 : 1.25)], nice: false },
            axis: { labelExpr: siLabels('s'), tickCount: width < NARROW ? 3 : 5 },
          },
          color: {
            field: 'kernel',
            type: 'nominal',
            scale: {
              domain: kernels,
              range: kernels.map((kernel) => fillOf(looks.get(kernel) ?? solid('muted'))),
            },
            legend: hasLegend
              ? { columns: legendColumns(kernels, width, { labels: names }) }
              : null,
          },
          description: { field: 'label', type: 'nominal' },
        },
      },
      {
        mark: { type: 'text', align: 'left', dx: 6, aria: false },
        encoding: { y, x: { field: 'seconds', type: 'quantitative' }, text: { field: 'text' } },
      },
    ],
  };
}
