// The attributes that layers in YAML may have: those of every row of the operator table.

import { z } from 'zod';
import { type BinaryName, binaryFunctions } from '../../operators/binary.js';
import { type Gate, gateFunctions } from '../../operators/gates.js';
import { roundings } from '../../operators/quantise.js';
import { type ReductionName, reductions } from '../../operators/reduce.js';
import type { LayerKind, OpOf } from '../../operators/table.js';
import { type UnaryName, unaryFunctions } from '../../operators/unary.js';
import { type ElementType, elementTypes } from '../../tensor.js';

/** A schema for each attribute of a kind. */
type Fields<Kind extends LayerKind> = {
  readonly [Key in Exclude<keyof OpOf<Kind>, 'kind'>]-?: z.ZodType;
};

const names = <Name extends string>(table: Readonly<Record<Name, unknown>>) =>
  z.enum(Object.keys(table) as [Name, ...Name[]]);

export const elementType = names<ElementType>(elementTypes);
const number = z.number();
/** YAML's own infinities are no numbers of JSON. */
const endless = z.union([number, z.enum(['inf', '-inf'])]);
const whole = z.int();
const count = z.int().min(1);
const axis = whole;
const numbers = z.array(number);
const wholes = z.array(whole);
const flag = z.boolean();
const activation = z.enum(['relu', 'relu6', 'none']);
const pair = z.tuple([count, count]);
const pixels = z.int().min(0);
const window = { kernel: wholes, stride: wholes, dilation: wholes, pads: wholes };
const convolution = {
  ...window,
  channels: count,
  groups: count,
  bias: flag,
  activation: activation,
};
const quantised = { axis, type: elementType, blockSize: count.optional() };
const running = { axis, exclusive: flag, reverse: flag };
const reduction = z.enum(['none', 'add', 'mul', 'max', 'min']);
const gate = z.strictObject({
  name: names<Gate['name']>(gateFunctions),
  alpha: number.optional(),
  beta: number.optional(),
});
const recurrent = {
  cell: z.enum(['lstm', 'gru', 'rnn']),
  hidden: count,
  direction: z.enum(['forward', 'reverse', 'bidirectional']),
  activations: z.array(gate),
  bias: flag,
  layout: z.union([z.literal(0), z.literal(1)]),
  clip: number.nullable(),
  inputForget: flag,
  linearBeforeReset: flag,
};

