// Caffe's layers with weights. Defaults are those of BVLC/caffe, src/caffe/proto/caffe.proto.

import type { BatchNorm } from '../../inference.js';
import type { Padding, Pair } from '../../network.js';
import { transposeFilters } from '../../operators/convolutions.js';
import { type Shape, shapeText, sizeOf } from '../../tensor.js';
import type { FileWeights, WrittenLayer } from '../graph-builder.js';
import {
  axisOf,
  blobAt,
  type CaffeLayer,
  type CaffeRow,
  constantBlob,
  first,
  made,
  parametersOf,
  shapeOf,
  step,
} from './layer.js';
import type { Parameters } from './parameters.js';

/** One number for all axes, one for each, or `_h` and `_w`. */
export function extents(
  from: CaffeLayer,
  parameters: Parameters,
  stem: string,
  field: string,
  axes: number,
  otherwise: number,
) {
  const both = parameters.numbers(field);
  if (both.length > 1 && both.length !== axes)
    throw from.layer.fault(`${field} of ${both.length} axes`, `${axes}`);
  const [vertical, horizontal] = [
    parameters.numbers(`${stem}_h`)[0],
    parameters.numbers(`${stem}_w`)[0],
  ];
  if (axes === 2)
    return [vertical ?? both[0] ?? otherwise, horizontal ?? both[1] ?? both[0] ?? otherwise];
  return Array.from({ length: axes }, (_, axis) => both[axis] ?? both[0] ?? otherwise);
}

function requireAxes(from: CaffeLayer, parameters: Parameters): number {
  const { shape } = from.builder.typeOf(first(from));
  parameters.ignore('force_nd_im2col');
  if (axisOf(from, parameters.number('axis', 1), shape.length) !== 1)
    throw from.layer.fault('an axis of channels other than 1', '1');
  return shape.length - 2;
}

interface Windows {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly pad: readonly number[];
}

function windowsOf(from: CaffeLayer, parameters: Parameters, axes: number): Windows {
  const kernel = extents(from, parameters, 'kernel', 'kernel_size', axes, 0);
  if (kernel.some((taps) => !(taps >= 1)))
    throw from.layer.fault(`a kernel of ${shapeText(kernel)}`, 'at least 1');
  return {
    kernel,
    stride: extents(from, parameters, 'stride', 'stride', axes, 1),
    dilation: extents(from, parameters, 'dilation', 'dilation', axes, 1),
    pad: extents(from, parameters, 'pad', 'pad', axes, 0),
  };
}

function outputsOf(from: CaffeLayer, parameters: Parameters): number {
  const outputs = parameters.number('num_output', 0);
  if (Number.isInteger(outputs) && outputs >= 1) return outputs;
  throw from.layer.fault(`num_output of ${outputs}`, 'a whole number of at least 1');
}

const convolution =
  (isDepthwise: boolean): CaffeRow =>
  (from) => {
    const parameters = parametersOf(from, 'convolution_param');
    const axes = requireAxes(from, parameters);
    const inputs = shapeOf(from)[1] as number;
    const { kernel, stride, dilation, pad } = windowsOf(from, parameters, axes);
    const channels = outputsOf(from, parameters);
    const groups = parameters.number('group', isDepthwise ? inputs : 1);
    const bias = parameters.flag('bias_term', true);
    const shared = { inputs: [first(from)], channels, groups, bias, activation: 'none' } as const;
    const written: WeightedSpec =
      axes === 2
        ? {
            ...{
              ...shared,
              dilation: dilation as unknown as Pair,
              pad: [...pad, ...pad] as unknown as Padding,
            },
            ...{
              kind: 'conv2d',
              kernel: kernel as unknown as Pair,
              stride: stride as unknown as Pair,
            },
          }
        : { ...shared, kind: 'conv-nd', kernel, stride, dilation, pads: [...pad, ...pad] };
    const shape = [channels, inputs / groups, ...kernel];
    return weighted(from, written, shape, bias, (values) => values);
  };

const deconvolution: CaffeRow = (from) => {
  const parameters = parametersOf(from, 'convolution_param');
  const axes = requireAxes(from, parameters);
  const inputs = shapeOf(from)[1] as number;
  const { kernel, stride, dilation, pad } = windowsOf(from, parameters, axes);
  const channels = outputsOf(from, parameters);
  const groups = parameters.number('group', 1);
  const bias = parameters.flag('bias_term', true);
  const written = {
    ...({
      kind: 'conv-transpose',
      inputs: [first(from)],
      channels,
      groups,
      bias,
      activation: 'none',
    } as const),
    ...{ kernel, stride, dilation, pads: [...pad, ...pad], outputPads: kernel.map(() => 0) },
  };
  const shape = [inputs, channels / groups, ...kernel];
  return weighted(from, written, shape, bias, (values) =>
    transposeFilters(values, shape, groups, new Float32Array(values.length)),
  );
};

type Weighted = Extract<
  WrittenLayer,
  { readonly kind: 'conv2d' | 'conv-nd' | 'conv-transpose' | 'dense' }
