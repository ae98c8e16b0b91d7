// The JSON header of a checkpoint, stored beside its arrays.

import { z } from 'zod';

/** Goes up when checkpoints change their form. */
export const FORMAT = 3;

const Count = z.int().min(0);

const AccuracySchema = z.strictObject({
  accuracy: z.number().min(0).max(1),
  loss: z.number(),
  frames: Count,
});

const Bits = z.number().min(0).nullable();

const LayerSizeSchema = z.strictObject({
  name: z.string(),
  denseBytes: Count,
  bytes: Count,
  huffmanBytes: Count,
  codeBits: Bits,
  huffmanCodeBits: Bits,
  gapBits: Bits,
  huffmanGapBits: Bits,
});

const StepSchema = z.strictObject({
  title: z.string(),
  kind: z.string(),
  validation: AccuracySchema,
  layers: z.array(z.strictObject({ name: z.string(), weights: Count, nonzeros: Count })),
  size: z.strictObject({
    denseBytes: Count,
    fileBytes: Count,
    huffmanFileBytes: Count,
    layers: z.array(LayerSizeSchema),
  }),
});

const CurveSchema = z.strictObject({
  layer: z.string(),
  retrained: z.boolean(),
  points: z.array(
    z.strictObject({ density: z.number().min(0).max(1), validation: AccuracySchema }),
  ),
});

const TestSchema = z.strictObject({ name: z.string(), test: AccuracySchema });

/** Which layers there are, in order; `network` is '' for the one under work, else a mark. */
const LayerSchema = z.strictObject({
  network: z.string(),
  name: z.string(),
  rows: Count,
  columns: Count,
  binding: z.enum(['free', 'shared', 'ternary', 'binary', 'grouped', 'winograd']),
  /** Of Winograd's domain. */
  tile: z.int().min(1).nullable(),
  /** Of whole numbers in groups. */
  bits: z.int().min(2).max(8).nullable(),
  group: z.int().min(1).nullable(),
});

export type LayerHeader = z.infer<typeof LayerSchema>;

/** Everything of a checkpoint that is not an array of numbers. */
export const CheckpointHeader = z
  .strictObject({
    format: z.literal(FORMAT),
    study: z.string(),
    seed: Count,
    stage: Count,
    unit: Count,
    marks: z.array(z.string().min(1)),
    /** A training stage is under way: after so many steps, with mean squares of gradients or not. */
    training: z.strictObject({ steps: Count, squares: z.boolean() }).nullable(),
    layers: z.array(LayerSchema),
    steps: z.array(StepSchema),
    curves: z.array(CurveSchema),
    tests: z.array(TestSchema),
  })
  .superRefine(({ marks, layers }, context) => {
    const fault = (path: PropertyKey[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    const doubled = marks.findIndex((mark, at) => marks.indexOf(mark) !== at);
    if (doubled >= 0) fault(['marks', doubled], 'found a mark twice, expected each once');
    const seen = new Set<string>();
    for (const [at, { network, name, binding, tile, bits, group }] of layers.entries()) {
      if (network !== '' && !marks.includes(network))
        fault(['layers', at], 'found a network that has no mark');
      const key = JSON.stringify([network, name]);
      if (seen.has(key)) fault(['layers', at], 'found a layer twice, expected each once');
      seen.add(key);
      if ((binding === 'winograd') !== (tile !== null))
        fault(['layers', at, 'tile'], `found ${tile} for ${binding}`);
      const isGrouped = bits !== null && group !== null;
      if ((binding === 'grouped') !== isGrouped || (bits === null) !== (group === null))
        fault(['layers', at, 'group'], `found ${bits} bits in groups of ${group} for ${binding}`);
    }
  });

export type CheckpointHeader = z.infer<typeof CheckpointHeader>;
