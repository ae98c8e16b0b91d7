// Costs a design. This is the only place where a sweep uses the models. Pure except for caching.

import type { Hardware, LayerCost, Parts } from '../../hw-models/contract.js';
import { cyclesOf, joulesOf, secondsOf, sum } from '../../hw-models/cost.js';
import { InputError, invariant } from '../../workloads/base/errors.js';
import type { LayerTask } from '../../workloads/network.js';
import type { Densities } from '../densities.js';
import { total, totalOrNull } from '../summary.js';
import { violationOf } from './constraints.js';
import type { Metrics } from './metrics.js';
import { dieDollars, dollarsPerMillionFrames } from './money.js';
import { hardwareOf, type SweepPlan, spaceOf } from './plan.js';
import { createPointMaker, type DesignPoint } from './points.js';
import type { Proposal, Result, WorkloadResult } from './result.js';

/** One network of the mix with the tasks that one frame sets. */
export interface MixedWorkload {
  readonly name: string;
  readonly weight: number;
  readonly tasks: readonly LayerTask[];
}

/** Finds a plan's networks, drawn at these densities; null densities are the published ones. */
export type WorkloadSource = (at: Densities) => Promise<readonly MixedWorkload[]>;

export interface Evaluator {
  evaluate(proposal: Proposal): Promise<Result>;
}

const NO_METRICS: Metrics = {
  ...{ seconds: null, joules: null, edp: null, watts: null, area_mm2: null },
  ...{ dollars_per_million_frames: null, die_dollars: null, error: null },
};

export function createEvaluator(plan: SweepPlan, workloadsAt: WorkloadSource): Evaluator {
  const pointOf = createPointMaker(plan, spaceOf(plan));
  const bases = new Map(plan.bases.map((base) => [base, hardwareOf(base)]));
  const { spec } = plan;
  const wantsError = [...spec.objectives, ...Object.keys(spec.constraints ?? {})].includes('error');

  const costAll = (hardware: Hardware, point: DesignPoint, mix: readonly MixedWorkload[]) => {
    const results = mix.map(({ name, tasks }) => {
      const batched = tasks.map((task) =>
        task.batch === point.workload.batch ? task : { ...task, batch: point.workload.batch },
      );
      return workloadResult(
        name,
        hardware.cost(batched, point.base.kernel ?? undefined, spec.precision),
        point.workload.batch,
      );
    });
    const errors = wantsError
      ? mix.flatMap(({ tasks }) => tasks.map((task) => hardware.numericError(task)))
      : [];
    return { results, error: wantsError ? worstOf(errors) : null };
  };

  const metricsOf = (
    hardware: Hardware,
    point: DesignPoint,
    mix: readonly MixedWorkload[],
    results: readonly WorkloadResult[],
    error: number | null,
  ): Metrics => {
    const combine = (values: readonly (number | null)[]) =>
      combined(
        values,
        mix.map(({ weight }) => weight),
        spec.combine ?? 'sum',
      );
    const seconds = combine(results.map((result) => result.seconds));
    const joules = combine(results.map((result) => result.joules));
    invariant(seconds !== null, 'a time is always known');
    const area = hardware.area && sum(hardware.area);
    return {
      seconds,
      joules,
      edp: joules === null ? null : joules * seconds,
      watts: joules === null ? null : joules / seconds,
      area_mm2: area,
      dollars_per_million_frames: dollarsPerMillionFrames(
        spec.cost,
        point.base.label,
        seconds,
        joules,
      ),
      die_dollars: dieDollars(spec.cost, area),
      error,
    };
  };

  return {
    async evaluate({ ordinal, settings }) {
      const point = pointOf(settings);
      const refused = (fault: string): Result => ({
        ordinal,
        settings,
        id: point.id,
        fault,
        feasible: false,
        metrics: NO_METRICS,
        workloads: [],
      });
      const base = bases.get(point.base);
      invariant(base !== undefined, 'every base was bound');
      const mix = await workloadsAt(point.workload);
      try {
        const hardware = point.patches.length > 0 ? base.vary(point.patches) : base;
        const { results, error } = costAll(hardware, point, mix);
        const metrics = metricsOf(hardware, point, mix, results, error);
        return {
          ...{ ordinal, settings, id: point.id, fault: null, metrics },
          feasible: violationOf(spec.constraints, metrics, settings) === 0,
          workloads: spec.detail === 'workloads' ? results : [],
        };
      } catch (error) {
        if (error instanceof InputError) return refused(error.message);
        throw error;
      }
    },
  };
}

/**
 * Frames of all workloads together: sum of weight × value, or the geometric mean with weights as
 * exponents.
 */
function combined(
  values: readonly (number | null)[],
  weights: readonly number[],
  how: 'sum' | 'geomean',
): number | null {
  let result = 0;
  for (const [at, value] of values.entries()) {
    if (value === null) return null;
    result += (weights[at] ?? 1) * (how === 'sum' ? value : Math.log(value));
  }
  return how === 'sum' ? result : Math.exp(result / total(weights));
}

/** The largest error that is known; null where none is. */
function worstOf(errors: readonly (number | null)[]): number | null {
  const known = errors.filter((error) => error !== null);
  return known.length > 0 ? Math.max(...known) : null;
}

function workloadResult(
  workload: string,
  costs: readonly LayerCost[],
  batch: number,
): WorkloadResult {
  const joules = totalOrNull(costs.map(joulesOf));
  const energies = costs.map((cost) => cost.joules);
  return {
    workload,
    seconds: total(costs.map(secondsOf)) / batch,
    joules: joules === null ? null : joules / batch,
    cycles: total(costs.map(cyclesOf)) / batch,
    time: perFrame(
      costs.map((cost) => cost.cycles),
      batch,
    ),
    energy: energies.every((parts) => parts !== null) ? perFrame(energies, batch) : null,
    counters: perFrame(
      costs.map((cost) => cost.counters),
      batch,
    ),
  };
}

function perFrame(all: readonly Parts[], batch: number): Parts {
  const summed: Record<string, number> = {};
  for (const parts of all)
    for (const [name, part] of Object.entries(parts))
      summed[name] = (summed[name] ?? 0) + part / batch;
  return summed;
}
