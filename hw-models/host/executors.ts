// What really runs networks on this machine, a line each.

import { InputError } from '../../workloads/base/errors.js';
import type { Executor } from '../contract.js';
import { createOnnxruntime } from './onnxruntime.js';
import { createReference } from './reference.js';
import { createSparse } from './sparse.js';
import { createTfjs } from './tfjs.js';

export const executors: Readonly<Record<string, () => Executor>> = {
  tfjs: () => createTfjs(),
  sparse: () => createSparse(),
  onnxruntime: () => createOnnxruntime(),
  reference: createReference,
};

export const executorNames: readonly string[] = Object.keys(executors);

/** @throws InputError naming the known ones. */
export function createExecutor(name: string): Executor {
  const create = Object.hasOwn(executors, name) ? executors[name] : undefined;
  if (!create) throw new InputError(`found executor '${name}', expected ${executorNames.join(' or ')}`);
  return create();
}
