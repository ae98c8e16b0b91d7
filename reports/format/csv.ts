import { stringify } from 'csv-stringify/sync';
import type { Records } from '../records.js';

/**
 * RFC 4180 with a header line; null is an empty cell. Texts that a spreadsheet would run as
 * formulas are escaped.
 */
export function renderCsv({ columns, rows }: Records): string {
  return stringify([[...columns], ...rows.map((row) => [...row])], { escape_formulas: true });
}
