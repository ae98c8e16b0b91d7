// The schema of a network in YAML: layers of every kind of the operator table, and short forms of
// frequent ones.

import { z } from 'zod';
import type { LayerKind } from '../../operators/table.js';
import { attributeSchemas, elementType } from './attributes.js';

const whole = z.int().min(1).max(1e9);
const pair = z
  .union([whole, z.tuple([whole, whole])])
  .describe('One number, or [vertical, horizontal].');
const pixels = z.int().min(0).max(1e9);
const pad = z
  .union([pixels, z.tuple([pixels, pixels, pixels, pixels])])
  .describe('One number, or [top, left, bottom, right].');
const name = z.string().min(1);
const common = {
  name,
  inputs: z
    .array(z.string())
    .optional()
    .describe(
      "The tensors that it reads, '' for one that is left out; the layer before it unless told.",
    ),
  results: z
    .array(name)
    .min(1)
    .optional()
    .describe('Names of its results; the first one is its own unless told.'),
};
const activation = z.enum(['relu', 'relu6', 'none']).default('none');
const random = {
  density: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('Share of the weights that is not zero, where they are drawn.'),
  weight: name.optional().describe('The tensor of its weights; NAME.weight unless told.'),
  biasName: name.optional().describe('The tensor of its biases; NAME.bias unless told.'),
};
const weighted = { ...common, ...random, bias: z.boolean().default(true), activation };
const window = { kernel: pair, stride: pair.default(1), pad: pad.default(0) };

const shortForms = [
  z.strictObject({
    kind: z.literal('conv2d'),
    ...{
      ...weighted,
      ...window,
      channels: whole,
      dilation: pair.default(1),
      groups: whole.default(1),
    },
  }),
  z.strictObject({
    kind: z.literal('dense'),
    ...weighted,
    outputs: whole,
    axis: z.int().optional(),
  }),
  z.strictObject({
    kind: z.literal('max-pool'),
    ...common,
    ...window,
    ceil: z.boolean().default(false),
  }),
  z.strictObject({
    kind: z.literal('average-pool'),
    ...{
      ...common,
      ...window,
      ceil: z.boolean().default(false),
      countsPadding: z.boolean().default(true),
    },
  }),
  z.strictObject({ kind: z.literal('global-max-pool'), ...common }),
  z.strictObject({ kind: z.literal('global-average-pool'), ...common }),
  z.strictObject({
    kind: z.literal('batch-norm'),
    ...common,
    epsilon: z.number().min(0).default(1e-5),
  }),
  z.strictObject({
    kind: z.literal('lrn'),
    ...{ ...common, size: whole, alpha: z.number().default(1e-4), beta: z.number().default(0.75) },
    k: z.number().default(1),
  }),
  z.strictObject({ kind: z.literal('relu'), ...common }),
  z.strictObject({ kind: z.literal('relu6'), ...common }),
  z
    .strictObject({
      kind: z.literal('rectify'),
      ...{ ...common, activation: z.enum(['relu', 'relu6']) },
    })
    .describe('The former name of relu and relu6.'),
  z.strictObject({ kind: z.literal('add'), ...common, activation }),
  z.strictObject({ kind: z.literal('flatten'), ...common }),
  z.strictObject({ kind: z.literal('dropout'), ...common }),
] as const;

type ShortText = z.infer<(typeof shortForms)[number]>;

/** Kinds whose attributes are written as they are. */
type PlainKind = Exclude<LayerKind, ShortText['kind']>;

const withWeights: readonly LayerKind[] = ['conv-nd', 'conv-transpose', 'embedding', 'recurrent'];
const isShort = (kind: string) => shortForms.some((form) => form.shape.kind.value === kind);
const plainForms = (
  Object.entries(attributeSchemas) as [LayerKind, Readonly<Record<string, z.ZodType>>][]
)
  .filter(([kind]) => !isShort(kind))
  .map(([kind, fields]) =>
    z.strictObject({
      kind: z.literal(kind),
      ...{ ...common, ...(withWeights.includes(kind) ? random : {}), ...fields },
    }),
  );

interface PlainText extends Partial<z.infer<z.ZodObject<typeof random>>> {
  readonly kind: Exclude<PlainKind, 'softmax' | 'opaque'>;
  readonly name: string;
  readonly inputs?: readonly string[];
  readonly results?: readonly string[];
}

interface SoftmaxText extends Omit<PlainText, 'kind'> {
  readonly kind: 'softmax';
  readonly axis?: number;
}

interface OpaqueText extends Omit<PlainText, 'kind'> {
  readonly kind: 'opaque';
  readonly operator: string;
  readonly resultTypes: readonly {
    readonly shape: readonly number[];
    readonly type: z.infer<typeof elementType>;
  }[];
}

/** A layer as the file has it. */
export type LayerText = ShortText | PlainText | SoftmaxText | OpaqueText;

/** One that is an operator of the table. */
export type OpText = PlainText;

const [first, ...others] = shortForms;
const LayerYaml = z.discriminatedUnion('kind', [first, ...others, ...plainForms]);

const extents = z.array(z.int().min(0).max(1e9));
const tensor = z.strictObject({ name, shape: extents, type: elementType.default('float32') });

/** What such a file may say. */
export const NetworkYaml = z
  .strictObject({
    network: name.describe('The name that reports show.'),
    title: z.string().optional(),
    input: z
      .array(whole)
      .min(1)
      .max(3)
      .optional()
      .describe('[channels, height, width] or [features] of one frame of the one input, data.'),
    inputs: z
      .array(tensor)
      .optional()
      .describe('Inputs with whole shapes, the leading 1 of a frame included.'),
    outputs: z
      .array(name)
      .min(1)
      .optional()
      .describe('Names of tensors; those that no layer reads unless told.'),
    constants: z
      .array(tensor)
      .optional()
      .describe('Tensors of the weights file that never change.'),
    weights: z.string().optional().describe('A safetensors file in the same folder.'),
    layers: z.array(LayerYaml).min(1),
  })
  .refine(({ input, inputs }) => (input === undefined) !== (inputs === undefined), {
    message: 'expected either input or inputs',
  });
