// Every layer of a network by every executor here, timed so that other programs disturb little:
// executors take turns, run by run, the best time of each layer counts, and turns go on where a
// busy spell still shows.

import { median } from 'simple-statistics';
import type { Executor, LoadedNetwork } from '../../hw-models/host/contract.js';
import { invariant } from '../../workloads/base/errors.js';
import type { Model } from '../../workloads/model.js';
import type { Values } from '../../workloads/network.js';
import type { Progress } from '../progress.js';

export interface MeasuredLayer {
  readonly layer: string;
  /** Which of the executor's kernels ran it. */
  readonly kernel: string;
  /** Best of all runs. */
  readonly seconds: number;
  /** Median over best. */
  readonly spread: number;
}

export interface MeasuredNetwork {
  readonly executor: string;
  readonly layers: readonly MeasuredLayer[];
  readonly runs: number;
  /** Of the machine's best, the pace of the fastest round. */
  readonly pace: number;
}

export interface MeasuringOptions {
  /** Runs at least. */
  readonly repeat: number;
  /**
   * Seconds for a network's runs at most, once each executor has run `repeat` times or the double
   * of it is spent.
   */
  readonly budget: number;
  readonly clock: () => number;
  /**
   * How fast the machine runs just now: 1 is as fast as ever. Rounds that it runs slowly do not
   * count towards `repeat`.
   */
  readonly pace?: () => Promise<number>;
  /** Waits until an executor's threads stand in the next one's way no more. */
  readonly settle?: (executor: string) => Promise<void>;
  readonly progress: Progress;
}

/** Runs to warm up: code is compiled for speed and caches are filled. */
const WARM_UP = 2;
/** A network's median time this near to its best says that nothing else ran. */
const STEADY = 1.05;
/** A round counts where the machine runs at this much of its best pace. */
export const FULL_PACE = 0.9;
/** Times the budget, while the machine is slow. */
const SLOW_BUDGETS = 4;
/**
 * Short networks run until this much time has passed, so that one busy moment does not cover all
 * runs.
 */
const MIN_SECONDS = 0.5;

/**
 * One frame's layers by each executor. An executor that cannot be loaded is told to `unable` and
 * left out.
 */
export async function measureNetwork(
  model: Model,
  inputs: ReadonlyMap<string, Values>,
  executors: readonly Executor[],
  options: MeasuringOptions,
  unable: (executor: string, error: unknown) => void,
): Promise<readonly MeasuredNetwork[]> {
  const { repeat, budget, clock, pace, settle, progress } = options;
  const { name } = model.network;
  const tracks: Track[] = [];
  try {
    for (const executor of executors) {
      progress(`${name}: loading ${executor.name}`);
      try {
        const loaded = await executor.load(model);
        tracks.push(new Track(executor.name, loaded));
        for (let i = 0; i < WARM_UP; i++) await loaded.run(inputs, 1, { onProgress: progress });
      } catch (error) {
        if (tracks.at(-1)?.executor === executor.name) tracks.pop()?.loaded.dispose();
        unable(executor.name, error);
      }
    }
    const start = clock();
    let counted = 0;
    let fastest = 0;
    for (let round = 0; ; round++) {
      const spent = clock() - start;
      const enough =
        counted >= repeat && spent >= MIN_SECONDS && tracks.every((track) => track.isSteady());
      const budgets = counted >= repeat ? 1 : counted === round ? 2 : SLOW_BUDGETS;
      if (round > 0 && (enough || spent >= budgets * budget)) break;
      const now = (await pace?.()) ?? 1;
      fastest = Math.max(fastest, now);
      if (now >= FULL_PACE) counted++;
      progress(
        `${name}: round ${round + 1} of at least ${repeat}, ${tracks.length} executors${now < FULL_PACE ? ', machine slow' : ''}`,
      );
      for (const track of tracks) {
        await track.run(inputs);
        await settle?.(track.executor);
      }
    }
    return tracks.map((track) => track.result(fastest));
  } finally {
    for (const { loaded } of tracks) loaded.dispose();
  }
}

/** One executor's runs. */
class Track {
  readonly #runs: (readonly number[])[] = [];
  #layers: readonly { readonly name: string; readonly kernel: string }[] = [];

  constructor(
    readonly executor: string,
    readonly loaded: LoadedNetwork,
  ) {}

  /**
   * Runs once and again: the first run finds the caches as the other executors left them, the
   * second one counts.
   */
  async run(inputs: ReadonlyMap<string, Values>): Promise<void> {
    await this.loaded.run(inputs, 1);
    const { layers } = await this.loaded.run(inputs, 1);
    this.#layers = layers;
    this.#runs.push(layers.map(({ seconds }) => seconds));
  }

  isSteady(): boolean {
    const totals = this.#runs.map((layers) => layers.reduce((sum, seconds) => sum + seconds, 0));
    return totals.length > 0 && median(totals) <= STEADY * Math.min(...totals);
  }

  result(pace: number): MeasuredNetwork {
    const layers = this.#layers.map(({ name, kernel }, at): MeasuredLayer => {
      const seconds = this.#runs.map((run) => run[at] as number);
      const best = Math.min(...seconds);
      invariant(Number.isFinite(best), () => `${this.executor} did not time layer ${name}`);
      return { layer: name, kernel, seconds: best, spread: best > 0 ? median(seconds) / best : 1 };
    });
    return { executor: this.executor, layers, runs: this.#runs.length, pace };
  }
}
