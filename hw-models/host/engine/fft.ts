// Rows of the engine's table: convolution by Fourier transforms (asm/fft.ts), dense, and with
// weights pruned in the transform domain. What they cannot do (strides, kernels of one tap) they
// refuse, with the reason.

import { invariant } from '../../../workloads/base/errors.js';
import type { Layer, LayerOf, LayerWeights } from '../../../workloads/network.js';
import { tapsOf } from '../../../workloads/operators/window.js';
import {
  type KernelSpectra,
  pruneSpectra,
  spectraOf,
} from '../../../workloads/transforms/fft-convolution.js';
import {
  type ConvolutionShape,
  outputExtent,
  transformable,
} from '../../../workloads/transforms/shape.js';
import { densityOf } from '../../../workloads/weights/entries.js';
import { toDense } from '../../../workloads/weights/store.js';
import { wasm as convolutionWasm, relaxed as relaxedConvolution } from '../convolution.wasm.js';
import { wasm as fftWasm, relaxed as relaxedFft } from '../fft.wasm.js';
import { phaseArguments, placeBias } from './convolution.js';
import type { Heap, HostKernel, PreparedLayer, Step } from './kernel.js';
import {
  callerOf,
  cutEvenly,
  cutInMultiples,
  eachFrame,
  lowerBound,
  only,
  type Part,
  planeOf,
  unevenLines,
  weightedRow,
} from './rows.js';
import { FLOAT, planeBytesOf, VECTOR, vectorsOf } from './tensor.js';
import { densePanels, sparseLists, type WeightsAt } from './transformed.js';

const convolution = callerOf({
  name: 'convolution',
  wasm: convolutionWasm,
  relaxed: relaxedConvolution,
});
const fft = callerOf({ name: 'fft', wasm: fftWasm, relaxed: relaxedFft });

/** Tiles transformed together, and vectors of them that share a pass over the weights. */
const BLOCK_TILES = 24;
/** Output channels multiplied before they are transformed back. */
const CHUNK_ROWS = 16;
/** Rows of complex weights that share the loads of an input. */
const PAIR = 2;
const COMPLEX = 2 * VECTOR;
/**
 * Bytes of spectra beyond which a layer is refused: they would be read from memory for every block
 * of tiles.
 */
const MAX_BYTES = 2 ** 28;
/** The squares that kernels are offered for. */
export const fftSizes: readonly number[] = [16, 32];

/** In words why a transform of `size` does not serve a layer, or null where it does. */
export function fftRefusal(layer: Layer, size: number): string | null {
  const shape = transformable(layer.demand);
  if (typeof shape === 'string') return shape;
  const { kernel, outputs, channels, groups } = shape;
  if (kernel > size / 2)
    return `has ${kernel}×${kernel} kernels, more than half of a transform of ${size}`;
  const bytes = positionsOf(size) * outputs * (channels / groups) * 2 * FLOAT;
  if (bytes <= MAX_BYTES) return null;
  return `has spectra of ${Math.round(bytes / 2 ** 20)} MiB, more than ${MAX_BYTES / 2 ** 20}`;
}

const VECTOR_FLOATS = 4;

/** Frequencies that are kept: fx up to size / 2, every fy. */
function positionsOf(size: number): number {
  return size * (size / 2 + 1);
}

/** Complex products a channel and output channel, tiles counted in whole vectors. */
function productsOf(layer: Layer, size: number): number {
  const shape = transformable(layer.demand);
  if (typeof shape === 'string' || fftRefusal(layer, size) !== null)
    return Number.POSITIVE_INFINITY;
  const { tilesX, tilesY } = tilingOf(shape, size);
  return positionsOf(size) * vectorsOf(tilesX * tilesY);
}

/** Dense convolution by transforms of `size` × `size`. */
export function createFft(size: number): HostKernel {
  return fftRow(`fft-${size}`, size, false, (spectra, { groups }, _tileBytes, heap) => {
    const rows = spectra.outputs / groups;
    const pairBytes = spectra.channels * PAIR * 2 * FLOAT;
    return densePanels({ groups, rows }, PAIR, pairBytes, heap, (firstRow) =>
      panelOf(spectra, firstRow, rows),
    );
  });
}

/**
 * The same with the layer's spectra pruned, to `density` or to the layer's own share of non-zero
 * weights. It computes another function than the layer's weights say, hence it runs only where it
 * is asked for.
 */
export function createSparseFft(size: number, density?: number): HostKernel {
  return fftRow(
    `fft-${size}-sparse`,
    size,
    true,
    (spectra, { groups }, tileBytes, heap, { store }) => {
      const pruned = pruneSpectra(spectra, density ?? densityOf(store));
      const rows = spectra.outputs / groups;
      return sparseLists({ groups, rows }, heap, (firstRow) =>
        listsOf(pruned, firstRow, rows, tileBytes),
      );
    },
  );
}

