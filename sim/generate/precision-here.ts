// Chooses the number format in which this machine computes a decoder for a requested precision.

import type { Precision, PrecisionChoice } from '../../hw-models/contract.js';
import { holds } from '../../hw-models/host/checks.js';
import type { Executor } from '../../hw-models/host/contract.js';
import { DEFAULT_EXECUTOR } from '../../hw-models/host/executors.js';
import type { Network } from '../../workloads/network.js';
import type { Contender } from '../compare.js';

/** Executors by what they compute in; `skips`: they leave zero weights out. */
const executors: readonly {
  readonly name: string;
  readonly precision: Precision;
  readonly skips: boolean;
}[] = [
  { name: DEFAULT_EXECUTOR, precision: 'fp32', skips: true },
  { name: 'bfloat16', precision: 'bf16', skips: false },
  { name: 'bfloat16-sparse', precision: 'bf16', skips: true },
  { name: 'int8', precision: 'int8', skips: true },
  { name: 'int4', precision: 'w4', skips: false },
];

/** What an executor computes in, as far as that is known. */
export function precisionsOf({ name: executor, optIn }: Executor): readonly Precision[] {
  if (!optIn) return ['fp32'];
  return executors.flatMap(({ name, precision }) => (name === executor ? [precision] : []));
}

/** A contender that really runs. */
export type Measured = Extract<Contender, { readonly kind: 'measured' }>;

/** What the default executor's place is taken by, of which the fastest counts. */
export interface Candidates {
  readonly contenders: readonly Measured[];
  /** Why none of the precision was asked. */
  readonly notes: readonly string[];
}

/**
 * The executors that may serve where the default one was named; `create` makes one by name. Floats
 * are tried for the best where there is room for them: elsewhere they are read from memory alone,
 * twice as many bytes as the next narrower ones.
 */
export function candidatesFor(
  contender: Measured,
  asked: PrecisionChoice | undefined,
  network: Network,
  isPruned: boolean,
  create: (name: string) => Executor,
): Candidates {
  const alone = { contenders: [contender], notes: [] };
  if (contender.executor.name !== DEFAULT_EXECUTOR) return alone;
  if (asked === undefined || asked === 'fp32') return alone;
  const able = executors.filter(
    ({ precision, name, skips }) =>
      (asked === 'best' ? precision !== 'fp32' || holds(network) : precision === asked) &&
      (isPruned || !skips || name === 'int8' || name === DEFAULT_EXECUTOR),
  );
  if (able.length === 0) return { ...alone, notes: [`no ${asked} here: computed in fp32`] };
  const named = able.map(({ name }): Measured => ({ kind: 'measured', executor: create(name) }));
  return { contenders: named, notes: [] };
}
