// The schema of a sweep's YAML file: designs, hardware, networks, objectives and search strategy.

import { z } from 'zod';
import { precisionChoices } from '../../hw-models/contract.js';
import { units } from '../../hw-models/units.js';
import { metricNames } from './metrics.js';
import { withoutQuantities } from './quantities.js';

const Names = z.array(z.string().min(1)).min(1);

const Label = z.union([z.number(), z.string().min(1)], 'a number or a text');

const Bounds = z.strictObject({
  atLeast: z.number().optional().describe('No less than this.'),
  atMost: z.number().optional().describe('No more than this.'),
});

const ListSetting = z.array(Label);

/** What a level sets a field to: whatever a preset may state there, in SI units. */
const Setting = z.union(
  [Label, z.boolean(), z.null(), z.array(z.json()), z.record(z.string(), z.json())],
  'what a preset may state there, or null for nothing',
);

const Levels = z.array(
  z.union(
    [
      Label,
      ListSetting.describe('A list, such as the order of loops; its parts are its name.'),
      z.strictObject({
        label: Label.describe('How this level is named in results.'),
        set: z
          .record(z.string(), Setting)
          .describe(
            'Fields that this level sets together, in SI units: numbers, texts, lists, whole parts of a preset; null takes a field out.',
          ),
      }),
    ],
    'a number, a text, a list or { label, set }',
  ),
);

export const AxisSpec = z.strictObject({
  field: z
    .string()
    .min(1)
    .optional()
    .describe(
      "The field of the hardware's preset that this axis varies, such as spmat.widthBits or levels.buffer.order; the axis's name when left out.",
    ),
  unit: z
    .enum(Object.keys(units))
    .optional()
    .describe('The unit of the bare numbers below; SI when left out.'),
  values: Levels.min(1).optional().describe('Every level of the axis.'),
  from: z.number().optional().describe('The least level of a range.'),
  to: z
    .number()
    .optional()
    .describe('The greatest level of a range, itself included where a step meets it.'),
  step: z.number().positive().optional().describe('From one level of the range to the next.'),
  factor: z
    .number()
    .gt(1)
    .optional()
    .describe('From one level of the range to the next, as a factor.'),
  steps: z
    .int()
    .min(2)
    .max(100_000)
    .optional()
    .describe('How many levels the range has, both ends included.'),
  scale: z
    .enum(['linear', 'log'])
    .optional()
    .describe('How levels lie in the range, when neither step nor factor says so.'),
  whole: z.boolean().optional().describe('Whether levels are rounded to whole numbers.'),
  when: z
    .record(
      z.string(),
      z.union([Label, z.array(Label), Bounds], 'a level, a list of levels or { atLeast, atMost }'),
    )
    .optional()
    .describe('Levels of other axes at which alone this axis exists.'),
});

export const WorkloadSpec = z.strictObject({
  name: z
    .string()
    .min(1)
    .describe(
      'A network or a group of networks, see `zeroskip workloads list`, or a file, relative to this one.',
    ),
  weight: z
    .number()
    .positive()
    .optional()
    .describe('How many frames of it the mix holds, 1 when left out.'),
  weights: z
    .string()
    .min(1)
    .optional()
    .describe("A file with the network's real weights, relative to this file."),
  dims: z
    .record(z.string().min(1), z.int().min(0))
    .optional()
    .describe("Sizes of the network's open dimensions by name, as --dim of compare gives them."),
});

const strategyKinds = ['grid', 'random', 'latin-hypercube', 'sobol', 'nsga2', 'bayesian'] as const;

export const StrategySpec = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('grid') }).describe('Every combination of levels.'),
    z.strictObject({ kind: z.literal('random') }).describe('Designs drawn at random, none twice.'),
    z
      .strictObject({ kind: z.literal('latin-hypercube') })
      .describe('Every axis divided as often as there are designs.'),
    z.strictObject({ kind: z.literal('sobol') }).describe('A scrambled low-discrepancy sequence.'),
    z
      .strictObject({
        kind: z.literal('nsga2'),
        population: z.int().min(4).max(10_000).optional().describe('Designs of one generation.'),
      })
      .describe('Deb et al., 2002: a population that evolves towards the Pareto front.'),
    z
      .strictObject({
        kind: z.literal('bayesian'),
        initial: z
          .int()
          .min(2)
          .max(10_000)
          .optional()
          .describe('Designs drawn before the first model.'),
        batch: z.int().min(1).max(1000).optional().describe('Designs proposed by each model.'),
      })
      .describe(
        'Gaussian processes and expected improvement of random weightings of the objectives (ParEGO).',
      ),
  ],
  strategyKinds.join(', '),
);

