// Keras's changes of shape and size, and what joins several inputs.

import { sizeOf } from '../../../tensor.js';
import { binary, cast, joined, sum } from '../emit/elements.js';
import {
  concatenated,
  filledShape,
  gathered,
  padded,
  resized,
  sliced,
  tiled,
} from '../emit/shapes.js';
import { frontAxis, step } from '../emit/use.js';

import {
  asImages,
  constantOf,
  flagOf,
  type KerasRow,
  numberOf,
  numbersOf,
  one,
  pairsOf,
  textOf,
} from './use.js';

const flatten: KerasRow = (use) => {
  const value = one(use);
  // A flattened image of the layer's own order, channels last.
  const first = textOf(use, 'data_format', 'channels_last') === 'channels_first';
  const rank = value.shape.length;
  const toLast = [0, ...Array.from({ length: Math.max(0, rank - 2) }, (_, axis) => axis + 2), 1];
  const own = first && rank > 2 ? use.tensors.transpose(value, toLast, value.name) : value;
  return use.tensors.reshape(
    own,
    [value.shape[0] as number, sizeOf(value.shape.slice(1))],
    use.name,
  );
};

const reshape: KerasRow = (use) => {
  const value = one(use);
  const target: unknown = use.config.target_shape;
  const written = Array.isArray(target)
    ? target.map((extent) => (extent === null ? -1 : Number(extent)))
    : null;
  if (!written) throw use.fault('no target_shape', 'one');
  const [batch = 1, ...rest] = value.shape;
  return use.tensors.reshape(value, [batch, ...filledShape(use, written, sizeOf(rest))], use.name);
};

const permute: KerasRow = (use) => {
  const value = one(use);
  const dims = numbersOf(use, 'dims', value.shape.length - 1, []);
  const isOrder = [...dims].sort((a, b) => a - b).every((axis, at) => axis === at + 1);
  if (dims.length !== value.shape.length - 1 || !isOrder)
    throw use.fault(`dims ${dims.join(', ')}`, 'each axis once');
  return use.tensors.transpose(value, [0, ...dims], use.name);
};

const repeat: KerasRow = (use) => {
  const value = one(use);
  const [batch = 1, features = 1] = value.shape;
  const wide = use.tensors.reshape(value, [batch, 1, features]);
  return tiled(use, wide, [1, numberOf(use, 'n', 1), 1]);
};

const zeroPadded =
  (axes: number): KerasRow =>
  (use) =>
    asImages(use, (value) => {
      const pairs = pairsOf(use, 'padding', axes, 1);
      const side = (at: 0 | 1) => [0, ...pairs.map((pair) => pair[at]), 0];
      return padded(use, value, [...side(0), ...side(1)], 'constant');
    });

const cropped =
  (axes: number): KerasRow =>
  (use) =>
    asImages(use, (value) => {
      const pairs = pairsOf(use, 'cropping', axes, axes === 1 ? 1 : 0);
      const ends = pairs.map(([, behind], axis) => (value.shape[axis + 1] as number) - behind);
      const cut = {
        starts: pairs.map(([before]) => before),
        ends,
        axes: pairs.map((_, axis) => axis + 1),
        steps: pairs.map(() => 1),
      };
      return sliced(use, value, cut);
    });

/** Images grow as TensorFlow.js makes them: pixels at their upper left corners. */
const upsampled =
  (axes: number): KerasRow =>
  (use) =>
    asImages(use, (value) => {
      const size = numbersOf(use, 'size', axes, new Array<number>(axes).fill(2));
      const mode = textOf(use, 'interpolation', 'nearest');
      if (mode !== 'nearest' && mode !== 'bilinear')
        throw use.fault(`interpolation ${mode.slice(0, 20)}`, 'nearest or bilinear');
      const positions = value.shape
        .slice(1, -1)
        .map((extent, axis) => extent * (size[axis] as number));
      return resized(use, value, positions, {
        mode: mode === 'nearest' ? 'nearest' : 'linear',
        alignCorners: false,
        halfPixels: false,
      });
    });

const resizing: KerasRow = (use) =>
  asImages(use, (value) => {
    const mode = textOf(use, 'interpolation', 'bilinear');
    if (mode !== 'nearest' && mode !== 'bilinear')
      throw use.fault(`interpolation ${mode.slice(0, 20)}`, 'nearest or bilinear');
    const positions = [numberOf(use, 'height', 0), numberOf(use, 'width', 0)];
    const alignCorners = !flagOf(use, 'crop_to_aspect_ratio', false);
    return resized(use, value, positions, {
      mode: mode === 'nearest' ? 'nearest' : 'linear',
      alignCorners,
      halfPixels: false,
    });
  });

const merged =
  (name: 'multiply' | 'maximum' | 'minimum' | 'subtract'): KerasRow =>
  (use) =>
    joined(use, name, use.inputs);

/** Over all inputs, however many. */
const average: KerasRow = (use) => {
  const total = sum(step(use, 'sum'), use.inputs);
  return binary(use, 'multiply', total, constantOf(use, 'share', [1 / use.inputs.length]));
};

const embedding: KerasRow = (use) => {
  const value = one(use);
  const table = use.weight('embeddings', [
    numberOf(use, 'input_dim', 0),
    numberOf(use, 'output_dim', 0),
  ]);
  if (flagOf(use, 'mask_zero', false))
    use.tensors.builder.notes.push(`layer ${use.name}: places of index 0 count like all others`);
  return gathered(use, table, cast(step(use, 'indices'), value, 'int32'), 0);
};

const same: KerasRow = (use) => one(use);

const masking: KerasRow = (use) => {
  use.tensors.builder.notes.push(`layer ${use.name}: no steps are left out, whatever is in them`);
  return one(use);
};

const passed = [
  ...[
    'Dropout',
    'SpatialDropout1D',
    'SpatialDropout2D',
    'SpatialDropout3D',
    'GaussianNoise',
    'GaussianDropout',
  ],
  ...[
    'AlphaDropout',
    'ActivityRegularization',
    'RandomFlip',
    'RandomRotation',
    'RandomZoom',
    'RandomContrast',
  ],
  ...['RandomBrightness', 'RandomTranslation', 'Identity'],
];

export const shapeRows: Readonly<Record<string, KerasRow>> = {
  Flatten: flatten,
  Reshape: reshape,
  Permute: permute,
  RepeatVector: repeat,
  ZeroPadding1D: zeroPadded(1),
  ZeroPadding2D: zeroPadded(2),
  ZeroPadding3D: zeroPadded(3),
  Cropping1D: cropped(1),
  Cropping2D: cropped(2),
  Cropping3D: cropped(3),
  UpSampling1D: upsampled(1),
  UpSampling2D: upsampled(2),
  UpSampling3D: upsampled(3),
  Resizing: resizing,
  Add: (use) => sum(use, use.inputs),
  Subtract: merged('subtract'),
  Multiply: merged('multiply'),
  Maximum: merged('maximum'),
  Minimum: merged('minimum'),
  Average: average,
  Concatenate: (use) => {
    const rank = use.inputs[0]?.shape.length ?? 0;
    return concatenated(use, use.inputs, frontAxis(use, numberOf(use, 'axis', -1), rank));
  },
  Embedding: embedding,
  Masking: masking,
  ...Object.fromEntries(passed.map((name) => [name, same])),
};
