// Closes a family over one config, so that whoever costs a network meets no config type.

import { applyPatches, enablePatches } from 'immer';
import { InputError, invariant } from '../workloads/base/errors.js';
import type { LayerTask } from '../workloads/network.js';
import type { Family, Hardware, Kernel, LayerCost, Preset, Residency } from './contract.js';
import { addCosts, checkCost, cyclesOf, repeated } from './cost.js';
import { dialsOf } from './dials.js';
import { faultsIn, faultText, schemaAt } from './faults.js';
import { partsOf } from './lowering.js';
import { unitOf } from './units.js';

enablePatches();

const ALL_RESIDENT: Residency = { resident: true, notes: [] };

/** The family's model of one preset. Every cost is checked before it is handed out. */
export function bind<Config extends object>(
  family: Family<Config>,
  preset: Preset<Config>,
): Hardware {
  const { config } = preset;
  const available = family.kernels.filter((kernel) => kernel.available?.(config) ?? true);
  const named = available.filter((kernel) => !kernel.fallback);
  const names = named.map((kernel) => kernel.name);
  const meters = { ...family.meters, ...family.metersOf?.(config) };

  /** By the fastest of the kernels that may; null where none accepts it as it is. */
  const costDirectly = (
    task: LayerTask,
    name: string | undefined,
    residency: Residency,
  ): LayerCost | null => {
    const costs = candidates(available, task, name).map((kernel) =>
      kernel.cost(task, config, residency),
    );
    for (const cost of costs) checkCost(cost, task, meters, preset.name);
    const [first, ...others] = costs;
    if (!first) return null;
    return others.reduce((best, cost) => (cyclesOf(cost) < cyclesOf(best) ? cost : best), first);
  };

  const costOf = (task: LayerTask, name: string | undefined, residency: Residency): LayerCost => {
    const direct = costDirectly(task, name, residency);
    if (direct) return direct;
    const costs = partsOf(task).map((part) => {
      // A part that is the task itself is made of nothing smaller.
      invariant(part.task !== task, () => `${preset.name} has no kernel for layer ${task.name}`);
      return repeated(costOf(part.task, name, residency), part.times, part.notes);
    });
    return addCosts(costs);
  };

  return {
    name: preset.name,
    title: preset.title,
    family: family.name,
    kernels: named.filter((kernel) => !kernel.optIn).map((kernel) => kernel.name),
    optInKernels: named.filter((kernel) => kernel.optIn).map((kernel) => kernel.name),
    meters,
    figures: preset.figures,
    config,
    area: family.area(config),
    events: family.events?.(config) ?? [],
    peaks: family.peaks?.(config) ?? null,
    get dials() {
      return dialsOf(family, preset);
    },
    switches: family.switches ?? [],
    cost(tasks, kernel) {
      const kernelOf = (at: number) => (typeof kernel === 'object' ? kernel[at] : kernel);
      for (const name of new Set(tasks.map((_, at) => kernelOf(at)))) {
        if (name === undefined || names.includes(name)) continue;
        throw new InputError(
          `${preset.name}: found kernel '${name}', expected ${names.join(' or ')}`,
        );
      }
      const residencies = family.place?.(tasks, config);
      const known = new Map<string, LayerCost>();
      return tasks.map((task, at) => {
        const residency = residencies?.[at] ?? ALL_RESIDENT;
        if (task.alike === undefined) return costOf(task, kernelOf(at), residency);
        const key = JSON.stringify([task.alike, kernelOf(at) ?? null, residency]);
        const cost = known.get(key) ?? costOf(task, kernelOf(at), residency);
        known.set(key, cost);
        return cost;
      });
    },
    record(tasks, at, kernel, recorder) {
      const task = tasks[at];
      invariant(task !== undefined, () => `${preset.name}: no layer ${at} to record`);
      const row = available.find(({ name, accepts }) => name === kernel && accepts(task.demand));
      row?.record?.(task, config, family.place?.(tasks, config)[at] ?? ALL_RESIDENT, recorder);
    },
    unitOf: (number) => unitOf(schemaAt(family.schema, number.split('.'))),
    numericError: (task) => family.numericError?.(task, config) ?? null,
    vary(patches) {
      return bind(family, {
        ...preset,
        config: checkedConfig(family, preset.name, applyPatches(config, [...patches])),
      });
    },
  };
}

/** `config` as the family's schema has it. @throws InputError with a line for each fault. */
export function checkedConfig<Config>(
  { schema }: Family<Config>,
  name: string,
  config: unknown,
): Config {
  const parsed = schema.safeParse(config);
  if (parsed.success) return parsed.data;
  const faults = faultsIn(parsed.error, config, schema);
  throw new InputError(faults.map((fault) => `${name}: ${faultText(fault)}`).join('\n'));
}

/**
 * The kernels that may serve a task: the named one, or all that accept it; a fallback only where
 * none does. Opt-in kernels serve by name alone: what computes in another precision must not win a
 * comparison unasked.
 */
function candidates<Config>(
  kernels: readonly Kernel<Config>[],
  task: LayerTask,
  name: string | undefined,
) {
  const accepting = kernels.filter((kernel) => kernel.accepts(task.demand));
  const named = accepting.filter((kernel) => kernel.name === name);
  if (named.length > 0) return named;
  const free = accepting.filter((kernel) => !kernel.optIn);
  const regular = free.filter((kernel) => !kernel.fallback);
  if (name === undefined && regular.length > 0) return regular;
  const fallbacks = free.filter((kernel) => kernel.fallback);
  return fallbacks.length > 0 ? fallbacks : free;
}
