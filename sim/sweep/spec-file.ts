// YAML → spec: shorthands written out, every fault with its line, all at once.

import { type Fault, faultsIn, faultText } from '../../hw-models/faults.js';
import { InputError } from '../../workloads/base/errors.js';
import { readYaml } from '../../workloads/formats/yaml/document.js';
import { reservedFields } from './axes.js';
import { isMetric, metricNames } from './metrics.js';
import { readSpace } from './space.js';
import { expand, isMap, SweepSpec } from './spec.js';

/** A spec that is sound by itself, and how to tell what else is wrong with it. */
export interface SpecDocument {
  readonly spec: SweepSpec;
  /** Throws one InputError with a line for each fault; returns when there are none. */
  fail(faults: readonly Fault[]): void;
}

/**
 * Reads a sweep's spec. `file` names the text in messages. @throws InputError with a line for each
 * fault.
 */
export function readSpec(text: string, file: string): SpecDocument {
  const yaml = readYaml(text, file);
  const fail = (faults: readonly Fault[]) => {
    if (faults.length > 0)
      throw new InputError(
        faults.map((fault) => `${yaml.place(fault.path)}: ${faultText(fault)}`).join('\n'),
      );
  };
  if (!isMap(yaml.value))
    throw new InputError(`${file}:1:1: found no keys, expected a sweep's spec`);
  const { $schema: _editors, ...written } = yaml.value;
  const value = expand(written);
  const parsed = SweepSpec.safeParse(value);
  if (!parsed.success) fail(faultsIn(parsed.error, value, SweepSpec));
  const spec = SweepSpec.parse(value);
  fail(faultsOf(spec));
  return { spec, fail };
}

/** What numbers that are not the hardware's can be. */
const density = {
  text: 'a number above 0 and up to 1',
  holds: (value: number) => value > 0 && value <= 1,
};
const ranges = new Map([
  [reservedFields.weightDensity as string, density],
  [reservedFields.activationDensity, density],
  [
    reservedFields.batch,
    {
      text: 'a whole number of at least 1',
      holds: (value: number) => Number.isSafeInteger(value) && value >= 1,
    },
  ],
]);

/** What the schema cannot say. */
function faultsOf(spec: SweepSpec): readonly Fault[] {
  const faults: Fault[] = [];
  const space = readSpace(spec, faults);
  const kind = spec.strategy?.kind ?? 'grid';
  for (const name of Object.keys(spec.constraints ?? {})) {
    if (isMetric(name) || name in spec.axes) continue;
    const known = [...metricNames, ...Object.keys(spec.axes)].join(', ');
    faults.push({
      path: ['constraints', name],
      text: `unknown, expected a metric or an axis: ${known}`,
    });
  }
  const prices = spec.cost ?? {};
  const wants = [...spec.objectives, ...Object.keys(spec.constraints ?? {})];
  if (wants.includes('die_dollars') && !prices.wafer) {
    faults.push({ path: ['cost'], text: 'lacks wafer, which die_dollars needs' });
  }
  if (
    wants.includes('dollars_per_million_frames') &&
    !prices.dollarsPerHour &&
    prices.dollarsPerKilowattHour === undefined
  ) {
    faults.push({
      path: ['cost'],
      text: 'lacks dollarsPerHour and dollarsPerKilowattHour, of which dollars_per_million_frames needs one',
    });
  }
  for (const name of Object.keys(prices.dollarsPerHour ?? {})) {
    if (spec.hardware.includes(name)) continue;
    const expected = `expected ${spec.hardware.join(', ')}`;
    faults.push({ path: ['cost', 'dollarsPerHour', name], text: `unknown hardware, ${expected}` });
  }
  if (!space) return faults;
  if (kind === 'grid' && space.size === null) {
    const continuous = space.axes.find(({ labels }) => !labels)?.name ?? '';
    faults.push({
      path: ['axes', continuous],
      text: 'is continuous, expected step, factor or steps for a grid',
    });
  }
  if (
    kind === 'grid' &&
    space.size !== null &&
    spec.budget !== undefined &&
    spec.budget < space.size
  ) {
    faults.push({
      path: ['budget'],
      text: `found ${spec.budget}, expected at least the grid's ${space.size} designs`,
    });
  }
  if (kind !== 'grid' && spec.budget === undefined) {
    faults.push({
      path: ['budget'],
      text: `missing, expected how many designs ${kind} may evaluate`,
    });
  }
  const densities: readonly string[] = [
    reservedFields.weightDensity,
    reservedFields.activationDensity,
  ];
  for (const axis of space.axes) {
    const values = (axis.labels ?? [axis.labelAt(0), axis.labelAt(1)]).flatMap((label) =>
      axis.assignments(label),
    );
    for (const { field, value } of values) {
      const expected = ranges.get(field);
      if (expected === undefined) continue;
      if (typeof value !== 'object' && expected.holds(Number(value))) continue;
      faults.push({
        path: ['axes', axis.name],
        text: `found ${JSON.stringify(value)} for ${field}, expected ${expected.text}`,
      });
      break;
    }
    const real = spec.workloads.find(({ weights }) => weights !== undefined);
    if (real && densities.includes(axis.field)) {
      faults.push({
        path: ['axes', axis.name],
        text: `varies densities, but the weights of ${real.name} are from a file`,
      });
    }
  }
  return faults;
}
