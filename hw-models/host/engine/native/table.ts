// Rows of native kernels, each list in the order in which its rows are asked.

import type { HostKernel } from '../kernel.js';
import { nativeDenseConvolution } from './dense-convolution.js';
import { nativeElementwise } from './elementwise.js';
import { nativeSparseConvolution } from './sparse-convolution.js';
import { nativeWinogradConvolution } from './winograd.js';

/** What has no weights. */
export const nativeStreams: readonly HostKernel[] = [...nativeElementwise];

/** Zero weights skipped. */
export const nativeSparse: readonly HostKernel[] = [
  nativeSparseConvolution,
  nativeWinogradConvolution,
];

/** Every weight multiplied. */
export const nativeDense: readonly HostKernel[] = [nativeDenseConvolution];

export const nativeWinograd: readonly HostKernel[] = [nativeWinogradConvolution];