/** By kind and name. */
export const attributeSchemas: { readonly [Kind in LayerKind]: Fields<Kind> } = {
  dense: { outputs: count, bias: flag, activation: activation, axis: axis.optional() },
  experts: { experts: count, outputs: count },
  conv2d: {
    ...{
      channels: count,
      kernel: pair,
      stride: pair,
      dilation: pair,
      groups: count,
      bias: flag,
      activation: activation,
    },
    pad: z.tuple([pixels, pixels, pixels, pixels]),
  },
  'conv-nd': convolution,
  'conv-transpose': { ...convolution, outputPads: wholes },
  'conv-dynamic': convolution,
  'conv-transpose-dynamic': { ...convolution, outputPads: wholes },
  'deform-conv': { ...window, groups: count, offsetGroups: count },
  col2im: { ...window, image: wholes },
  pool2d: {
    ...{
      mode: z.enum(['max', 'average']),
      kernel: z.union([pair, z.literal('global')]),
      stride: pair,
    },
    ...{
      pad: z.tuple([pixels, pixels, pixels, pixels]),
      rounding: z.enum(['ceil', 'floor']),
      countsPadding: flag,
    },
  },
  'pool-nd': {
    ...{
      ...window,
      mode: z.enum(['max', 'average', 'lp']),
      p: number.optional(),
      ceil: flag,
      countsPadding: flag,
    },
    ...{ indices: flag.optional(), storageOrder: z.union([z.literal(0), z.literal(1)]).optional() },
  },
  'max-unpool': { kernel: wholes, stride: wholes, pads: wholes, shape: wholes.nullable() },
  lrn: { size: count, alpha: number, beta: number, k: number },
  unary: { function: names<UnaryName>(unaryFunctions), parameters: z.array(endless).optional() },
  binary: { function: names<BinaryName>(binaryFunctions) },
  where: {},
  cast: { to: elementType, saturate: flag.optional() },
  relu: { activation: z.enum(['relu', 'relu6']) },
  add: { activation: activation },
  concat: { axis: axis.optional(), grows: z.boolean().optional() },
  reshape: { shape: wholes },
  transpose: { permutation: wholes },
  slice: { starts: numbers, ends: numbers, axes: wholes, steps: numbers },
  split: { axis, sizes: wholes },
  pad: {
    ...{
      mode: z.enum(['constant', 'reflect', 'symmetric', 'edge', 'wrap']),
      pads: wholes,
      value: endless,
    },
  },
  expand: { shape: wholes },
  tile: { repeats: wholes },
  reverse: { axes: wholes },
  'center-crop-pad': { axes: wholes, shape: wholes },
  'depth-to-space': { block: count, mode: z.enum(['DCR', 'CRD']) },
  'space-to-depth': { block: count },
  'space-to-batch': { block: wholes, pads: wholes },
  'batch-to-space': { block: wholes, crops: wholes },
  einsum: { equation: z.string() },
  embedding: { entries: count, width: count, type: elementType.optional() },
  gather: { axis },
  'gather-elements': { axis },
  'gather-nd': { batchAxes: z.int().min(0) },
  'one-hot': { axis, depth: count },
  'reverse-sequence': { batchAxis: axis, timeAxis: axis },
  'scatter-elements': { axis, reduction },
  'scatter-nd': { reduction },
  'tensor-scatter': { axis, mode: z.enum(['linear', 'circular']) },
  'top-k': { k: z.int().min(0), axis, largest: flag, sorted: flag },
  matmul: {
    ...{ transposeLeft: flag.optional(), transposeRight: flag.optional() },
    ...{ alpha: number.optional(), type: elementType.optional() },
  },
  'layer-norm': { axis, epsilon: number, statistics: flag.optional() },
  'rms-norm': { axis, epsilon: number },
  'group-norm': { groups: count, epsilon: number },
  'instance-norm': { epsilon: number },
  'mean-variance-norm': { axes: wholes },
  'lp-norm': { axis, p: z.union([z.literal(1), z.literal(2)]) },
  affine: { axis },
  softmax: { axis: axis.optional(), log: flag.optional() },
  hardmax: { axis },
  opaque: {
    operator: z.string(),
    resultTypes: z.array(z.strictObject({ shape: wholes, type: elementType })),
  },
  quantise: quantised,
  dequantise: quantised,
  'dynamic-quantise': {},
  'fake-quantise': {
    bits: number,
    signed: flag,
    narrow: flag,
    rounding: names<keyof typeof roundings>(roundings),
  },
  'bipolar-quantise': {},
  recurrent,
  'recurrent-dynamic': recurrent,
  reduce: { function: names<ReductionName>(reductions), axes: wholes.nullable(), keep: flag },
  arg: { function: z.enum(['max', 'min']), axis, keep: flag, last: flag },
  'cumulative-sum': running,
  'cumulative-product': running,
  resize: {
    mode: z.enum(['nearest', 'linear', 'cubic']),
    shape: wholes,
    scales: numbers,
    coordinates: z.enum([
      ...([
        'half_pixel',
        'half_pixel_symmetric',
        'pytorch_half_pixel',
        'align_corners',
        'asymmetric',
      ] as const),
      ...(['tf_half_pixel_for_nn', 'tf_crop_and_resize'] as const),
    ]),
    nearestMode: z
      .enum(['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil', 'simple'])
      .optional(),
    cubicCoefficient: number.optional(),
    excludeOutside: flag.optional(),
    extrapolation: number.optional(),
    antialias: flag.optional(),
    roi: numbers.optional(),
  },
  'grid-sample': {
    ...{
      mode: z.enum(['linear', 'nearest', 'cubic']),
      padding: z.enum(['zeros', 'border', 'reflection']),
    },
    alignCorners: flag,
  },
  'roi-align': {
    ...{
      mode: z.enum(['avg', 'max']),
      size: pair,
      samplingRatio: number,
      spatialScale: number,
      halfPixel: flag,
    },
  },
  trilu: { upper: flag, k: whole },
  dft: { axis, inverse: flag, onesided: flag, length: count.optional() },
  window: {
    ...{
      function: z.enum(['hann', 'hamming', 'blackman']),
      length: count,
      periodic: flag,
      type: elementType,
    },
  },
};

type AttributesOf = Readonly<Record<string, unknown>>;

/** Infinities as numbers again. */
export function finished(attributes: AttributesOf): AttributesOf {
  return changed(attributes, (value) =>
    value === 'inf' ? Infinity : value === '-inf' ? -Infinity : value,
  );
}

/** Attributes as YAML has them. */
export function written(attributes: AttributesOf): AttributesOf {
  return changed(attributes, (value) =>
    value === Infinity ? 'inf' : value === -Infinity ? '-inf' : value,
  );
}

/** Values, and those in lists, put through a function. */
function changed(attributes: AttributesOf, each: (value: unknown) => unknown): AttributesOf {
  return Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => [
      key,
      Array.isArray(value) ? value.map(each) : each(value),
    ]),
  );
}
