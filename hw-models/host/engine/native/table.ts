// Rows of native kernels, each list in the order in which its rows are asked.

import type { HostKernel } from '../kernel.js';
import { nativeDenseConvolution } from './dense-convolution.js';
import { nativeDepthwise } from './depthwise.js';
import { nativeElementwise } from './elementwise.js';
import { nativeExperts } from './experts.js';
import { nativeDenseFullyConnected, nativeSparseFullyConnected } from './fully-connected.js';
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
  ...nativeSparseFullyConnected,
  nativeSparseConvolution,
  nativeWinogradConvolution,
];

/** Every weight multiplied. */
export const nativeDense: readonly HostKernel[] = [
  ...nativeDenseProducts,
  ...nativeDenseFullyConnected,
  nativeExperts,
  nativeDepthwise,
  nativeDenseConvolution,
];

export const nativeWinograd: readonly HostKernel[] = [nativeWinogradConvolution];
