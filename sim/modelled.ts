// A row of a model: what its layers cost, and their sums.

import type {
  Bound,
  Hardware,
  LayerCost,
  Precision,
  PrecisionChoice,
} from '../hw-models/contract.js';
import { cyclesOf, joulesOf, secondsOf, sum } from '../hw-models/cost.js';
import type { LayerTask } from '../workloads/network.js';
import { nonzerosOf } from '../workloads/weights/entries.js';
import { collectNotes } from './notes.js';
import type { LayerResult, Row } from './result.js';
import { total, totalOrNull } from './summary.js';

/**
 * What `costs`, layer by layer, come to; `kernel` is the one that was asked for, if one was.
 * `nonzeros` by layer, where somebody has counted them.
 */
export function modelledRow(
  hardware: Hardware,
  costs: readonly LayerCost[],
  tasks: readonly LayerTask[],
  kernel?: string,
  nonzeros: readonly number[] = nonzerosOfEach(tasks),
): Row {
  const shared = new Map<LayerCost, CostResult>();
  const layers = costs.map((cost, at): LayerResult => {
    const known = shared.get(cost) ?? costResult(cost);
    shared.set(cost, known);
    const { kernel, precision, others } = known;
    const { name } = tasks[at] as LayerTask;
    return { name, kernel, precision, nonzeros: nonzeros[at] as number, ...others };
  });
  const joules = totalOrNull(layers.map((layer) => layer.joules));
  const seconds = total(layers.map((layer) => layer.seconds));
  return {
    hardware: hardware.name,
    kernel: kernelLabel(costs, tasks, kernel),
    asked: kernel ?? null,
    precisions: precisionsOf(costs, tasks),
    knownError: null,
    family: hardware.family,
    origin: 'modelled',
    engine: null,
    hint: null,
    cycles: total(layers.map((layer) => layer.cycles as number)),
    seconds,
    framesPerSecond: (tasks[0]?.batch ?? 1) / seconds,
    joules,
    joulesOrigin: joules === null ? null : 'modelled',
    watts: joules === null ? null : joules / seconds,
    areaMm2: hardware.area && sum(hardware.area),
    bound: mainBound(layers),
    peaks: hardware.peaks,
    structure: hardware.structure,
    recorded: hardware.recorded,
    spread: null,
    layers,
    notes: collectNotes(costs.map(({ notes }, at) => ({ name: tasks[at]?.name ?? '', notes }))),
  };
}

/** `row` with a note where the hardware has not got the precision that was asked for. */
export function inPrecision(
  row: Row,
  { precisions }: Hardware,
  asked: PrecisionChoice | undefined,
): Row {
  if (has(precisions, asked)) return row;
  return { ...row, notes: [...row.notes, `no ${asked} here: computed in ${precisions[0]}`] };
}

/** Whether a device with these formats computes in what was asked for, if anything was. */
export const has = (precisions: readonly Precision[], asked: PrecisionChoice | undefined) =>
  asked === undefined || asked === 'best' || precisions.includes(asked);

/** What the layers that multiply compute in, that with most of the time first. */
function precisionsOf(
  costs: readonly LayerCost[],
  tasks: readonly LayerTask[],
): readonly Precision[] {
  const seconds = new Map<Precision, number>();
  costs.forEach((cost, at) => {
    const { precision } = cost;
    if (precision === undefined || !isArithmetic(tasks[at])) return;
    seconds.set(precision, (seconds.get(precision) ?? 0) + secondsOf(cost));
  });
  return [...seconds].sort((a, b) => b[1] - a[1]).map(([precision]) => precision);
}

/** {@link nonzerosIn} of each; of tasks alike the weights are counted, and drawn, once. */
export function nonzerosOfEach(tasks: readonly LayerTask[]): readonly number[] {
  const known = new Map<string, number>();
  return tasks.map((task) => {
    const { alike } = task;
    if (alike === undefined) return nonzerosIn(task);
    const nonzeros = known.get(alike) ?? nonzerosIn(task);
    known.set(alike, nonzeros);
    return nonzeros;
  });
}

/** Of a layer's own weights: what else it multiplies by is activations. */
function nonzerosIn({ demand, weights }: LayerTask): number {
  if (demand.kind === 'product' && demand.right === 'activations') return 0;
  return weights ? nonzerosOf(weights.store) : 0;
}

/** What a layer has of its cost alone: the same for all layers of one cost. */
interface CostResult extends Pick<LayerResult, 'kernel' | 'precision'> {
  readonly others: Omit<LayerResult, 'name' | 'nonzeros' | 'kernel' | 'precision'>;
}

const costResult = (cost: LayerCost): CostResult => ({
  kernel: cost.kernel,
  precision: cost.precision ?? null,
  others: {
    cycles: cyclesOf(cost),
    seconds: secondsOf(cost),
    joules: joulesOf(cost),
    bound: cost.bound,
    energy: cost.joules,
    time: cost.cycles,
    counters: cost.counters,
    ...(cost.mapping === undefined ? {} : { mapping: cost.mapping }),
    ...(cost.load ? { load: cost.load } : {}),
    ...(cost.busy ? { busy: cost.busy } : {}),
    ...(cost.accesses ? { accesses: cost.accesses } : {}),
  },
});

/**
 * The kernels of the weighted layers, as the others have only one; or what was asked for, if that
 * stands for several.
 */
function kernelLabel(
  costs: readonly LayerCost[],
  tasks: readonly LayerTask[],
  asked: string | undefined,
): string {
  const weighted = costs.filter((_, at) => isArithmetic(tasks[at]));
  const names = [...new Set((weighted.length > 0 ? weighted : costs).map((cost) => cost.kernel))];
  return asked === undefined || names.includes(asked) ? names.join('+') : asked;
}

/** Whether a task's time is spent on multiplications: others have one kernel only. */
function isArithmetic(task: LayerTask | undefined): boolean {
  return task !== undefined && ['product', 'convolution', 'recurrent'].includes(task.demand.kind);
}

function mainBound(layers: readonly LayerResult[]): Bound | null {
  const seconds = new Map<Bound, number>();
  for (const { bound, seconds: taken } of layers)
    if (bound) seconds.set(bound, (seconds.get(bound) ?? 0) + taken);
  return [...seconds].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
}
