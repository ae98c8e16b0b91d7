// The engine's executors: each a rule for which kernel runs a layer.

import type { Executor } from '../contract.js';
import { type Choose, preferring } from './choice.js';
import { createEngine, type EngineOptions } from './engine.js';
import { createSparseFft, fftSizes } from './fft.js';
import type { HostKernel } from './kernel.js';
import { lowPrecisionKernels } from './lowprecision.js';
import {
  binaryConvolution,
  int8Convolution,
  ternaryConvolution,
} from './lowprecision-convolution.js';
import { bfloat16Dense, bfloat16Sparse } from './native/bfloat16.js';
import { int4Dense } from './native/int4.js';
import { int8Dense, int8Sparse } from './native/int8.js';
import { rules } from './rules.js';
import { createSparseWinograd } from './winograd.js';

/** Zero weights are skipped, and in fully connected layers zero activations. */
export function createSparse(options: EngineOptions = {}): Executor {
  return createEngine('sparse', 'sparse', rules.sparse, options);
}

function exact(name: keyof typeof rules) {
  return (options: EngineOptions): Executor => createEngine(name, name, rules[name], options);
}

/** Computes something else than the weights say, in the layers that `kernels` can run. */
function optIn(name: string, kernels: readonly HostKernel[]) {
  const choose: Choose = preferring(kernels, rules.sparse);
  return (options: EngineOptions): Executor =>
    createEngine(name, name, choose, { ...options, optIn: true });
}

export const engineExecutors: Readonly<Record<string, (options: EngineOptions) => Executor>> = {
  sparse: createSparse,
  dense: exact('dense'),
  winograd: exact('winograd'),
  'winograd-sparse': optIn('winograd-sparse', [createSparseWinograd(4)]),
  fft: exact('fft'),
  'fft-sparse': optIn(
    'fft-sparse',
    fftSizes.map((size) => createSparseFft(size)),
  ),
  bfloat16: optIn('bfloat16', [bfloat16Dense]),
  'bfloat16-sparse': optIn('bfloat16-sparse', [bfloat16Sparse]),
  binary: optIn('binary', [lowPrecisionKernels.binary, binaryConvolution]),
  ternary: optIn('ternary', [lowPrecisionKernels.ternary, ternaryConvolution]),
  int4: optIn('int4', [int4Dense]),
  int8: optIn('int8', [int8Sparse, int8Dense, lowPrecisionKernels.int8, int8Convolution]),
};
