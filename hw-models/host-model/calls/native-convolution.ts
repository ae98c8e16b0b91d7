// Native convolutions (hw-models/host/native/c), counted. Vectors are those of the build.

import { type CallWork, FLOAT, type Seen, type Touch, type Turns } from './work.js';

/** Counts a native call by its numbers and the floats of the build's vectors. */
export type NativeCount = (
  values: readonly number[],
  seen: Seen,
  lanes: number,
) => CallWork | readonly CallWork[];

const number = (values: readonly number[], at: number) => values[at] ?? 0;

/** What native/c/tile.h reads. */
const LAYER_NUMBERS = 19;

/** A convolution's images and window, and how its output is cut into tiles. */
function layerOf(values: readonly number[], lanes: number) {
  const [input = 0, output = 0, inputPlane = 0, outputPlane = 0, height = 0, width = 0] = values;
  const [outHeight = 0, outWidth = 0, kernelHeight = 1, kernelWidth = 1] = values.slice(6);
  const [strideY = 1, strideX = 1, dilationY = 1] = values.slice(10);
  const [tileRows = 1, tileColumns = 1, isFlat = 0] = values.slice(16);
  /** Rows and vectors of tile `tile`, as find_tile has them. */
  const tileOf = (tile: number) => {
    const across = isFlat ? 1 : Math.ceil(outWidth / (tileColumns * lanes));
    const row = Math.floor(tile / across) * tileRows;
    const column = (tile % across) * tileColumns * lanes;
    const rows = Math.min(outHeight - row, tileRows);
    const lines = isFlat ? 1 : rows;
    const needed = Math.ceil((isFlat ? rows * outWidth : outWidth - column) / lanes);
    return { rows, vectors: lines * (lines === 1 ? Math.min(needed, tileColumns) : tileColumns) };
  };
  /** Vectors and lines that packing a channel of a tile takes. */
  const packed = (rows: number) => {
    if (isFlat) {
      const lines = kernelHeight * kernelWidth * rows;
      return { lines, vectors: lines * Math.ceil(outWidth / lanes) };
    }
    const phases = kernelHeight === 1 ? 1 : strideY;
    const reach = Math.floor(((kernelHeight - 1) * dilationY) / strideY);
    const lines = kernelWidth * phases * (tileRows + reach);
    return { lines, vectors: lines * tileColumns };
  };
  return {
    ...{ input, output, inputPlane, outputPlane, height, width, outHeight, outWidth },
    ...{ strideX, tileOf, packed },
  };
}

type Layer = ReturnType<typeof layerOf>;

/** Tiles first … end − 1, and what packing `channels` channels of each takes. */
function tilesOf(layer: Layer, inPlace: boolean, first: number, end: number, channels: number) {
  let [vectors, packLines, packVectors] = [0, 0, 0];
  for (let tile = first; tile < end; tile++) {
    const one = layer.tileOf(tile);
    vectors += one.vectors;
    if (inPlace) continue;
    const packed = layer.packed(one.rows);
    packLines += channels * packed.lines;
    packVectors += channels * packed.vectors;
  }
  const turns: Turns = {
    nativeTile: end - first,
    nativePackLine: packLines,
    [layer.strideX === 1 ? 'nativePackVector' : 'nativePackSpaced']: packVectors,
  };
  return { vectors, turns };
}

/** Of an image's planes the part that a share of its tiles reads or makes. */
function planesOf(at: number, planeBytes: number, planes: number, share: number): Touch {
  return { address: at, bytes: planes * planeBytes * share };
}

/** 64-bit numbers placed at `address`. */
function doubles({ words }: Seen, address: number, count: number): Float64Array {
  return new Float64Array(Uint32Array.from(words(address, 2 * count)).buffer);
}

const SEGMENT_NUMBERS = 8;
const ENTRY = 8;

