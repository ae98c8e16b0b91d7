// The table of known errors as it should be now (../known-errors.node.ts reads it).

import { median } from 'simple-statistics';
import { loadHardware } from '../../hw-models/presets.node.js';
import type { KnownError } from '../known-errors.js';
import { validateMeasurements } from '../measurements.node.js';
import { validate } from '../validate.node.js';
import { TIMES } from './wallclock.js';

/** What it should hold now. */
export function computeKnownErrors(): readonly KnownError[] {
  const groups = new Map<string, number[]>();
  const add = (hardware: string, precision: string, kind: string, error: number) => {
    const key = JSON.stringify([hardware, precision, kind]);
    groups.set(key, [...(groups.get(key) ?? []), Math.abs(error)]);
  };
  for (const { hardware, precision, kind, error, row } of validateMeasurements().compared) {
    const isTime = row.measured?.metric !== 'watts' && row.measured?.metric !== 'joules';
    if (hardware !== null && precision !== null && error !== null && isTime)
      add(hardware, precision, (kind ?? '').split(',')[0] ?? '', error);
  }
  for (const { table, device, figures, medianAbsoluteError } of validate({}).summaries) {
    if (table !== TIMES.source) continue;
    const [precision = 'fp32'] = loadHardware(device).precisions;
    const key = JSON.stringify([device, precision, 'fully connected']);
    groups.set(
      key,
      Array.from({ length: figures }, () => medianAbsoluteError),
    );
  }
  const rows = [...groups].map(([key, errors]) => {
    const [hardware, precision, kind] = JSON.parse(key) as [
      string,
      KnownError['precision'],
      string,
    ];
    return { hardware, precision, kind, figures: errors.length, median: median(errors) };
  });
  const order = (row: KnownError) => `${row.hardware} ${row.precision} ${row.kind}`;
  return rows.sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

/** The table as it is written. */
export function knownErrorsCsv(errors: readonly KnownError[]): string {
  const head =
    '# Median |modelled / published - 1| of times, by `npm run docs`: do not edit.\n' +
    'hardware,precision,kind,figures,median\n';
  const line = ({ hardware, precision, kind, figures, median: middle }: KnownError) =>
    [hardware, precision, kind, figures, middle.toFixed(3)].join(',');
  return `${head}${errors.map(line).join('\n')}\n`;
}
