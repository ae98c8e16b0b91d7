// `stack` by names and files: what the command line and the library call.

import { buildOf, type EngineBuild } from '../hw-models/host/engine/builds.js';
import { createExecutor } from '../hw-models/host/executors.js';
import { presetNames } from '../hw-models/presets.node.js';
import { requireWhole } from '../workloads/base/errors.js';
import { knownErrors } from './known-errors.node.js';
import { type Progress, silent } from './progress.js';
import { type Names, namesIn, resolveDevice, resolveWorkload } from './resolve.node.js';
import { loadPrices } from './serving/prices.node.js';
import { runStack, type StackContender, type StackReport } from './stack/stack.js';
import { publishedTables } from './validate/tables.node.js';

export interface StackByNameRequest {
  /** A network of the zoo to start from, and one that does the same with fewer parameters. */
  readonly base?: string;
  readonly small?: string;
  /** Presets, YAML files, `host`; without it this machine and every preset. */
  readonly hardware?: Names;
  readonly seed?: number;
  /** Timed runs of a measured link. */
  readonly repeat?: number;
  /** Of this machine's executors that have them. */
  readonly threads?: number;
  /** Left out: native kernels where they can be built. */
  readonly engine?: EngineBuild;
  /**
   * What a million frames cost: at the shipped prices, or with those of a YAML file in their place.
   */
  readonly cost?: true | string;
  readonly progress?: Progress;
}

/** @throws InputError for an unknown name or an unusable file, before anything is run. */
export async function stack(request: StackByNameRequest = {}): Promise<StackReport> {
  const {
    base = 'alexnet',
    small = 'squeezenet-1.0',
    seed = 0,
    repeat = 5,
    threads = 1,
    cost,
  } = request;
  const { hardware = ['host', ...presetNames()], progress = silent } = request;
  requireWhole('seed', seed, 0);
  requireWhole('repeat', repeat, 1);
  requireWhole('threads', threads, 1);
  const contenders = namesIn(hardware).map((name): StackContender => {
    if (name === 'host')
      return {
        kind: 'measured',
        executor: (executor) => createExecutor(executor, { threads, ...buildOf(request) }),
      };
    return { kind: 'modelled', ...resolveDevice(name) };
  });
  return runStack({
    base: resolveWorkload(base),
    small: resolveWorkload(small),
    contenders,
    tables: publishedTables,
    ...{ seed, repeat, progress, errors: knownErrors() },
    ...(cost === undefined ? {} : { prices: await loadPrices(cost === true ? undefined : cost) }),
  });
}
