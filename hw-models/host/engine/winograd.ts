// Rows of the engine's table: Winograd convolution F(2×2, 3×3), F(4×4, 3×3) and F(6×6, 3×3), dense,
// and with weights pruned in the transform domain. What they cannot do (strides, other kernels)
// they refuse, with the reason.

import { invariant } from '../../../workloads/base/errors.js';
import type { Layer, LayerOf, LayerWeights } from '../../../workloads/network.js';
import { tapsOf } from '../../../workloads/operators/window.js';
import { cookToom, toFloat } from '../../../workloads/transforms/cook-toom.js';
import {
  type ConvolutionShape,
  outputExtent,
  transformable,
} from '../../../workloads/transforms/shape.js';
import {
  pruneTransformed,
  type TransformedWeights,
  transformWeights,
} from '../../../workloads/transforms/winograd.js';
import { densityOf } from '../../../workloads/weights/entries.js';
import { countNonzeros, toDense } from '../../../workloads/weights/store.js';
import { relaxed, wasm } from '../winograd.wasm.js';
import { placeBias } from './convolution.js';
import type { Heap, HostKernel, PreparedLayer, Step } from './kernel.js';
import {
  callerOf,
  cutEvenly,
  eachFrame,
  lowerBound,
  only,
  type Part,
  planeOf,
  unevenLines,
  weightedRow,
} from './rows.js';
import { FLOAT, VECTOR, vectorsOf } from './tensor.js';
import { densePanels, sparseLists, type WeightsAt } from './transformed.js';
import { filterings } from './winograd-source.js';

const call = callerOf({ name: 'winograd', wasm, relaxed });

/**
 * Tiles worked on together: as many as seven accumulators hold, so that a sparse row is read once
 * for all.
 */
const BLOCK_TILES = 28;
/** Output channels multiplied before they are transformed back. */
const CHUNK_ROWS = 32;
/** Rows of weights that share the loads of an input. */
const QUAD = 4;
const LANES = 4;

/** In words why Winograd does not serve a layer, or null where it does. */
export function winogradRefusal(layer: Layer): string | null {
  const shape = transformable(layer.demand);
  if (typeof shape === 'string') return shape;
  const offered = [...new Set(filterings.map(([, taps]) => taps))];
  if (offered.includes(shape.kernel)) return null;
  return `has ${shape.kernel}×${shape.kernel} kernels, not ${offered.map((taps) => `${taps}×${taps}`).join(' or ')}`;
}

/**
 * Multiplications a channel and output channel of F(m×m, r×r), which grow with tiles that reach
 * over the image's edge.
 */
function productsOf(layer: Layer, outputs: number): number {
  const shape = transformable(layer.demand);
  if (typeof shape === 'string') return Number.POSITIVE_INFINITY;
  const [height, width] = outputExtent(shape);
  return (
    (outputs + shape.kernel - 1) ** 2 * Math.ceil(height / outputs) * Math.ceil(width / outputs)
  );
}

/** Dense F(m×m, r×r) with m = `outputs` and r the layer's kernel. */
export function createWinograd(outputs: number): HostKernel {
  const pays = (layer: Layer) =>
    productsOf(layer, outputs) <= Math.min(productsOf(layer, 2), productsOf(layer, 4));
  return winogradRow(
    `winograd-f${outputs}`,
    outputs,
    { optIn: false, pays },
    (transformed, { groups }, _tiling, heap) => {
      const rows = transformed.outputs / groups;
      const quadBytes = transformed.channels * QUAD * FLOAT;
      return densePanels({ groups, rows }, QUAD, quadBytes, heap, (firstRow) =>
        panelOf(transformed, firstRow, rows),
      );
    },
  );
}

/**
 * F(m×m, r×r) with the layer's weights pruned after their transformation, to `density` or to the
 * layer's own share of non-zero weights. It computes another function than the layer's weights say:
 * a network has to be trained for it, hence it runs only where it is asked for.
 */
export function createSparseWinograd(outputs: number, density?: number): HostKernel {
  const name = `winograd-f${outputs}-sparse`;
  return winogradRow(
    name,
    outputs,
    { optIn: true },
    (transformed, { groups }, { tileBytes }, heap, { store }) => {
      const pruned = pruneTransformed(transformed, density ?? densityOf(store));
      const rows = transformed.outputs / groups;
      return sparseLists({ groups, rows }, heap, (firstRow) =>
        listsOf(pruned, firstRow, rows, tileBytes),
      );
    },
  );
}

