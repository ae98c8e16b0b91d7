// The executors that run networks on this machine, one per line.

import { InputError } from '../../workloads/base/errors.js';
import { createAuto } from './auto.js';
import type { Executor } from './contract.js';
import type { EngineOptions } from './engine/engine.js';
import { engineExecutors } from './engine/executors.js';
import { createFixedPoint } from './fixed-point.js';
import { createOnnxruntime } from './onnxruntime.js';
import { createReference } from './reference.js';
import { createTfjs } from './tfjs.js';

export type ExecutorOptions = Pick<EngineOptions, 'threads' | 'engine'>;

export const executors: Readonly<Record<string, (options: ExecutorOptions) => Executor>> = {
  auto: createAuto,
  ...engineExecutors,
  tfjs: () => createTfjs(),
  onnxruntime: createOnnxruntime,
  reference: createReference,
  eie: () => createFixedPoint('eie', { codeBits: 4, fixedPointBits: 16 }),
  'eie-8bit': () => createFixedPoint('eie-8bit', { codeBits: 8, fixedPointBits: 16 }),
};

/** The executor that is meant where none is named: the fastest there is. */
export const DEFAULT_EXECUTOR = 'auto';

export const executorNames: readonly string[] = Object.keys(executors);

/** Libraries without threads of their own say so. @throws InputError naming the known ones. */
export function createExecutor(name: string, options: ExecutorOptions = {}): Executor {
  const create = Object.hasOwn(executors, name) ? executors[name] : undefined;
  if (!create)
    throw new InputError(`found executor '${name}', expected one of ${executorNames.join(', ')}`);
  return create(options);
}
