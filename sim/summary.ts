// The demands of a network on any device, in numbers.

import { invariant } from '../workloads/base/errors.js';
import type { Model } from '../workloads/model.js';
import {
  type LayerKind,
  type LayerTask,
  type Origin,
  parametersIn,
  parametersOf,
  sizeOfActivations,
  weightShapeOf,
} from '../workloads/network.js';
import { nonzerosOf } from '../workloads/weights/entries.js';

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
  const byName = new Map(model.network.layers.map((layer) => [layer.name, layer]));
  const layerOf = ({ name }: LayerTask) => {
    const layer = byName.get(name);
    invariant(layer !== undefined, () => `${model.network.name} has no layer ${name}`);
    return layer;
  };
  // Weights are read once a layer and let go: what a huge network has of them never lies in memory
  // together.
  const alike = new Map<string, Counted>();
  const countedOf = (task: LayerTask, hasWeights: boolean): Counted => {
    const key = task.alike === undefined ? undefined : `${hasWeights}${task.alike}`;
    const known = key === undefined ? undefined : alike.get(key);
    const counted = known ?? counting(task, hasWeights);
    if (key !== undefined) alike.set(key, counted);
    return counted;
  };
  const read = tasks.map((task) => {
    const layer = layerOf(task);
    const shape = weightShapeOf(layer);
    const { nonzeros, macs, inputs, density, origin } = countedOf(task, shape !== null);
    const summary: LayerSummary = {
      ...{ name: task.name, kind: layer.kind, parameters: parametersOf(layer) },
      nonzeros,
      ...{ macsDense: macs.dense, macsNonzero: macs.effective },
      ...{ activationDensity: density, activationsOrigin: origin },
    };
    return { summary, weights: shape ? shape.rows * shape.columns : 0, inputs: shape ? inputs : 0 };
  });
  const layers = read.map(({ summary }) => summary);
  const inputs = total(read.map((layer) => layer.inputs));
  return {
    name: model.network.name,
    title: model.network.title,
    parameters: parametersIn(model.network),
    weights: total(read.map(({ weights }) => weights)),
    nonzeros: total(layers.map((layer) => layer.nonzeros)),
    macsDense: total(layers.map((layer) => layer.macsDense)),
    macsNonzero: total(layers.map((layer) => layer.macsNonzero)),
    weightsOrigin: model.origin,
    activationsOrigin: layers.some((layer) => layer.activationsOrigin === 'synthetic')
      ? 'synthetic'
      : 'real',
    activationDensity:
      inputs === 0
        ? 1
        : total(read.map((layer) => layer.summary.activationDensity * layer.inputs)) / inputs,
    layers,
  };
}

/** What is counted of a task's weights and activations. */
interface Counted {
  readonly nonzeros: number;
  readonly macs: LayerTask['macs'];
  readonly inputs: number;
  readonly density: number;
  readonly origin: Origin;
}

function counting(task: LayerTask, hasWeights: boolean): Counted {
  const { input, macs } = task;
  const nonzeros = hasWeights && task.weights ? nonzerosOf(task.weights.store) : 0;
  return {
    nonzeros,
    macs,
    inputs: sizeOfActivations(input),
    density: input.density,
    origin: input.origin,
  };
}

/** The sum of some numbers. */
export const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

/** The same; null where one of them is not known. */
export const totalOrNull = (values: readonly (number | null)[]) =>
  values.every((value) => value !== null) ? total(values) : null;
