// The rules by which the engine's executors take a kernel for each layer, where nobody has timed
// them.

import { type Choose, firstThatPays, preferring } from './choice.js';
import { denseKernels, fftKernels, sparseKernels, winogradKernels } from './table.js';

const sparse = firstThatPays(sparseKernels);

export const rules = {
  /** Every weight multiplied. */
  dense: firstThatPays(denseKernels),
  winograd: preferring(winogradKernels, sparse),
  fft: preferring(fftKernels, sparse),
  /** Zero weights are skipped, and in fully connected layers zero activations. */
  sparse,
} satisfies Readonly<Record<string, Choose>>;
