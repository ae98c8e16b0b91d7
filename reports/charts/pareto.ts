// The designs of a sweep in the plane of two objectives: the front, what it beats, what the
// constraints leave out.

import type { TopLevelSpec } from 'vega-lite';
import { type MetricName, metrics } from '../../sim/sweep/metrics.js';
import type { Bounds } from '../../sim/sweep/spec.js';
import type { StoredResult } from '../../sim/sweep/store.js';
import type { SweepSummary } from '../../sim/sweep/summary.js';
import { metricText } from '../metric.js';
import type { Chart } from './chart.js';
import { siLabels } from './look.js';
import { color } from './palette.js';
import { logScale } from './scales.js';

type Role = 'front' | 'feasible' | 'beyond constraints';
const roles: readonly Role[] = ['front', 'feasible', 'beyond constraints'];

/** How loud a mark is. */
const weights: Readonly<Record<Role, { readonly size: number; readonly opacity: number }>> = {
  front: { size: 70, opacity: 1 },
  feasible: { size: 18, opacity: 0.55 },
  'beyond constraints': { size: 18, opacity: 0.4 },
};

interface Point {
  readonly role: Role;
  readonly ordinal: number;
  readonly x: number;
  readonly y: number;
  readonly label: string;
}

/** A chart for each pair of objectives. */
export function paretoCharts(summary: SweepSummary): readonly Chart[] {
  const { objectives } = summary.plan.spec;
  return objectives.flatMap((x, at) =>
    objectives.slice(at + 1).flatMap((y) => paretoChart(summary, x, y)),
  );
}

function paretoChart(summary: SweepSummary, x: MetricName, y: MetricName): readonly Chart[] {
  const { front, sample, designs, plan } = summary;
  const onFront = new Set(front.map(({ ordinal }) => ordinal));
  const others = sample.filter(({ ordinal }) => !onFront.has(ordinal));
  const points = [...others, ...front].flatMap((result): readonly Point[] => {
    const [across, up] = [result.metrics[x], result.metrics[y]];
    if (across === null || up === null || !(across > 0 && up > 0)) return [];
    const role = onFront.has(result.ordinal)
      ? 'front'
      : result.feasible
        ? 'feasible'
        : 'beyond constraints';
    return [
      { role, ordinal: result.ordinal, x: across, y: up, label: labelOf(result, role, x, y) },
    ];
  });
  if (points.length === 0) return [];
  const shown = points.filter(({ role }) => role !== 'front').length;
  const sampled =
    shown + front.length < designs
      ? `; of the others ${shown.toLocaleString('en-US')} are drawn`
      : '';
  return [
    {
      id: `pareto-${x}-${y}`.replaceAll('_', '-'),
      half: true,
      title: `${x} and ${y}`,
      subtitle: `both log, down and to the left is better; front in all of ${plan.spec.objectives.join(', ')}${sampled}`,
      alt:
        `Scatter of ${points.length} designs, ${front.length} of them on the front, from ` +
        `${rangeText(
          points.map((point) => point.x),
          x,
        )} and from ${rangeText(
          points.map((point) => point.y),
          y,
        )}.`,
      data: {
        columns: ['role', 'ordinal', x, y],
        rows: points.map((point) => [point.role, point.ordinal, point.x, point.y]),
      },
      spec: (width) => spec(points, [x, y], plan.spec.constraints ?? {}, width),
    },
  ];
}

function rangeText(values: readonly number[], name: MetricName): string {
  const { unit } = metrics[name];
  return `${metricText(Math.min(...values), unit)} to ${metricText(Math.max(...values), unit)}`;
}

function labelOf(
  { ordinal, settings, metrics: values }: StoredResult,
  role: Role,
  x: MetricName,
  y: MetricName,
) {
  const set = Object.entries(settings).map(([axis, level]) => `${axis} ${level}`);
  const found = [x, y].map((name) => `${name} ${metricText(values[name], metrics[name].unit)}`);
  return `design ${ordinal} (${role}): ${[...set, ...found].join(', ')}`;
}

function spec(
  points: readonly Point[],
  [x, y]: readonly [MetricName, MetricName],
  constraints: Readonly<Record<string, Bounds>>,
  width: number,
): TopLevelSpec {
  const [across, up] = [
    logScale(points.map((point) => point.x)),
    logScale(points.map((point) => point.y)),
  ];
  const axis = (name: MetricName, { domain, ticks }: typeof across) => ({
    title: metrics[name].unit === '' ? name : `${name}, ${metrics[name].unit}`,
    type: 'quantitative' as const,
    scale: { type: 'log' as const, domain: [...domain], nice: false },
    axis: { values: [...ticks], labelExpr: siLabels('') },
  });
  const limits = (name: MetricName, { domain: [low, high] }: typeof across) =>
    [constraints[name]?.atLeast, constraints[name]?.atMost].flatMap((limit) =>
      limit !== undefined && limit >= low && limit <= high ? [{ limit }] : [],
    );
  const rule = {
    type: 'rule' as const,
    color: color('alert'),
    strokeDash: [5, 4],
    aria: false,
  };
  return {
    width,
    height: 300,
    autosize: { type: 'fit', contains: 'padding' },
    layer: [
      {
        data: { values: points.map((point) => ({ ...point, ...weights[point.role] })) },
        mark: { type: 'point', filled: true, stroke: color('panel'), strokeWidth: 0.4 },
        encoding: {
          x: { field: 'x', ...axis(x, across) },
          y: { field: 'y', ...axis(y, up) },
          color: {
            field: 'role',
            type: 'nominal',
            scale: { domain: [...roles], range: [color('accent'), color('muted'), color('alert')] },
            legend: {},
          },
          shape: {
            field: 'role',
            type: 'nominal',
            scale: { domain: [...roles], range: ['diamond', 'circle', 'cross'] },
            legend: {},
          },
          size: { field: 'size', type: 'quantitative', scale: null, legend: null },
          opacity: { field: 'opacity', type: 'quantitative', scale: null, legend: null },
          description: { field: 'label', type: 'nominal' },
        },
      },
      {
        data: { values: limits(x, across) },
        mark: rule,
        encoding: { x: { field: 'limit', type: 'quantitative' } },
      },
      {
        data: { values: limits(y, up) },
        mark: rule,
        encoding: { y: { field: 'limit', type: 'quantitative' } },
      },
    ],
  };
}