type Place = (
  spectra: KernelSpectra,
  shape: ConvolutionShape,
  tileBytes: number,
  heap: Heap,
  weights: LayerWeights,
) => WeightsAt;

function fftRow(name: string, size: number, optIn: boolean, place: Place): HostKernel {
  const pays = (layer: Layer) =>
    fftSizes.every((other) => productsOf(layer, size) <= productsOf(layer, other));
  return weightedRow(
    'conv2d',
    name,
    {
      optIn,
      pays,
      refusal: (layer) => fftRefusal(layer, size),
      // A complex product is three multiplications at least of each float of a vector.
      minMacs: (layer, { store }) =>
        3 *
        VECTOR_FLOATS *
        productsOf(layer, size) *
        ((store.rows * store.columns) / tapsOf(layer)),
    },
    (layer, weights, heap) => {
      const shape = transformable(layer.demand);
      invariant(typeof shape !== 'string', () => `layer ${layer.name} ${shape}`);
      const channels = shape.channels / shape.groups;
      const spectra = spectraOf(
        toDense(weights.store).values,
        shape.outputs,
        channels,
        shape.kernel,
        size,
      );
      const tiling = tilingOf(shape, size);
      const weightsAt = place(spectra, shape, tiling.tileBytes, heap, weights);
      const tables = { turns: heap.place(turnsOf(size)), places: heap.place(placesOf(size)) };
      return preparedLayer(layer, shape, tiling, tables, weightsAt, placeBias(weights, heap));
    },
  );
}

/** exp(−2πi k / size) for k < size / 2, cosine and sine. */
function turnsOf(size: number): Float32Array {
  return Float32Array.from({ length: size }, (_, at) => {
    const angle = (-2 * Math.PI * Math.floor(at / 2)) / size;
    return at % 2 === 0 ? Math.cos(angle) : Math.sin(angle);
  });
}

/** Where each frequency stands in bit-reversed order. */
function reversedOrder(size: number): readonly number[] {
  const bits = Math.log2(size);
  return Array.from({ length: size }, (_, frequency) => {
    let reversed = 0;
    for (let bit = 0; bit < bits; bit++) reversed |= ((frequency >> bit) & 1) << (bits - 1 - bit);
    return reversed;
  });
}

function placesOf(size: number): Uint32Array {
  return Uint32Array.from(reversedOrder(size), (place) => place * COMPLEX);
}

/**
 * Visits every frequency with its place in the kernels' order, and what its values have to be
 * multiplied by.
 */
function eachPosition(size: number, visit: (from: number, to: number) => void): void {
  const places = reversedOrder(size);
  for (let fx = 0; fx <= size / 2; fx++) {
    for (let fy = 0; fy < size; fy++) visit(fx * size + fy, fx * size + (places[fy] as number));
  }
}

/** Tiles come twice as large from their transform, and `size`² times as large from the way back. */
function scaleOf(size: number): number {
  return 1 / (2 * size * size);
}

/**
 * [position][⌈rows / 2⌉][channel][2][real, imaginary] of the rows of one group; a row that fills up
 * the last two is zero.
 */
function panelOf(
  { size, outputs, channels, real, imaginary }: KernelSpectra,
  firstRow: number,
  rows: number,
) {
  const pairs = Math.ceil(rows / PAIR);
  const panel = new Float32Array(positionsOf(size) * pairs * channels * PAIR * 2);
  const scale = scaleOf(size);
  eachPosition(size, (position, place) => {
    for (let row = 0; row < rows; row++) {
      const from = (position * outputs + firstRow + row) * channels;
      const to = ((place * pairs + Math.floor(row / PAIR)) * channels * PAIR + (row % PAIR)) * 2;
      for (let channel = 0; channel < channels; channel++) {
        panel[to + channel * PAIR * 2] = scale * (real[from + channel] as number);
        panel[to + channel * PAIR * 2 + 1] = scale * (imaginary[from + channel] as number);
      }
    }
  });
  return panel;
}

/**
 * Non-zero weights of one group as (offset of the channel's tiles, real, imaginary), and each
 * position's row pointers.
 */
function listsOf(spectra: KernelSpectra, firstRow: number, rows: number, tileBytes: number) {
  const { size, outputs, channels, real, imaginary } = spectra;
  const pointers = new Uint32Array(positionsOf(size) * (rows + 1));
  const isZero = (at: number) => real[at] === 0 && imaginary[at] === 0;
  const nonzeros = real.reduce((count, _, at) => count + (isZero(at) ? 0 : 1), 0);
  const words = new Uint32Array(3 * nonzeros);
  const floats = new Float32Array(words.buffer);
  const scale = scaleOf(size);
  let to = 0;
  eachPosition(size, (position, place) => {
    for (let row = 0; row <= rows; row++) {
      pointers[place * (rows + 1) + row] = to / 3;
      if (row === rows) break;
      const from = (position * outputs + firstRow + row) * channels;
      for (let channel = 0; channel < channels; channel++) {
        if (isZero(from + channel)) continue;
        words[to++] = channel * 2 * tileBytes;
        floats[to++] = scale * (real[from + channel] as number);
        floats[to++] = scale * (imaginary[from + channel] as number);
      }
    }
  });
  return { pointers, entries: words.slice(0, to) };
}

