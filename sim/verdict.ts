// Derives the verdict of a comparison, as facts from which sentences are made.

import { geometricMean } from 'simple-statistics';
import { type Comparison, calledName, type HardwareResult } from './result.js';

/** One device over all workloads of a subject; ratios are geometric means against the first. */
export interface Standing {
  /**
   * 'titan-x:sparse'; without the kernel where it differs from layer to layer or network to
   * network.
   */
  readonly label: string;
  readonly hardware: string;
  readonly kernel: string;
  readonly origin: HardwareResult['origin'];
  readonly speedup: number;
  readonly energyRatio: number | null;
  /**
   * How far off published times it is modelled, the median where most; null where none are known of
   * one of the workloads.
   */
  readonly knownError: number | null;
}

/** What kernels that skip zeros are worth on one device. */
export interface Skipping {
  readonly hardware: string;
  readonly origin: HardwareResult['origin'];
  /** The kernels compared. */
  readonly dense: string;
  readonly sparse: string;
  /** How many times less time the second one takes. */
  readonly worth: number;
}

export interface Verdict {
  readonly baseline: Standing;
  /** In the order of the comparison, the baseline first. */
  readonly standings: readonly Standing[];
  /** The model that takes the least time, and the one that takes the least energy. */
  readonly fastest: Standing | null;
  readonly thriftiest: Standing | null;
  readonly skipping: readonly Skipping[];
}

/** `comparisons`: one workload, or several on the same devices in the same order. */
export function verdictOf(comparisons: readonly Comparison[]): Verdict {
  const [first] = comparisons as readonly [Comparison];
  const standings = first.results.map((result, at): Standing => {
    const all = comparisons.map(({ results }) => results[at] as HardwareResult);
    const energy = all.map(({ energyRatio }) => energyRatio);
    const known = energy.filter((value) => value !== null);
    const { origin } = result;
    const hardware = calledName(result);
    const errors = all.map(({ knownError }) => knownError?.median ?? Number.POSITIVE_INFINITY);
    const worst = Math.max(...errors);
    const kernel = result.asked ?? result.kernel;
    // Without a kernel named, the fastest may differ from network to network.
    const isSame = all.every((other) => (other.asked ?? other.kernel) === kernel);
    return {
      label: isSame && !kernel.includes('+') ? `${hardware}:${kernel}` : hardware,
      ...{ hardware, kernel, origin },
      speedup: geometricMean(all.map(({ speedup }) => speedup)),
      energyRatio: known.length === energy.length ? geometricMean(known) : null,
      knownError: Number.isFinite(worst) ? worst : null,
    };
  });
  const modelled = standings.filter(({ origin }) => origin === 'modelled');
  return {
    baseline: standings[0] as Standing,
    standings,
    fastest: max(modelled, ({ speedup }) => speedup),
    thriftiest: max(
      modelled.filter(({ energyRatio }) => energyRatio !== null),
      ({ energyRatio }) => energyRatio ?? 0,
    ),
    skipping: skippingOf(standings),
  };
}

function max<Item>(items: readonly Item[], of: (item: Item) => number): Item | null {
  return items.reduce<Item | null>(
    (best, item) => (best === null || of(item) > of(best) ? item : best),
    null,
  );
}

/** Kernels, and executors of this machine, that multiply by every zero, the strongest one last. */
const DENSE: readonly string[] = ['reference', 'tfjs', 'dense', 'onnxruntime'];

/** Of each device that was compared with a dense kernel and with another one. */
function skippingOf(standings: readonly Standing[]): readonly Skipping[] {
  return [...new Set(standings.map(({ hardware }) => hardware))].flatMap((hardware) => {
    const own = standings.filter((standing) => standing.hardware === hardware);
    const dense = max(
      own.filter(({ kernel }) => DENSE.includes(kernel)),
      ({ speedup }) => speedup,
    );
    const sparse = max(
      own.filter(({ kernel }) => !DENSE.includes(kernel)),
      ({ speedup }) => speedup,
    );
    if (!dense || !sparse) return [];
    const worth = sparse.speedup / dense.speedup;
    return [{ hardware, origin: dense.origin, dense: dense.kernel, sparse: sparse.kernel, worth }];
  });
}
