// `compare` by names and files: what the command line and the library call.

import type { Hardware, PrecisionChoice } from '../hw-models/contract.js';
import { buildOf, type EngineBuild } from '../hw-models/host/engine/builds.js';
import { createExecutor } from '../hw-models/host/executors.js';
import { openRapl } from '../hw-models/host/rapl.node.js';
import { mapAhead } from '../hw-models/spatial/ahead.node.js';
import { InputError, requireWhole } from '../workloads/base/errors.js';
import type { ImportLimits } from '../workloads/formats/source.js';
import type { Model } from '../workloads/model.js';
import { isImplemented, type LayerTask } from '../workloads/network.js';
import type { ZooEntry } from '../workloads/zoo/entry.js';
import { type Contender, compareModel } from './compare.js';
import { DEFAULT_HARDWARE, DEFAULT_WORKLOADS } from './defaults.js';
import { mappableOf, withMappings } from './given-mappings.node.js';
import { knownErrors } from './known-errors.node.js';
import { loadInputs, loadTrainedModel } from './load.node.js';
import { openWorkloads } from './open.node.js';
import type { PictureOptions } from './picture.js';
import { type Progress, partOf, silent } from './progress.js';
import { hardwareIn, type Names, resolveContender } from './resolve.node.js';
import type { Comparison } from './result.js';
import { loadPrices } from './serving/prices.node.js';
import { type Trace, tasksOf, traceDrawn, traceRandom, traceRun } from './trace.js';

/** A comparison and the group that its workload was named by, if any. */
export interface NamedComparison extends Comparison {
  readonly group: string | null;
  /** What the reader must know of how the workload was read from its file. */
  readonly importNotes: readonly string[];
}

export interface CompareRequest {
  /** Names of the zoo or of a group, or files that describe networks. */
  readonly workloads?: Names;
  /**
   * `NAME[:KERNEL]`, `FILE.yaml[:KERNEL]`, `host[:EXECUTOR]`, or designs themselves, as
   * `loadHardware` and `vary` give them; ratios are against the first.
   */
  readonly hardware?: Names | readonly (string | Hardware)[];
  readonly batch?: number;
  readonly seed?: number;
  /**
   * A Deep Compression `.net` file for the one workload named; without it weights are drawn at
   * published densities.
   */
  readonly weights?: string;
  /**
   * A picture or `.npy` tensor for the one workload named, or NAME=FILE for each of its inputs;
   * without it activations are drawn at published densities.
   */
  readonly input?: string | readonly string[];
  /** How pictures become inputs, where the network does not say or another way is meant. */
  readonly picture?: PictureOptions;
  /** Extents of open dimensions, by their names. */
  readonly dims?: ReadonlyMap<string, number>;
  /** Timed runs of a measured contender. */
  readonly repeat?: number;
  /**
   * Of a measured contender that has them, 1 when left out; of the mapper, as many as this machine
   * has cores.
   */
  readonly threads?: number;
  /** Left out: native kernels where they can be built. */
  readonly engine?: EngineBuild;
  /**
   * What a million frames cost: at the shipped prices, or with those of a YAML file in their place.
   */
  readonly cost?: true | string;
  /** What a file may ask for. */
  readonly limits?: Partial<ImportLimits>;
  /** About as many slices as all timelines have room for; without it there are none. */
  readonly timelineRoom?: number;
  /** Whether models say how far each of their estimated or fitted numbers moves the answer. */
  readonly uncertainty?: boolean;
  /** What models compute in where they have it; each in its own where left out. */
  readonly precision?: PrecisionChoice;
  /** A file of mappings, for devices of family spatial, in place of their mapper's. */
  readonly mappings?: string;
  readonly progress?: Progress;
}

/**
 * Runs or costs each workload on each hardware. Modelled rows are the same bits for the same
 * request; measured ones never are. @throws InputError for an unknown name or an unusable file,
 * before anything is run.
 */
