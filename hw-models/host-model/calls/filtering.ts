// hw-models/host/asm/filtering.ts, counted.

import { type CallCount, vectors } from './work.js';

const transformRows: CallCount = (values) => {
  const [
    input = 0,
    output = 0,
    planes = 0,
    inputPlaneBytes = 0,
    outputPlaneBytes = 0,
    rows = 0,
    ,
    ...rest
  ] = values;
  const [tiles = 0, positions = 0, positionBytes = 0] = rest;
  const groups = planes * rows * vectors(tiles);
  return {
    turns: { call: 1, filterGroup: groups, filterProduct: groups * positions ** 2 },
    touches: [
      { address: input, bytes: planes * inputPlaneBytes },
      {
        address: output,
        bytes: (positions - 1) * positionBytes + planes * outputPlaneBytes,
        writes: true,
      },
    ],
  };
};

const transformBack: CallCount = (values) => {
  const [
    input = 0,
    output = 0,
    planes = 0,
    planeBytes = 0,
    positions = 0,
    positionBytes = 0,
    ...rest
  ] = values;
  const [height = 0, , tiles = 0, outputPlaneBytes = 0] = rest;
  const groups = planes * height * vectors(tiles);
  return {
    turns: { call: 1, unfilterGroup: groups, unfilterPosition: groups * positions },
    touches: [
      { address: input, bytes: (positions - 1) * positionBytes + planes * planeBytes },
      { address: output, bytes: planes * outputPlaneBytes, writes: true },
    ],
  };
};

export const filteringCalls = { transformRows, transformBack } satisfies Readonly<
  Record<string, CallCount>
>;
