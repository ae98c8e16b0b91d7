// Rows of native kernels, each list in the order in which its rows are asked.

import type { HostKernel } from '../kernel.js';
import { nativeDenseConnected, nativeSparseConnected } from './connected.js';
import { nativeDenseConvolution } from './dense-convolution.js';
import { nativeDepthwise } from './depthwise.js';
import { nativeElementwise } from './elementwise.js';
import { nativePooling } from './pooling.js';
import { nativeDenseProducts, nativeProducts } from './product.js';
import { nativeSparseConvolution } from './sparse-convolution.js';
import { nativeStreamRows } from './stream.js';
import { nativeWinogradConvolution } from './winograd.js';

/** What has no weights. */
export const nativeStreams: readonly HostKernel[] = [
  ...nativeElementwise,
  ...nativePooling,
  ...nativeProducts,
  ...nativeStreamRows,
];

/** Zero weights skipped. */
export const nativeSparse: readonly HostKernel[] = [
  ...nativeSparseConnected,
  nativeSparseConvolution,
  nativeWinogradConvolution,
];

/** Every weight multiplied. */
export const nativeDense: readonly HostKernel[] = [
  ...nativeDenseProducts,
  ...nativeDenseConnected,
  nativeDepthwise,
  nativeDenseConvolution,
];

export const nativeWinograd: readonly HostKernel[] = [nativeWinogradConvolution];
