// What really runs networks on this machine, a line each.

import { InputError } from '../../workloads/base/errors.js';
import type { Executor } from '../contract.js';
import { createReference } from './reference.js';
import { createTfjs } from './tfjs.js';

export const executors: Readonly<Record<string, () => Executor>> = {
  tfjs: () => createTfjs(),
  reference: createReference,
};

export const executorNames: readonly string[] = Object.keys(executors);

/** @throws InputError naming the known ones. */
export function createExecutor(name: string): Executor {
  const create = Object.hasOwn(executors, name) ? executors[name] : undefined;
  if (!create) throw new InputError(`found executor '${name}', expected ${executorNames.join(' or ')}`);
  return create();
}