const sparseConvolution: NativeCount = (values, seen, lanes) => {
  const layer = layerOf(values, lanes);
  const [inPlace = 0, first = 0, end = 0, together = 1, segments = 0, at = 0] =
    values.slice(LAYER_NUMBERS);
  const descriptors = doubles(seen, at, segments * SEGMENT_NUMBERS);
  let [entries, rows, channels] = [0, 0, 0];
  const from = descriptors[0] ?? 0;
  const touches: Touch[] = [];
  const tiles = end - first;
  for (let segment = 0; segment < segments; segment++) {
    const own = descriptors.subarray(segment * SEGMENT_NUMBERS, (segment + 1) * SEGMENT_NUMBERS);
    const [begin = 0, stop = 0, , , groups = 0, , countsAt = 0, entriesAt = 0] = own;
    const count = together * seen.words(countsAt, groups).reduce((sum, one) => sum + one, 0);
    entries += count;
    rows += together * groups;
    channels += stop - begin;
    touches.push({ address: entriesAt, bytes: count * ENTRY, passes: tiles, apart: 0 });
  }
  const { vectors, turns } = tilesOf(layer, inPlace === 1, first, end, channels);
  const share = Math.min(1, (vectors * lanes) / (layer.outHeight * layer.outWidth));
  const outputs = segments > 0 ? rows / segments : 0;
  // From one tile to the next: all weights, and what a tile reads.
  const apart = entries * ENTRY + (channels * layer.inputPlane * share) / Math.max(1, tiles);
  return {
    turns: {
      nativeCall: 1,
      ...turns,
      nativeSparseRow: rows * tiles,
      nativeSparseSum: rows * vectors,
      nativeEntry: entries * tiles,
      nativeEntryVector: entries * vectors,
    },
    touches: [
      ...touches.map((touch) => ({ ...touch, apart })),
      planesOf(layer.input + from * layer.inputPlane, layer.inputPlane, channels, share),
      { ...planesOf(layer.output, layer.outputPlane, outputs, share), writes: true },
    ],
  };
};

/** Rows of dense weights made at once, where vectors are so wide (native/c/panel.h). */
const rowsAtOnce = (lanes: number) => (lanes === 8 ? 4 : 8);
const PANEL = 8;
/** Vectors whose sums stay in registers beside each other. */
const PANEL_VECTORS = 3;

/** Turns of whole panels of rows over `vectors` vectors in nearly equal parts, `times` times. */
function panelTurns(rows: number, depth: number, vectors: number, times: number, lanes: number) {
  const turns: Turns = {};
  const padded = Math.ceil(rows / rowsAtOnce(lanes)) * rowsAtOnce(lanes);
  const parts = Math.ceil(vectors / PANEL_VECTORS);
  for (let part = 0; part < parts; part++) {
    const width = Math.floor((vectors * (part + 1)) / parts) - Math.floor((vectors * part) / parts);
    const name = `nativePanelTap${width as 1 | 2 | 3}` as const;
    turns[name] = (turns[name] ?? 0) + (times * depth * padded) / 4;
  }
  return { ...turns, nativePanelSum: times * padded * vectors };
}

export function addTurns(sums: Turns, more: Turns): Turns {
  for (const [name, times] of Object.entries(more) as [keyof Turns, number][])
    sums[name] = (sums[name] ?? 0) + times;
  return sums;
}

const denseConvolution: NativeCount = (values, _seen, lanes) => {
  const layer = layerOf(values, lanes);
  const [inPlace = 0, first = 0, end = 0, firstRow = 0, endRow = 0, channels = 0, depth = 0] =
    values.slice(LAYER_NUMBERS);
  const panels = number(values, LAYER_NUMBERS + 8);
  const tiles = tilesOf(layer, inPlace === 1, first, end, channels);
  const turns: Turns = { nativeCall: 1, ...tiles.turns };
  for (let tile = first; tile < end; tile++)
    addTurns(turns, panelTurns(endRow - firstRow, depth, layer.tileOf(tile).vectors, 1, lanes));
  const share = Math.min(1, (tiles.vectors * lanes) / (layer.outHeight * layer.outWidth));
  const weightBytes = Math.ceil((endRow - firstRow) / PANEL) * PANEL * depth * FLOAT;
  const read = planesOf(layer.input, layer.inputPlane, channels, share);
  return {
    turns,
    touches: [
      {
        ...{ address: panels, bytes: weightBytes, passes: end - first },
        apart: weightBytes + read.bytes / Math.max(1, end - first),
      },
      read,
      {
        ...planesOf(
          layer.output + firstRow * layer.outputPlane,
          layer.outputPlane,
          endRow - firstRow,
          share,
        ),
        writes: true,
      },
    ],
  };
};

const OUTPUTS = 4;