const CostSpec = z.strictObject({
  dollarsPerHour: z
    .record(z.string(), z.number().min(0))
    .optional()
    .describe('What an hour of each hardware rents for, by its name.'),
  dollarsPerKilowattHour: z.number().min(0).optional().describe('The price of electricity.'),
  wafer: z
    .strictObject({
      dollars: z.number().positive().describe('A processed wafer.'),
      diameterMm: z.number().positive().describe('300 for most.'),
      defectsPerCm2: z.number().min(0).describe('Density of fatal defects.'),
    })
    .optional()
    .describe('For die_dollars: gross dies less those with a defect (Poisson).'),
});

/** A sweep as its file means it: shorthands are written out. */
export const SweepSpec = z.strictObject({
  name: z.string().regex(/^[\w.-]{1,100}$/, 'letters, digits, dots, dashes and underscores'),
  title: z.string().optional().describe('For people.'),
  hardware: Names.describe(
    'Presets or .yaml files, relative to this one, each with a kernel if need be; several make an axis `hardware`.',
  ),
  workloads: z.array(WorkloadSpec).min(1).describe('The networks that every design runs.'),
  combine: z
    .enum(['sum', 'geomean'])
    .optional()
    .describe(
      'How times and energies of several networks become one: a sum (the default) or a geometric mean.',
    ),
  batch: z.int().min(1).max(65_536).optional().describe('Frames at a time, 1 when left out.'),
  precision: z
    .enum(precisionChoices)
    .optional()
    .describe(
      'Number format of the models, or best for the fastest of each; the format of each device when left out, and where it has not got this one.',
    ),
  axes: z.record(z.string(), AxisSpec).describe('What is varied.'),
  objectives: z.array(z.enum(metricNames)).min(1).describe('What is to be small.'),
  constraints: z
    .record(z.string(), Bounds)
    .optional()
    .describe(
      'Bounds on metrics and on axes; designs outside are kept and marked as not feasible.',
    ),
  strategy: StrategySpec.optional().describe('How designs are found; the full grid when left out.'),
  budget: z.int().min(1).max(100_000_000).optional().describe('Most designs to evaluate.'),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .optional()
    .describe('Of whatever is drawn, 0 when left out.'),
  cost: CostSpec.optional().describe('Prices, for the objectives in dollars.'),
  detail: z
    .enum(['designs', 'workloads'])
    .optional()
    .describe(
      'Whether time by cause, energy by part and counters of each workload are kept too; larger stores.',
    ),
});

export type SweepSpec = z.infer<typeof SweepSpec>;
export type AxisSpec = z.infer<typeof AxisSpec>;
export type StrategySpec = z.infer<typeof StrategySpec>;
export type CostSpec = z.infer<typeof CostSpec>;
export type Bounds = z.infer<typeof Bounds>;
export type Label = z.infer<typeof Label>;
export type Setting = z.infer<typeof Setting>;

export const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const mapValues = (value: unknown, of: (inner: unknown) => unknown) =>
  isMap(value)
    ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, of(inner)]))
    : value;

/**
 * Writes shorthands out: one hardware, a workload's name, a list of levels, quantities, a
 * strategy's name.
 */
export function expand(
  value: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const { hardware, workloads, axes, strategy, ...rest } = value;
  const given = (key: string, inner: unknown) => (key in value ? { [key]: inner } : {});
  const list = (inner: unknown) => (typeof inner === 'string' ? [inner] : inner);
  const workloadList = list(workloads);
  return {
    ...rest,
    ...given('hardware', list(hardware)),
    ...given(
      'workloads',
      Array.isArray(workloadList)
        ? workloadList.map((name) => (typeof name === 'string' ? { name } : name))
        : workloadList,
    ),
    ...given(
      'axes',
      mapValues(axes, (axis) => {
        const written = Array.isArray(axis) ? { values: axis } : axis;
        return isMap(written) ? withoutQuantities(written) : written;
      }),
    ),
    ...given('strategy', typeof strategy === 'string' ? { kind: strategy } : strategy),
  };
}

/** JSON Schema of a sweep's file, shorthands included, for editors. */
export function sweepJsonSchema(): object {
  const text = { type: 'string' } as const;
  const shorthands = new Map<object, readonly z.core.JSONSchema.JSONSchema[]>([
    [SweepSpec.shape.hardware, [text]],
    [SweepSpec.shape.workloads, [text]],
    [WorkloadSpec, [text]],
    [AxisSpec, [{ type: 'array', items: { type: ['number', 'string', 'array'] }, minItems: 1 }]],
    [StrategySpec, [{ enum: [...strategyKinds] }]],
    ...[AxisSpec.shape.from, AxisSpec.shape.to, AxisSpec.shape.step].map(
      (level) =>
        [level, [{ ...text, pattern: '^[+-]?[0-9.]+(e[+-]?[0-9]+)? ?[A-Za-z].*$' }]] as const,
    ),
  ]);
  return z.toJSONSchema(SweepSpec, {
    override({ zodSchema, jsonSchema }) {
      const short = shorthands.get(zodSchema);
      if (!short) return;
      const written = { ...jsonSchema };
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
      jsonSchema.anyOf = [written, ...short];
    },
  });
}
