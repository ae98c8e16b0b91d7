// What a network asks of any hardware, in numbers.

import { parametersOf, weightShapeOf } from '../workloads/layers/index.js';
import type { Model } from '../workloads/model.js';
import type { LayerKind, LayerTask, Origin } from '../workloads/network.js';
import { nonzerosOf } from '../workloads/weights/store.js';

/** What one layer asks of any hardware, for one frame. */
export interface LayerSummary {
  readonly name: string;
  readonly kind: LayerKind;
  readonly parameters: number;
  readonly nonzeros: number;
  readonly macsDense: number;
  readonly macsNonzero: number;
  readonly activationDensity: number;
  readonly activationsOrigin: Origin;
}

/** What a network asks of any hardware, for one frame. */
export interface WorkloadSummary {
  readonly name: string;
  readonly title: string;
  /** Weights and biases. */
  readonly parameters: number;
  readonly weights: number;
  /** Weights that are not zero. */
  readonly nonzeros: number;
  readonly macsDense: number;
  /** Multiplications whose weight and activation are both not zero. */
  readonly macsNonzero: number;
  readonly weightsOrigin: Origin;
  readonly activationsOrigin: Origin;
  /** Non-zero share of what the weighted layers read, by size. */
  readonly activationDensity: number;
  readonly layers: readonly LayerSummary[];
}

/** What `model` asks of any hardware on the frame that set `tasks`. */
export function summarize(model: Model, tasks: readonly LayerTask[]): WorkloadSummary {
  const layers = tasks.map(
    (task): LayerSummary => ({
      name: task.layer.name,
      kind: task.layer.kind,
      parameters: parametersOf(task.layer),
      nonzeros: task.weights ? nonzerosOf(task.weights.store) : 0,
      macsDense: task.macs.dense,
      macsNonzero: task.macs.effective,
      activationDensity: task.input.density,
      activationsOrigin: task.input.origin,
    }),
  );
  const weighted = tasks.filter((task) => task.weights);
  const read = total(weighted.map((task) => task.input.values.length));
  return {
    name: model.network.name,
    title: model.network.title,
    parameters: total(layers.map((layer) => layer.parameters)),
    weights: total(tasks.map(({ layer }) => (weightShapeOf(layer)?.rows ?? 0) * (weightShapeOf(layer)?.columns ?? 0))),
    nonzeros: total(layers.map((layer) => layer.nonzeros)),
    macsDense: total(layers.map((layer) => layer.macsDense)),
    macsNonzero: total(layers.map((layer) => layer.macsNonzero)),
    weightsOrigin: model.origin,
    activationsOrigin: layers.some((layer) => layer.activationsOrigin === 'synthetic') ? 'synthetic' : 'real',
    activationDensity: total(weighted.map((task) => task.input.density * task.input.values.length)) / read,
    layers,
  };
}

/** The sum of some numbers. */
export const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

/** The same; null where one of them is not known. */
export const totalOrNull = (values: readonly (number | null)[]) =>
  values.every((value) => value !== null) ? total(values) : null;
