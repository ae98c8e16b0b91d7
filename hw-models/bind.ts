// Closes a family over one config, so that whoever costs a network meets no config type.

import { applyPatches, enablePatches, type Patch } from 'immer';
import { InputError, invariant } from '../workloads/base/errors.js';
import { finish, type Steps } from '../workloads/base/steps.js';
import type { LayerTask } from '../workloads/network.js';
import type {
  Family,
  Hardware,
  Kernel,
  LayerCost,
  PrecisionChoice,
  Preset,
  Residency,
} from './contract.js';
import { addCosts, checkCost, repeated, secondsOf } from './cost.js';
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
  const own = family.precision?.(config) ?? 'fp32';
  const precisionOf = ({ precision = own }: Kernel<Config>) => precision;
  const servesUnasked = (kernel: Kernel<Config>) => !kernel.optIn && precisionOf(kernel) === own;
  const others = named.filter((kernel) => !kernel.optIn).map(precisionOf);
  const precisions: Hardware['precisions'] = [own, ...without(own, others)];

  /** What a layer that no kernel of the asked precision accepts is computed in: its own. */
  const wantedOf = (name: string | undefined, asked: PrecisionChoice | undefined) => {
    const kernel = named.find((candidate) => candidate.name === name);
    if (asked === 'best') return kernel ? precisionOf(kernel) : 'best';
    if (kernel) return precisionOf(kernel);
    return asked !== undefined && precisions.includes(asked) ? asked : own;
  };

  /** By the fastest of the kernels that may; null where none accepts it as it is. */
  const costDirectly = (
    task: LayerTask,
    name: string | undefined,
    wanted: PrecisionChoice,
    residency: Residency,
  ): LayerCost | null => {
    const may = (kernel: Kernel<Config>) => wanted === 'best' || precisionOf(kernel) === wanted;
    const accepting = available.filter((kernel) => kernel.accepts(task.demand));
    const costs = candidates(accepting, name, may, servesUnasked).map((kernel) => ({
      ...kernel.cost(task, config, residency),
      precision: precisionOf(kernel),
    }));
    for (const cost of costs) checkCost(cost, task, meters, preset.name);
    const [first, ...more] = costs;
    if (!first) return null;
    return more.reduce((best, cost) => (secondsOf(cost) < secondsOf(best) ? cost : best), first);
  };

  const costOf = (
    task: LayerTask,
    name: string | undefined,
    wanted: PrecisionChoice,
    residency: Residency,
  ): LayerCost => {
    const direct = costDirectly(task, name, wanted, residency);
    if (direct) return direct;
    const costs = partsOf(task).map((part) => {
      // A part that is the task itself is made of nothing smaller.
      invariant(part.task !== task, () => `${preset.name} has no kernel for layer ${task.name}`);
      return repeated(costOf(part.task, name, wanted, residency), part.times, part.notes);
    });
    return addCosts(costs);
  };

  const placed: Hardware['placed'] = (tasks, kernel, precision, given) => {
    const kernelOf = (at: number) => (typeof kernel === 'object' ? kernel[at] : kernel);
    for (const name of new Set(tasks.map((_, at) => kernelOf(at)))) {
      if (name === undefined || names.includes(name)) continue;
      throw new InputError(
        `${preset.name}: found kernel '${name}', expected ${names.join(' or ')}`,
      );
    }
    for (const name of new Set(tasks.map((_, at) => kernelOf(at)))) {
      const kernel = named.find((candidate) => candidate.name === name);
      if (!kernel || precision === undefined || precision === 'best') continue;
      if (!precisions.includes(precision) || precisionOf(kernel) === precision) continue;
      throw new InputError(
        `${preset.name}: found kernel '${name}', which computes in ${precisionOf(kernel)}, expected one that computes in ${precision}`,
      );
    }
    const residencies = given ?? family.place?.(tasks, config);
    const known = new Map<string, LayerCost>();
    return (at) => {
      const task = tasks[at];
      invariant(task !== undefined, () => `${preset.name}: no layer ${at} to cost`);
      const residency = residencies?.[at] ?? ALL_RESIDENT;
      const name = kernelOf(at);
      const wanted = wantedOf(name, precision);
      const key =
        task.alike === undefined ? null : JSON.stringify([task.alike, name ?? null, residency]);
      const cost =
        (key === null ? undefined : known.get(key)) ?? costOf(task, name, wanted, residency);
      if (key !== null) known.set(key, cost);
      const started = at === 0 ? family.perInference?.(tasks, config) : undefined;
      return started ? withParts(cost, started) : cost;
    };
  };

  function* costing(
    ...[tasks, kernel, precision]: Parameters<Hardware['cost']>
  ): Steps<readonly LayerCost[]> {
    const costAt = placed(tasks, kernel, precision);
    const costs: LayerCost[] = [];
    for (const at of tasks.keys()) {
      costs.push(costAt(at));
      yield;
    }
    return costs;
  }

  return {
    name: preset.name,
    title: preset.title,
    family: family.name,
    kernels: named.filter(servesUnasked).map((kernel) => kernel.name),
    optInKernels: named.filter((kernel) => !servesUnasked(kernel)).map((kernel) => kernel.name),
    precisions,
    meters,
    figures: preset.figures,
    config,
    area: family.area(config),
    structure: family.structure?.(config) ?? [],
    events: family.events?.(config) ?? [],
    peaks: family.peaks?.(config) ?? null,
    capacity: family.capacity?.(config) ?? null,
    get dials() {
      return dialsOf(family, preset);
    },
    switches: [...(family.switches ?? []), ...(family.switchesOf?.(config) ?? [])],
    cost: (...asked) => finish(costing(...asked)),
    costing,
    placed,
    placeExpected: (layers) => family.placeExpected?.(layers, config) ?? null,
    parts: family.parts ?? null,
    recorded: available.filter(({ record }) => record).map(({ name }) => name),
    record(tasks, at, kernel, recorder) {
      const task = tasks[at];
      invariant(task !== undefined, () => `${preset.name}: no layer ${at} to record`);
      const row = available.find(({ name, accepts }) => name === kernel && accepts(task.demand));
      row?.record?.(task, config, family.place?.(tasks, config)[at] ?? ALL_RESIDENT, recorder);
    },
    roughly() {
      return bind(family, { ...preset, config: family.roughly?.(config) ?? config });
    },
    unitOf: (number) => unitOf(schemaAt(family.schema, number.split('.'))),
    numericError: (task) => family.numericError?.(task, config) ?? null,
    vary(patches) {
      return bind(family, {
        ...preset,
        config: checkedConfig(family, preset.name, patched(preset.name, config, patches)),
      });
    },
  };
}

