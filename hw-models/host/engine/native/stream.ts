// Rows of native kernels for functions of single elements, softmax and normalisation of rows.

import type { HostKernel } from '../kernel.js';
import { streamRowsOf } from '../stream.js';
import { nativeCall as call, nativeRow } from './native.js';

export const nativeStreamRows: readonly HostKernel[] = streamRowsOf({
  prefix: 'native-',
  apply: (...values) => call('zs_apply', ...values),
  softmaxRows: (...values) => call('zs_softmax_rows', ...values),
  normaliseRows: (...values) => call('zs_normalise_rows', ...values),
}).map(nativeRow);