>;
type WeightedSpec = Weighted extends infer Each
  ? Each extends unknown
    ? Omit<Each, 'name'>
    : never
  : never;

/** Blobs as the file has them, of `shape`, then a bias. */
function weighted(
  from: CaffeLayer,
  written: WeightedSpec,
  shape: Shape,
  hasBias: boolean,
  matrixOf: (values: Float32Array) => Float32Array,
): readonly string[] {
  const { builder, layer, results } = from;
  const count = hasBias ? 2 : 1;
  const outputs = written.kind === 'dense' ? written.outputs : written.channels;
  if (from.blobs && from.blobs.length < count)
    throw layer.fault(`${from.blobs.length} blobs of weights`, `${count}`);
  const blob = blobAt(from, 0, shape, count);
  const shift = hasBias ? blobAt(from, 1, [outputs], count) : null;
  let weights: FileWeights = null;
  if (blob) {
    const rows = written.kind === 'conv-transpose' ? outputs * sizeOf(written.kernel) : outputs;
    const values = matrixOf(blob.values);
    weights = {
      store: { format: 'dense', rows, columns: values.length / rows, values },
      bias: shift?.values ?? null,
    };
  }
  const named = { ...written, name: layer.name, resultNames: results } as WrittenLayer;
  return builder.addWeighted(named, weights);
}

const innerProduct: CaffeRow = (from) => {
  const parameters = parametersOf(from, 'inner_product_param');
  const shape = shapeOf(from);
  const outputs = outputsOf(from, parameters);
  const axis = axisOf(from, parameters.number('axis', 1), shape.length);
  const bias = parameters.flag('bias_term', true);
  const isTransposed = parameters.flag('transpose', false);
  const columns = sizeOf(shape.slice(axis));
  const written = {
    ...({ kind: 'dense', inputs: [first(from)], outputs, bias, activation: 'none' } as const),
    ...(axis === 1 ? {} : { axis }),
  };
  const stored = isTransposed ? [columns, outputs] : [outputs, columns];
  return weighted(from, written, stored, bias, (values) => {
    if (!isTransposed) return values;
    return values.map(
      (_, at) => values[(at % columns) * outputs + Math.floor(at / columns)] as number,
    );
  });
};

/** Mean and variance, stored as sums over the third blob's number. */
const batchNorm: CaffeRow = (from) => {
  const { layer, builder, blobs, results } = from;
  const parameters = parametersOf(from, 'batch_norm_param');
  const epsilon = parameters.number('eps', 1e-5);
  parameters.ignore('moving_average_fraction');
  const input = first(from);
  if (
    !parameters.flag('use_global_stats', true) &&
    layer.parameters('batch_norm_param').has('use_global_stats')
  ) {
    // Statistics of what is met: those of each channel of the one frame.
    return made(from, { kind: 'instance-norm', inputs: [input], epsilon });
  }
  const channels = [shapeOf(from)[1] ?? 1];
  if (!blobs) return [builder.normalise(layer.name, input, null, results[0])];
  if (blobs.length < 2)
    throw layer.fault(`${blobs.length} blobs`, 'a mean, a variance and a factor');
  const [mean, variance] = [0, 1].map(
    (at) => blobAt(from, at, channels, 3)?.values as Float32Array,
  );
  const over = blobs[2]?.values[0] ?? 1;
  const divided = (values: Float32Array = new Float32Array()) =>
    values.map((each) => (over === 0 ? 0 : each / over));
  const norm = {
    ...{
      scale: divided(mean).fill(1),
      shift: divided(mean).fill(0),
      mean: divided(mean),
      variance: divided(variance),
    },
    epsilon,
  };
  return [builder.normalise(layer.name, input, norm, results[0])];
};

function scaleOf(
  scale: Float32Array | null,
  shift: Float32Array | null,
  channels: number,
): BatchNorm {
  return {
    scale: scale ?? new Float32Array(channels).fill(1),
    shift: shift ?? new Float32Array(channels),
    ...{
      mean: new Float32Array(channels),
      variance: new Float32Array(channels).fill(1),
      epsilon: 0,
    },
  };
}

/**
 * The axes that a scale or a bias lies along: their shape, and that shape with axes of 1 behind it.
 */
function along(
  from: CaffeLayer,
  parameters: Parameters,
): { readonly axis: number; readonly own: Shape; readonly wide: Shape } {
  const shape = shapeOf(from, from.bottoms[0] as string);
  const axis = axisOf(from, parameters.number('axis', 1), shape.length);
  const axes = parameters.number('num_axes', 1);
  const own = axes === -1 ? shape.slice(axis) : shape.slice(axis, axis + axes);
  return { axis, own, wide: [...own, ...shape.slice(axis + own.length).map(() => 1)] };
}

