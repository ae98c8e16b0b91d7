// Computes the effect of each axis on each objective over the designs of a sweep: the share of the
// variation that the axis explains by itself, and the ratio between its best and worst levels.

import type { Axis } from './axes.js';
import type { MetricName } from './metrics.js';
import { type SweepPlan, spaceOf } from './plan.js';
import { outcomeOf } from './run.js';
import type { Label } from './spec.js';
import type { StoredResult } from './store.js';

/** A level of an axis, or a range of them where it has many. */
export interface LevelMean {
  readonly level: string;
  readonly designs: number;
  /** Geometric mean of the objective over the designs there. */
  readonly mean: number;
}

export interface Effect {
  readonly axis: string;
  readonly objective: MetricName;
  /**
   * The share of the variance of the objective's logarithm that lies between the axis's levels,
   * less what so many levels would show by chance (epsilon squared, Kelley 1935). Over a full grid
   * the shares of all axes add up to at most 1, and the rest is what they do together. Null where
   * the objective does not vary, or there are too few designs.
   */
  readonly share: number | null;
  /** The worst level's mean over the best one's. */
  readonly range: number;
  readonly levels: readonly LevelMean[];
}

export interface Sensitivity {
  readonly plan: SweepPlan;
  /** Designs that it rests on: those that a model accepts, within the constraints or not. */
  readonly designs: number;
  /** By objective, then by share, the largest first. */
  readonly effects: readonly Effect[];
  /** Objectives that some design brings to zero: they have no logarithm. */
  readonly leftOut: readonly MetricName[];
}

/**
 * Levels of an axis that are told apart; more of them are put together into so many ranges of equal
 * length.
 */
const MAX_LEVELS = 16;
const RANGES = 8;

/** Adds up logarithms of an objective's values. */
class Moments {
  count = 0;
  #mean = 0;
  #squares = 0;

  /** Welford's update: no digits are lost where values differ little. */
  add(value: number): void {
    this.count++;
    const difference = value - this.#mean;
    this.#mean += difference / this.count;
    this.#squares += difference * (value - this.#mean);
  }

  get mean(): number {
    return this.#mean;
  }

  /** Sum of squared distances from the mean. */
  get squares(): number {
    return this.#squares;
  }
}

/** Reads all results once. */
export async function sensitivityOf(
  plan: SweepPlan,
  results: AsyncIterable<readonly StoredResult[]>,
): Promise<Sensitivity> {
  const { objectives } = plan.spec;
  const { axes } = spaceOf(plan);
  const table = axes.map(() =>
    objectives.map(() => new Map<string, { readonly place: number; moments: Moments }>()),
  );
  const zeros = new Set<MetricName>();
  let designs = 0;
  for await (const batch of results) {
    for (const result of batch) {
      const values = outcomeOf(plan, result).objectives;
      if (!values) continue;
      designs++;
      for (const [at, name] of objectives.entries()) if (!((values[at] ?? 0) > 0)) zeros.add(name);
      for (const [row, axis] of axes.entries()) {
        const label = result.settings[axis.name];
        if (label === undefined) continue;
        const { level, place } = levelOf(axis, label);
        for (const at of objectives.keys()) {
          const levels = table[row]?.[at];
          const known = levels?.get(level) ?? { place, moments: new Moments() };
          levels?.set(level, known);
          known.moments.add(Math.log(values[at] ?? Number.NaN));
        }
      }
    }
  }
  const effects = objectives.flatMap((objective, at) =>
    zeros.has(objective)
      ? []
      : axes
          .flatMap((axis, row): readonly Effect[] => {
            const levels = [...(table[row]?.[at]?.entries() ?? [])].sort(
              ([, a], [, b]) => a.place - b.place,
            );
            return levels.length > 1 ? [effectOf(axis.name, objective, levels)] : [];
          })
          .sort((a, b) => (b.share ?? 0) - (a.share ?? 0)),
  );
  return { plan, designs, effects, leftOut: objectives.filter((name) => zeros.has(name)) };
}

function levelOf(axis: Axis, label: Label): { readonly level: string; readonly place: number } {
  const place = axis.placeOf(label);
  if (axis.labels && axis.labels.length <= MAX_LEVELS) return { level: `${label}`, place };
  const range = Math.min(RANGES - 1, Math.floor(place * RANGES));
  const [first, last] = [axis.labelAt(range / RANGES), axis.labelAt((range + 1) / RANGES)];
  return { level: `${shortest(first)} … ${shortest(last)}`, place: range };
}

const shortest = (label: Label) =>
  typeof label === 'number' ? `${Number(label.toPrecision(3))}` : label;

function effectOf(
  axis: string,
  objective: MetricName,
  levels: readonly (readonly [string, { readonly moments: Moments }])[],
): Effect {
  const groups = levels.map(([, { moments }]) => moments);
  const count = groups.reduce((sum, group) => sum + group.count, 0);
  const mean = groups.reduce((sum, group) => sum + group.count * group.mean, 0) / count;
  const within = groups.reduce((sum, group) => sum + group.squares, 0);
  const between = groups.reduce((sum, group) => sum + group.count * (group.mean - mean) ** 2, 0);
  const free = count - groups.length;
  const total = within + between;
  const means = groups.map((group) => group.mean);
  return {
    axis,
    objective,
    share: free > 0 && total > 0 ? Math.max(0, 1 - (within / free) * ((count - 1) / total)) : null,
    range: Math.exp(Math.max(...means) - Math.min(...means)),
    levels: levels.map(([level, { moments }]) => ({
      level,
      designs: moments.count,
      mean: Math.exp(moments.mean),
    })),
  };
}
