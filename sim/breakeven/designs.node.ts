// The designs that a sweep's axes span, as contenders named by their levels.

import { InputError } from '../../workloads/base/errors.js';
import type { Contender } from '../compare.js';
import { type Axis, reservedFields } from '../sweep/axes.js';
import { hardwareOf, spaceOf } from '../sweep/plan.js';
import { planSweep } from '../sweep/plan.node.js';
import { createPointMaker } from '../sweep/points.js';
import type { Settings } from '../sweep/space.js';
import type { SweepSpec } from '../sweep/spec.js';

export interface Design {
  /** 'format=bitmask · buffer=32 KiB' */
  readonly label: string;
  readonly contender: Contender;
  /** Whether nobody published anything of it. */
  readonly isVaried: boolean;
}

/** Each meets every other one. */
const MAX_DESIGNS = 16;

/** What a sweep's file is to break-even points. */
export interface Designs {
  readonly designs: readonly Design[];
  /** The names or files of its networks, and extents of their open dimensions. */
  readonly workloads: readonly {
    readonly name: string;
    readonly dims: Readonly<Record<string, number>>;
  }[];
}

/**
 * @throws InputError where the file is wrong, its axes span no list of at most 16 designs, or vary
 *   what the workload is like.
 */
export async function designsOf(file: string): Promise<Designs> {
  const plan = await planSweep(file);
  const space = spaceOf(plan);
  if (plan.spec.precision !== undefined)
    throw new InputError(
      `${file}: precision: found ${plan.spec.precision}, expected none: break-even points compute in each design's own`,
    );
  const { hardware, ...ofWorkloads } = reservedFields;
  for (const { name, field } of space.axes) {
    if (!Object.values<string>(ofWorkloads).includes(field)) continue;
    throw new InputError(
      `${file}: axis ${name} varies ${field}, expected axes of the hardware (--by varies the workload)`,
    );
  }
  if (space.size === null || space.size > MAX_DESIGNS) {
    const found = space.size === null ? 'a continuous axis' : `${space.size} designs`;
    throw new InputError(`${file}: found ${found}, expected values that give 2 to ${MAX_DESIGNS}`);
  }
  const pointOf = createPointMaker(plan, space);
  const designs = [...space.grid()].map((settings): Design => {
    const { base, patches } = pointOf(settings);
    const varied = space.axes.filter(({ labels }) => labels?.length !== 1);
    const label = labelOf(settings, varied, plan.spec) || base.label;
    const contender = (): Contender => ({
      kind: 'modelled',
      hardware: hardwareOf(base).vary(patches),
      kernel: base.kernel ?? undefined,
    });
    try {
      return { label, contender: contender(), isVaried: patches.length > 0 };
    } catch (error) {
      if (error instanceof InputError) throw new InputError(`${file}: ${label}: ${error.message}`);
      throw error;
    }
  });
  const workloads = plan.workloads.map(({ name, network, dims = {} }) => ({
    ...{ name: network?.file ?? name, dims },
  }));
  return { designs, workloads };
}

/** The levels of axes that have more than one. */
function labelOf(settings: Settings, varied: readonly Axis[], { axes }: SweepSpec): string {
  const texts = varied.flatMap(({ name }) => {
    const level = settings[name];
    if (level === undefined) return [];
    const unit = typeof level === 'number' ? axes[name]?.unit : undefined;
    return [`${name}=${level}${unit === undefined ? '' : ` ${unit}`}`];
  });
  return texts.join(' · ');
}
