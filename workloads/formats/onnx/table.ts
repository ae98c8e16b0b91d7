// The one table of ONNX operators: for each domain, what its operators put in a network. A new
// operator is one row of one of the files in rows/.

import type { Rows } from './operation.js';
import { attentionRows } from './rows/attention.js';
import { classicalRows } from './rows/classical.js';
import { constantRows } from './rows/constants.js';
import { controlRows } from './rows/control.js';
import { convolutionRows } from './rows/convolutions.js';
import { elementwiseRows } from './rows/elementwise.js';
import { microsoftRows } from './rows/microsoft.js';
import { microsoftAttentionRows } from './rows/microsoft-attention.js';
import { microsoftQuantisedRows } from './rows/microsoft-quantised.js';
import { moveRows } from './rows/moves.js';
import { normRows } from './rows/norms.js';
import { opaqueRows } from './rows/opaque.js';
import { patchRows } from './rows/patches.js';
import { poolRows } from './rows/pools.js';
import { productRows } from './rows/products.js';
import { qonnxDomains, qonnxRows } from './rows/qonnx.js';
import { quantisedRows } from './rows/quantised.js';
import { recurrentRows } from './rows/recurrent.js';
import { reductionRows } from './rows/reductions.js';
import { samplingRows } from './rows/sampling.js';
import { sequenceRows } from './rows/sequences.js';
import { signalRows } from './rows/signal.js';

/** The newest operator set whose changes are known here. */
export const NEWEST_OPSET = 28;

const own: Rows = {
  ...attentionRows,
  ...constantRows,
  ...controlRows,
  ...convolutionRows,
  ...elementwiseRows,
  ...moveRows,
  ...normRows,
  ...opaqueRows,
  ...patchRows,
  ...poolRows,
  ...productRows,
  ...quantisedRows,
  ...recurrentRows,
  ...reductionRows,
  ...samplingRows,
  ...sequenceRows,
  ...signalRows,
};

/**
 * ONNX Runtime keeps some of ONNX's operators under its own domain too, and knows others by their
 * first names.
 */
const microsoft: Rows = {
  ...own,
  ...microsoftRows,
  ...microsoftAttentionRows,
  ...microsoftQuantisedRows,
};

/** Rows by domain; '' is ONNX's own. */
export const domains: ReadonlyMap<string, Rows> = new Map<string, Rows>([
  ['', own],
  ['com.microsoft', microsoft],
  ['ai.onnx.ml', classicalRows],
  ...qonnxDomains.map((domain) => [domain, qonnxRows] as const),
]);
