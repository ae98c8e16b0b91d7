// Reads the published tables of sim/claims/: comma-separated, a citation in a comment line on top.

import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import type { Tables } from './claims.js';

/** The published tables on disk, beside the code in the sources and in dist/ alike. */
export const publishedTables: Tables = (name) =>
  parse(readFileSync(new URL(`../claims/${name}.csv`, import.meta.url)), {
    columns: true,
    comment: '#',
  });
