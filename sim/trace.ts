// The activations that each layer meets: from a real pass where there is an input, else drawn.

import type { Executor } from '../hw-models/contract.js';
import { invariant } from '../workloads/base/errors.js';
import type { Model } from '../workloads/model.js';
import type { Activations, LayerTask, Network, Origin } from '../workloads/network.js';
import { drawInputs } from '../workloads/synthesis.js';
import { activations, taskOf } from '../workloads/tasks.js';
import type { DensityProfile } from '../workloads/zoo/entry.js';

/** What a network meets on one frame. */
export interface Trace {
  /** The network's own input, [channels, height, width] or [features]. */
  readonly input: Float32Array;
  /** Each layer's first input, by layer name. */
  readonly activations: ReadonlyMap<string, Activations>;
}

/** Runs the network once on `input` and keeps what each layer met: real where the weights are real too. */
export async function traceRun(
  model: Model,
  input: Float32Array,
  executor: Executor,
  inputOrigin: Origin = 'real',
): Promise<Trace> {
  const met = new Map<string, Activations>();
  const origin = inputOrigin === 'real' ? model.origin : 'synthetic';
  const loaded = await executor.load(model);
  try {
    await loaded.run(input, 1, { onInput: (layer, values) => met.set(layer.name, activations(values, origin)) });
  } finally {
    loaded.dispose();
  }
  return { input, activations: met };
}

/** Draws what each layer meets at the published densities; the input is the first layer's. */
export function traceDrawn(network: Network, densities: DensityProfile, seed: number): Trace {
  const drawn = drawInputs(network, densities, seed);
  const first = network.layers.find((layer) => layer.inputs[0] === 'data');
  const input = first && drawn.get(first.name)?.values;
  invariant(input !== undefined, `${network.name}: no layer reads the input`);
  return { input, activations: drawn };
}

/** The tasks that one frame sets, in network order. */
export function tasksOf(model: Model, trace: Trace, batch: number): readonly LayerTask[] {
  return model.network.layers.map((layer) => {
    const met = trace.activations.get(layer.name);
    invariant(met !== undefined, `layer ${layer.name} was not met on the way`);
    return taskOf(model, layer, met, batch);
  });
}
