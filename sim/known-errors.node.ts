// The shipped table of known errors: computed from all published times by `npm run docs`, as
// computing it takes half a minute.

import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { precisions } from '../hw-models/contract.js';
import type { KnownError } from './known-errors.js';

export const KNOWN_ERRORS_FILE = new URL('./claims/known-errors.csv', import.meta.url);

const Row = z.object({
  hardware: z.string(),
  precision: z.enum(precisions),
  kind: z.string(),
  figures: z.coerce.number(),
  median: z.coerce.number(),
});

/** What stands in the table. */
export function knownErrors(): readonly KnownError[] {
  const options = { columns: true, comment: '#' };
  return z.array(Row).parse(parse(readFileSync(KNOWN_ERRORS_FILE), options));
}