/** A second input as it meets the first one. */
function aligned(from: CaffeLayer, parameters: Parameters): string {
  const [value = '', other = ''] = from.bottoms;
  const shape = shapeOf(from, value);
  const own = shapeOf(from, other);
  const axis = axisOf(from, parameters.number('axis', 1), shape.length);
  parameters.ignore('num_axes');
  const wide = [
    ...own,
    ...new Array<number>(Math.max(0, shape.length - axis - own.length)).fill(1),
  ];
  return wide.length === own.length
    ? other
    : step(from, 'aligned', { kind: 'reshape', inputs: [other], shape: wide });
}

const scale: CaffeRow = (from) => {
  const { layer, builder, blobs, bottoms, results } = from;
  const parameters = parametersOf(from, 'scale_param');
  const hasBias = parameters.flag('bias_term', false);
  if (bottoms.length === 2) {
    const inputs = [bottoms[0] as string, aligned(from, parameters)];
    if (!hasBias) return made(from, { kind: 'binary', inputs, function: 'multiply' });
    const { own, wide } = along({ ...from, bottoms: [bottoms[0] as string] }, parameters);
    const product = step(from, 'product', { kind: 'binary', inputs, function: 'multiply' });
    const shift = constantBlob(from, 0, 'bias', own, 1, wide);
    return made(from, { kind: 'binary', inputs: [product, shift], function: 'add' });
  }
  const { axis, own, wide } = along(from, parameters);
  const count = hasBias ? 2 : 1;
  if (axis === 1 && own.length === 1) {
    if (!blobs) return [builder.normalise(layer.name, first(from), null, results[0])];
    const factors = blobAt(from, 0, own, count)?.values ?? null;
    const shift = hasBias ? (blobAt(from, 1, own, count)?.values ?? null) : null;
    return [
      builder.normalise(
        layer.name,
        first(from),
        scaleOf(factors, shift, own[0] as number),
        results[0],
      ),
    ];
  }
  const factors = constantBlob(from, 0, 'scale', own, count, wide);
  if (!hasBias)
    return made(from, { kind: 'binary', inputs: [first(from), factors], function: 'multiply' });
  const product = step(from, 'product', {
    kind: 'binary',
    inputs: [first(from), factors],
    function: 'multiply',
  });
  const shift = constantBlob(from, 1, 'bias', own, count, wide);
  return made(from, { kind: 'binary', inputs: [product, shift], function: 'add' });
};

const bias: CaffeRow = (from) => {
  const { layer, builder, blobs, bottoms, results } = from;
  const parameters = parametersOf(from, 'bias_param');
  if (bottoms.length === 2) {
    return made(from, {
      kind: 'binary',
      inputs: [bottoms[0] as string, aligned(from, parameters)],
      function: 'add',
    });
  }
  const { axis, own, wide } = along(from, parameters);
  if (axis === 1 && own.length === 1) {
    const shift = blobAt(from, 0, own, 1)?.values ?? null;
    const norm = blobs ? scaleOf(null, shift, own[0] as number) : null;
    return [builder.normalise(layer.name, first(from), norm, results[0])];
  }
  const shift = constantBlob(from, 0, 'bias', own, 1, wide);
  return made(from, { kind: 'binary', inputs: [first(from), shift], function: 'add' });
};

const prelu: CaffeRow = (from) => {
  const shape = shapeOf(from);
  const channels = parametersOf(from, 'prelu_param').flag('channel_shared', false)
    ? 1
    : (shape[1] as number);
  const wide = [channels, ...shape.slice(2).map(() => 1)];
  const slope = constantBlob(from, 0, 'slope', [channels], 1, wide);
  return made(from, { kind: 'binary', inputs: [first(from), slope], function: 'prelu' });
};

const embed: CaffeRow = (from) => {
  const { builder, layer, results } = from;
  const parameters = parametersOf(from, 'embed_param');
  const [entries, width] = [parameters.number('input_dim', 0), outputsOf(from, parameters)];
  const hasBias = parameters.flag('bias_term', true);
  const blob = blobAt(from, 0, [entries, width], hasBias ? 2 : 1);
  const weights: FileWeights = blob && {
    store: { format: 'dense', rows: entries, columns: width, values: blob.values },
    bias: null,
  };
  const spec = {
    kind: 'embedding',
    name: layer.name,
    inputs: [first(from)],
    entries,
    width,
  } as const;
  if (!hasBias) return builder.addWeighted({ ...spec, resultNames: results }, weights);
  const rows = builder.addWeighted({ ...spec, name: `${layer.name}/rows` }, weights)[0] as string;
  const shift = constantBlob(from, 1, 'bias', [width], 2);
  return made(from, { kind: 'binary', inputs: [rows, shift], function: 'add' });
};

export const weightedRows: Readonly<Record<string, CaffeRow>> = {
  Convolution: convolution(false),
  DepthwiseConvolution: convolution(true),
  ConvolutionDepthwise: convolution(true),
  Deconvolution: deconvolution,
  InnerProduct: innerProduct,
  BatchNorm: batchNorm,
  Scale: scale,
  Bias: bias,
  PReLU: prelu,
  Embed: embed,
};
