// Published beside modelled, summed up by table and figure by figure.

import { geometricMean, median } from 'simple-statistics';
import type { Figure } from '../../hw-models/contract.js';
import type { MeasurementReport } from '../../sim/measurements/compare.js';
import type { LeftOut } from '../../sim/measurements/left-out.js';
import type { Claim } from '../../sim/validate/claims.js';
import { contradictions } from '../../sim/validate/contradictions.js';
import type { Summary, Validation } from '../../sim/validate/validate.js';
import { POWERS, TIMES } from '../../sim/validate/wallclock.js';
import { predictedCharts } from '../charts/predicted.js';
import { left, right, type Section, type View } from '../document.js';
import { UNKNOWN } from '../quantity.js';
import { leftOutSection, measurementSections } from './measurements.js';

/** What stands in front of the tables, in the terminal and in docs/validation.md. */
const lead = [
  'Error = modelled ÷ published − 1. Layers have random weights from a seed, at the published densities. Nothing is tuned per layer or figure.',
  "The nine layers run with their biases, as in the authors' simulator; compare eie-benchmark runs without biases.",
  'predicted: the figure was not used for the model. fitted: a number of the preset was fitted to that table. input: the preset contains the figure itself. none: not modelled.',
];

/** Characters of a terminal in which the summary fits on one line a row, nearly. */
const WIDE = 110;

const HELD_OUT =
  'held out: for fitted figures, the median absolute error of layers when each is left out of the fit in turn.';

export function validationView(
  { seed, claims, summaries, fitted }: Validation,
  detail: {
    readonly claims: boolean;
    readonly measurements?: MeasurementReport;
    readonly leftOut?: readonly LeftOut[];
  },
): View {
  return {
    sections: ({ columns }) => [
      ...(columns >= WIDE
        ? [summarySection(summaries, seed, true)]
        : [summarySection(summaries, seed, false), worstSection(summaries)]),
      ...(detail.claims
        ? [
            fittedSection(fitted),
            ...byLayer.map((table) => layerSection(table, claims)),
            ...claimSections(claims),
          ]
        : []),
      ...(detail.claims ? [disagreements] : []),
      ...(detail.measurements ? measurementSections(detail.measurements, { rows: false }) : []),
      ...(detail.leftOut ? [leftOutSection(detail.leftOut)] : []),
    ],
    title: 'zeroskip validate',
    subject: 'Published figures and the models',
    charts: () => [
      { heading: 'Published figures against the models', charts: predictedCharts(claims) },
    ],
    json: () =>
      claims.map(({ heldOutError, note, ...claim }) => ({
        ...claim,
        held_out_error: heldOutError,
        note,
      })),
    records: () => ({
      columns: [
        'table',
        'claim',
        'source',
        'unit',
        'published',
        'modelled',
        'error',
        'basis',
        'held_out_error',
        'note',
      ],
      rows: claims.map((c) => [
        ...[
          c.table,
          c.claim,
          c.source,
          c.unit,
          c.published,
          c.modelled,
          c.error,
          c.basis,
          c.heldOutError,
          c.note,
        ],
      ]),
    }),
  };
}

/**
 * The worst figures stand beside the errors where there is room for them, else in a table of their
 * own.
 */
function summarySection(summaries: readonly Summary[], seed: number, wide: boolean): Section {
  const refitted = summaries.some(({ medianHeldOutError }) => medianHeldOutError !== null);
  return {
    heading: `Published figures against the models, seed ${seed}`,
    lines: refitted ? [...lead, HELD_OUT] : lead,
    table: {
      columns: [
        ...[
          left('table'),
          left('device'),
          left('basis'),
          right('figures'),
          right('median'),
          right('90 %'),
        ],
        ...[
          ...(refitted ? [right('held out')] : []),
          right('geomean'),
          ...(wide ? [left('worst')] : []),
        ],
      ],
      rows: summaries.map((summary) => [
        ...[summary.table, summary.device || UNKNOWN, summary.basis, `${summary.figures}`],
        ...[absolute(summary.medianAbsoluteError), absolute(summary.percentile90AbsoluteError)],
        ...(refitted ? [orUnknown(summary.medianHeldOutError, absolute)] : []),
        summary.geomeanRatio === null ? UNKNOWN : summary.geomeanRatio.toFixed(2),
        ...(wide ? [`${summary.worst.claim} ${orUnknown(summary.worst.error, signed)}`] : []),
      ]),
    },
  };
}

