// The protocol between a coordinator and its workers on other machines.

import type { Evaluated } from './crew.js';
import type { SweepPlan } from './plan.js';
import type { Proposal } from './result.js';

/** A batch on its way to whichever worker takes it. */
export interface BatchJob {
  /** Of the plan, which lies in Redis under {@link planKey}. */
  readonly fingerprint: string;
  readonly batch: readonly Proposal[];
}

/** What a worker says of a batch: a failed one would fail anywhere, as evaluation is pure. */
export type BatchAnswer = Evaluated | { readonly fault: string; readonly isInput: boolean };

/** One queue for each version: workers of another one would give other results. */
export const queueName = (version: string) => `zeroskip-${version}`;

export const planKey = ({ fingerprint }: Pick<SweepPlan, 'fingerprint'>) =>
  `zeroskip:plan:${fingerprint}`;
export const weightsKey = (sha256: string) => `zeroskip:weights:${sha256}`;
