// `choose` by names and files: what the command line and the library call.

import { loadHardware, presetNames } from '../hw-models/presets.node.js';
import { InputError } from '../workloads/base/errors.js';
import type { ImportLimits } from '../workloads/formats/source.js';
import { modelErrors } from './breakeven/model-errors.js';
import { type Choice, judge, type LimitName, type Limits, type Ranking, ranked } from './choose.js';
import { compare } from './compare.node.js';
import { type Progress, silent } from './progress.js';
import { type Names, namesIn } from './resolve.node.js';
import { publishedTables } from './validate/tables.node.js';

export interface ChooseRequest {
  /** A name of the zoo, or a file that describes one network. */
  readonly workload: string;
  readonly limits: Limits;
  /** Presets, YAML files, `host`; without it every preset. */
  readonly hardware?: Names;
  readonly by?: Ranking;
  readonly batch?: number;
  readonly seed?: number;
  /** Prices in place of the shipped ones. */
  readonly cost?: string;
  /** Extents of open dimensions, by their names. */
  readonly dims?: ReadonlyMap<string, number>;
  /** What a file may ask for. */
  readonly fileLimits?: Partial<ImportLimits>;
  readonly progress?: Progress;
}

/**
 * Every device by its fastest exact kernels against the limits. @throws InputError for an unknown
 * name, an unusable file, or a limit that is no number above 0.
 */
export async function choose(request: ChooseRequest): Promise<Choice> {
  const { workload, limits, by = 'price', batch = 1, seed = 0, progress = silent } = request;
  for (const [name, limit] of Object.entries(limits) as [LimitName, number][])
    if (!(limit > 0)) throw new InputError(`${name}: found ${limit}, expected a number above 0`);
  const hardware = namesIn(request.hardware ?? presetNames());
  const comparisons = await compare({
    ...{ workloads: workload, hardware, batch, seed, cost: request.cost ?? true, progress },
    ...(request.dims ? { dims: request.dims } : {}),
    ...(request.fileLimits ? { limits: request.fileLimits } : {}),
  });
  const [comparison, ...others] = comparisons;
  if (!comparison || others.length > 0) {
    throw new InputError(
      `${workload}: found ${comparisons.length} networks, expected one to choose a device for`,
    );
  }
  progress('errors of the models where figures are published');
  const errors = modelErrors(loadHardware, publishedTables);
  const candidates = comparison.results.map((result, at) => {
    const error = result.origin === 'modelled' ? errors(result.hardware, result.kernel) : null;
    return judge(hardware[at] ?? result.hardware, result, error, limits, batch);
  });
  const name = comparison.workload.name;
  return { workload: name, batch, limits, by, candidates: ranked(candidates, by, batch) };
}
