// Caffe's pools, normalisations of neighbours and changes of an image's size.

import type { Padding, Pair } from '../../network.js';
import type { SpecOf } from '../../spec.js';
import {
  type CaffeLayer,
  type CaffeRow,
  first,
  made,
  number,
  parametersOf,
  type StepSpec,
  shapeOf,
  step,
} from './layer.js';
import { extents } from './weighted.js';

type PoolSpans = Omit<SpecOf<'pool2d'>, 'kind' | 'name' | 'inputs' | 'resultNames' | 'mode'>;

/** Caffe rounds up unless told otherwise, and counts padding in averages. */
const pooling: CaffeRow = (from) => {
  const { layer } = from;
  const parameters = parametersOf(from, 'pooling_param');
  const method = parameters.choice('pool', ['MAX', 'AVE', 'STOCHASTIC']);
  const input = first(from);
  if (layer.tops.length > 1)
    throw layer.fault(`${layer.tops.length} outputs`, 'one: places of maxima are not read');
  const window = (mode: 'max' | 'average', of: string): StepSpec => ({
    kind: 'pool2d',
    inputs: [of],
    mode,
    ...spans,
  });
  const isGlobal = parameters.flag('global_pooling', false);
  const roundsDown =
    parameters.choice('round_mode', ['CEIL', 'FLOOR']) === 'FLOOR' ||
    !parameters.flag('ceil_mode', true);
  const axes = shapeOf(from).length - 2;
  const [kernel, stride, pad] = [
    extents(from, parameters, 'kernel', 'kernel_size', axes, 0),
    extents(from, parameters, 'stride', 'stride', axes, 1),
    extents(from, parameters, 'pad', 'pad', axes, 0),
  ];
  const spans: PoolSpans = isGlobal
    ? { kernel: 'global', stride: 1, pad: 0, rounding: 'floor' }
    : {
        ...{
          kernel: kernel as unknown as Pair,
          stride: stride as unknown as Pair,
          countsPadding: true,
        },
        ...{ pad: [...pad, ...pad] as unknown as Padding, rounding: roundsDown ? 'floor' : 'ceil' },
      };
  if (!isGlobal && kernel.some((taps) => !(taps >= 1)))
    throw layer.fault('no kernel', 'one, or global_pooling');
  if (method !== 'STOCHASTIC')
    return made(from, window(method === 'MAX' ? 'max' : 'average', input));
  // Tested with the expectation: each value with its share of the window's sum.
  const squares = step(from, 'squares', { kind: 'unary', inputs: [input], function: 'square' });
  const inputs = [
    step(from, 'of-squares', window('average', squares)),
    step(from, 'of-values', window('average', input)),
  ];
  return made(from, { kind: 'binary', inputs, function: 'divide-no-nan' });
};

const localResponse: CaffeRow = (from) => {
  const parameters = parametersOf(from, 'lrn_param');
  const region = parameters.choice('norm_region', ['ACROSS_CHANNELS', 'WITHIN_CHANNEL']);
  const attributes = {
    size: parameters.number('local_size', 5),
    alpha: parameters.number('alpha', 1),
    beta: parameters.number('beta', 0.75),
    k: parameters.number('k', 1),
  };
  const input = first(from);
  if (region === 'ACROSS_CHANNELS')
    return made(from, { kind: 'lrn', inputs: [input], ...attributes });
  const { size, alpha, beta } = attributes;
  const squares = step(from, 'squares', { kind: 'unary', inputs: [input], function: 'square' });
  const mean = step(from, 'mean', {
    ...{
      kind: 'pool2d',
      inputs: [squares],
      mode: 'average',
      kernel: size,
      stride: 1,
      pad: (size - 1) / 2,
    },
    ...{ rounding: 'ceil', countsPadding: true },
  });
  const scaled = step(from, 'scaled', {
    kind: 'binary',
    inputs: [mean, number(from, 'alpha', alpha)],
    function: 'multiply',
  });
  const shifted = step(from, 'shifted', {
    kind: 'binary',
    inputs: [scaled, number(from, 'one', 1)],
    function: 'add',
  });
  const factor = step(from, 'factor', {
    kind: 'binary',
    inputs: [shifted, number(from, 'beta', -beta)],
    function: 'power',
  });
  return made(from, { kind: 'binary', inputs: [input, factor], function: 'multiply' });
};

function resized(
  from: CaffeLayer,
  input: string,
  height: number,
  width: number,
  mode: 'nearest' | 'linear',
) {
  const [images = 1, channels = 1, ...positions] = shapeOf(from, input);
  const shape = [images, channels, height, width];
  if (!shape.every((extent) => Number.isInteger(extent) && extent >= 1)) {
    throw from.layer.fault(`a result of ${shape.join('×')}`, 'whole numbers of at least 1');
  }
  return made(from, {
    ...{ kind: 'resize', inputs: [input], mode, shape },
    scales: [1, 1, height / (positions[0] as number), width / (positions[1] as number)],
    ...(mode === 'linear'
      ? { coordinates: 'align_corners' }
      : { coordinates: 'asymmetric', nearestMode: 'floor' }),
  });
}

/** DeepLab's: corners stay corners. */
const interp: CaffeRow = (from) => {
  const { layer, bottoms } = from;
  const parameters = parametersOf(from, 'interp_param');
  const pads = [parameters.number('pad_beg', 0), parameters.number('pad_end', 0)];
  if (pads.some((pad) => pad !== 0)) throw layer.fault(`pads ${pads.join(', ')}`, '0');
  const [height, width, zoom, shrink] = ['height', 'width', 'zoom_factor', 'shrink_factor'].map(
    (field) => parameters.number(field, 0),
  );
  const input = bottoms[0] as string;
  const [, , rows = 1, columns = 1] = shapeOf(from, input);
  const [like] = bottoms.slice(1);
  const [, , likeRows, likeColumns] = like === undefined ? [] : shapeOf(from, like);
  const extent = (size: number) => {
    const small = shrink ? Math.floor((size - 1) / shrink) + 1 : size;
    return zoom ? small + (small - 1) * (zoom - 1) : small;
  };
  return resized(
    from,
    input,
    likeRows ?? (height || extent(rows)),
    likeColumns ?? (width || extent(columns)),
    'linear',
  );
};

const upsample: CaffeRow = (from) => {
  const parameters = parametersOf(from, 'upsample_param');
  const scale = parameters.number('scale', 2);
  const [, , rows = 1, columns = 1] = shapeOf(from);
  const vertical = parameters.number('scale_h', scale);
  const horizontal = parameters.number('scale_w', scale);
  const height = parameters.number('height', parameters.number('upsample_h', rows * vertical));
  const width = parameters.number('width', parameters.number('upsample_w', columns * horizontal));
  return resized(from, first(from), height, width, 'nearest');
};

export const windowRows: Readonly<Record<string, CaffeRow>> = {
  Pooling: pooling,
  LRN: localResponse,
  Interp: interp,
  Upsample: upsample,
};
