// `validate` with the shipped presets and tables: what the command line and the library call.

import { loadHardware } from '../hw-models/presets.node.js';
import { requireWhole } from '../workloads/base/errors.js';
import { type Progress, silent } from './progress.js';
import { publishedTables } from './validate/tables.node.js';
import { type Validation, validate as validateWith } from './validate/validate.js';

/**
 * Holds every published figure against the shipped models, layers drawn from `seed`; `refit`: see
 * ValidationRequest.
 */
export function validate(
  request: { readonly seed?: number; readonly refit?: boolean; readonly progress?: Progress } = {},
): Validation {
  const { seed = 0, refit = false, progress = silent } = request;
  requireWhole('seed', seed, 0);
  return validateWith({ load: loadHardware, tables: publishedTables, seed, refit, progress });
}