function worstSection(summaries: readonly Summary[]): Section {
  return {
    heading: 'Worst figures',
    table: {
      columns: [left('table'), left('figure'), right('error')],
      rows: summaries.map(({ table, worst }) => [
        table,
        worst.claim,
        orUnknown(worst.error, signed),
      ]),
    },
  };
}

function fittedSection(fitted: Validation['fitted']): Section {
  const refitted = fitted.some(({ refitted }) => refitted !== null);
  return {
    heading: 'Fitted numbers',
    lines: [
      'Each is one number for all layers of a device. The fit minimises the sum of the absolute logarithms of modelled ÷ published. Speed-ups and energy ratios are relative to the row dense, batch 1, so its geometric mean counts as five more figures, both in times and in powers.',
      ...(refitted
        ? ['refit: the result of the same search now; – for a number chosen by hand.']
        : []),
    ],
    table: {
      columns: [
        ...[left('hardware'), left('number'), right('value')],
        ...[...(refitted ? [right('refit')] : []), left('fitted on')],
      ],
      rows: fitted.map(({ hardware, number, figure: stated, refitted: value }) => [
        ...[hardware, number, stated.published],
        ...(refitted ? [orUnknown(value, (found) => inUnitOf(stated, found))] : []),
        stated.cite,
      ]),
    },
  };
}

/** `value`, which is SI, as the preset writes its number: '9.6 us'. */
function inUnitOf({ published, value: stated }: Figure, value: number): string {
  const [number = '', ...unit] = published.split(' ');
  return [Number(((Number(number) * value) / stated).toPrecision(4)), ...unit].join(' ');
}

const disagreements: Section = {
  heading: 'Contradictions among the published figures',
  notes: contradictions,
};

/** The tables whose claims are 'PLATFORM KERNEL batch N, LAYER'. */
const byLayer = [TIMES.source, POWERS.source];

/** Errors of one table, a row for each of its rows and a column for each layer. */
function layerSection(table: string, claims: readonly Claim[]): Section {
  const cells = claims
    .filter((claim) => claim.table === table)
    .map(({ claim, error }) => ({
      row: claim.split(', ')[0] ?? '',
      layer: claim.split(', ')[1] ?? '',
      error,
    }));
  const layers = [...new Set(cells.map(({ layer }) => layer))];
  return {
    heading: `${table}, errors by layer`,
    lines: [
      'In percent. median: median of the absolute errors. geomean: geometric mean of modelled ÷ published, minus 1.',
    ],
    table: {
      columns: [left('row'), ...layers.map(right), right('median'), right('geomean')],
      rows: [...new Set(cells.map(({ row }) => row))].map((row) => {
        const errors = cells
          .filter((cell) => cell.row === row)
          .map(({ error }) => error ?? Number.NaN);
        return [
          ...[
            row,
            ...errors.map((error) => `${error < 0 ? '−' : '+'}${Math.abs(100 * error).toFixed(0)}`),
          ],
          ...[
            absolute(median(errors.map(Math.abs))),
            signed(geometricMean(errors.map((error) => 1 + error)) - 1),
          ],
        ];
      }),
    },
  };
}

function claimSections(claims: readonly Claim[]): readonly Section[] {
  const tables = [...new Set(claims.map(({ table }) => table))];
  return tables.map((table) => {
    const rows = claims.filter((claim) => claim.table === table);
    const refitted = rows.some(({ heldOutError }) => heldOutError !== null);
    return {
      heading: table,
      table: {
        columns: [
          ...[left('claim'), left('unit'), right('published'), right('modelled'), right('error')],
          ...[...(refitted ? [right('held out')] : []), left('basis'), left('note')],
        ],
        rows: rows.map((row) => [
          ...[
            row.claim,
            row.unit,
            figure(row.published),
            figure(row.modelled),
            orUnknown(row.error, signed),
          ],
          ...(refitted ? [orUnknown(row.heldOutError, signed)] : []),
          ...[row.basis, row.note ?? ''],
        ]),
      },
    };
  });
}

const figure = (value: number | null) =>
  orUnknown(value, (known) =>
    Number(known.toPrecision(4)).toLocaleString('en-US', { maximumSignificantDigits: 4 }),
  );
const orUnknown = (value: number | null, shown: (value: number) => string) =>
  value === null ? UNKNOWN : shown(value);
const absolute = (error: number) => `${(100 * error).toFixed(1)} %`;
const signed = (error: number) => `${error < 0 ? '−' : '+'}${absolute(Math.abs(error))}`;
