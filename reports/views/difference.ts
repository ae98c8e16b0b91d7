// In what two designs differ, and what comes of it.

import type { Hardware } from '../../hw-models/contract.js';
import { sum } from '../../hw-models/cost.js';
import { type Difference, differenceOf, type FieldChange } from '../../sim/difference.js';
import { type MetricName, metrics } from '../../sim/sweep/metrics.js';
import type { ComparedDesign, DesignDifference } from '../../sim/sweep/reading.node.js';
import { type ChangeBar, changeChart } from '../charts/changes.js';
import type { Chart } from '../charts/chart.js';
import { left, right, type Section, type View } from '../document.js';
import { metricText } from '../metric.js';
import { count, quantity, ratio, stated, UNKNOWN } from '../quantity.js';

/** Units that take SI prefixes; the others are said as they are. */
const PREFIXED: readonly string[] = ['Hz', 's', 'J', 'W', 'B', 'B/s'];

function valueText(value: unknown, unit: string): string {
  if (value === null || value === undefined) return UNKNOWN;
  if (typeof value !== 'number') return String(value);
  return PREFIXED.includes(unit) ? quantity(value, unit) : stated(count(value), unit);
}

function fieldsSection({ changes, patches }: Difference, before: string, after: string): Section {
  return {
    heading: `${before} → ${after}`,
    lines: [
      changes.length === 0
        ? 'no number of the hardware differs'
        : changes.length === 1
          ? '1 number differs'
          : `${changes.length} numbers differ`,
    ],
    ...(changes.length === 0
      ? {}
      : {
          table: {
            columns: [left('number'), right('before'), right('after'), right('ratio')],
            rows: changes.map((change) => [
              change.field,
              valueText(change.before, change.unit ?? ''),
              valueText(change.after, change.unit ?? ''),
              ratio(ratioOf(change)),
            ]),
          },
        }),
    notes:
      patches === null ? ['the two are of different families, which have different numbers'] : [],
  };
}

/** Bars of the numbers that both have and that are above 0. */
function fieldsChart({ changes }: Difference, before: string, after: string): readonly Chart[] {
  const bars = changes.flatMap((change): readonly ChangeBar[] => {
    const times = ratioOf(change);
    if (times === null || !(times > 0)) return [];
    const say = (value: unknown) => valueText(value, change.unit ?? '');
    return [
      {
        ...{ name: change.field, ratio: times },
        ...{ before: say(change.before), after: say(change.after) },
      },
    ];
  });
  return changeChart(
    { id: 'changes', title: `Numbers of ${after} over those of ${before}`, column: 'number' },
    bars,
  );
}

const outcomeChart = (bars: readonly ChangeBar[], [before, after]: readonly string[]) =>
  changeChart(
    { id: 'outcome', title: `Metrics of ${after} over those of ${before}`, column: 'metric' },
    bars,
    'less is better',
  );

function ratioOf({ before, after }: Pick<FieldChange, 'before' | 'after'>): number | null {
  return typeof before === 'number' && typeof after === 'number' && before !== 0
    ? after / before
    : null;
}

const fieldRecords = ({ changes }: Difference) =>
  changes.map(({ field, before, after, unit }) => [field, text(before), text(after), unit]);

const text = (value: unknown) =>
  value === null || typeof value === 'number' ? value : String(value);

/** Two presets. */
export function hardwareDifferenceView(before: Hardware, after: Hardware): View {
  const difference = differenceOf(before, after);
  const area = (hardware: Hardware) => (hardware.area ? sum(hardware.area) : null);
  const areas = `area ${metricText(area(before), 'mm²')} → ${metricText(area(after), 'mm²')}`;
  return {
    title: 'zeroskip hardware diff',
    subject: `${before.name} and ${after.name}: what differs`,
    charts: () => [
      { heading: 'What differs', charts: fieldsChart(difference, before.name, after.name) },
    ],
    sections: () => {
      const section = fieldsSection(difference, before.name, after.name);
      return [{ ...section, lines: [...(section.lines ?? []), areas] }];
    },
    json: () => ({
      before: before.name,
      after: after.name,
      changes: difference.changes,
      patches: difference.patches,
    }),
    records: () => ({
      columns: ['number', 'before', 'after', 'unit'],
      rows: fieldRecords(difference),
    }),
  };
}

