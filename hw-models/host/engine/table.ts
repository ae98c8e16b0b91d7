// The engine's table of kernels, in the order in which they are asked: whole networks run on it.

import { connectedKernels, denseColumns } from './connected.js';
import { denseConvolution, sparseConvolution } from './convolution.js';
import { elementwiseKernels } from './elementwise.js';
import { filteredConvolution } from './filtering.js';
import type { HostKernel } from './kernel.js';

/** Sparse where few weights are left, else dense. */
export const sparseKernels: readonly HostKernel[] = [
  ...connectedKernels,
  filteredConvolution,
  sparseConvolution,
  denseConvolution,
  ...elementwiseKernels,
];

/** Every weight multiplied, zero or not. */
export const denseKernels: readonly HostKernel[] = [denseColumns, denseConvolution, ...elementwiseKernels];