const winograd: NativeCount = (values, _seen, lanes) => {
  const [input = 0, output = 0, inputPlane = 0, outputPlane = 0, , , outHeight = 0, outWidth = 0] =
    values;
  const [strideY = 1, strideX = 1, side = 6, channels = 0] = values.slice(10);
  const [firstTileRow = 0, endTileRow = 0, blockRows = 1, firstRow = 0, endRow = 0, chunk = 1] =
    values.slice(14);
  const [weights = 0, , inputs = 0, sums = 0] = values.slice(20);
  const depth = channels * strideY * strideX;
  const rows = endRow - firstRow;
  const positions = side * side;
  const across = Math.ceil(outWidth / OUTPUTS);
  const tileRows = endTileRow - firstTileRow;
  const blocks = Math.ceil(tileRows / blockRows);
  const vectorsAcross = Math.ceil(across / lanes);
  const turns: Turns = {
    nativeCall: 1,
    [side === 6 ? 'nativeTransform6' : 'nativeTransform7']: depth * tileRows * vectorsAcross,
    [side === 6 ? 'nativeBack6' : 'nativeBack7']: rows * tileRows * vectorsAcross,
  };
  for (let block = firstTileRow; block < endTileRow; block += blockRows) {
    const own = Math.min(blockRows, endTileRow - block);
    const vectors = Math.ceil((own * across) / lanes);
    for (let row = firstRow; row < endRow; row += chunk)
      addTurns(
        turns,
        panelTurns(
          Math.ceil(Math.min(chunk, endRow - row) / PANEL) * PANEL,
          depth,
          vectors,
          positions,
          lanes,
        ),
      );
  }
  const tileBytes = Math.ceil((Math.min(blockRows, tileRows) * across) / lanes) * lanes * FLOAT;
  const [inputBytes, sumBytes] = [positions * depth * tileBytes, positions * chunk * tileBytes];
  const weightBytes = positions * Math.ceil(rows / PANEL) * PANEL * depth * FLOAT;
  const share = Math.min(1, (tileRows * OUTPUTS) / Math.max(1, outHeight));
  const chunks = Math.ceil(rows / chunk);
  return {
    turns,
    touches: [
      planesOf(input, inputPlane, channels, share),
      { address: inputs, bytes: inputBytes, writes: true, passes: blocks, apart: inputBytes },
      {
        ...{ address: inputs, bytes: inputBytes, passes: blocks * chunks },
        apart: inputBytes + sumBytes + weightBytes / chunks,
      },
      {
        ...{ address: weights, bytes: weightBytes, passes: blocks },
        apart: weightBytes + inputBytes + sumBytes,
      },
      {
        ...{ address: sums, bytes: sumBytes, writes: true, passes: blocks * chunks },
        apart: sumBytes + inputBytes,
      },
      { address: sums, bytes: sumBytes, passes: blocks * chunks, apart: sumBytes },
      {
        ...planesOf(output + firstRow * outputPlane, outputPlane, rows, share),
        writes: true,
      },
    ],
  };
};

/** Rows of outputs that share loads where the window is a square of 3 or 5 at stride 1 or 2. */
const FILTER_ROWS = 4;

const depthwise: NativeCount = (values, _seen, lanes) => {
  const [input = 0, output = 0, inputPlane = 0, outputPlane = 0, height = 0, width = 0] = values;
  const [outHeight = 0, outWidth = 0, kernelHeight = 1, kernelWidth = 1, , strideX = 1] =
    values.slice(6);
  const [first = 0, end = 0, multiplier = 1] = values.slice(LAYER_NUMBERS);
  const planes = end - first;
  const sources = Math.ceil(planes / multiplier);
  const rows = Math.ceil(outHeight / FILTER_ROWS) * FILTER_ROWS;
  const made = planes * rows * Math.ceil(outWidth / lanes);
  const taps = made * kernelHeight * kernelWidth;
  return {
    turns: {
      nativeCall: 1,
      nativePaddedVector: sources * height * Math.ceil(width / lanes),
      nativeFilterSum: made,
      [strideX === 1 ? 'nativeFilterTap' : 'nativeFilterSpacedTap']: taps,
    },
    touches: [
      planesOf(input + Math.floor(first / multiplier) * inputPlane, inputPlane, sources, 1),
      { ...planesOf(output + first * outputPlane, outputPlane, planes, 1), writes: true },
    ],
  };
};

export const nativeConvolutionCalls = {
  zs_sparse_convolution: sparseConvolution,
  zs_dense_convolution: denseConvolution,
  zs_winograd: winograd,
  zs_depthwise: depthwise,
} satisfies Readonly<Record<string, NativeCount>>;
