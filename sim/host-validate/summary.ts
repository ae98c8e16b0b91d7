// Summarises the errors of predictions by kernel, by executor and by network.

import { geometricMean, median, quantile } from 'simple-statistics';
import type { PredictedPoint } from './fit.js';

export interface ErrorSummary {
  readonly of: string;
  readonly points: number;
  readonly medianAbsoluteError: number;
  readonly percentile90AbsoluteError: number;
  /** Geometric mean of predicted over measured. */
  readonly geomeanRatio: number;
  readonly worst: PredictedPoint;
}

/** The whole time of a network by one executor. */
export interface NetworkTotal {
  readonly network: string;
  readonly executor: string;
  readonly measuredSeconds: number;
  readonly predictedSeconds: number;
  readonly error: number;
}

/** What was timed of these points summed up; null where nothing was. */
export function summarizeErrors(
  of: string,
  points: readonly PredictedPoint[],
): ErrorSummary | null {
  const timed = points.filter(({ error }) => error !== null);
  const ratios = timed.map(
    ({ predictedSeconds, measuredSeconds }) => predictedSeconds / measuredSeconds,
  );
  const [first, ...others] = timed;
  if (!first) return null;
  const errors = ratios.map((ratio) => Math.abs(ratio - 1));
  const distance = ({ predictedSeconds, measuredSeconds }: PredictedPoint) =>
    Math.abs(Math.log(predictedSeconds / measuredSeconds));
  return {
    of,
    points: timed.length,
    medianAbsoluteError: median(errors),
    percentile90AbsoluteError: quantile(errors, 0.9),
    geomeanRatio: geometricMean(ratios),
    // Ten times too fast is as bad as ten times too slow.
    worst: others.reduce(
      (worst, point) => (distance(point) > distance(worst) ? point : worst),
      first,
    ),
  };
}

/** A summary for each value of `key`, in the order of their first points. */
export function summarizeBy(
  points: readonly PredictedPoint[],
  key: (point: PredictedPoint) => string,
): readonly ErrorSummary[] {
  const names = [...new Set(points.map(key))];
  return names.flatMap((name) => {
    return (
      summarizeErrors(
        name,
        points.filter((point) => key(point) === name),
      ) ?? []
    );
  });
}

/** Each network's layers added up, executor by executor. */
export function totalsOf(points: readonly PredictedPoint[]): readonly NetworkTotal[] {
  const keyOf = ({ network, executor }: PredictedPoint) => JSON.stringify([network, executor]);
  const firsts = new Map(points.map((point) => [keyOf(point), point]));
  return [...firsts].map(([key, { network, executor }]) => {
    const own = points.filter((point) => keyOf(point) === key);
    const sum = (of: (point: PredictedPoint) => number) =>
      own.reduce((total, point) => total + of(point), 0);
    const measuredSeconds = sum((point) => point.measuredSeconds);
    const predictedSeconds = sum((point) => point.predictedSeconds);
    return {
      network,
      executor,
      measuredSeconds,
      predictedSeconds,
      error: predictedSeconds / measuredSeconds - 1,
    };
  });
}
