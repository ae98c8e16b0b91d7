// An axis of a design space: its levels, where they lie between 0 and 1, and what each one does to
// a design.

import type { Fault } from '../../hw-models/faults.js';
import { units } from '../../hw-models/units.js';
import { invariant } from '../../workloads/base/errors.js';
import type { AxisSpec, Label, Setting } from './spec.js';

/**
 * Sets a field of the hardware, or one of {@link reservedFields}. Numbers are in SI; null takes the
 * field out.
 */
export interface Assignment {
  readonly field: string;
  readonly value: Setting;
}

/** Fields that are not the hardware's: which hardware, and what the workloads are like. */
export const reservedFields = {
  hardware: 'hardware',
  batch: 'workload.batch',
  weightDensity: 'workload.weightDensity',
  activationDensity: 'workload.activationDensity',
} as const;

export type Condition = NonNullable<AxisSpec['when']>[string];

export interface Axis {
  readonly name: string;
  readonly field: string;
  /** Labels of all levels in order; null where the axis is continuous. */
  readonly labels: readonly Label[] | null;
  /** Whether neighbouring levels are alike: numbers in order. */
  readonly ordered: boolean;
  readonly when: Readonly<Record<string, Condition>>;
  /** The level at a place from 0 to 1. */
  labelAt(place: number): Label;
  /** A place from 0 to 1 at which the level lies. */
  placeOf(label: Label): number;
  assignments(label: Label): readonly Assignment[];
}

/** Most levels of one axis. */
const MAX_LEVELS = 1_000_000;

/**
 * The axis that a spec means; what is wrong with it goes to `faults`, and the axis is then null.
 */
export function readAxis(name: string, spec: AxisSpec, faults: Fault[]): Axis | null {
  const fault = (key: string, text: string) => {
    faults.push({ path: ['axes', name, key], text });
    return null;
  };
  const factor = spec.unit === undefined ? 1 : (units[spec.unit]?.[0] ?? 1);
  const common = { name, field: spec.field ?? name, when: spec.when ?? {} };
  if (spec.values) {
    for (const key of ['from', 'to', 'step', 'steps', 'factor', 'scale', 'whole'] as const) {
      if (spec[key] !== undefined)
        return fault(key, 'found beside values, expected one or the other');
    }
    return listAxis(common, spec.values, factor, fault);
  }
  const { from, to } = spec;
  if (from === undefined || to === undefined)
    return fault('values', 'missing, expected values, or from and to');
  if (!(from < to)) return fault('to', `found ${to}, expected more than from, which is ${from}`);
  const isLog = spec.scale === 'log' || spec.factor !== undefined;
  if (isLog && !(from > 0))
    return fault('from', `found ${from}, expected a number above 0 on a logarithmic scale`);
  const ways = (['step', 'factor', 'steps'] as const).filter((key) => spec[key] !== undefined);
  if (ways.length > 1)
    return fault(ways[1] ?? 'step', `found beside ${ways[0]}, expected one of them`);
  if (spec.step !== undefined && isLog)
    return fault('step', 'found on a logarithmic scale, expected factor or steps');
  const scale = isLog ? logScale(from, to) : linearScale(from, to);
  const count = levelsOf(spec, from, to);
  // Before any of them is made.
  if (count !== null && !(count <= MAX_LEVELS)) {
    return fault('to', `found ${count} levels, expected at most ${MAX_LEVELS}`);
  }
  if (count === 0) return fault('to', `found no whole number from ${from} to ${to}, expected one`);
  const values = count === null ? null : rangeValues(spec, from, scale, count);
  if (spec.whole && !ways.length && values) return wholeAxis(common, values, scale, factor);
  return values ? listAxis(common, values, factor, fault) : continuousAxis(common, scale, factor);
}

type Common = Pick<Axis, 'name' | 'field' | 'when'>;

/** From a place to a number and back. */
interface Scale {
  readonly at: (place: number) => number;
  readonly of: (value: number) => number;
}

const linearScale = (from: number, to: number): Scale => ({
  at: (place) => from + place * (to - from),
  of: (value) => (value - from) / (to - from),
});

const logScale = (from: number, to: number): Scale => ({
  at: (place) => from * (to / from) ** place,
  of: (value) => Math.log(value / from) / Math.log(to / from),
});

