// The designs that axes span: every combination of levels, an axis left out where its conditions do
// not hold.

import { type Fault, nearest } from '../../hw-models/faults.js';
import { invariant } from '../../workloads/base/errors.js';
import { type Axis, type Condition, readAxis, reservedFields } from './axes.js';
import { metricNames } from './metrics.js';
import type { Label, SweepSpec } from './spec.js';

/**
 * A design as its axes name it, in the order of the axes; those whose conditions do not hold are
 * left out.
 */
export type Settings = Readonly<Record<string, Label>>;

export interface Space {
  /**
   * Each after those that its conditions name; the ones that change the workload or the hardware
   * first.
   */
  readonly axes: readonly Axis[];
  /** How many designs there are; null where an axis is continuous. */
  readonly size: number | null;
  /** Every design, the last axis changing fastest. */
  grid(): Generator<Settings, void, undefined>;
  /** The design at a place in the unit cube, a coordinate an axis. */
  at(places: ArrayLike<number>): Settings;
  /** A place at which the design lies; 0.5 for axes that it lacks. */
  placesOf(settings: Settings): Float64Array;
}

/**
 * The space of a spec; what is wrong with its axes goes to `faults`, and the space is then null.
 */
export function readSpace(spec: SweepSpec, faults: Fault[]): Space | null {
  const before = faults.length;
  const named = { ...hardwareAxis(spec, faults), ...spec.axes };
  const names = Object.keys(named);
  const axes = Object.entries(named).flatMap(([name, axis]) => {
    checkName(name, faults);
    checkConditions(name, axis.when ?? {}, names, faults);
    return readAxis(name, axis, faults) ?? [];
  });
  if (faults.length > before) return null;
  checkFields(axes, faults);
  const ordered = inOrder(axes, faults);
  checkDeciding(axes, faults);
  return faults.length > before ? null : createSpace(ordered);
}

export function createSpace(axes: readonly Axis[]): Space {
  return {
    axes,
    size: axes.every(({ labels }) => labels) ? countDesigns(axes) : null,
    grid: () => enumerate(axes, 0, {}),
    at(places) {
      const settings: Record<string, Label> = {};
      axes.forEach((axis, at) => {
        if (isActive(axis, settings)) settings[axis.name] = axis.labelAt(places[at] ?? 0.5);
      });
      return settings;
    },
    placesOf: (settings) =>
      Float64Array.from(axes, (axis) => {
        const label = settings[axis.name];
        return label === undefined ? 0.5 : axis.placeOf(label);
      }),
  };
}

/**
 * One text a design, the same for the same design: which axes exist follows from the levels of
 * those before.
 */
export const keyOf = (settings: Settings) => JSON.stringify(Object.values(settings));

/** Several hardware presets are an axis of their own. */
function hardwareAxis(spec: SweepSpec, faults: Fault[]): SweepSpec['axes'] {
  const { hardware } = reservedFields;
  if (spec.hardware.length < 2) return {};
  if (hardware in spec.axes) {
    faults.push({
      path: ['axes', hardware],
      text: 'found beside a list of hardware, which makes this axis',
    });
  }
  return { [hardware]: { values: [...spec.hardware] } };
}

const RESERVED_NAMES: readonly string[] = [...metricNames, 'ordinal', 'id', 'feasible', 'fault'];

function checkName(name: string, faults: Fault[]): void {
  if (!/^[A-Za-z][\w.-]{0,99}$/.test(name)) {
    faults.push({
      path: ['axes', name],
      text: 'found this name, expected letters, digits, dots, dashes, underscores',
    });
  } else if (RESERVED_NAMES.includes(name.toLowerCase())) {
    faults.push({
      path: ['axes', name],
      text: 'found the name of a result, expected another name (and field)',
    });
  }
}

function checkConditions(
  name: string,
  when: Readonly<Record<string, Condition>>,
  names: readonly string[],
  faults: Fault[],
): void {
  for (const other of Object.keys(when)) {
    if (names.includes(other)) continue;
    const text = `unknown axis${nearest(other, names)}, expected ${names.join(', ')}`;
    faults.push({ path: ['axes', name, 'when', other], text });
  }
}

