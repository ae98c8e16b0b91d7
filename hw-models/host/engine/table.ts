// The engine's tables of kernels, each in the order in which its rows are asked.

import { relaxed as relaxedConvolution } from '../convolution.wasm.js';
import { relaxed as relaxedFft } from '../fft.wasm.js';
import { relaxed as relaxedFiltering } from '../filtering.wasm.js';
import { relaxed as relaxedFullyConnected } from '../fully-connected.wasm.js';
import { relaxed as relaxedProduct } from '../product.wasm.js';
import { relaxed as relaxedSampling } from '../sampling.wasm.js';
import { relaxed as relaxedStream } from '../stream.wasm.js';
import { relaxed as relaxedStrided } from '../strided.wasm.js';
import { relaxed as relaxedWinograd } from '../winograd.wasm.js';
import { denseConvolution, sparseConvolution } from './convolution.js';
import { elementwiseKernels } from './elementwise.js';
import { createFft, fftSizes } from './fft.js';
import { filteredConvolution } from './filtering.js';
import { denseColumns, fullyConnectedKernels } from './fully-connected.js';
import type { HostKernel } from './kernel.js';
import { nativeDense, nativeSparse, nativeStreams, nativeWinograd } from './native/table.js';
import { denseProduct, productKernels } from './product.js';
import { samplingKernels } from './sampling.js';
import { streamKernels } from './stream.js';
import { stridedKernels } from './strided.js';
import { createWinograd } from './winograd.js';

/** What has no weights. */
const weightless: readonly HostKernel[] = [
  ...nativeStreams,
  ...elementwiseKernels,
  ...productKernels,
  ...samplingKernels,
  ...streamKernels,
  ...stridedKernels,
];

/** Sparse where few weights are left, else dense. */
export const sparseKernels: readonly HostKernel[] = [
  ...nativeSparse,
  ...nativeDense,
  ...fullyConnectedKernels.filter((kernel) => kernel !== denseColumns),
  denseProduct,
  denseColumns,
  filteredConvolution,
  sparseConvolution,
  denseConvolution,
  ...weightless,
];

/** Every weight multiplied, zero or not. */
export const denseKernels: readonly HostKernel[] = [
  ...nativeDense,
  denseProduct,
  denseColumns,
  denseConvolution,
  ...weightless,
];

/** The one with fewer multiplications pays. */
export const winogradKernels: readonly HostKernel[] = [
  ...nativeWinograd,
  createWinograd(4),
  createWinograd(2),
];

/** The one with fewer products pays. */
export const fftKernels: readonly HostKernel[] = fftSizes.map(createFft);

/** Everything that computes what the weights say: what can be timed against each other. */
export const exactKernels: readonly HostKernel[] = [
  ...new Set([...sparseKernels, ...winogradKernels, ...fftKernels]),
];

/** The code of kernels that are timed: another build of them may have another fastest one. */
export const kernelCode: readonly string[] = [
  ...[
    relaxedFullyConnected,
    relaxedConvolution,
    relaxedFiltering,
    relaxedWinograd,
    relaxedFft,
    relaxedProduct,
    relaxedSampling,
    relaxedStream,
    relaxedStrided,
  ],
];
