// The engine's functions by module and name, each with what a call of it does.

import { invariant } from '../../../workloads/base/errors.js';
import type { Call } from '../../host/engine/kernel.js';
import { convolutionCalls } from './convolution.js';
import { elementwiseCalls } from './elementwise.js';
import { fftCalls } from './fft.js';
import { filteringCalls } from './filtering.js';
import { fullyConnectedCalls } from './fully-connected.js';
import { type NativeCount, nativeConvolutionCalls } from './native-convolution.js';
import { nativeProductCalls } from './native-product.js';
import { nativeStreamCalls } from './native-stream.js';
import { productCalls } from './product.js';
import { samplingCalls } from './sampling.js';
import { streamCalls } from './stream.js';
import { stridedCalls } from './strided.js';
import { winogradCalls } from './winograd.js';
import {
  type CallCount,
  type Code,
  type CountedWork,
  FLOAT,
  type NativeCode,
  type Seen,
  VECTOR,
} from './work.js';

const modules: Readonly<Record<string, Readonly<Record<string, CallCount>>>> = {
  fullyConnected: fullyConnectedCalls,
  convolution: convolutionCalls,
  elementwise: elementwiseCalls,
  fft: fftCalls,
  filtering: filteringCalls,
  product: productCalls,
  sampling: samplingCalls,
  stream: streamCalls,
  strided: stridedCalls,
  winograd: winogradCalls,
};

/** By module, and by function where a module has several kinds. */
const codeOf: Readonly<Record<string, Code>> = {
  fullyConnected: 'columns',
  'fullyConnected.transpose': 'copies',
  convolution: 'copies',
  'convolution.sparse': 'sparseRows',
  'convolution.dense': 'denseRows',
  elementwise: 'elementwise',
  'elementwise.pool': 'pools',
  'elementwise.copy': 'copies',
  fft: 'fft',
  filtering: 'denseRows',
  product: 'copies',
  'product.multiply': 'denseRows',
  sampling: 'elementwise',
  stream: 'elementwise',
  strided: 'copies',
  'strided.choose': 'elementwise',
  'strided.combine': 'elementwise',
  winograd: 'winograd',
};

const native: Readonly<Record<string, NativeCount>> = {
  ...nativeConvolutionCalls,
  ...nativeProductCalls,
  ...nativeStreamCalls,
};

const nativeCodeOf: Readonly<Record<string, NativeCode>> = {
  zs_columns_sparse: 'nativeColumns',
  zs_columns_coded: 'nativeColumns',
  zs_columns_dense: 'nativeColumns',
  zs_sparse_convolution: 'nativeRows',
  zs_tokens_sparse: 'nativeRows',
  zs_dense_convolution: 'nativePanels',
  zs_winograd: 'nativePanels',
  zs_product: 'nativePanels',
};

/**
 * What a call does, piece by piece; `lanes`: floats in a vector of the native build. @throws
 * InvariantError for a function that nobody has counted.
 */
export function countCall(
  { module, function: name, arguments: values }: Call,
  seen: Seen,
  lanes = VECTOR / FLOAT,
): readonly CountedWork[] {
  if (!('wasm' in module)) return countNative(name, values, seen, lanes);
  const count = modules[module.name]?.[name];
  invariant(count !== undefined, () => `nobody has counted ${module.name}.${name}`);
  const work = count(values, seen);
  const code = codeOf[`${module.name}.${name}`] ?? codeOf[module.name];
  invariant(code !== undefined, () => `nobody knows what kind of code ${module.name}.${name} is`);
  return ('turns' in work ? [work] : work).map((piece) => ({ ...piece, code }));
}

function countNative(
  name: string,
  values: readonly number[],
  seen: Seen,
  lanes: number,
): readonly CountedWork[] {
  const count = native[name];
  invariant(count !== undefined, () => `nobody has counted ${name}`);
  const work = count(values, seen, lanes);
  const code = nativeCodeOf[name] ?? 'nativeStreams';
  return ('turns' in work ? [work] : work).map((piece) => ({ ...piece, code }));
}
