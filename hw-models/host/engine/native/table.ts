// Rows of native kernels, each list in the order in which its rows are asked.

import type { HostKernel } from '../kernel.js';
import { nativeElementwise } from './elementwise.js';

/** What has no weights. */
export const nativeStreams: readonly HostKernel[] = [...nativeElementwise];

/** Zero weights skipped. */
export const nativeSparse: readonly HostKernel[] = [];

/** Every weight multiplied. */
export const nativeDense: readonly HostKernel[] = [];

export const nativeWinograd: readonly HostKernel[] = [];
