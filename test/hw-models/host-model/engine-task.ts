// Tasks with the layers that set them, as a run of the engine has them.

import type { EngineTask } from '../../../hw-models/host-model/layer.js';
import type { Model } from '../../../workloads/model.js';
import type { Activations, Layer } from '../../../workloads/network.js';
import { taskOf } from '../../../workloads/tasks.js';

/** The task of a layer that costs something. */
export function engineTask(
  model: Model,
  layer: Layer,
  input: Activations,
  batch: number,
): EngineTask & { readonly layer: Layer } {
  const task = taskOf(model, layer, input, batch);
  if (!task) throw new Error(`${layer.name} costs nothing`);
  const { name, demand, weights, macs } = task;
  return { name, demand, weights, input, macs, batch, layer };
}
