// Measurements beside the models: by device and kind of work, and row by row.

import type { Compared, KindSummary, MeasurementReport } from '../../sim/measurements/compare.js';
import type { LeftOut } from '../../sim/measurements/left-out.js';
import { left, right, type Section, type View } from '../document.js';
import { UNKNOWN } from '../quantity.js';

const lead = [
  'Error = modelled ÷ measured − 1, for times; rates are converted to times. Nothing is tuned per row: a device has one set of numbers for all workloads.',
];

export function measurementsView(
  report: MeasurementReport,
  detail: { readonly rows: boolean },
): View {
  return {
    title: 'zeroskip validate --measurements',
    subject: 'Published measurements and the models',
    sections: () => measurementSections(report, detail),
    json: () => report.compared.map(plain),
    records: () => {
      const all = report.compared.map(plain);
      const columns = Object.keys(all[0] ?? plainColumns) as (keyof Plain)[];
      return { columns, rows: all.map((one) => columns.map((column) => one[column])) };
    },
  };
}

type Plain = ReturnType<typeof plain>;

const plainColumns = { id: null, place: null } as const;

function plain({ row, hardware, kernel, kind, measured, modelled, error, note }: Compared) {
  return {
    ...{ id: row.id, place: row.place, source: row.source, where: row.where },
    ...{ device: row.device, work: row.work, batch: row.batch, precision: row.precision },
    ...{ published: row.published, metric: row.measured?.metric ?? row.metric },
    ...{ hardware, kernel, kind, measured, modelled, error },
    // Of a row without a device, why it has none.
    note,
  };
}

/** Summaries, what was left out, and every row where asked for. */
export function measurementSections(
  { compared, summaries, left: reasons }: MeasurementReport,
  detail: { readonly rows: boolean },
): readonly Section[] {
  const placed = compared.filter(({ hardware }) => hardware !== null);
  return [
    {
      heading: `Measurements against the models: ${placed.length} of ${compared.length} rows`,
      lines: lead,
      table: {
        columns: [
          ...[left('hardware'), left('work'), left('precision'), left('of')],
          ...[right('figures'), right('median'), right('90 %'), right('geomean')],
        ],
        rows: summaries.map(summaryRow),
      },
    },
    ...(reasons.length > 0 ? [leftOut(reasons)] : []),
    ...(detail.rows ? [rowsOf(compared)] : []),
  ];
}

function summaryRow(one: KindSummary): readonly string[] {
  return [
    ...[one.hardware, one.kind, one.precision, one.quantity, `${one.figures}`],
    ...[percent(one.medianAbsoluteError), percent(one.percentile90AbsoluteError)],
    one.geomeanRatio.toFixed(2),
  ];
}

const leftOut = (reasons: MeasurementReport['left']): Section => ({
  heading: 'Rows that are not compared',
  table: {
    columns: [right('rows'), left('reason')],
    rows: reasons.map(({ reason, rows }) => [`${rows}`, reason]),
  },
});

const rowsOf = (compared: readonly Compared[]): Section => ({
  heading: 'Each row',
  table: {
    columns: [
      ...[left('row'), left('hardware'), left('work'), right('batch'), left('precision')],
      ...[right('published'), right('error'), left('note')],
    ],
    rows: compared.map(({ row, hardware, error, note }) => [
      ...[row.id || row.place, hardware ?? UNKNOWN, row.work, row.batch, row.precision],
      ...[row.published, error === null ? UNKNOWN : signed(error), note ?? ''],
    ]),
  },
});

/** What a device's own fit is worth. */
export function leftOutSection(all: readonly LeftOut[]): Section {
  return {
    heading: 'Devices without their own measurements',
    lines: [
      'Median absolute error of time with the fitted numbers, and with those that the device would have without its own rows: fitted to the rest of its generation, or a neighbour’s. All other numbers come from the data sheet. GPUs that are not in this table have nothing of their own fitted to measurements.',
    ],
    table: {
      columns: [
        ...[left('hardware'), left('numbers from'), left('work'), left('precision')],
        ...[right('figures'), right('fitted'), right('left out')],
      ],
      rows: all.map((one) => [
        ...[one.device, one.from.join(', '), one.kind, one.precision, `${one.figures}`],
        ...[percent(one.fitted), percent(one.leftOut)],
      ]),
    },
  };
}

const percent = (error: number) => `${(100 * error).toFixed(1)} %`;
const signed = (error: number) => `${error < 0 ? '−' : '+'}${percent(Math.abs(error))}`;
