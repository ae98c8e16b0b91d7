// The activations that each layer meets: from a real pass where there is an input, else drawn.

import type { Executor } from '../hw-models/host/contract.js';
import { invariant } from '../workloads/base/errors.js';
import { layerKeyOf } from '../workloads/blocks.js';
import type { Model } from '../workloads/model.js';
import {
  type Activations,
  isImplemented,
  type LayerTask,
  type MacCounts,
  type Network,
  type Origin,
  type Values,
} from '../workloads/network.js';
import { partsOf } from '../workloads/parts.js';
import { asType, meets } from '../workloads/random-inputs.js';
import { drawTensors, type RandomTensors, sharesDraws } from '../workloads/synthesis.js';
import { taskOf } from '../workloads/tasks.js';
import type { DensityProfile, ZooEntry } from '../workloads/zoo/entry.js';

/** Of a pass that is there for what layers meet: weights that are laid out at once. */
const PART_WEIGHTS = 2 ** 22;

/** What a network meets on one frame. */
export interface Trace {
  /** The network's own inputs, by name. */
  readonly inputs: ReadonlyMap<string, Values>;
  /** What readers of each tensor meet. */
  readonly tensors: RandomTensors;
}

/**
 * Runs the network once on `inputs` and keeps what its layers met: real where the weights are real
 * too.
 */
export async function traceRun(
  model: Model,
  inputs: ReadonlyMap<string, Values>,
  executor: Executor,
  inputOrigin: Origin = 'real',
): Promise<Trace> {
  const tensors = new Map<string, Activations>();
  const origin = inputOrigin === 'real' ? model.origin : 'synthetic';
  const { weights } = model;
  const known = new Map(inputs);
  for (const network of partsOf(model.network, PART_WEIGHTS)) {
    const loaded = await executor.load({ network, weights, origin: model.origin });
    try {
      const given = new Map(network.inputs.map(({ name }) => [name, known.get(name) as Values]));
      const { outputs } = await loaded.run(given, 1, {
        onInputs(layer, operands) {
          if (!layer.demand) return;
          const counted =
            layer.demand.kind === 'product' && layer.demand.right === 'activations' ? 2 : 1;
          for (let at = 0; at < counted; at++) {
            const [name, tensor] = [layer.inputs[at], operands[at]];
            if (name && tensor && !tensors.has(name)) tensors.set(name, meets(tensor, origin));
          }
        },
      });
      for (const [name, values] of outputs) known.set(name, values);
    } finally {
      loaded.dispose();
    }
  }
  return { inputs, tensors };
}

/** Draws what each layer meets at the published densities. */
export function traceRandom(network: Network, densities: DensityProfile, seed: number): Trace {
  const tensors = drawTensors(network, densities, seed);
  const inputs = new Map(
    network.inputs.map(({ name, type }) => {
      const random = tensors.get(name);
      invariant(random !== undefined, () => `${network.name}: input ${name} was not drawn`);
      return [name, asType(random.values, type)];
    }),
  );
  return { inputs, tensors };
}

/**
 * What a network meets where nobody gives its inputs. Nobody published what a file's own network
 * meets: it really runs, on a drawn input. What lies behind an operator that nobody implements here
 * cannot be met: it is drawn.
 */
export async function traceDrawn(
  { network, densities, weights }: ZooEntry,
  model: Model,
  seed: number,
  executor: () => Executor,
): Promise<Trace> {
  const random = traceRandom(network, densities, seed);
  const isRun =
    weights !== undefined && network.layers.length > 1 && network.layers.every(isImplemented);
  return isRun ? traceRun(model, random.inputs, executor(), 'synthetic') : random;
}

/** The tasks that one frame sets, in network order: of every layer that costs something. */
export function tasksOf(model: Model, trace: Trace, batch: number): readonly LayerTask[] {
  const isShared = model.origin === 'synthetic' && sharesDraws(model.network);
  const counts = new Map<string, MacCounts>();
  return model.network.layers.flatMap((layer) => {
    const meet = (at: number): Activations => {
      const name = layer.inputs[at] ?? '';
      const activations = trace.tensors.get(name) ?? constantOf(model.network, name);
      invariant(
        activations !== undefined,
        () => `layer ${layer.name}: ${name} was not met on the way`,
      );
      return activations;
    };
    const task = taskOf(model, layer, meet, batch);
    if (!task) return [];
    return [isShared ? asOneOf(task, layerKeyOf(layer), counts) : task];
  });
}

/** `task` told to be like all of that key, whose multiplications are counted once. */
function asOneOf(task: LayerTask, key: string, counts: Map<string, MacCounts>): LayerTask {
  const count = () => task.macs;
  const macs = Object.getOwnPropertyDescriptor(task, 'macs')?.get ?? count;
  return Object.defineProperties(task, {
    alike: { value: key },
    macs: {
      get() {
        const known = counts.get(key) ?? (macs.call(task) as MacCounts);
        counts.set(key, known);
        return known;
      },
    },
  });
}

function constantOf(network: Network, name: string): Activations | undefined {
  const constant = network.constants.get(name);
  return constant && meets(constant, 'real');
}