/** Two designs of a sweep, with what their axes say and what they come to. */
export function designDifferenceView(difference: DesignDifference): View {
  const { plan, before, after } = difference;
  const names = [before, after].map(
    ({ base, result }) => `${plan.spec.name} ${result.ordinal} (${base})`,
  );
  const axes = axisRows(before, after);
  const measured = (Object.keys(metrics) as readonly MetricName[]).filter(
    (name) => before.result.metrics[name] !== null || after.result.metrics[name] !== null,
  );
  const value = ({ result }: ComparedDesign, name: MetricName) => result.metrics[name];
  const metricChanges = measured.flatMap((name): readonly ChangeBar[] => {
    const [from, to] = [value(before, name), value(after, name)];
    const { unit } = metrics[name];
    return from !== null && to !== null && from > 0 && to > 0
      ? [
          {
            ...{ name, ratio: to / from, before: metricText(from, unit) },
            after: metricText(to, unit),
          },
        ]
      : [];
  });
  return {
    title: 'zeroskip diff',
    subject: `${names[0]} and ${names[1]}: what differs`,
    charts: () => [
      { heading: 'What comes of it', charts: outcomeChart(metricChanges, names) },
      { heading: 'What differs', charts: fieldsChart(difference, names[0] ?? '', names[1] ?? '') },
    ],
    sections: () => [
      {
        heading: `${names[0]} → ${names[1]}: axes`,
        lines: axes.length === 0 ? ['the same design'] : [],
        ...(axes.length === 0
          ? {}
          : {
              table: {
                columns: [left('axis'), right('before'), right('after')],
                rows: axes.map(shownRow),
              },
            }),
      },
      fieldsSection(difference, names[0] ?? '', names[1] ?? ''),
      {
        heading: 'What comes of it',
        table: {
          columns: [left('metric'), right('before'), right('after'), right('ratio')],
          rows: measured.map((name) => [
            name,
            metricText(value(before, name), metrics[name].unit),
            metricText(value(after, name), metrics[name].unit),
            ratio(ratioOf({ before: value(before, name), after: value(after, name) })),
          ]),
        },
      },
    ],
    json: () => ({
      sweep: plan.spec.name,
      fingerprint: plan.fingerprint,
      designs: [before, after].map(({ base, result, workload }) => ({
        ...{
          ordinal: result.ordinal,
          id: result.id,
          base,
          feasible: result.feasible,
          settings: result.settings,
        },
        ...{ workload, metrics: result.metrics },
      })),
      changes: difference.changes,
      patches: difference.patches,
    }),
    records: () => ({
      columns: ['number', 'before', 'after', 'unit'],
      rows: [
        ...axes.map(([axis, a, b]) => [`axis ${axis}`, a, b, null]),
        ...fieldRecords(difference),
        ...measured.map((name) => [
          name,
          value(before, name),
          value(after, name),
          metrics[name].unit,
        ]),
      ],
    }),
  };
}

type AxisRow = readonly [
  axis: string,
  before: string | number | null,
  after: string | number | null,
];

const shownRow = ([axis, before, after]: AxisRow) => [
  axis,
  valueText(before, ''),
  valueText(after, ''),
];

function axisRows(before: ComparedDesign, after: ComparedDesign): readonly AxisRow[] {
  const [a, b] = [before.result.settings, after.result.settings];
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return names
    .filter((name) => a[name] !== b[name])
    .map((name): AxisRow => [name, a[name] ?? null, b[name] ?? null]);
}
