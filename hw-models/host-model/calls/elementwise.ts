// hw-models/host/asm/elementwise.ts, counted.

import { type CallCount, FLOAT, VECTOR, vectors } from './work.js';

const pool: CallCount = (values) => {
  const [input = 0, output = 0, channels = 0, height = 0, width = 0, inputPlaneBytes = 0, ...rest] =
    values;
  const [
    outHeight = 0,
    outWidth = 0,
    outputPlaneBytes = 0,
    kernelHeight = 0,
    kernelWidth = 0,
    ...last
  ] = rest;
  const [strideY = 1, strideX = 1, padTop = 0, , , , averages = 0, , line = 0, lineBytes = 0] =
    last;
  let [threes, others, further] = [0, 0, 0];
  for (let oy = 0; oy < outHeight; oy++) {
    const top = oy * strideY - padTop;
    const rows = Math.min(top + kernelHeight, height) - Math.max(top, 0);
    if (!averages && rows === 3) threes++;
    else {
      others++;
      further += rows - 1;
    }
  }
  const across = vectors(width);
  const lines = channels * outHeight;
  const grouped = strideX <= 2 ? Math.floor(outWidth / 4) : 0;
  const alone = outWidth - 4 * grouped;
  const isUsual = strideX === 2 && kernelWidth === 3;
  const lineTouch = {
    address: line,
    bytes: outHeight * lineBytes,
    passes: channels,
    apart: outHeight * lineBytes + inputPlaneBytes,
  };
  // A channel's rows are folded into lines, all of them, before the lines' columns are.
  return [
    {
      turns: {
        call: 1,
        poolRow: lines,
        poolRows3: channels * threes * across,
        poolRowsStart: channels * others * across,
        poolRowsMore: channels * further * across,
      },
      touches: [
        { address: input, bytes: channels * inputPlaneBytes },
        { ...lineTouch, writes: true },
      ],
    },
    {
      turns: {
        ...(isUsual
          ? { poolWindows3: lines * grouped }
          : { poolWindowsTap: lines * grouped * kernelWidth }),
        poolTap: lines * alone * kernelWidth,
        poolDivide: averages ? lines * outWidth : 0,
      },
      touches: [lineTouch, { address: output, bytes: channels * outputPlaneBytes, writes: true }],
    },
  ];
};

const normalise: CallCount = (values) => {
  const [
    input = 0,
    output = 0,
    first = 0,
    end = 0,
    channels = 0,
    span = 0,
    planeBytes = 0,
    size = 0,
  ] = values;
  const reach = size >> 1;
  let neighbours = 0;
  for (let channel = first; channel < end; channel++) {
    neighbours += Math.min(channels - 1, channel + reach) - Math.max(0, channel - reach) + 1;
  }
  const bytes = (end - first) * planeBytes;
  return {
    turns: {
      call: 1,
      normaliseVector: (end - first) * span,
      normaliseNeighbour: neighbours * span,
    },
    touches: [
      { address: input + first * planeBytes, bytes, passes: size, apart: size * planeBytes },
      { address: output + first * planeBytes, bytes, writes: true },
    ],
  };
};

const add: CallCount = (values) => {
  const [a = 0, b = 0, output = 0, count = 0] = values;
  const bytes = count * FLOAT;
  return {
    turns: { call: 1, addVector: count / 4 },
    touches: [
      { address: a, bytes },
      { address: b, bytes },
      { address: output, bytes, writes: true },
    ],
  };
};

const clip: CallCount = (values) => {
  const [input = 0, output = 0, count = 0] = values;
  const bytes = count * FLOAT;
  return {
    turns: { call: 1, clipVector: count / 4 },
    touches: [
      { address: input, bytes },
      { address: output, bytes, writes: true },
    ],
  };
};

const softmax: CallCount = (values) => {
  const [input = 0, output = 0, count = 0, inputBytes = 0] = values;
  return {
    turns: { call: 1, softmaxValue: count },
    touches: [
      { address: input, bytes: count * inputBytes, passes: 2 },
      { address: output, bytes: count * FLOAT, writes: true, passes: 2 },
    ],
  };
};

const copy: CallCount = (values) => {
  const [input = 0, output = 0, bytes = 0] = values;
  return {
    turns: { call: 1, copyVector: bytes / VECTOR },
    touches: [
      { address: input, bytes },
      { address: output, bytes, writes: true },
    ],
  };
};

export const elementwiseCalls = { pool, normalise, add, clip, softmax, copy } satisfies Readonly<
  Record<string, CallCount>
>;
