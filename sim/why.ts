// Explains what pruning bought on a model, layer by layer, and where it bought nothing, why. Each
// layer is costed as it is, dense, and at several densities between.

import type { Bound, Hardware, LayerCost } from '../hw-models/contract.js';
import { secondsOf } from '../hw-models/cost.js';
import { invariant } from '../workloads/base/errors.js';
import type { LayerTask } from '../workloads/network.js';
import type { OfDevice } from './result.js';
import { total } from './summary.js';

/** Why pruning a layer's weights buys nothing. */
export type Cause =
  | 'activations'
  | 'dense-weights'
  | 'too-dense'
  | 'latency'
  | 'memory'
  | 'no-kernel'
  | 'imbalance';

export interface LayerReason {
  readonly name: string;
  readonly kernel: string;
  /** Share of the weights that are not zero; null of a layer that multiplies activations. */
  readonly density: number | null;
  readonly seconds: number;
  /** With no weight zero, by the kernel that is the fastest then. */
  readonly denseSeconds: number;
  /** Seconds above what the dense layer takes times the share of weights that are left. */
  readonly lostSeconds: number;
  readonly bound: Bound | null;
  /** Null where pruning bought something. */
  readonly cause: Cause | null;
  /** The density below which pruning starts to pay; null where it never did. */
  readonly paysBelow: number | null;
}

/** A network on a model. Seconds are for the whole batch. */
export interface Why extends OfDevice {
  readonly workload: string;
  readonly batch: number;
  readonly seconds: number;
  readonly denseSeconds: number;
  /** Seconds of layers that multiply nothing. */
  readonly otherSeconds: number;
  /** By the seconds that are lost, the most first. */
  readonly layers: readonly LayerReason[];
}

/** Densities at which layers are costed, descending. */
export const TRIED = [1, 0.7, 0.5, 0.35, 0.25, 0.18, 0.12, 0.08, 0.05, 0.03, 0.02] as const;

/** A layer that takes this much less time than with dense weights gained something. */
const GAIN = 1.05;
/** Above this share weights count as not pruned. */
const DENSE = 0.99;

/** The same tasks with weights drawn at one of {@link TRIED}. */
export type TasksAt = (density: number) => readonly LayerTask[];

/** `tasks` as they are on `hardware`, by `kernel` or by the fastest one. */
export function whyOn(
  workload: string,
  hardware: Hardware,
  kernel: string | undefined,
  tasks: readonly LayerTask[],
  tasksAt: TasksAt,
): Why {
  const costs = hardware.cost(tasks, kernel);
  const tried = TRIED.map((density) => hardware.cost(tasksAt(density), kernel));
  const [dense] = tried;
  invariant(dense !== undefined, 'densities to try');
  const layers = tasks.flatMap((task, at) => {
    if (!isMultiplied(task)) return [];
    const cost = costs[at] as LayerCost;
    return [
      reasonOf(
        task,
        cost,
        tried.map((each) => each[at] as LayerCost),
      ),
    ];
  });
  const seconds = total(costs.map(secondsOf));
  return {
    workload,
    hardware: hardware.name,
    batch: tasks[0]?.batch ?? 1,
    seconds,
    denseSeconds: total(dense.map(secondsOf)),
    otherSeconds: seconds - total(layers.map((layer) => layer.seconds)),
    layers: layers.toSorted((a, b) => b.lostSeconds - a.lostSeconds),
  };
}

const isMultiplied = ({ demand }: LayerTask) =>
  ['product', 'convolution', 'recurrent'].includes(demand.kind);

function reasonOf(task: LayerTask, cost: LayerCost, tried: readonly LayerCost[]): LayerReason {
  const seconds = secondsOf(cost);
  const times = tried.map(secondsOf);
  const [denseSeconds = seconds] = times;
  const hasWeights = !(task.demand.kind === 'product' && task.demand.right === 'activations');
  const density =
    hasWeights && task.macs.dense > 0 ? task.macs.keptWeights / task.macs.dense : null;
  const pays = times.findIndex((each) => each * GAIN <= denseSeconds);
  const paysBelow = pays < 0 ? null : (TRIED[pays] ?? null);
  const common = {
    ...{ name: task.name, kernel: cost.kernel, density, seconds, denseSeconds },
    lostSeconds: Math.max(0, seconds - denseSeconds * (density ?? 1)),
    ...{ bound: cost.bound, paysBelow },
  };
  const gained = seconds * GAIN <= denseSeconds;
  return { ...common, cause: gained ? null : causeOf(density, paysBelow, tried) };
}

function causeOf(
  density: number | null,
  paysBelow: number | null,
  tried: readonly LayerCost[],
): Cause {
  if (density === null) return 'activations';
  if (density >= DENSE) return 'dense-weights';
  if (paysBelow !== null) return 'too-dense';
  // At the lowest density that was tried, what still takes the time.
  const last = tried.at(-1);
  if (last?.bound === 'latency' || last?.bound === 'memory') return last.bound;
  return last?.bound === 'imbalance' ? 'imbalance' : 'no-kernel';
}
