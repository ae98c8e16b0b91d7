// Maps each layer of a network to an accelerator that a file describes: mapping, time and energy.

import { stringify } from 'yaml';
import type { Access, Block, Hardware, Parts } from '../hw-models/contract.js';
import { cyclesOf, joulesOf, secondsOf } from '../hw-models/cost.js';
import { mapAhead } from '../hw-models/spatial/ahead.node.js';
import type { SpatialConfig } from '../hw-models/spatial/config.js';
import { writeMapping } from '../hw-models/spatial/formats/timeloop/write.js';
import { architectureFor } from '../hw-models/spatial/layer.js';
import { readMapping } from '../hw-models/spatial/nest/mapping-text.js';
import { InputError, requireWhole } from '../workloads/base/errors.js';
import { traceOf } from './compare.node.js';
import { mappableOf, withMappings } from './given-mappings.node.js';
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
  /** A file of mappings that are taken in place of the mapper's. */
  readonly mappings?: string | undefined;
  /** Of the mapper, on this machine; as many as it is worth when left out. */
  readonly threads?: number | undefined;
}

export interface MappedNetworkLayer {
  readonly layer: string;
  readonly seconds: number;
  readonly joules: number | null;
  /** Mappings that were costed before this one was chosen. */
  readonly looked: number;
  /** As a preset gives it back under `mappings`. */
  readonly mapping: string;
  /** What passes each memory, by operand. */
  readonly accesses: readonly Access[];
  /** Cycles in which the mean instance of each block is in use, and joules by component. */
  readonly cycles: number;
  readonly busy: Parts;
  readonly energy: Parts | null;
}

export interface MappedNetwork {
  readonly hardware: string;
  readonly network: string;
  /** From the outside in. */
  readonly structure: readonly Block[];
  readonly layers: readonly MappedNetworkLayer[];
  /** As an architecture's file gives them back; for networks of one mapped layer Timeloop's too. */
  presetText(base: string): string;
  timeloopText(): string;
}

/** @throws InputError for a device that no mapper serves. */
export function requireSpatial(hardware: Hardware): Hardware {
  if (hardware.family === 'spatial') return hardware;
  const expected = 'one of family spatial, whose layers are mapped';
  throw new InputError(`${hardware.name}: found family ${hardware.family}, expected ${expected}`);
}

/** @throws InputError for a device that no mapper serves, or layers that do not fit. */
export async function mapNetwork(request: MapRequest): Promise<MappedNetwork> {
  const { batch, seed, budget } = request;
  requireWhole('batch', batch, 1);
  const named = requireSpatial(resolveHardware(request.hardware));
  const { mapper = {} } = named.config as SpatialConfig;
  const bounded =
    budget === undefined
      ? named
      : named.vary([{ op: 'add', path: ['mapper'], value: { ...mapper, budget } }]);
  const { entry } = await openWorkload(request.workload);
  const model = await loadTrainedModel(entry, undefined, seed);
  const tasks = tasksOf(model, await traceOf(entry, model, undefined, undefined, seed), batch);
  const mappable = mappableOf(tasks, batch);
  const architecture = architectureFor(bounded.config as SpatialConfig);
  const hardware =
    request.mappings === undefined
      ? bounded
      : await withMappings(bounded, request.mappings, mappable, request.workload);
  await mapAhead(hardware, tasks, request.threads);
  const layers = hardware.cost(tasks).flatMap((cost, at) => {
    if (cost.mapping === undefined) return [];
    return [
      {
        layer: tasks[at]?.name ?? '',
        ...{ seconds: secondsOf(cost), joules: joulesOf(cost), mapping: cost.mapping },
        looked: cost.counters.mappings ?? 0,
        ...{ accesses: cost.accesses ?? [], busy: cost.busy ?? {}, energy: cost.joules },
        cycles: cyclesOf(cost),
      },
    ];
  });
  return {
    ...{ hardware: hardware.name, network: entry.network.name, layers },
    structure: hardware.structure,
    presetText: (base) =>
      stringify(
        {
          ...{ name: `${named.name}-mapped`, title: `${named.title}, mapped`, extends: base },
          mappings: Object.fromEntries(layers.map(({ layer, mapping }) => [layer, mapping])),
        },
        { lineWidth: 0 },
      ),
    timeloopText() {
      const [only, second] = layers;
      const own = mappable.find(({ name }) => name === only?.layer);
      if (!only || !own || second) {
        throw new InputError(
          `${entry.network.name}: found ${layers.length} mapped layers, expected one, as a mapping of Timeloop is of one`,
        );
      }
      const { mapping, problem } = readMapping(only.mapping, own.problem, architecture, only.layer);
      return writeMapping(problem, architecture, mapping);
    },
  };
}
