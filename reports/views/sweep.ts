// Shows the results of a sweep: counts, the front, and the refused designs.

import type { FigureSeries } from '../../sim/sweep/figure-series.node.js';
import { metrics } from '../../sim/sweep/metrics.js';
import type { StoredResult } from '../../sim/sweep/store.js';
import type { SweepSummary } from '../../sim/sweep/summary.js';
import { paretoCharts } from '../charts/pareto.js';
import { right, type Section, type View } from '../document.js';
import { metricText } from '../metric.js';
import { percent, UNKNOWN, wholePercent } from '../quantity.js';
import { figureChart, figureSection } from './figure-series.js';

/** Designs of a front that a table shows. */
const MAX_ROWS = 20;
const MAX_REFUSALS = 5;

/** `series`: of a shipped study, the paper's figure. */
export function sweepView(summary: SweepSummary, series: FigureSeries | null = null): View {
  const { plan, front } = summary;
  const { objectives } = plan.spec;
  const axes = axisNames(front);
  const cells = (result: StoredResult) => [
    ...[result.ordinal, result.id, result.feasible],
    ...axes.map((name) => result.settings[name] ?? null),
    ...objectives.map((name) => result.metrics[name]),
  ];
  return {
    title: 'zeroskip sweep',
    subject: plan.spec.title ?? plan.spec.name,
    sections: ({ isDocument = false }) => [
      ...(series ? [{ ...figureSection(series), summary: true }] : []),
      { ...frontSection(summary, axes, isDocument), summary: true },
    ],
    charts: () => [
      ...(series ? [{ heading: series.figure, charts: [figureChart(series)] }] : []),
      { heading: 'The front', charts: paretoCharts(summary) },
    ],
    json: () => ({
      sweep: plan.spec.name,
      fingerprint: plan.fingerprint,
      ...(series ? { figure: series } : {}),
      ...{ designs: summary.designs, planned: summary.planned, feasible: summary.feasible },
      refusals: summary.refusals,
      objectives: objectives.map((name, at) => ({
        ...{
          name,
          unit: metrics[name].unit,
          best: summary.best[at] ?? null,
          worst: summary.worst[at] ?? null,
        },
        reference: summary.reference[at] ?? null,
      })),
      hypervolume: summary.hypervolume,
      known_errors: Object.fromEntries(summary.knownErrors),
      notes: summary.notes,
      front: front.map(({ ordinal, id, settings, metrics: values }) => ({
        ordinal,
        id,
        settings,
        metrics: values,
      })),
    }),
    records: () => ({
      columns: ['ordinal', 'id', 'feasible', ...axes, ...objectives],
      rows: front.map((result) =>
        cells(result).map((cell) => (typeof cell === 'boolean' ? String(cell) : cell)),
      ),
    }),
  };
}

/** The same of a sweep that was run before. */
export const frontView = (summary: SweepSummary): View => ({
  ...sweepView(summary),
  title: 'zeroskip front',
});

/** The axes that any of the designs has, in order. */
function axisNames(results: readonly StoredResult[]): readonly string[] {
  return [...new Set(results.flatMap(({ settings }) => Object.keys(settings)))];
}

function frontSection(
  summary: SweepSummary,
  axes: readonly string[],
  isDocument: boolean,
): Section {
  const { plan, designs, planned, feasible, front, hypervolume, refusals } = summary;
  const { objectives, name, title } = plan.spec;
  const shown = front.length > MAX_ROWS ? spread(front, MAX_ROWS) : front;
  const covered =
    hypervolume === null
      ? []
      : [
          `the front covers ${percent(hypervolume)} of the box from the best to the reference values, on logarithmic scales`,
        ];
  return {
    heading: title ? `${name} · ${title}` : name,
    lines: [
      `${counted(designs)}${planned === null || planned === designs ? '' : ` of ${counted(planned)}`} designs, ${counted(feasible)} feasible`,
      `${counted(front.length)} that no other design beats in ${objectives.join(', ')}${shown.length < front.length ? `; ${MAX_ROWS} of them, spread evenly, are shown` : ''}`,
      ...covered,
    ],
    table: {
      columns: [right('design'), ...axes.map(right), ...objectives.map(right)],
      rows: shown.map(({ ordinal, settings, metrics: values }) => [
        `${ordinal}`,
        ...axes.map((axis) => (settings[axis] === undefined ? UNKNOWN : `${settings[axis]}`)),
        ...objectives.map((objective) => metricText(values[objective], metrics[objective].unit)),
      ]),
    },
    notes: [
      ...summary.notes,
      ...(isDocument ? errorNotes(summary) : []),
      ...refusals
        .slice(0, MAX_REFUSALS)
        .map(({ fault, designs: refused }) => `${counted(refused)} designs refused: ${fault}`),
    ],
  };
}

const errorNotes = ({ knownErrors }: SweepSummary) =>
  [...knownErrors].map(
    ([label, { median, figures }]) =>
      `${label}: half of ${figures} published times lie within ± ${wholePercent(median)} of the preset's`,
  );

const counted = (value: number) => value.toLocaleString('en-US');

/** Every so-manieth item, the first and the last among them. */
function spread<Item>(items: readonly Item[], max: number): readonly Item[] {
  const at = Array.from({ length: max }, (_, index) =>
    Math.round((index * (items.length - 1)) / (max - 1)),
  );
  return items.filter((_, index) => at.includes(index));
}
