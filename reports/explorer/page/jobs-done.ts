// How each kind of job is done. Work pauses often: what it yields says what is being done.

import { type Answered, createEstimator } from '../../../sim/estimate.js';
import {
  createExplorer,
  type ExplorerQuestion,
  type ExplorerSources,
} from '../../../sim/explore.js';
import { pack, unpack } from '../packed.js';
import type { JobKind, Jobs } from './jobs.js';

/** A job under way. */
export type Work<Found> = AsyncGenerator<string, Found> | Generator<string, Found>;

export type Workers = {
  readonly [Kind in JobKind]: (asked: Jobs[Kind]['asked']) => Work<Jobs[Kind]['found']>;
};

/** Work ahead stops after so long: whole networks take too long to be drawn at every density. */
const MAX_MILLISECONDS_AHEAD = 30_000;
/** It stops too where a step takes so long: a question would have to wait for it. */
const MAX_MILLISECONDS_OF_STEP = 100;

export function createWorkers(sources: ExplorerSources): Workers {
  const explorer = createExplorer(sources);
  const estimator = createEstimator(sources.soundConfigs);
  let base: Answered | null = null;
  let warmed = 0;
  return {
    async *explore(question) {
      return pack(yield* explorer.exploring(question));
    },
    async *ahead(questions) {
      const began = performance.now();
      let step = began;
      for await (const doing of explorer.ahead(questions)) {
        const now = performance.now();
        if (now - step > MAX_MILLISECONDS_OF_STEP || now - began > MAX_MILLISECONDS_AHEAD) break;
        yield doing;
        step = performance.now();
      }
      return null;
    },
    *remember({ question, found }) {
      base = { question, exploration: unpack(found) };
      yield 'remembered';
      return null;
    },
    *estimate({ question, milliseconds }) {
      const found = yield* estimator.estimating(question, base, lateIn(milliseconds));
      return found && { ...found, exploration: pack(found.exploration) };
    },
    *rehearse() {
      if (base) yield* estimator.rehearsing(base);
      return null;
    },
    *warm(questions) {
      while (warmed < questions.length) {
        const question = questions[warmed] as ExplorerQuestion;
        yield* estimator.estimating(question, null, () => true);
        warmed++;
      }
      return null;
    },
  };
}

/**
 * Whether so much time has passed, or will have once another step is done that takes as long as the
 * last one. Asked before each step.
 */
function lateIn(milliseconds: number): () => boolean {
  let before = performance.now();
  const end = before + milliseconds;
  return () => {
    const now = performance.now();
    const step = now - before;
    before = now;
    return now + step > end;
  };
}
