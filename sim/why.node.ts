// `why` by names and files: what the command line and the library call.

import { InputError, requireWhole } from '../workloads/base/errors.js';
import type { ImportLimits } from '../workloads/formats/source.js';
import { drawModel } from '../workloads/synthesis.js';
import type { ZooEntry } from '../workloads/zoo/entry.js';
import { traceOf } from './compare.node.js';
import { densitiesAt } from './densities.js';
import { loadTrainedModel } from './load.node.js';
import { openWorkloads } from './open.node.js';
import type { PictureOptions } from './picture.js';
import { type Progress, silent } from './progress.js';
import { type Names, namesIn, resolveContender } from './resolve.node.js';
import { otherName } from './result.js';
import { tasksOf } from './trace.js';
import { TRIED, type Why, whyOn } from './why.js';

export interface WhyRequest {
  /** Names of the zoo or of a group, or files that describe networks. */
  readonly workloads: Names;
  /** `NAME[:KERNEL]` or `FILE.yaml[:KERNEL]` of models. */
  readonly hardware: Names;
  readonly batch?: number;
  readonly seed?: number;
  /** Real weights of the one workload named, and a picture or tensor that it runs on. */
  readonly weights?: string;
  readonly input?: string | readonly string[];
  readonly picture?: PictureOptions;
  /** Extents of open dimensions, by their names. */
  readonly dims?: ReadonlyMap<string, number>;
  /** What a file may ask for. */
  readonly limits?: Partial<ImportLimits>;
  readonly progress?: Progress;
}

/**
 * What pruning bought each network on each model, layer by layer. @throws InputError for an unknown
 * name, an unusable file or a device that is measured.
 */
export async function why(request: WhyRequest): Promise<readonly Why[]> {
  const { batch = 1, seed = 0, limits = {}, progress = silent } = request;
  requireWhole('batch', batch, 1);
  requireWhole('seed', seed, 0);
  const models = namesIn(request.hardware).map((name) => {
    const contender = resolveContender(name);
    if (contender.kind === 'modelled') return contender;
    throw new InputError(
      `${name}: found a measured device, expected a model; host-model is a model of this machine`,
    );
  });
  const entries = await openWorkloads(request.workloads, limits, request.dims);
  const found: Why[] = [];
  const parts = entries.length * (models.length * TRIED.length + 1);
  let part = 0;
  for (const { entry } of entries) {
    progress(`weights and activations of ${entry.network.name}`, part++ / parts);
    const model = await loadTrainedModel(entry, request.weights, seed);
    const trace = await traceOf(entry, model, request.input, request.picture, seed);
    const tasks = tasksOf(model, trace, batch);
    for (const { hardware, kernel, calledAs } of models) {
      const tasksAt = (density: number) => {
        progress(
          `${entry.network.name} on ${hardware.name}, ${100 * density} % of the weights`,
          part++ / parts,
        );
        const random = drawModel(entry.network, profileAt(entry, density), seed);
        return tasksOf(random, trace, batch);
      };
      const own = whyOn(entry.network.name, hardware, kernel, tasks, tasksAt);
      found.push({ ...own, ...otherName(calledAs) });
    }
  }
  return found;
}

const profileAt = ({ densities }: ZooEntry, weightDensity: number) =>
  densitiesAt(densities, { weightDensity, activationDensity: null });
