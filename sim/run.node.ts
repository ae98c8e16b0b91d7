// `run` by names and files: what the command line and the library call.

import { buildOf, type EngineBuild } from '../hw-models/host/engine/builds.js';
import { createExecutor, DEFAULT_EXECUTOR } from '../hw-models/host/executors.js';
import { openRapl } from '../hw-models/host/rapl.node.js';
import { requireWhole } from '../workloads/base/errors.js';
import type { ImportLimits } from '../workloads/formats/source.js';
import { loadInputs, loadTrainedModel } from './load.node.js';
import { runnerOf } from './measured.js';
import { openWorkload } from './open.node.js';
import type { PictureOptions } from './picture.js';
import { type Progress, silent } from './progress.js';
import { type RunReport, runNetwork } from './run-network.js';
import { traceRandom } from './trace.js';

/** Plain forward passes over the sparse weights. */
const REFERENCE = 'reference';
/** Runs a file as it is, where one of its operators is not implemented here. */
const STAND_IN = 'onnxruntime';

export interface RunByNameRequest {
  /** A name of the zoo, or a file that describes one network. */
  readonly workload: string;
  readonly executor?: string;
  /** Of an executor that has them. */
  readonly threads?: number;
  /** Left out: native kernels where they can be built. */
  readonly engine?: EngineBuild;
  /** A Deep Compression `.net` file; without it weights are drawn at published densities. */
  readonly weights?: string;
  /** A picture or `.npy` tensor; without it an input is drawn. */
  readonly input?: string | readonly string[];
  /** How pictures become inputs, where the network does not say or another way is meant. */
  readonly picture?: PictureOptions;
  /** Extents of open dimensions, by their names. */
  readonly dims?: ReadonlyMap<string, number>;
  readonly batch?: number;
  readonly seed?: number;
  readonly repeat?: number;
  /**
   * Compare the output with plain forward passes over the sparse weights; on unless switched off.
   */
  readonly check?: boolean;
  /** What a file may ask for. */
  readonly limits?: Partial<ImportLimits>;
  readonly progress?: Progress;
}

/** Really runs one workload here. @throws InputError for an unknown name or an unusable file. */
export async function run(request: RunByNameRequest): Promise<RunReport> {
  const { executor = DEFAULT_EXECUTOR, threads = 1, check = true, progress = silent } = request;
  const { batch = 1, seed = 0, repeat = 5, limits = {} } = request;
  requireWhole('threads', threads, 1);
  requireWhole('batch', batch, 1);
  requireWhole('seed', seed, 0);
  requireWhole('repeat', repeat, 1);
  const { entry } = await openWorkload(request.workload, limits, request.dims);
  const runner = createExecutor(executor, { threads, ...buildOf(request) });
  progress(`weights of ${entry.network.name}`);
  const model = await loadTrainedModel(entry, request.weights, seed);
  const random = traceRandom(entry.network, entry.densities, seed).inputs;
  const inputs = await loadInputs(entry, [request.input ?? []].flat(), random, request.picture);
  const { runner: able } = runnerOf(runner, createExecutor(STAND_IN, { threads }), model);
  const isKnown = able === runner;
  return runNetwork({
    model,
    inputs,
    inputOrigin: request.input === undefined ? 'synthetic' : 'real',
    executor: able,
    reference: check && isKnown && executor !== REFERENCE ? createExecutor(REFERENCE) : null,
    batch,
    seed,
    repeat,
    energy: openRapl(),
    progress,
  });
}