/** Room for the rounding of steps in floating point, in steps. */
const SLACK = 1e-9;

/** How many levels a range has before they are rounded; null where it is continuous. */
function levelsOf(
  { step, factor, steps, whole }: AxisSpec,
  from: number,
  to: number,
): number | null {
  if (step !== undefined) return Math.floor((to - from) / step + SLACK) + 1;
  if (factor !== undefined) return Math.floor(Math.log(to / from) / Math.log(factor) + SLACK) + 1;
  if (steps !== undefined) return steps;
  return whole ? Math.floor(to) - Math.ceil(from) + 1 : null;
}

/** Every level of a range, `count` of them before they are rounded. */
function rangeValues(
  { step, factor, steps, whole }: AxisSpec,
  from: number,
  scale: Scale,
  count: number,
) {
  const levelAt = (at: number) => {
    if (step !== undefined) return tidy(from + at * step);
    if (factor !== undefined) return tidy(from * factor ** at);
    if (steps !== undefined) return tidy(scale.at(at / (steps - 1)));
    return Math.ceil(from) + at;
  };
  const values = Array.from({ length: count }, (_, at) => levelAt(at));
  return whole ? [...new Set(values.map(Math.round))] : values;
}

/** Without the last digits, in which sums of steps differ from what a person would write. */
const tidy = (value: number) => Number(value.toPrecision(12));

/** An axis of listed levels, each as wide as any other. */
function listAxis(
  common: Common,
  values: NonNullable<AxisSpec['values']>,
  factor: number,
  fault: (key: string, text: string) => null,
): Axis | null {
  const given = values.map((value) =>
    Array.isArray(value) ? listName(value) : typeof value === 'object' ? value.label : value,
  );
  const hasTexts = given.some((label) => typeof label === 'string');
  // One type a column of results: a name among numbers makes names of all.
  const labelOf = (label: Label) => (hasTexts ? String(label) : label);
  const labels = given.map(labelOf);
  if (new Set(labels).size < labels.length)
    return fault('values', 'found a level twice, expected each once');
  const sets = new Map<Label, readonly Assignment[]>();
  for (const [at, value] of values.entries()) {
    const label = must(labels[at]);
    if (typeof value === 'object' && !Array.isArray(value)) {
      const fields = Object.entries(value.set);
      sets.set(
        label,
        fields.map(([field, inner]) => ({ field, value: inner })),
      );
    } else {
      const scaled = (one: Label) => (typeof one === 'number' ? one * factor : one);
      const set = Array.isArray(value) ? value.map(scaled) : scaled(value);
      sets.set(label, [{ field: common.field, value: set }]);
    }
  }
  const indices = new Map(labels.map((label, at) => [label, at]));
  return {
    ...common,
    labels,
    ordered: labels.every(
      (label, at) => typeof label === 'number' && (at === 0 || label > Number(labels[at - 1])),
    ),
    labelAt: (place) =>
      must(labels[Math.min(labels.length - 1, Math.floor(place * labels.length))]),
    placeOf: (label) => (must(indices.get(label)) + 0.5) / labels.length,
    assignments: (label) => must(sets.get(label)),
  };
}

/** 'C R S' for a list of three; 'none' for an empty one. */
const listName = (list: readonly Label[]) => list.join(' ') || 'none';

/** Every whole number of a range, as wide as the scale makes it. */
function wholeAxis(common: Common, labels: readonly number[], scale: Scale, factor: number): Axis {
  const first = must(labels[0]);
  const last = must(labels.at(-1));
  return {
    ...common,
    labels,
    ordered: true,
    labelAt: (place) => Math.min(last, Math.max(first, Math.round(scale.at(place)))),
    placeOf: (label) => scale.of(Number(label)),
    assignments: (label) => [{ field: common.field, value: Number(label) * factor }],
  };
}

function continuousAxis(common: Common, scale: Scale, factor: number): Axis {
  return {
    ...common,
    labels: null,
    ordered: true,
    labelAt: (place) => tidy(scale.at(place)),
    placeOf: (label) => scale.of(Number(label)),
    assignments: (label) => [{ field: common.field, value: Number(label) * factor }],
  };
}

function must<Value>(value: Value | undefined): Value {
  invariant(value !== undefined, 'an axis has no such level');
  return value;
}
