// The one table of ONNX operators: for each domain, what its operators put in a network. A new operator is one row of one of
// the files in rows/.

import type { Rows } from './operation.js';
import { constantRows } from './rows/constants.js';
import { convolutionRows } from './rows/convolutions.js';
import { elementwiseRows } from './rows/elementwise.js';
import { moveRows } from './rows/moves.js';
import { normRows } from './rows/norms.js';
import { poolRows } from './rows/pools.js';
import { productRows } from './rows/products.js';
import { reductionRows } from './rows/reductions.js';

/** The newest operator set whose changes are known here. */
export const NEWEST_OPSET = 28;

const own: Rows = {
  ...constantRows,
  ...convolutionRows,
  ...elementwiseRows,
  ...moveRows,
  ...normRows,
  ...poolRows,
  ...productRows,
  ...reductionRows,
};

/** Rows by domain; '' is ONNX's own. */
export const domains: ReadonlyMap<string, Rows> = new Map([['', own]]);
