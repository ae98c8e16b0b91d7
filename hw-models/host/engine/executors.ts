// The engine's executors: each a rule for which kernel runs a layer.

import type { Executor } from '../../contract.js';
import { type Choose, firstThatPays, preferring } from './choice.js';
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

function executor(name: string, choose: Choose) {
  return (options: EngineOptions): Executor => createEngine(name, name, choose, options);
}

/** Computes something else than the weights say, in the layers that `kernels` can run. */
function optIn(name: string, kernels: readonly HostKernel[]) {
  return (options: EngineOptions): Executor => {
    return createEngine(name, name, preferring(kernels, sparse), { ...options, optIn: true });
  };
}

export const engineExecutors: Readonly<Record<string, (options: EngineOptions) => Executor>> = {
  sparse: createSparse,
  dense: executor('dense', firstThatPays(denseKernels)),
  winograd: executor('winograd', preferring(winogradKernels, sparse)),
  'winograd-sparse': optIn('winograd-sparse', [createSparseWinograd(4)]),
  fft: executor('fft', preferring(fftKernels, sparse)),
  'fft-sparse': optIn(
    'fft-sparse',
    fftSizes.map((size) => createSparseFft(size)),
  ),
  binary: optIn('binary', [lowPrecisionKernels.binary]),
  ternary: optIn('ternary', [lowPrecisionKernels.ternary]),
  int8: optIn('int8', [lowPrecisionKernels.int8]),
};
