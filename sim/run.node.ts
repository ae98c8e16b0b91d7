// `run` by names and files: what the command line and the library call.

import { createExecutor } from '../hw-models/host/executors.js';
import { requireWhole } from '../workloads/base/errors.js';
import { loadInput, loadModel } from './load.node.js';
import { type Progress, silent } from './progress.js';
import { resolveWorkload } from './resolve.node.js';
import { type RunReport, runNetwork } from './run-network.js';
import { traceDrawn } from './trace.js';

/** Plain forward passes over the sparse weights. */
const REFERENCE = 'reference';

export interface RunByNameRequest {
  readonly workload: string;
  readonly executor?: string;
  /** A Deep Compression `.net` file; without it weights are drawn at published densities. */
  readonly weights?: string;
  /** A picture or `.npy` tensor; without it an input is drawn. */
  readonly input?: string;
  readonly batch?: number;
  readonly seed?: number;
  readonly repeat?: number;
  /** Compare the output with plain forward passes over the sparse weights; on unless switched off. */
  readonly check?: boolean;
  readonly progress?: Progress;
}

/** Really runs one workload here. @throws InputError for an unknown name or an unusable file. */
export async function run(request: RunByNameRequest): Promise<RunReport> {
  const { executor = 'tfjs', batch = 1, seed = 0, repeat = 5, check = true, progress = silent } = request;
  requireWhole('batch', batch, 1);
  requireWhole('seed', seed, 0);
  requireWhole('repeat', repeat, 1);
  const entry = resolveWorkload(request.workload);
  const runner = createExecutor(executor);
  progress(`weights of ${entry.network.name}`);
  const model = await loadModel(entry, request.weights, seed);
  const input =
    request.input === undefined
      ? traceDrawn(entry.network, entry.densities, seed).input
      : await loadInput(entry, request.input);
  return runNetwork({
    model,
    input,
    inputOrigin: request.input === undefined ? 'synthetic' : 'real',
    executor: runner,
    reference: check && executor !== REFERENCE ? createExecutor(REFERENCE) : null,
    batch,
    seed,
    repeat,
    progress,
  });
}
