// The engine's executors: each a rule for which kernel runs a layer.

import type { Executor } from '../../contract.js';
import { firstThatPays, preferring } from './choice.js';
import { createEngine, type EngineOptions } from './engine.js';
import { createSparseFft, fftSizes } from './fft.js';
import type { HostKernel } from './kernel.js';
import { lowPrecisionKernels } from './lowprecision.js';
import { denseKernels, fftKernels, sparseKernels, winogradKernels } from './table.js';
import { createSparseWinograd } from './winograd.js';

const sparse = firstThatPays(sparseKernels);

/** Zero weights are skipped, and in fully connected layers zero activations. */
export function createSparse(options: EngineOptions = {}): Executor {
  return createEngine('sparse', 'sparse', sparse, options);
}

/** `wanted` wherever one of them can run a layer; it computes something else than the weights say if they do. */
function named(name: string, wanted: readonly HostKernel[]) {
  const optIn = wanted.some((kernel) => kernel.optIn);
  return (options: EngineOptions) => createEngine(name, name, preferring(wanted, sparse), { ...options, optIn });
}

export const engineExecutors: Readonly<Record<string, (options: EngineOptions) => Executor>> = {
  sparse: createSparse,
  dense: (options) => createEngine('dense', 'dense', firstThatPays(denseKernels), options),
  winograd: named('winograd', winogradKernels),
  'winograd-sparse': named('winograd-sparse', [createSparseWinograd(4)]),
  fft: named('fft', fftKernels),
  'fft-sparse': named(
    'fft-sparse',
    fftSizes.map((size) => createSparseFft(size)),
  ),
  binary: named('binary', [lowPrecisionKernels.binary]),
  ternary: named('ternary', [lowPrecisionKernels.ternary]),
  int8: named('int8', [lowPrecisionKernels.int8]),
};
