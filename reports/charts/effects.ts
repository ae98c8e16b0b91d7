// Charts the effect of each axis of a sweep on each objective: the share of variation that it
// explains, and the values at each level.

import type { TopLevelSpec } from 'vega-lite';
import { type MetricName, metrics } from '../../sim/sweep/metrics.js';
import type { Effect, Sensitivity } from '../../sim/sweep/sensitivity.js';
import { metricText } from '../metric.js';
import { percent, ratio } from '../quantity.js';
import type { Chart } from './chart.js';
import { legendColumns } from './legend.js';
import { type Line, lineChart } from './lines.js';
import { RATIO_LABELS } from './look.js';
import { fillOf, type Look, solid } from './looks.js';
import { nameLooks } from './name-looks.js';

export function effectCharts({ plan, effects, leftOut }: Sensitivity): readonly Chart[] {
  const objectives = plan.spec.objectives.filter((objective) => !leftOut.includes(objective));
  const looks = nameLooks([...objectives, ...effects.map(({ axis }) => axis)]);
  return [
    ...shareChart(effects, objectives, looks),
    ...objectives.flatMap((objective) => levelChart(effects, objective, looks)),
  ];
}

const ROW = 15;

function shareChart(
  effects: readonly Effect[],
  objectives: readonly MetricName[],
  looks: ReadonlyMap<string, Look>,
): readonly Chart[] {
  const bars = effects.flatMap(({ axis, objective, share, range }) => {
    if (share === null || !objectives.includes(objective)) return [];
    const label = `${axis}, ${objective}: ${percent(share)} of the variance, ${ratio(range)} from best to worst level`;
    return [{ axis, objective, share, label }];
  });
  const max = bars.reduce<(typeof bars)[number] | undefined>(
    (a, b) => (a && a.share >= b.share ? a : b),
    undefined,
  );
  if (!max) return [];
  return [
    {
      id: 'effects',
      title: 'How much each axis moves each objective',
      subtitle:
        'share of the variance of the objective’s logarithm that lies between the levels of one axis by itself',
      alt: `Bars of ${bars.length} shares. The largest: ${max.label}.`,
      data: {
        columns: ['axis', 'objective', 'share'],
        rows: bars.map(({ axis, objective, share }) => [axis, objective, share]),
      },
      spec: (width) => shareSpec(bars, objectives, looks, width),
    },
  ];
}

function shareSpec(
  bars: readonly { readonly axis: string; readonly objective: string }[],
  objectives: readonly string[],
  looks: ReadonlyMap<string, Look>,
  width: number,
): TopLevelSpec {
  const axes = [...new Set(bars.map(({ axis }) => axis))];
  return {
    width,
    height: axes.length * (objectives.length + 1) * ROW,
    autosize: { type: 'fit-x', contains: 'padding' },
    data: { values: [...bars] },
    mark: { type: 'bar' },
    encoding: {
      y: {
        field: 'axis',
        type: 'nominal',
        sort: axes,
        title: null,
        scale: { paddingInner: 0.3 },
        axis: { ticks: false, domain: false, labelLimit: width / 3 },
      },
      yOffset: { field: 'objective', sort: [...objectives] },
      x: {
        field: 'share',
        type: 'quantitative',
        title: 'share of the variance',
        scale: { domain: [0, 1] },
        axis: { format: '.0%', tickCount: 6 },
      },
      color: {
        field: 'objective',
        type: 'nominal',
        scale: {
          domain: [...objectives],
          range: objectives.map((name) => fillOf(looks.get(name) ?? solid('muted'))),
        },
        legend: { columns: legendColumns(objectives, width, { labels: axes }) },
      },
      description: { field: 'label', type: 'nominal' },
    },
  };
}

/**
 * The mean at each level over that of the axis's best level, a line an axis, levels spread evenly.
 */
function levelChart(
  effects: readonly Effect[],
  objective: MetricName,
  looks: ReadonlyMap<string, Look>,
): readonly Chart[] {
  const own = effects.filter(
    (effect) => effect.objective === objective && effect.levels.length > 1,
  );
  const lines = own.map(({ axis, levels }): Line => {
    const best = Math.min(...levels.map(({ mean }) => mean));
    return {
      name: axis,
      points: levels.map(({ level, mean }, at) => ({
        x: at / (levels.length - 1),
        y: mean / best,
        label: `${axis} ${level}: ${metricText(mean, metrics[objective].unit)}, ${ratio(mean / best)} the best level`,
      })),
    };
  });
  const [first] = own;
  if (!first) return [];
  const chart = lineChart(
    {
      id: `levels-${objective}`.replaceAll('_', '-'),
      title: `${objective}, level by level`,
      subtitle:
        'geometric mean at each level over that at the axis’s best level; each axis from its first level to its last',
      alt: `A line for each of ${own.length} axes. ${first.axis} moves ${objective} the most, by ${ratio(first.range)} from its best level to its worst.`,
    },
    lines,
    {
      title: 'first level → last level',
      column: 'place',
      scale: 'linear',
      labels: "datum.value === 0 ? 'first' : datum.value === 1 ? 'last' : ''",
    },
    {
      title: 'times the best',
      column: `${objective}_over_best`,
      scale: 'log',
      labels: RATIO_LABELS,
    },
    looks,
  );
  const rows = own.flatMap(({ axis, levels }) =>
    levels.map(({ level, mean }) => [axis, level, mean]),
  );
  return [{ ...chart, data: { columns: ['axis', 'level', objective], rows } }];
}
