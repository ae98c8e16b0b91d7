// A design point: what is changed on which hardware, what it runs, and one name for all of that.

import { createHash } from 'node:crypto';
import type { Patch } from 'immer';
import { invariant } from '../../workloads/base/errors.js';
import { type Assignment, reservedFields } from './axes.js';
import type { BasePlan, SweepPlan } from './plan.js';
import type { Settings, Space } from './space.js';

/** How the workloads of a sweep are drawn for one design; null densities are the published ones. */
export interface WorkloadSettings {
  readonly batch: number;
  readonly weightDensity: number | null;
  readonly activationDensity: number | null;
}

export interface DesignPoint {
  /** Hash of the rest: a resumed, sharded or redelivered point recognises itself. */
  readonly id: string;
  readonly base: BasePlan;
  readonly patches: readonly Patch[];
  readonly workload: WorkloadSettings;
  readonly seed: number;
}

/** Turns settings into design points of `plan`. */
export function createPointMaker(
  plan: SweepPlan,
  space: Space,
): (settings: Settings) => DesignPoint {
  const { spec, bases, workloads } = plan;
  const axes = new Map(space.axes.map((axis) => [axis.name, axis]));
  const byLabel = new Map(bases.map((base) => [base.label, base]));
  const seed = spec.seed ?? 0;
  // What all points of a base share goes into their hashes once.
  const precision = spec.precision === undefined ? [] : [spec.precision];
  const prefixes = new Map(
    bases.map((base) => [
      base,
      createHash('sha256').update(JSON.stringify([base, workloads, ...precision])),
    ]),
  );
  return (settings) => {
    let base = bases[0];
    const patches: Patch[] = [];
    const workload: Mutable = {
      batch: spec.batch ?? 1,
      weightDensity: null,
      activationDensity: null,
    };
    for (const [name, label] of Object.entries(settings)) {
      for (const { field, value } of axes.get(name)?.assignments(label) ?? []) {
        if (field === reservedFields.hardware) base = byLabel.get(String(value));
        else if (field === reservedFields.batch) workload.batch = Number(value);
        else if (field === reservedFields.weightDensity) workload.weightDensity = Number(value);
        else if (field === reservedFields.activationDensity)
          workload.activationDensity = Number(value);
        else patches.push(patchOf({ field, value }));
      }
    }
    // By path, so that a design's id does not depend on the order of axes.
    patches.sort((a, b) => (a.path.join('.') < b.path.join('.') ? -1 : 1));
    invariant(base !== undefined, () => `no hardware ${settings[reservedFields.hardware]}`);
    const hash = prefixes
      .get(base)
      ?.copy()
      .update(JSON.stringify([patches, workload, seed]));
    invariant(hash !== undefined, 'every base has a prefix');
    return { id: hash.digest('hex').slice(0, 32), base, patches, workload, seed };
  };
}

/** The patch of a config that makes an assignment true. */
export function patchOf({ field, value }: Assignment): Patch {
  const path = field.split('.');
  return value === null ? { op: 'remove', path } : { op: 'replace', path, value };
}

type Mutable = { -readonly [Key in keyof WorkloadSettings]: WorkloadSettings[Key] };