export async function compare(request: CompareRequest = {}): Promise<readonly NamedComparison[]> {
  const {
    workloads = DEFAULT_WORKLOADS,
    hardware = DEFAULT_HARDWARE,
    batch = 1,
    seed = 0,
    repeat = 5,
  } = request;
  const { threads = 1, limits = {}, timelineRoom, uncertainty = false } = request;
  requireWhole('batch', batch, 1);
  requireWhole('seed', seed, 0);
  requireWhole('repeat', repeat, 1);
  requireWhole('threads', threads, 1);
  const contenders = [hardware]
    .flat()
    .flatMap((named: string | Hardware): readonly Contender[] =>
      typeof named === 'string'
        ? hardwareIn(named).map((name) => resolveContender(name, threads, request))
        : [{ kind: 'modelled', hardware: named, kernel: undefined, isOwn: true }],
    );
  if (contenders.length === 0) throw new InputError('found no hardware, expected at least one');
  const { mappings } = request;
  if (mappings !== undefined && !contenders.some(isMapped)) {
    throw new InputError('mapping: found no device of family spatial, expected one that it is of');
  }
  const entries = await openWorkloads(workloads, limits, request.dims);
  if (entries.length !== 1 && (request.weights ?? request.input) !== undefined) {
    throw new InputError(
      `weights and input belong to one network, found ${entries.length} workloads`,
    );
  }
  const exact = createExecutor(EXACT, { threads, ...buildOf(request) });
  const standIn = createExecutor(STAND_IN, { threads });
  const { cost } = request;
  const priced =
    cost === undefined ? {} : { prices: await loadPrices(cost === true ? undefined : cost) };
  const energy = openRapl();
  const given = async (
    model: Model,
    trace: Trace,
    workload = '',
  ): Promise<readonly Contender[]> => {
    if (mappings === undefined) return contenders;
    const layers = mappableOf(tasksOf(model, trace, batch), batch);
    return Promise.all(
      contenders.map(async (contender) =>
        isMapped(contender)
          ? {
              ...contender,
              hardware: await withMappings(contender.hardware, mappings, layers, workload),
            }
          : contender,
      ),
    );
  };
  const comparisons: NamedComparison[] = [];
  for (const [at, { entry, group, file }] of entries.entries()) {
    const progress = partOf(request.progress ?? silent, at, entries.length);
    progress(`weights and activations of ${entry.network.name}`);
    const model = await loadTrainedModel(entry, request.weights, seed);
    const trace = await traceOf(entry, model, request.input, request.picture, seed);
    const room = timelineRoom === undefined ? {} : { timelineRoom: timelineRoom / entries.length };
    const options = {
      batch,
      seed,
      repeat,
      energy,
      exact,
      standIn,
      uncertainty,
      progress,
      errors: knownErrors(),
      ahead: (row: Hardware, tasks: readonly LayerTask[]) => mapAhead(row, tasks, request.threads),
      ...(request.precision === undefined ? {} : { precision: request.precision }),
      ...priced,
      ...room,
    };
    const comparison = await compareModel(
      model,
      trace,
      await given(model, trace, file?.file),
      options,
    );
    comparisons.push({ ...withBuildNoted(comparison), group, importNotes: entry.notes ?? [] });
  }
  return comparisons;
}

/** The host's model of an executor is of its WebAssembly kernels unless its name says native. */
function withBuildNoted(comparison: Comparison): Comparison {
  const hasNative = comparison.results.some(({ engine }) => engine?.startsWith('zeroskip native'));
  if (!hasNative) return comparison;
  const note =
    'predicts WebAssembly kernels, as --engine wasm runs; host ran native ones, which host-model:native-auto and its like predict where zeroskip calibrate found a compiler';
  const results = comparison.results.map((result) => {
    const isOther = result.family === 'host-model' && !result.asked?.startsWith('native-');
    return isOther ? { ...result, notes: [...result.notes, note] } : result;
  });
  return { ...comparison, results };
}

/** The executor that those are held against that compute something else by design. */
const EXACT = 'sparse';
/** The executor that finds the activations for the models. */
const TRACER = 'sparse';
/** What models are given must not depend on which compiler a machine has. */
const PORTABLE = { engine: 'wasm' } as const;
/** The executor that runs a file as it is, where one of its operators is not implemented here. */
const STAND_IN = 'onnxruntime';

/**
 * What a network meets: on the files given, else as {@link traceDrawn} finds it.
 */
export async function traceOf(
  entry: ZooEntry,
  model: Model,
  files: CompareRequest['input'],
  picture: PictureOptions | undefined,
  seed: number,
): Promise<Trace> {
  const executor = () => createExecutor(TRACER, PORTABLE);
  if (files === undefined) return traceDrawn(entry, model, seed, executor);
  const random = traceRandom(entry.network, entry.densities, seed);
  const inputs = await loadInputs(entry, [files].flat(), random.inputs, picture);
  // What lies behind an operator that nobody implements here cannot be met: it is drawn.
  return entry.network.layers.every(isImplemented)
    ? traceRun(model, inputs, executor())
    : { ...random, inputs };
}

const isMapped = (contender: Contender): contender is Extract<Contender, { kind: 'modelled' }> =>
  contender.kind === 'modelled' && contender.hardware.family === 'spatial';