/** @throws InputError for a patch within a part that the config lacks. */
function patched(name: string, config: object, patches: readonly Patch[]): object {
  return patches.reduce((before: object, patch) => {
    if (!hasParent(before, patch.path)) {
      throw new InputError(`${name} has no ${patch.path.join('.')}`);
    }
    return applyPatches(before, [patch]);
  }, config);
}

/** Whether a path's last key would be one of an object of the config's. */
function hasParent(config: object, path: readonly PropertyKey[]): boolean {
  let inner: unknown = config;
  for (const key of path.slice(0, -1)) {
    if (inner === null || typeof inner !== 'object') return false;
    inner = new Map(Object.entries(inner)).get(String(key));
  }
  return inner !== null && typeof inner === 'object';
}

/** A cost with what comes beside the layer's own work. */
function withParts(cost: LayerCost, more: Pick<LayerCost, 'cycles' | 'joules'>): LayerCost {
  return {
    ...cost,
    cycles: { ...cost.cycles, ...more.cycles },
    joules: cost.joules && { ...cost.joules, ...more.joules },
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
 * The kernels that may serve a task, of those that accept it: the named one, or all of the
 * precision that is wanted; a fallback only where none does, of that precision if there is one.
 * Opt-in kernels serve by name alone: what computes something else must not win a comparison
 * unasked.
 */
function candidates<Config>(
  accepting: readonly Kernel<Config>[],
  name: string | undefined,
  isWanted: (kernel: Kernel<Config>) => boolean,
  servesUnasked: (kernel: Kernel<Config>) => boolean,
): readonly Kernel<Config>[] {
  const named = accepting.filter((kernel) => kernel.name === name && !kernel.fallback);
  if (named.length > 0) return named;
  const choices = [(kernel: Kernel<Config>) => !kernel.optIn && isWanted(kernel), servesUnasked];
  for (const mayServe of choices) {
    const free = accepting.filter(mayServe);
    const regular = free.filter((kernel) => !kernel.fallback);
    if (name === undefined && regular.length > 0) return regular;
    const fallbacks = free.filter((kernel) => kernel.fallback);
    if (fallbacks.length > 0) return fallbacks;
    if (regular.length > 0) return regular;
  }
  return [];
}

function without<Value>(value: Value, values: readonly Value[]): readonly Value[] {
  return [...new Set(values)].filter((other) => other !== value);
}
