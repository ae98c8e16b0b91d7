// The rules by which the engine's executors take a kernel for each layer, where nobody has timed
// them.

import { type Choose, firstThatPays, preferring } from './choice.js';
import { nativeWinograd } from './native/table.js';
import { denseKernels, fftKernels, sparseKernels, winogradKernels } from './table.js';

const sparse = firstThatPays(sparseKernels);

/** Beside native kernels WebAssembly's transforms are slower than any other way. */
const winograd = {
  native: preferring(nativeWinograd, sparse),
  webAssembly: preferring(winogradKernels, sparse),
};

export const rules = {
  /** Every weight multiplied. */
  dense: firstThatPays(denseKernels),
  winograd: (layer, weights, hasNative) =>
    (hasNative ? winograd.native : winograd.webAssembly)(layer, weights, hasNative),
  fft: preferring(fftKernels, sparse),
  /** Zero weights are skipped, and in fully connected layers zero activations. */
  sparse,
} satisfies Readonly<Record<string, Choose>>;
