// The engine's functions by module and name, each with what a call of it does.

import { invariant } from '../../../workloads/base/errors.js';
import type { Call } from '../../host/engine/kernel.js';
import { connectedCalls } from './connected.js';
import { convolutionCalls } from './convolution.js';
import { elementwiseCalls } from './elementwise.js';
import { fftCalls } from './fft.js';
import { filteringCalls } from './filtering.js';
import { winogradCalls } from './winograd.js';
import type { CallCount, CallWork, Seen } from './work.js';

const modules: Readonly<Record<string, Readonly<Record<string, CallCount>>>> = {
  connected: connectedCalls,
  convolution: convolutionCalls,
  elementwise: elementwiseCalls,
  fft: fftCalls,
  filtering: filteringCalls,
  winograd: winogradCalls,
};

/** What a call does, piece by piece. @throws InvariantError for a function that nobody has counted. */
export function countCall({ module, function: name, arguments: values }: Call, seen: Seen): readonly CallWork[] {
  const count = modules[module.name]?.[name];
  invariant(count !== undefined, () => `nobody has counted ${module.name}.${name}`);
  const work = count(values, seen);
  return 'turns' in work ? [work] : work;
}
