// The one table of what writes layers as ONNX operators, a row a kind.

import type { LayerKind } from '../../network.js';
import { convolutionWriters } from './write-convolutions.js';
import { elementwiseWriters } from './write-elementwise.js';
import { gatherWriters } from './write-gathers.js';
import { moveWriters } from './write-moves.js';
import { normWriters } from './write-norms.js';
import type { WritersOf } from './write-page.js';
import { poolWriters } from './write-pools.js';
import { productWriters } from './write-products.js';
import { quantiseWriters } from './write-quantise.js';
import { recurrentWriters } from './write-recurrent.js';
import { reductionWriters } from './write-reductions.js';
import { signalWriters } from './write-signals.js';

export const writers: WritersOf<LayerKind> = {
  ...convolutionWriters,
  ...elementwiseWriters,
  ...gatherWriters,
  ...moveWriters,
  ...normWriters,
  ...poolWriters,
  ...productWriters,
  ...quantiseWriters,
  ...recurrentWriters,
  ...reductionWriters,
  ...signalWriters,
  opaque(page, { operator }) {
    throw page.fault(operator, 'an operator that can be written');
  },
};
