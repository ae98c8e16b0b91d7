// The designs of a sweep in the plane of two objectives: the front, what it beats, what the
// constraints leave out.

import type { TopLevelSpec } from 'vega-lite';
import { type MetricName, metrics } from '../../sim/sweep/metrics.js';
import type { Bounds } from '../../sim/sweep/spec.js';
import type { StoredResult } from '../../sim/sweep/store.js';
import type { SweepSummary } from '../../sim/sweep/summary.js';
import { metricLabels, metricText } from '../metric.js';
import { UNKNOWN, wholePercent } from '../quantity.js';
import type { Chart } from './chart.js';
import { BESIDE, placeNames } from './labels.js';
import { color } from './palette.js';
import { logScale } from './scales.js';

type Role = 'front' | 'feasible' | 'beyond constraints';
const roles: readonly Role[] = ['front', 'feasible', 'beyond constraints'];

/** How loud a mark is. */
const weights: Readonly<Record<Role, { readonly size: number; readonly opacity: number }>> = {
  front: { size: 70, opacity: 1 },
  feasible: { size: 26, opacity: 0.8 },
  'beyond constraints': { size: 26, opacity: 0.7 },
};

interface Point {
  readonly role: Role;
  readonly ordinal: number;
  readonly x: number;
  readonly y: number;
  readonly label: string;
  /** What tells it from the others of the front, in short. */
  readonly name: string;
  /** From and to where its time may lie, by the known error of the device that it varies. */
  readonly from: number;
  readonly to: number;
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
  const nameOf = namesOf(front);
  const errorOf = ({ settings }: StoredResult) =>
    summary.knownErrors.get(String(settings.hardware ?? plan.bases[0]?.label))?.median ?? 0;
  const isTimed = x === 'seconds' || y === 'seconds';
  const points = [...others, ...front].flatMap((result): readonly Point[] => {
    const [across, up] = [result.metrics[x], result.metrics[y]];
    if (across === null || up === null || !(across > 0 && up > 0)) return [];
    const role = onFront.has(result.ordinal)
      ? 'front'
      : result.feasible
        ? 'feasible'
        : 'beyond constraints';
    return [
      {
        ...{ role, ordinal: result.ordinal, x: across, y: up, name: nameOf(result) },
        ...spanOf(x === 'seconds' ? across : up, isTimed ? errorOf(result) : 0),
        label: labelOf(result, role, x, y),
      },
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
      title: sentence(`${metrics[x].title} and ${metrics[y].title}`),
      subtitle: `both log, down and to the left is better; front in all of ${plan.spec.objectives.join(', ')}${sampled}; names: ${axesOf(front).join(' · ') || 'design'}${isTimed ? errorText(summary) : ''}`,
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
      spec: (width) =>
        spec(points, {
          ...{ objectives: [x, y], constraints: plan.spec.constraints ?? {}, width },
          isWhole: plan.spec.objectives.length === 2,
        }),
    },
  ];
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

const spanOf = (seconds: number, error: number) => ({
  ...{ from: seconds / (1 + error), to: seconds * (1 + error) },
});

/** What the thin lines are, where there are some. */
function errorText({ knownErrors }: SweepSummary): string {
  const known = [...knownErrors].map(([label, { median }]) => `${label} ± ${wholePercent(median)}`);
  if (known.length === 0) return '';
  return `; thin lines at names: median error of the preset's times against published ones, ${known.join(', ')}`;
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

/** Axes whose level differs between designs of the front. */
function axesOf(front: readonly StoredResult[]): readonly string[] {
  const all = [...new Set(front.flatMap(({ settings }) => Object.keys(settings)))];
  return all.filter((axis) => new Set(front.map(({ settings }) => settings[axis])).size > 1);
}

/** Characters of a level in a name. */
const MAX_LEVEL = 12;

/** '16 · deep · 64': a design by its levels on the axes of {@link axesOf}. */
function namesOf(front: readonly StoredResult[]): (design: StoredResult) => string {
  const axes = axesOf(front);
  const levelOf = (level: unknown) => {
    const text = level === undefined ? UNKNOWN : String(level);
    return text.length > MAX_LEVEL ? `${text.slice(0, MAX_LEVEL - 1)}…` : text;
  };
  const [first, ...others] = axes;
  return ({ ordinal, settings }) => {
    if (first === undefined) return `design ${ordinal}`;
    // Of one axis its name has room too.
    return others.length === 0
      ? `${first} ${levelOf(settings[first])}`
      : axes.map((axis) => levelOf(settings[axis])).join(' · ');
  };
}

interface Plan {
  readonly objectives: readonly [MetricName, MetricName];
  readonly constraints: Readonly<Record<string, Bounds>>;
  readonly width: number;
  /** Whether the front is one in these two objectives alone: its edge can be drawn. */
  readonly isWhole: boolean;
}

const HEIGHT = 340;
/** Pixels by which names stand above lying error bars. */
const LIFT = 9;
/** Pixels of axes and legend beside and below the plot, about. */
const [BESIDE_PLOT, ABOVE_PLOT] = [64, 70];

/** The names of the front that have room, by the side of the mark on which they stand. */
function placed(
  points: readonly Point[],
  [left, right]: readonly [number, number],
  [bottom, top]: readonly [number, number],
  { width, isWhole, lift }: Pick<Plan, 'width' | 'isWhole'> & { readonly lift: number },
) {
  const share = (value: number, from: number, to: number) =>
    Math.log(value / from) / Math.log(to / from);
  const plot = { width: width - BESIDE_PLOT, height: HEIGHT - ABOVE_PLOT };
  const front = points.filter(({ role }) => role === 'front').sort((a, b) => a.x - b.x);
  const marks = front.map((point) => ({
    ...{ name: point.name, point },
    x: share(point.x, left, right) * plot.width,
    y: (1 - share(point.y, bottom, top)) * plot.height - lift,
  }));
  // The ends of the front first, then its middle, and so on.
  const order = [0, marks.length - 1, ...marks.map((_, at) => (at * 7) % marks.length)];
  const inOrder = [...new Set(order)].flatMap((at) => marks[at] ?? []);
  const rest = marks.filter((mark) => !inOrder.includes(mark));
  // The edge of the front runs down to a mark and then to its right.
  return placeNames([...inOrder, ...rest], plot.width, isWhole ? 'left' : 'right');
}

function spec(
  points: readonly Point[],
  { objectives: [x, y], constraints, width, isWhole }: Plan,
): TopLevelSpec {
  const ends = (name: MetricName) =>
    name === 'seconds'
      ? points.flatMap(({ role, from, to }) => (role === 'front' ? [from, to] : []))
      : [];
  const [across, up] = [
    logScale([...points.map((point) => point.x), ...ends(x)]),
    logScale([...points.map((point) => point.y), ...ends(y)]),
  ];
  const axis = (name: MetricName, { domain, ticks }: typeof across) => ({
    title: metrics[name].title,
    type: 'quantitative' as const,
    scale: { type: 'log' as const, domain: [...domain], nice: false },
    axis: { values: [...ticks], labelExpr: metricLabels(metrics[name].unit) },
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
  const lift = x === 'seconds' && points.some(({ from, to }) => to > from) ? LIFT : 0;
  const names = placed(points, across.domain, up.domain, { width, isWhole, lift });
  const place = {
    x: { field: 'x', type: 'quantitative' },
    y: { field: 'y', type: 'quantitative' },
  } as const;
  const [lying, standing] = [
    { ...place, x: { field: 'from', type: 'quantitative' }, x2: { field: 'to' } },
    { ...place, y: { field: 'from', type: 'quantitative' }, y2: { field: 'to' } },
  ] as const;
  return {
    width,
    height: HEIGHT,
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
      ...(isWhole
        ? [
            {
              data: { values: points.filter(({ role }) => role === 'front') },
              mark: {
                ...{ type: 'line' as const, interpolate: 'step-after' as const, strokeWidth: 1 },
                ...{ color: color('accent'), aria: false },
              },
              encoding: { ...place, order: { field: 'x', type: 'quantitative' as const } },
            },
          ]
        : []),
      {
        data: {
          values: names.flatMap(({ mark: { point } }) => (point.to > point.from ? [point] : [])),
        },
        mark: { type: 'rule' as const, color: color('ink'), strokeWidth: 1, aria: false },
        encoding: x === 'seconds' ? lying : standing,
      },
      ...(['left', 'right'] as const).map((side) => ({
        data: { values: names.flatMap((name) => (name.side === side ? [name.mark.point] : [])) },
        mark: {
          ...{
            type: 'text' as const,
            align: side === 'left' ? ('right' as const) : ('left' as const),
          },
          ...{ dx: side === 'left' ? -BESIDE : BESIDE, dy: -lift, aria: false },
        },
        encoding: { ...place, text: { field: 'name', type: 'nominal' as const } },
      })),
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
