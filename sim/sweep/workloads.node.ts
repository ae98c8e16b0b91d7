// The networks of a plan with their weights and activations, drawn or read, and kept between
// designs.

import { createExecutor } from '../../hw-models/host/executors.js';
import { InputError } from '../../workloads/base/errors.js';
import type { ZooEntry } from '../../workloads/zoo/entry.js';
import { type Densities, densitiesAt } from '../densities.js';
import { loadModel, loadTrainedModel } from '../load.node.js';
import { openWorkloads } from '../open.node.js';
import { resolveWorkload } from '../resolve.node.js';
import { tasksOf, traceDrawn } from '../trace.js';
import { reservedFields } from './axes.js';
import type { MixedWorkload, WorkloadSource } from './evaluator.js';
import type { SweepPlan, WorkloadPlan } from './plan.js';

const PUBLISHED: Densities = { weightDensity: null, activationDensity: null };

/** Mixes kept beside the published one: each may hold hundreds of megabytes. */
const MAX_KEPT = 1;

/**
 * Finds a plan's networks; `published` are those at published densities, where they are at hand
 * already.
 */
export function createWorkloadSource(
  plan: SweepPlan,
  published?: readonly MixedWorkload[],
): WorkloadSource {
  const kept = new Map<string, Promise<readonly MixedWorkload[]>>();
  if (published) kept.set(JSON.stringify(PUBLISHED), Promise.resolve(published));
  return ({ weightDensity, activationDensity }) => {
    const at = { weightDensity, activationDensity };
    const key = JSON.stringify(at);
    const found = kept.get(key) ?? loadWorkloads(plan, at);
    if (!kept.has(key)) {
      const random = [...kept.keys()].filter((other) => other !== JSON.stringify(PUBLISHED));
      for (const oldest of random.slice(0, Math.max(0, random.length - MAX_KEPT + 1)))
        kept.delete(oldest);
      kept.set(key, found);
    }
    return found;
  };
}

/** Reads or draws a plan's networks. @throws InputError for an impossible density. */
export async function loadWorkloads(
  plan: SweepPlan,
  at: Densities = PUBLISHED,
): Promise<readonly MixedWorkload[]> {
  const mix: MixedWorkload[] = [];
  for (const workload of plan.workloads)
    mix.push(await loadWorkload(workload, at, plan.spec.seed ?? 0));
  return mix;
}

/**
 * Networks at published densities, made once for all threads; undefined where no design runs them.
 */
export async function sharedWorkloads(plan: SweepPlan) {
  const fields = Object.entries(plan.spec.axes).map(([name, { field = name }]) => field);
  const isVaried =
    fields.includes(reservedFields.weightDensity) ||
    fields.includes(reservedFields.activationDensity);
  return isVaried ? undefined : loadWorkloads(plan);
}

async function loadWorkload(
  workload: WorkloadPlan,
  at: Densities,
  seed: number,
): Promise<MixedWorkload> {
  const { name, weight, weights } = workload;
  const entry = await entryOf(workload);
  const isVaried = (at.weightDensity ?? at.activationDensity) !== null;
  const isReal = entry.weights !== undefined || weights !== null;
  if (isReal && isVaried) {
    throw new InputError(
      `${name}: its weights are from a file, expected no axis that varies densities`,
    );
  }
  const densities = densitiesAt(entry.densities, at);
  const drawn = { ...entry, densities };
  // As in a comparison and on the explorer's page: weights that the package ships, unless densities
  // are asked for.
  const load = isVaried ? loadModel : loadTrainedModel;
  const model = await load(drawn, weights?.file, seed);
  // In plain passes, which give the same bits on every machine.
  const trace = await traceDrawn(drawn, model, seed, () => createExecutor('reference'));
  return { name, weight, tasks: tasksOf(model, trace, 1) };
}

/** @throws InputError where the file is not there, or not the planned one any more. */
async function entryOf({ name, network, dims = {} }: WorkloadPlan): Promise<ZooEntry> {
  const told = new Map(Object.entries(dims));
  if (!network) return resolveWorkload(name, told);
  const found = (await openWorkloads([network.file], {}, told))[network.at];
  if (found?.file?.sha256 === network.sha256) return found.entry;
  throw new InputError(
    `${network.file}: found another content than was planned, expected SHA-256 ${network.sha256}`,
  );
}
