// The Keras layers that are read.

import { activationRows } from './activations.js';
import { attentionRows } from './attention.js';
import { convolutionRows } from './convolutions.js';
import { normalisationRows } from './normalisations.js';
import { recurrentRows } from './recurrent.js';
import { shapeRows } from './shapes.js';
import type { KerasRow } from './use.js';

export const kerasRows: Readonly<Record<string, KerasRow>> = {
  ...convolutionRows,
  ...shapeRows,
  ...normalisationRows,
  ...activationRows,
  ...attentionRows,
  ...recurrentRows,
};
