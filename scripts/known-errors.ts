// Writes sim/claims/known-errors.csv: part of `npm run docs`.

import { writeFileSync } from 'node:fs';
import { KNOWN_ERRORS_FILE } from '../sim/known-errors.node.js';
import { computeKnownErrors, knownErrorsCsv } from '../sim/validate/known-errors.node.js';

writeFileSync(KNOWN_ERRORS_FILE, knownErrorsCsv(computeKnownErrors()));
