// Efficiencies of libraries, whose kernels the model does not look into: one factor a library and
// kind of layer, fitted on networks. What is reported of a network comes from factors fitted on the
// other networks alone, and there on layers that the network has none like.

import { median } from 'simple-statistics';
import type { Point } from './points.js';

/** A number that was fitted: measured over modelled time. */
export interface Factor {
  readonly library: string;
  readonly layers: Group;
  readonly factor: number;
  readonly points: number;
}

export const groups = ['convolutions', 'fully connected', 'elementwise'] as const;
export type Group = (typeof groups)[number];

/** A point with the prediction that its network's own layers had no part in. */
export interface PredictedPoint extends Point {
  readonly predictedSeconds: number;
  /** Predicted over measured, less 1; null where nothing was timed. */
  readonly error: number | null;
}

const LIBRARIES: readonly string[] = ['tfjs', 'onnxruntime'];
/** Fewer points than these fit nothing: the calibrated rate stands. */
const MIN_POINTS = 3;

/**
 * Normalisation, softmax and depthwise convolution stand by themselves: too few networks have them
 * to fit anything.
 */
function groupOf({ kind, isDepthwise }: Point): Group | null {
  if (kind === 'conv2d') return isDepthwise ? null : 'convolutions';
  if (kind === 'dense') return 'fully connected';
  return kind === 'lrn' || kind === 'softmax' ? null : 'elementwise';
}

/** The factors that these points ask for: the median brings half of them above and half below. */
export function fitFactors(points: readonly Point[]): readonly Factor[] {
  return LIBRARIES.flatMap((library) =>
    groups.flatMap((layers): readonly Factor[] => {
      const ratios = points
        .filter((point) => point.executor === library && groupOf(point) === layers && point.isTimed)
        .map(({ measuredSeconds, modelledSeconds }) => measuredSeconds / modelledSeconds);
      return ratios.length < MIN_POINTS
        ? []
        : [{ library, layers, factor: median(ratios), points: ratios.length }];
    }),
  );
}

/**
 * Each network's points predicted with factors fitted on the other networks', without layers of a
 * shape that it has too: several networks share most of their layers. The engine's kernels have no
 * factors.
 */
export function leaveOneNetworkOut(points: readonly Point[]): readonly PredictedPoint[] {
  const networks = [...new Set(points.map(({ network }) => network))];
  const factorsWithout = new Map(
    networks.map((left) => {
      const own = new Set(
        points.filter(({ network }) => network === left).map(({ shape }) => shape),
      );
      return [
        left,
        fitFactors(points.filter(({ network, shape }) => network !== left && !own.has(shape))),
      ];
    }),
  );
  return points.map((point): PredictedPoint => {
    const factors = factorsWithout.get(point.network) ?? [];
    const own = factors.find(
      ({ library, layers }) => library === point.executor && layers === groupOf(point),
    );
    const predictedSeconds = point.modelledSeconds * (own?.factor ?? 1);
    const error = point.isTimed ? predictedSeconds / point.measuredSeconds - 1 : null;
    return { ...point, predictedSeconds, error };
  });
}
