// The schema of a stored pipeline, checked before a run resumes from it.

import { z } from 'zod';
import type { Stage } from './stages.js';

const Count = z.int().min(1);
const Share = z.number().min(0).max(1);
const Positive = z.number().min(0);
const ByLayer = z.record(z.string(), Positive);

const Pattern = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('free') }),
  z
    .strictObject({ kind: z.literal('n-of-m'), keep: Count, of: Count })
    .refine(({ keep, of }) => keep <= of, {
      message: 'keeps more than there are',
    }),
  z.strictObject({ kind: z.literal('block'), rows: Count, columns: Count }),
  z.strictObject({ kind: z.literal('rows') }),
  z.strictObject({ kind: z.literal('columns') }),
  z.strictObject({ kind: z.literal('heads') }),
]);

const Criterion = z.enum(['magnitude', 'wanda', 'sparsegpt']);

const Rule = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('densities'), densities: ByLayer }),
  z.strictObject({ by: z.literal('quality'), quality: z.union([Positive, ByLayer]) }),
  z.strictObject({
    by: z.literal('target'),
    density: Share,
    allocation: z.enum(['published', 'uniform', 'global', 'sensitivity']),
    except: z.array(z.string()),
  }),
]);

const Train = z.strictObject({
  kind: z.literal('train'),
  title: z.string(),
  epochs: Count,
  rate: Positive,
  warmUp: Share,
  optimizer: z.enum(['sgd', 'adam']),
  momentum: Share,
  batch: Count,
  l1: Positive,
  l2: Positive,
  dropout: Share,
  shift: z.int().min(0),
  thinning: z
    .strictObject({
      ...{ rule: Rule, pattern: Pattern, criterion: Criterion },
      ...{ prunings: Count, epochsEach: Count },
    })
    .nullable(),
});

const StageSchema: z.ZodType<Stage> = z.discriminatedUnion('kind', [
  Train,
  z.strictObject({
    ...{ kind: z.literal('prune'), title: z.string() },
    ...{ rule: Rule, pattern: Pattern, criterion: Criterion },
  }),
  z.strictObject({
    kind: z.literal('sensitivity'),
    title: z.string(),
    densities: z.array(Share).min(1),
    retrain: Train.nullable(),
  }),
  z.strictObject({
    kind: z.literal('share'),
    title: z.string(),
    bits: z.record(z.string(), z.int().min(1).max(8)),
    initialisation: z.enum(['linear', 'density', 'random']),
  }),
  z.strictObject({
    kind: z.literal('group'),
    title: z.string(),
    bits: z.record(z.string(), z.int().min(2).max(8)),
    group: Count,
  }),
  z.strictObject({ kind: z.literal('transform'), title: z.string(), tile: Count }),
  z.strictObject({ kind: z.literal('densify'), title: z.string() }),
  z.strictObject({
    kind: z.literal('round'),
    title: z.string(),
    to: z.enum(['ternary', 'binary']),
    layers: z.array(z.string()).nullable(),
  }),
  z.strictObject({ kind: z.literal('mark'), name: z.string() }),
  z.strictObject({ kind: z.literal('restore'), name: z.string() }),
  z.strictObject({ kind: z.literal('test') }),
]);

export const StagesSchema = z.array(StageSchema).superRefine((stages, context) => {
  for (const [at, stage] of stages.entries()) {
    const isKept = stages
      .slice(0, at)
      .some(
        (before) =>
          before.kind === 'mark' && stage.kind === 'restore' && before.name === stage.name,
      );
    if (stage.kind !== 'restore' || isKept) continue;
    context.addIssue({
      code: 'custom',
      path: [at],
      message: `found a way back to '${stage.name}', which nothing keeps`,
    });
  }
});