type Place = (
  transformed: TransformedWeights,
  shape: ConvolutionShape,
  tiling: Tiling,
  heap: Heap,
  weights: LayerWeights,
) => WeightsAt;

function winogradRow(
  name: string,
  outputs: number,
  terms: { readonly optIn: boolean; pays?(layer: Layer): boolean },
  place: Place,
): HostKernel {
  return weightedRow(
    'conv2d',
    name,
    {
      ...terms,
      refusal: winogradRefusal,
      minMacs: (layer, { store }) =>
        productsOf(layer, outputs) * ((store.rows * store.columns) / tapsOf(layer)),
    },
    (layer, weights, heap) => {
      const shape = transformable(layer.demand);
      invariant(typeof shape !== 'string', () => `layer ${layer.name} ${shape}`);
      const filtering = toFloat(cookToom(outputs, shape.kernel));
      const dense = toDense(weights.store).values;
      const transformed = transformWeights(
        filtering,
        shape.outputs,
        shape.channels / shape.groups,
        dense,
      );
      const tiling = tilingOf(shape, outputs);
      const weightsAt = place(transformed, shape, tiling, heap, weights);
      return preparedLayer(layer, shape, tiling, weightsAt, placeBias(weights, heap));
    },
  );
}

/**
 * [position][⌈rows / 4⌉][channel][4] of the rows of one group; rows that fill up the last four are
 * zero.
 */
function panelOf(
  { values, outputs, channels, filtering }: TransformedWeights,
  firstRow: number,
  rows: number,
) {
  const positions = filtering.inputMatrix.length ** 2;
  const quads = Math.ceil(rows / QUAD);
  const panel = new Float32Array(positions * quads * channels * QUAD);
  for (let position = 0; position < positions; position++) {
    for (let row = 0; row < rows; row++) {
      const from = (position * outputs + firstRow + row) * channels;
      const to = (position * quads + Math.floor(row / QUAD)) * channels * QUAD + (row % QUAD);
      for (let channel = 0; channel < channels; channel++) {
        panel[to + channel * QUAD] = values[from + channel] as number;
      }
    }
  }
  return panel;
}

/**
 * Non-zero weights of one group as (offset of the channel's tiles, value), and each position's row
 * pointers.
 */
function listsOf(
  { values, outputs, channels, filtering }: TransformedWeights,
  firstRow: number,
  rows: number,
  tileBytes: number,
) {
  const positions = filtering.inputMatrix.length ** 2;
  const pointers = new Uint32Array(positions * (rows + 1));
  const words = new Uint32Array(2 * countNonzeros(values));
  const floats = new Float32Array(words.buffer);
  let at = 0;
  for (let position = 0; position < positions; position++) {
    for (let row = 0; row <= rows; row++) {
      pointers[position * (rows + 1) + row] = at / 2;
      if (row === rows) break;
      const from = (position * outputs + firstRow + row) * channels;
      for (let channel = 0; channel < channels; channel++) {
        const value = values[from + channel] as number;
        if (value === 0) continue;
        words[at++] = channel * tileBytes;
        floats[at++] = value;
      }
    }
  }
  return { pointers, entries: words.slice(0, at) };
}

interface Tiling {
  readonly outputs: number;
  readonly taps: number;
  readonly positions: number;
  readonly tilesX: number;
  readonly tilesY: number;
  /** Tile rows worked on together. */
  readonly blockRows: number;
  /** From one channel's tiles to the next's. */
  readonly tileBytes: number;
  /** A line of transformed inputs or of outputs. */
  readonly lineBytes: number;
}

