// A plan as the text that stores and queues keep of it, and back: whatever changed on the way is
// refused.

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { catalog } from '../../hw-models/catalog.js';
import { type Fault, faultsIn, faultText } from '../../hw-models/faults.js';
import { InputError } from '../../workloads/base/errors.js';
import { type BasePlan, hardwareOf, type SweepPlan } from './plan.js';
import { readSpace } from './space.js';
import { SweepSpec } from './spec.js';

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256');

const Plan = z.strictObject({
  spec: SweepSpec,
  bases: z
    .array(
      z.strictObject({
        label: z.string(),
        name: z.string(),
        family: z.string(),
        plugin: Sha256.optional(),
        kernel: z.string().nullable(),
        config: z.record(z.string(), z.unknown()),
      }),
    )
    .min(1),
  workloads: z
    .array(
      z.strictObject({
        name: z.string(),
        weight: z.number().positive(),
        network: z
          .strictObject({ file: z.string(), at: z.int().min(0), sha256: Sha256 })
          .optional(),
        weights: z.strictObject({ file: z.string(), sha256: Sha256 }).nullable(),
        dims: z.record(z.string(), z.int().min(0)).optional(),
      }),
    )
    .min(1),
  fingerprint: z.string(),
});

/** Of all that decides a result. Where a file lies says nothing about what is in it. */
export function fingerprintOf({ spec, bases, workloads }: Omit<SweepPlan, 'fingerprint'>): string {
  const { name: _name, title: _title, ...decisive } = spec;
  const parts = { spec: decisive, bases, workloads };
  const identity = JSON.stringify(parts, (key, value) => (key === 'file' ? undefined : value));
  return createHash('sha256').update(identity).digest('hex').slice(0, 32);
}

/** The plan behind `JSON.stringify`. @throws InputError, one line, where it is damaged. */
export function readPlan(text: string, place: string): SweepPlan {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new InputError(`${place}: found no JSON, expected a sweep's plan`);
  }
  const fail = ([fault]: readonly Fault[]) => {
    if (fault) throw new InputError(`${place}: plan: ${faultText(fault).slice(0, 200)}`);
  };
  const parsed = Plan.safeParse(json);
  if (!parsed.success) fail(faultsIn(parsed.error, json, Plan));
  const plan = planOf(Plan.parse(json));
  const faults = plan.bases.flatMap(familyFaults);
  fail(faults);
  readSpace(plan.spec, faults);
  fail(faults);
  for (const base of plan.bases) hardwareOf(base);
  if (plan.fingerprint === fingerprintOf(plan)) return plan;
  throw new InputError(
    `${place}: plan: found another fingerprint than its own, expected the plan as it was written`,
  );
}

/** What is wrong with the family of the base `at`: it must be the one that made the plan. */
function familyFaults({ family, plugin }: BasePlan, at: number): readonly Fault[] {
  const path = ['bases', at];
  const known = catalog.find(({ name }) => name === family);
  if (!known) {
    const names = catalog.map(({ name }) => name).join(', ');
    const way = plugin === undefined ? '' : ': name its file by --plugin';
    return [
      {
        path: [...path, 'family'],
        text: `found ${JSON.stringify(family)}, expected ${names}${way}`,
      },
    ];
  }
  if (known.code === (plugin ?? null)) return [];
  const text = `found a plugin of another text, expected the one that the sweep was started with`;
  return [{ path: [...path, 'plugin'], text }];
}

/** Keys that are left out are not there. */
function planOf({ bases, workloads, ...plan }: z.infer<typeof Plan>): SweepPlan {
  return {
    ...plan,
    bases: bases.map(({ plugin, ...base }) => ({
      ...base,
      ...(plugin === undefined ? {} : { plugin }),
    })),
    workloads: workloads.map(({ network, dims, ...workload }) => ({
      ...workload,
      ...(network ? { network } : {}),
      ...(dims ? { dims } : {}),
    })),
  };
}
