// Helpers for the rows of native kernels.

import type { Call, HostKernel, NativeModule } from '../kernel.js';

const native: NativeModule = { name: 'native' };

/** A call of a function of the native library. */
export function nativeCall(name: `zs_${string}`, ...values: readonly number[]): Call {
  return { module: native, function: name, arguments: values };
}

/** A row whose calls are native. */
export function nativeRow(row: HostKernel): HostKernel {
  return { ...row, isNative: true };
}
