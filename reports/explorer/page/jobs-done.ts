// How each kind of job is done. Work pauses often: what it yields says what is being done.

import { createEstimator } from '../../../sim/estimate.js';
import { createExplorer, type ExplorerSources } from '../../../sim/explore.js';
import type { JobKind, Jobs } from './jobs.js';

/** A job under way. */
export type Work<Found> = AsyncGenerator<string, Found> | Generator<string, Found>;

export type Workers = {
  readonly [Kind in JobKind]: (asked: Jobs[Kind]['asked']) => Work<Jobs[Kind]['found']>;
};

/** Work ahead stops after so long: whole networks take too long to be drawn at every density. */
const MAX_MILLISECONDS_AHEAD = 30_000;

export function createWorkers(sources: ExplorerSources): Workers {
  const explorer = createExplorer(sources);
  const estimator = createEstimator(sources.soundConfigs);
  return {
    explore: (question) => explorer.exploring(question),
    async *ahead(questions) {
      const began = performance.now();
      for await (const doing of explorer.ahead(questions)) {
        yield doing;
        if (performance.now() - began > MAX_MILLISECONDS_AHEAD) break;
      }
      return null;
    },
    *estimate({ question, base, milliseconds }) {
      const end = performance.now() + milliseconds;
      return estimator.estimate(question, base, () => performance.now() > end);
    },
    *rehearse(base) {
      yield* estimator.rehearsing(base);
      return null;
    },
  };
}
