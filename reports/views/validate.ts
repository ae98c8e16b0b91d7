// Published beside modelled, summed up by table and figure by figure.

import type { Claim } from '../../sim/validate/claims.js';
import { contradictions } from '../../sim/validate/contradictions.js';
import type { Summary, Validation } from '../../sim/validate/validate.js';
import { left, right, type Section, type View } from '../document.js';
import { UNKNOWN } from '../quantity.js';

/** What stands in front of the tables, in the terminal and in docs/validation.md. */
const lead = [
  'Error = modelled ÷ published − 1. Layers are drawn from a seed at the published densities; nothing is tuned per layer or figure.',
  "The nine layers run with their biases, as in the authors' simulator; `compare eie-benchmark` leaves them out.",
  'predicted: the figure was used for nothing. fitted: a number of the preset was fitted on that table. input: the preset holds the figure itself. none: no model of it here.',
];

export function validationView(
  { seed, claims, summaries, fitted }: Validation,
  detail: { readonly claims: boolean },
): View {
  return {
    sections: () => [
      summarySection(summaries, seed),
      ...(detail.claims ? [fittedSection(fitted), ...claimSections(claims), disagreements] : []),
    ],
    json: () =>
      claims.map(({ table, claim, source, unit, published, modelled, error, basis, note }) => ({
        ...{ table, claim, source, unit, published, modelled, error, basis, note },
      })),
    records: () => ({
      columns: ['table', 'claim', 'source', 'unit', 'published', 'modelled', 'error', 'basis', 'note'],
      rows: claims.map((c) => [
        ...[c.table, c.claim, c.source, c.unit, c.published, c.modelled, c.error, c.basis, c.note],
      ]),
    }),
  };
}

function summarySection(summaries: readonly Summary[], seed: number): Section {
  return {
    heading: `Published figures against the models, seed ${seed}`,
    lines: lead,
    table: {
      columns: [
        ...[left('table'), left('device'), left('basis'), right('figures'), right('median'), right('90 %')],
        ...[right('geomean'), left('worst')],
      ],
      rows: summaries.map((summary) => [
        ...[summary.table, summary.device || UNKNOWN, summary.basis, `${summary.figures}`],
        ...[absolute(summary.medianAbsoluteError), absolute(summary.percentile90AbsoluteError)],
        summary.geomeanRatio === null ? UNKNOWN : summary.geomeanRatio.toFixed(2),
        `${summary.worst.claim} ${signed(summary.worst.error)}`,
      ]),
    },
  };
}

function fittedSection(fitted: Validation['fitted']): Section {
  return {
    heading: 'Fitted numbers',
    lines: [
      'Each is one number for all layers of a device. How far off a layer is that was left out of the fit stands in hw-models/cpu/README.md and hw-models/gpu/README.md.',
    ],
    table: {
      columns: [left('hardware'), left('number'), right('value'), left('fitted on')],
      rows: fitted.map(({ hardware, number, figure }) => [hardware, number, figure.published, figure.cite]),
    },
  };
}

const disagreements: Section = {
  heading: 'Where the published figures disagree with each other',
  notes: contradictions,
};

function claimSections(claims: readonly Claim[]): readonly Section[] {
  const tables = [...new Set(claims.map(({ table }) => table))];
  return tables.map((table) => {
    const rows = claims.filter((claim) => claim.table === table);
    return {
      heading: table,
      table: {
        columns: [
          left('claim'),
          left('unit'),
          right('published'),
          right('modelled'),
          right('error'),
          left('basis'),
          left('note'),
        ],
        rows: rows.map((row) => [
          ...[row.claim, row.unit, figure(row.published), figure(row.modelled), signed(row.error), row.basis],
          row.note ?? '',
        ]),
      },
    };
  });
}

const figure = (value: number | null) =>
  value === null ? UNKNOWN : Number(value.toPrecision(4)).toLocaleString('en-US', { maximumSignificantDigits: 4 });
const absolute = (error: number) => `${(100 * error).toFixed(1)} %`;
const signed = (error: number | null) =>
  error === null ? UNKNOWN : `${error < 0 ? '−' : '+'}${absolute(Math.abs(error))}`;
