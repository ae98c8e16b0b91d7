// A sweep made ready to run anywhere: names resolved, files read. Plain data, so that threads and
// machines can be sent it.

import { catalog } from '../../hw-models/catalog.js';
import type { Hardware } from '../../hw-models/contract.js';
import type { Fault } from '../../hw-models/faults.js';
import { invariant } from '../../workloads/base/errors.js';
import type { NetworkFile } from '../resolve.node.js';
import { readSpace, type Space } from './space.js';
import type { SweepSpec } from './spec.js';

/** A device that designs are varied from. */
export interface BasePlan {
  /** As the spec names it, kernel and all. */
  readonly label: string;
  readonly name: string;
  readonly family: string;
  /** SHA-256 of the file that a family from outside comes from. */
  readonly plugin?: string;
  readonly kernel: string | null;
  readonly config: object;
}

export interface WorkloadPlan {
  /** Of the zoo, or in `network`. */
  readonly name: string;
  readonly weight: number;
  /** The file that describes it, where it is none of the zoo. */
  readonly network?: NetworkFile;
  /** A file of real weights, or null where they are drawn. */
  readonly weights: { readonly file: string; readonly sha256: string } | null;
  /** Extents of its open dimensions, where some were told. */
  readonly dims?: Readonly<Record<string, number>>;
}

export interface SweepPlan {
  readonly spec: SweepSpec;
  readonly bases: readonly BasePlan[];
  readonly workloads: readonly WorkloadPlan[];
  /**
   * Of all that decides a result: two plans with the same one have the same designs and the same
   * results.
   */
  readonly fingerprint: string;
}

export function spaceOf(plan: SweepPlan): Space {
  const faults: Fault[] = [];
  const space = readSpace(plan.spec, faults);
  invariant(
    space !== null,
    () => `a plan's axes were checked: ${faults.map(({ text }) => text).join('; ')}`,
  );
  return space;
}

export function hardwareOf(base: BasePlan): Hardware {
  const family = catalog.find(({ name }) => name === base.family);
  invariant(family !== undefined, () => `no family ${base.family}`);
  return family.rebind(base.name, base.config);
}
