// Computes how far each unpublished number of a design (estimated or fitted) moves the result.

import type { Figure, Hardware, LayerCost, PrecisionChoice } from '../hw-models/contract.js';
import { joulesOf, secondsOf } from '../hw-models/cost.js';
import { InputError } from '../workloads/base/errors.js';
import type { LayerTask } from '../workloads/network.js';
import { total, totalOrNull } from './summary.js';

/** Each uncertain number is taken that much smaller and that much larger. */
export const RELATIVE_STEP = 1.2;

/** What comes of another value: times as long, times as many joules. */
export interface Change {
  readonly seconds: number;
  readonly joules: number | null;
}

export interface ParameterSensitivity {
  /** 'characterised.activity.entries' */
  readonly path: string;
  readonly figure: Figure;
  /** With the number over and times {@link SWING}; null where such a design cannot be. */
  readonly less: Change | null;
  readonly more: Change | null;
}

/** Every estimated or fitted number of `hardware`, in the order of its preset. */
export function sensitivitiesOf(
  hardware: Hardware,
  kernel: string | undefined,
  tasks: readonly LayerTask[],
  precision?: PrecisionChoice,
): readonly ParameterSensitivity[] {
  const costOf = (design: Hardware) => wholeOf(design.cost(tasks, kernel, precision));
  const now = costOf(hardware);
  const uncertain = [...hardware.figures].filter(
    ([, { from }]) => from === 'estimate' || from === 'fitted',
  );
  return uncertain.map(([path, figure]): ParameterSensitivity => {
    const at = (value: number): Change | null => {
      // Counts and widths stay whole.
      const varied = Number.isInteger(figure.value) && value >= 1 ? Math.round(value) : value;
      const then = orNull(() =>
        costOf(hardware.vary([{ op: 'replace', path: path.split('.'), value: varied }])),
      );
      if (!then) return null;
      const joules = then.joules === null || now.joules === null ? null : then.joules / now.joules;
      return { seconds: then.seconds / now.seconds, joules };
    };
    return {
      path,
      figure,
      less: at(figure.value / RELATIVE_STEP),
      more: at(figure.value * RELATIVE_STEP),
    };
  });
}

/** Null for what a model refuses. */
function orNull<Value>(make: () => Value): Value | null {
  try {
    return make();
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}

function wholeOf(costs: readonly LayerCost[]) {
  return { seconds: total(costs.map(secondsOf)), joules: totalOrNull(costs.map(joulesOf)) };
}
