// How each layer of a network lies on an accelerator that a file describes: its mapping, time and
// energy.

import { joulesOf, secondsOf } from '../hw-models/cost.js';
import { InputError, requireWhole } from '../workloads/base/errors.js';
import { traceOf } from './compare.node.js';
import { loadTrainedModel } from './load.node.js';
import { openWorkload } from './open.node.js';
import { resolveHardware } from './resolve.node.js';
import { tasksOf } from './trace.js';

export interface MapRequest {
  readonly hardware: string;
  readonly workload: string;
  readonly batch: number;
  readonly seed: number;
  /** Mappings of a layer to look at, at most; as the preset says when left out. */
  readonly budget?: number | undefined;
}

export interface MappedNetworkLayer {
  readonly layer: string;
  readonly seconds: number;
  readonly joules: number | null;
  /** Mappings that were costed before this one was chosen. */
  readonly looked: number;
  /** As a preset gives it back under `mappings`. */
  readonly mapping: string;
}

export interface MappedNetwork {
  readonly hardware: string;
  readonly network: string;
  readonly layers: readonly MappedNetworkLayer[];
}

/** @throws InputError for a hardware that no mapper serves, or layers that do not fit. */
export async function mapNetwork(request: MapRequest): Promise<MappedNetwork> {
  const { batch, seed, budget } = request;
  requireWhole('batch', batch, 1);
  const named = resolveHardware(request.hardware);
  if (named.family !== 'spatial') {
    const expected = 'one of family spatial, whose layers are mapped';
    throw new InputError(`${named.name}: found family ${named.family}, expected ${expected}`);
  }
  const { mapper = {} } = named.config as { readonly mapper?: object };
  const hardware =
    budget === undefined
      ? named
      : named.vary([{ op: 'add', path: ['mapper'], value: { ...mapper, budget } }]);
  const { entry } = await openWorkload(request.workload);
  const model = await loadTrainedModel(entry, undefined, seed);
  const tasks = tasksOf(model, await traceOf(entry, model, undefined, undefined, seed), batch);
  const layers = hardware.cost(tasks).flatMap((cost, at) => {
    if (cost.mapping === undefined) return [];
    return [
      {
        layer: tasks[at]?.name ?? '',
        ...{ seconds: secondsOf(cost), joules: joulesOf(cost), mapping: cost.mapping },
        looked: cost.counters.mappings ?? 0,
      },
    ];
  });
  return { hardware: hardware.name, network: entry.network.name, layers };
}
