// Native kernels without weights (hw-models/host/native/c), counted.

import type { NativeLoopName } from '../native-loops.js';
import type { NativeCount } from './native-convolution.js';
import { FLOAT, type Turns } from './work.js';

const vectorsOf = (floats: number, lanes: number) => Math.ceil(floats / lanes);

const pool: NativeCount = (values, _seen, lanes) => {
  const [input = 0, output = 0, channels = 0, height = 0, width = 0, inputPlane = 0] = values;
  const [outHeight = 0, outWidth = 0, outputPlane = 0] = values.slice(6);
  const [kernelHeight = 1, kernelWidth = 1, strideY = 1, strideX = 1] = values.slice(9);
  const [top = 0, left = 0, bottom = 0, right = 0, averages = 0] = values.slice(13);
  const padding = top + left + bottom + right;
  const isAll =
    kernelHeight === height && kernelWidth === width && outHeight * outWidth === 1 && padding === 0;
  const isThree = kernelHeight === 3 && kernelWidth === 3 && strideX === 2 && strideY === 2;
  const isInside =
    isThree &&
    averages === 0 &&
    top + left === 0 &&
    2 * outHeight + 1 <= height &&
    2 * outWidth + 1 <= width;
  const made = channels * outHeight * vectorsOf(outWidth, lanes);
  const rows = channels * outHeight * vectorsOf(width, lanes) * kernelHeight;
  const turns: Turns = isAll
    ? { nativePoolRow: channels * vectorsOf(height * width, lanes) }
    : isInside
      ? { nativePoolVector: made }
      : {
          ...{ nativePoolRow: rows, nativePoolTap: made * kernelWidth },
          ...(averages ? { nativePoolAverage: made } : {}),
        };
  return {
    turns: { nativeCall: 1, nativePoolPlane: channels, ...turns },
    touches: [
      { address: input, bytes: channels * inputPlane },
      { address: output, bytes: channels * outputPlane, writes: true },
    ],
  };
};

const normalise: NativeCount = (values, _seen, lanes) => {
  const [input = 0, output = 0, first = 0, end = 0, channels = 0] = values;
  const [floats = 0, planeBytes = 0, size = 1] = values.slice(5);
  const half = Math.floor(size / 2);
  let neighbours = 0;
  for (let channel = first; channel < end; channel++)
    neighbours += Math.min(channels - 1, channel + half) - Math.max(0, channel - half) + 1;
  const vectors = vectorsOf(floats, lanes);
  return {
    turns: {
      nativeCall: 1,
      nativeNormaliseVector: (end - first) * vectors,
      nativeNormaliseNeighbour: neighbours * vectors,
    },
    touches: [
      {
        ...{ address: input + first * planeBytes, bytes: (end - first) * planeBytes },
        ...{ passes: size, apart: planeBytes * (half + 1) },
      },
      { address: output + first * planeBytes, bytes: (end - first) * planeBytes, writes: true },
    ],
  };
};

const clip: NativeCount = ([from = 0, to = 0, count = 0], _seen, lanes) => ({
  turns: { nativeCall: 1, nativeClipVector: vectorsOf(count, lanes) },
  touches: [
    { address: from, bytes: count * FLOAT },
    { address: to, bytes: count * FLOAT, writes: true },
  ],
});

const add: NativeCount = ([first = 0, second = 0, to = 0, count = 0], _seen, lanes) => ({
  turns: { nativeCall: 1, nativeAddVector: vectorsOf(count, lanes) },
  touches: [
    { address: first, bytes: count * FLOAT },
    { address: second, bytes: count * FLOAT },
    { address: to, bytes: count * FLOAT, writes: true },
  ],
});

/** By their numbers in native/c/stream.c. */
const functions: readonly NativeLoopName[] = [
  'nativeErrorVector', // gelu
  'nativeTangentVector', // gelu by the tangent
  'nativeSigmoidVector', // sigmoid
  'nativeTangentVector', // tanh
  'nativeSigmoidVector', // swish
  'nativeFunctionVector', // hard-swish
  'nativeFunctionVector', // hard-sigmoid
  'nativeFunctionVector', // leaky ReLU
  'nativeExponentialVector', // exp
  'nativeErrorVector', // erf
  'nativeFunctionVector', // abs
  'nativeFunctionVector', // neg
  'nativeRootVector', // sqrt
  'nativeFunctionVector', // square
  'nativeFunctionVector', // clip
  'nativeQuotientVector', // reciprocal
];

const apply: NativeCount = ([which = 0, from = 0, to = 0, count = 0], _seen, lanes) => ({
  turns: {
    nativeCall: 1,
    [functions[which] ?? 'nativeFunctionVector']: vectorsOf(count, lanes),
  },
  touches: [
    { address: from, bytes: count * FLOAT },
    { address: to, bytes: count * FLOAT, writes: true },
  ],
});

const softmaxRows: NativeCount = ([from = 0, to = 0, rows = 0, count = 0], _seen, lanes) => ({
  turns: {
    nativeCall: 1,
    nativeSoftmaxRow: rows,
    nativeRowRest: count % lanes === 0 ? 0 : 3 * rows,
    nativeSoftmaxVector: rows * vectorsOf(count, lanes),
  },
  touches: [
    { address: from, bytes: rows * count * FLOAT, passes: 2, apart: 2 * count * FLOAT },
    {
      ...{ address: to, bytes: rows * count * FLOAT, writes: true },
      ...{ passes: 2, apart: 2 * count * FLOAT },
    },
  ],
});

const normaliseRows: NativeCount = (values, _seen, lanes) => {
  const [from = 0, to = 0, rows = 0, count = 0, scale = 0, shift = 0, , centred = 0] = values;
  const vectors = rows * vectorsOf(count, lanes);
  return {
    turns: {
      nativeCall: 1,
      nativeMeanRow: rows,
      nativeRowRest: count % lanes === 0 ? 0 : (centred ? 5 : 4) * rows,
      nativeMeanVector: centred ? vectors : 0,
      nativeSquareVector: vectors,
    },
    touches: [
      {
        ...{ address: from, bytes: rows * count * FLOAT },
        ...{ passes: centred ? 3 : 2, apart: count * FLOAT },
      },
      { address: scale, bytes: count * FLOAT, passes: rows, apart: 4 * count * FLOAT },
      { address: shift, bytes: count * FLOAT, passes: rows, apart: 4 * count * FLOAT },
      { address: to, bytes: rows * count * FLOAT, writes: true },
    ],
  };
};

export const nativeStreamCalls = {
  zs_pool: pool,
  zs_normalise: normalise,
  zs_clip: clip,
  zs_add: add,
  zs_apply: apply,
  zs_softmax_rows: softmaxRows,
  zs_normalise_rows: normaliseRows,
} satisfies Readonly<Record<string, NativeCount>>;