/** Axes that always exist must not set the same number. */
function checkFields(axes: readonly Axis[], faults: Fault[]): void {
  const owners = new Map<string, string>();
  for (const axis of axes) {
    if (Object.keys(axis.when).length > 0) continue;
    const labels = axis.labels ?? [axis.labelAt(0)];
    const fields = new Set(
      labels.flatMap((label) => axis.assignments(label).map(({ field }) => field)),
    );
    for (const field of fields) {
      const owner = owners.get(field);
      if (owner !== undefined) {
        faults.push({
          path: ['axes', axis.name],
          text: `sets ${field}, which axis ${owner} sets too`,
        });
      }
      owners.set(field, axis.name);
    }
  }
}

/** Combinations of levels that conditions may ask about: each is looked at to count the designs. */
const MAX_DECIDING = 10_000_000;

function checkDeciding(axes: readonly Axis[], faults: Fault[]): void {
  const deciding = axes.filter(({ name }) => axes.some(({ when }) => name in when));
  const count = deciding.reduce((product, { labels }) => product * (labels?.length ?? 1), 1);
  const [first] = deciding;
  if (!first || count <= MAX_DECIDING) return;
  const text = `found conditions on ${count} combinations of levels, expected at most ${MAX_DECIDING}`;
  faults.push({ path: ['axes', first.name], text });
}

/** What must change seldom because much is computed anew: the networks, then the hardware. */
function slowness({ field }: Axis): number {
  if (field === reservedFields.weightDensity || field === reservedFields.activationDensity)
    return 0;
  return field === reservedFields.hardware ? 1 : 2;
}

/** Each axis after the ones that its conditions name. */
function inOrder(axes: readonly Axis[], faults: Fault[]): readonly Axis[] {
  const waiting = axes.toSorted((a, b) => slowness(a) - slowness(b));
  const placed: Axis[] = [];
  while (waiting.length > 0) {
    const next = waiting.findIndex(({ when }) =>
      Object.keys(when).every((name) => placed.some((axis) => axis.name === name)),
    );
    if (next < 0) {
      const names = waiting.map(({ name }) => name);
      faults.push({
        path: ['axes', names[0] ?? '', 'when'],
        text: `found a circle of conditions among ${names.join(', ')}`,
      });
      return placed;
    }
    placed.push(...waiting.splice(next, 1));
  }
  return placed;
}

function isActive({ when }: Axis, settings: Settings): boolean {
  for (const name in when) {
    const label = settings[name];
    const condition = when[name];
    if (label === undefined || condition === undefined || !holds(condition, label)) return false;
  }
  return true;
}

function holds(condition: Condition, label: Label): boolean {
  if (typeof condition !== 'object') return String(condition) === String(label);
  if (Array.isArray(condition)) return condition.some((one) => String(one) === String(label));
  const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = condition;
  return typeof label === 'number' && label >= atLeast && label <= atMost;
}

function* enumerate(
  axes: readonly Axis[],
  from: number,
  settings: Settings,
): Generator<Settings, void, undefined> {
  const axis = axes[from];
  if (!axis) {
    yield settings;
    return;
  }
  if (!isActive(axis, settings)) {
    yield* enumerate(axes, from + 1, settings);
    return;
  }
  invariant(axis.labels !== null, () => `axis ${axis.name} is continuous`);
  for (const label of axis.labels)
    yield* enumerate(axes, from + 1, { ...settings, [axis.name]: label });
}

/** Level by level only along axes that conditions name. */
function countDesigns(axes: readonly Axis[], from = 0, settings: Settings = {}): number {
  const axis = axes[from];
  if (!axis) return 1;
  if (!isActive(axis, settings)) return countDesigns(axes, from + 1, settings);
  const labels = axis.labels ?? [];
  const decides = axes.some(({ when }) => axis.name in when);
  if (!decides) return labels.length * countDesigns(axes, from + 1, settings);
  return labels.reduce<number>(
    (sum, label) => sum + countDesigns(axes, from + 1, { ...settings, [axis.name]: label }),
    0,
  );
}