interface Tiling {
  readonly size: number;
  /** Outputs of a tile along each axis. */
  readonly step: number;
  readonly tilesX: number;
  readonly tilesY: number;
  /** Tiles worked on together, numbered row by row. */
  readonly blocks: readonly Part[];
  /** The real or the imaginary parts of a block's tiles at one position. */
  readonly tileBytes: number;
}

function tilingOf(shape: ConvolutionShape, size: number): Tiling {
  const [outHeight, outWidth] = outputExtent(shape);
  const step = size - shape.kernel + 1;
  const tilesX = Math.ceil(outWidth / step);
  const tilesY = Math.ceil(outHeight / step);
  const blocks = cutEvenly(tilesX * tilesY, Math.ceil((tilesX * tilesY) / BLOCK_TILES));
  const maxTiles = blocks.reduce((max, { first, end }) => Math.max(max, end - first), 0);
  return { size, step, tilesX, tilesY, blocks, tileBytes: VECTOR * vectorsOf(maxTiles) };
}

function preparedLayer(
  layer: LayerOf<'conv2d'>,
  shape: ConvolutionShape,
  { size, step, tilesX, tilesY, blocks, tileBytes }: Tiling,
  { turns, places }: { readonly turns: number; readonly places: number },
  weightsAt: WeightsAt,
  biasAt: number,
): PreparedLayer {
  const positions = positionsOf(size);
  const groupChannels = shape.channels / shape.groups;
  const groupRows = shape.outputs / shape.groups;
  // Planes with the padding, and zeros as far as the last tiles reach.
  const pitch = (tilesX - 1) * step + size;
  const rows = (tilesY - 1) * step + size;
  const planeBytes = planeBytesOf(rows * pitch);
  const workBytes = size * (size / 2 + 2) * COMPLEX + 5 * VECTOR;
  return {
    plan(inputs, outputs, batch, scratch) {
      const output = only(outputs);
      const input = only(inputs);
      const padded = scratch.take(shape.channels * planeBytes);
      const positionBytes = unevenLines(groupChannels * 2 * tileBytes);
      const productBytes = unevenLines(CHUNK_ROWS * 2 * tileBytes);
      const transformed = scratch.take(positions * positionBytes);
      const channelParts = cutEvenly(groupChannels, scratch.threads).map((part, thread) => {
        return { ...part, work: scratch.take(workBytes, thread) };
      });
      const rowParts = cutInMultiples(groupRows, PAIR, scratch.threads).map((part, thread) => ({
        ...part,
        products: scratch.take(
          positions * productBytes + 2 * groupChannels * COMPLEX + workBytes,
          thread,
        ),
      }));
      /** A block's tiles are transformed, then multiplied and transformed back. */
      const blockSteps = (
        frame: number,
        group: number,
        { first: firstTile, end: endTile }: Part,
      ): readonly Step[] => {
        const tiles = [firstTile, endTile, tilesX];
        const transforms = channelParts.map((part) => {
          const from = padded + (group * groupChannels + part.first) * planeBytes;
          const planes = [from, planeBytes, pitch * FLOAT, part.end - part.first];
          const to = [transformed + part.first * 2 * tileBytes, tileBytes, positionBytes];
          return fft(
            'transformInputs',
            size,
            step,
            ...planes,
            ...tiles,
            ...to,
            turns,
            places,
            part.work,
          );
        });
        const products = rowParts.map((part) => {
          const row = group * groupRows + part.first;
          const { function: multiply, weights } = weightsAt(group, part.first);
          const from = [transformed, positionBytes, groupChannels, vectorsOf(endTile - firstTile)];
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
            turns,
            places,
            part.products,
          ];
          const count = [part.end - part.first, CHUNK_ROWS];
          return fft(
            multiply,
            size,
            step,
            ...from,
            ...weights,
            ...count,
            ...image,
            ...tiles,
            ...own,
          );
        });
        return [transforms, products];
      };
      return eachFrame(batch, (frame) => {
        const gathers = cutEvenly(shape.channels, scratch.threads).map(({ first, end }) => {
          const image = [end - first, input.height, input.width, input.planeBytes];
          const to = padded + first * planeBytes;
          const phase = [...phaseArguments(layer), rows, pitch, planeBytes];
          return convolution('gather', planeOf(input, frame, first), to, ...image, ...phase);
        });
        const groups = Array.from({ length: shape.groups }, (_, group) => group);
        return [
          gathers,
          ...groups.flatMap((group) => blocks.flatMap((block) => blockSteps(frame, group, block))),
        ];
      });
    },
  };
}