function tilingOf(shape: ConvolutionShape, outputs: number): Tiling {
  const [outHeight, outWidth] = outputExtent(shape);
  const size = outputs + shape.kernel - 1;
  const tilesX = Math.ceil(outWidth / outputs);
  const tilesY = Math.ceil(outHeight / outputs);
  const blocks = Math.ceil(tilesY / Math.max(1, Math.floor(BLOCK_TILES / tilesX)));
  const blockRows = Math.ceil(tilesY / blocks);
  // An image's row in whole vectors and one more, or four tiles at least, the last one read to a
  // whole pair.
  const imageFloats = shape.pad + LANES * vectorsOf(shape.width) + LANES;
  const tileFloats = outputs * Math.max(4, tilesX) + shape.kernel + 1;
  return {
    outputs,
    taps: shape.kernel,
    positions: size * size,
    tilesX,
    tilesY,
    blockRows,
    tileBytes: VECTOR * tileVectors(tilesX, blockRows),
    lineBytes: VECTOR * vectorsOf(Math.max(imageFloats, tileFloats)),
  };
}

/**
 * Vectors that hold rows of tiles one after the other, where each row is written four tiles at
 * least.
 */
function tileVectors(tilesX: number, rows: number): number {
  return vectorsOf(tilesX * (rows - 1) + Math.max(4, tilesX));
}

function preparedLayer(
  layer: LayerOf<'conv2d'>,
  shape: ConvolutionShape,
  tiling: Tiling,
  weightsAt: WeightsAt,
  biasAt: number,
): PreparedLayer {
  const { outputs, taps, positions, tilesX, tilesY, blockRows, tileBytes, lineBytes } = tiling;
  const size = outputs + taps - 1;
  const groupChannels = shape.channels / shape.groups;
  const groupRows = shape.outputs / shape.groups;
  const blocks = Array.from({ length: Math.ceil(tilesY / blockRows) }, (_, block): Part => {
    return { first: block * blockRows, end: Math.min((block + 1) * blockRows, tilesY) };
  });
  const bothSides = [outputs, taps];
  return {
    plan(inputs, results, batch, scratch) {
      const output = only(results);
      const input = only(inputs);
      const positionBytes = unevenLines(groupChannels * tileBytes);
      const productBytes = unevenLines(CHUNK_ROWS * tileBytes);
      const transformed = scratch.take(positions * positionBytes);
      const channelParts = cutEvenly(groupChannels, scratch.threads).map((part, thread) => {
        return { ...part, lines: scratch.take((size + 1) * lineBytes, thread) };
      });
      const rowParts = cutEvenly(Math.ceil(groupRows / QUAD), scratch.threads).map(
        ({ first, end }, thread) => ({
          first: first * QUAD,
          end: Math.min(end * QUAD, groupRows),
          products: scratch.take(
            positions * productBytes +
              (3 * groupChannels + outputs * size) * VECTOR +
              outputs * lineBytes,
            thread,
          ),
        }),
      );
      /** A block's tiles are transformed, then multiplied and transformed back. */
      const blockSteps = (
        frame: number,
        group: number,
        { first: tileRow, end }: Part,
      ): readonly Step[] => {
        const tiles = [tileRow, end - tileRow, tilesX];
        const vectors = tileVectors(tilesX, end - tileRow);
        const transforms = channelParts.map((part) => {
          const from = planeOf(input, frame, group * groupChannels + part.first);
          const image = [
            from,
            input.planeBytes,
            part.end - part.first,
            input.height,
            input.width,
            shape.pad,
          ];
          const to = [transformed + part.first * tileBytes, tileBytes, positionBytes];
          return call(
            'transformInputs',
            ...bothSides,
            ...image,
            ...tiles,
            ...to,
            part.lines,
            lineBytes,
          );
        });
        const products = rowParts.map((part) => {
          const row = group * groupRows + part.first;
          const { function: multiply, weights } = weightsAt(group, part.first);
          const from = [transformed, positionBytes, groupChannels, vectors];
          const image = [
            planeOf(output, frame, row),
            output.planeBytes,
            output.height,
            output.width,
          ];
          const own = [
            tileBytes,
            biasAt + row * FLOAT,
            lowerBound(layer),
            productBytes,
            part.products,
            lineBytes,
          ];
          const rows = [part.end - part.first, CHUNK_ROWS];
          return call(
            multiply,
            ...bothSides,
            ...from,
            ...weights,
            ...rows,
            ...image,
            ...tiles,
            ...own,
          );
        });
        return [transforms, products];
      };
      const groups = Array.from({ length: shape.groups }, (_, group) => group);
      return eachFrame(batch, (frame) =>
        groups.flatMap((group) => blocks.flatMap((block) => blockSteps(frame, group, block))),
      );
    },
  };
}
