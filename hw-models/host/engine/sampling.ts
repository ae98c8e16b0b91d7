// Rows for images of other extents, reductions of rows, and numbers as integers and back
// (asm/sampling.ts).

import {
  forwardLayer,
  inputShapeOf,
  type LayerOf,
  type Shape,
} from '../../../workloads/network.js';
import { sizeOf } from '../../../workloads/tensor.js';
import { isImage } from '../fits.js';
import { relaxed, wasm } from '../sampling.wasm.js';
import { closeUp, spread } from './close-up.js';
import type { Heap, HostKernel, PreparedLayer, Tensor } from './kernel.js';
import {
  callerOf,
  cutEvenly,
  cutInMultiples,
  eachFrame,
  moveRow,
  only,
  planeOf,
  streamRow,
} from './rows.js';
import { FLOAT, isGapless, planeBytesOf, tensorAt, VECTOR } from './tensor.js';

const call = callerOf({ name: 'sampling', wasm, relaxed });

/** Elements below which a call is not cut. */
const CUT_FROM = 4096;
/** Extents up to which what an axis reads is found by trying. */
const MAX_EXTENT = 1024;

/** In words why an image cannot be resized by sums along its axes, or null where it can. */
function notOfImages(layer: LayerOf<'resize'>): string | null {
  const types = [...layer.inputTypes, ...layer.results];
  if (!types.every((type) => type && isImage(type))) return 'is of no image';
  const [input, output] = [inputShapeOf(layer), layer.shape];
  if (input[1] !== output[1]) return 'resizes channels';
  if (layer.roi || layer.coordinates === 'tf_crop_and_resize') return 'crops';
  return Math.max(...input, ...output) > MAX_EXTENT ? 'is too large' : null;
}

/**
 * What each index of an axis of the result reads of the axis of the input: found by resizing the
 * unit vectors.
 */
function placeTaps(layer: LayerOf<'resize'>, axis: 2 | 3, stepBytes: number, heap: Heap) {
  const [from, to] = [inputShapeOf(layer)[axis] as number, layer.shape[axis] as number];
  const shapes = { from: [1, 1, from, from] as Shape, to: [1, 1, from, to] as Shape };
  const units = new Float32Array(from * from);
  for (let at = 0; at < from; at++) units[at * (from + 1)] = 1;
  const scale = layer.scales[axis] as number;
  const one: LayerOf<'resize'> = {
    ...{ ...layer, shape: shapes.to, scales: [1, 1, 1, scale] },
    inputTypes: [{ shape: shapes.from, type: 'float32' }],
    results: [{ name: layer.name, shape: shapes.to, type: 'float32' }],
  };
  const [tried] = forwardLayer(one, null, [{ shape: shapes.from, type: 'float32', values: units }]);
  const pointers = new Uint32Array(to + 1);
  const entries: number[] = [];
  for (let index = 0; index < to; index++) {
    for (let at = 0; at < from; at++) {
      const weight = tried?.values[at * to + index] as number;
      if (weight !== 0) entries.push(at * stepBytes, weight);
    }
    pointers[index + 1] = entries.length / 2;
  }
  const words = Uint32Array.from(entries);
  const floats = new Float32Array(words.buffer);
  for (let at = 1; at < entries.length; at += 2) floats[at] = entries[at] as number;
  return [heap.place(pointers), heap.place(words)] as const;
}

const resize = streamRow('resize', 'sample', notOfImages, (layer, heap) => {
  const width = layer.shape[3] as number;
  const columns = placeTaps(layer, 3, FLOAT, heap);
  const rows = placeTaps(layer, 2, width * FLOAT, heap);
  return {
    plan(inputs, outputs, batch, scratch) {
      const [input, output] = [only(inputs), only(outputs)];
      const betweenBytes = planeBytesOf(input.height * width);
      const between = scratch.take(input.channels * betweenBytes);
      const parts = cutEvenly(input.channels, scratch.threads);
      return eachFrame(batch, (frame) => [
        parts.map(({ first, end }) => {
          const to = between + first * betweenBytes;
          const extent = [
            end - first,
            input.height,
            width,
            input.planeBytes,
            betweenBytes,
            input.width * FLOAT,
          ];
          return call('sampleColumns', planeOf(input, frame, first), to, ...extent, ...columns);
        }),
        parts.map(({ first, end }) => {
          const extent = [end - first, output.height, width, betweenBytes, output.planeBytes];
          return call(
            'sampleRows',
            between + first * betweenBytes,
            planeOf(output, frame, first),
            ...extent,
            ...rows,
          );
        }),
      ]);
    },
  };
});

const reductions: { readonly [Name in LayerOf<'reduce'>['function']]?: number } = {
  sum: 0,
  mean: 1,
  max: 2,
  min: 3,
};

/** How many values the last axes that are reduced have; 0 where others are reduced. */
function reducedRow(layer: LayerOf<'reduce'>): number {
  const shape = inputShapeOf(layer);
  const axes = new Set(
    (layer.axes ?? shape.map((_, axis) => axis)).map((axis) =>
      axis < 0 ? axis + shape.length : axis,
    ),
  );
  const first = shape.findIndex((extent, axis) => axes.has(axis) && extent > 1);
  if (first < 0) return sizeOf(shape) > 0 ? 1 : 0;
  const isSuffix = shape.every((extent, axis) => axis < first || axes.has(axis) || extent === 1);
  return isSuffix ? sizeOf(shape.slice(first)) : 0;
}

const reduce = streamRow(
  'reduce',
  'reduce-rows',
  (layer) => {
    if (reductions[layer.function] === undefined) return `is ${layer.function}`;
    return reducedRow(layer) > 0 ? null : 'reduces inner axes';
  },
  (layer): PreparedLayer => {
    const count = reducedRow(layer);
    const which = reductions[layer.function] ?? 0;
    return {
      plan(inputs, outputs, batch, scratch) {
        const input = only(inputs);
        // Planes that are reduced as a whole are rows as they lie.
        const isPlane = count === input.height * input.width && input.channels > 1;
        const { tensor: from, steps: before } = isPlane
          ? { tensor: input, steps: [] }
          : closeUp(input, batch, scratch);
        const rowBytes = isPlane ? input.planeBytes : count * FLOAT;
        const { tensor: to, steps: behind } = spread(only(outputs), batch, scratch);
        const parts = cutEvenly(to.channels, to.channels * count < CUT_FROM ? 1 : scratch.threads);
        const frames = eachFrame(batch, (frame) => [
          parts.map(({ first, end }) => {
            const at = [planeOf(from, frame) + first * rowBytes, planeOf(to, frame, first)];
            return call('reduceRows', which, ...at, end - first, count, rowBytes, FLOAT);
          }),
        ]);
        return [...before, ...frames, ...behind];
      },
    };
  },
);

/** Parts of a tensor that share a scale, at most. */
const MAX_PARTS = 4096;

/** In words why bytes and their scales do not serve, or null where they do. */
function unusualBytes(layer: LayerOf<'quantise'> | LayerOf<'dequantise'>): string | null {
  const [input, scale, zero] = layer.inputTypes;
  const [result] = layer.results;
  const [bytes, values] = layer.kind === 'quantise' ? [result, input] : [input, result];
  if (bytes?.type !== 'int8' && bytes?.type !== 'uint8') return `is of ${bytes?.type}`;
  if (values?.type !== 'float32' || scale?.type !== 'float32') return 'has a scale of another type';
  if (zero && zero.type !== bytes.type) return 'has a zero point of another type';
  if (![scale, zero].every((operand) => !operand || isGapless(tensorAt(0, operand))))
    return 'has scales in planes';
  if ((layer.blockSize ?? 0) > 0) return 'has blocks';
  return sizeOf(scale.shape) === 1 || partsOf(layer).length <= MAX_PARTS ? null : 'has many scales';
}

/** The runs that share a scale: where they begin, how long they are, and which scale it is. */
function partsOf({ axis, inputTypes }: LayerOf<'quantise'> | LayerOf<'dequantise'>) {
  const [shape, scales] = [inputTypes[0]?.shape ?? [], sizeOf(inputTypes[1]?.shape ?? [])];
  if (scales === 1) return [{ first: 0, count: sizeOf(shape), scale: 0 }];
  const inner = sizeOf(shape.slice((axis < 0 ? axis + shape.length : axis) + 1));
  return Array.from({ length: sizeOf(shape) / inner }, (_, at) => ({
    first: at * inner,
    count: inner,
    scale: at % scales,
  }));
}

function bytesRow(kind: 'quantise' | 'dequantise'): HostKernel {
  return moveRow<'quantise' | 'dequantise'>(kind, `${kind}-bytes`, unusualBytes, (layer) => ({
    plan([input, scale, zero], outputs, batch, scratch) {
      const quantises = kind === 'quantise';
      const output = only(outputs);
      const { tensor: from, steps: before } = quantises
        ? closeUp(input as Tensor, batch, scratch)
        : { tensor: input as Tensor, steps: [] };
      const { tensor: to, steps: behind } = quantises
        ? { tensor: output, steps: [] }
        : spread(output, batch, scratch);
      const isSigned = (quantises ? output : (input as Tensor)).type === 'int8' ? 1 : 0;
      const runs = partsOf(layer).flatMap(({ first, count, scale: number }) =>
        cutInMultiples(count, VECTOR, count < CUT_FROM ? 1 : scratch.threads).map((part) => {
          return { first: first + part.first, count: part.end - part.first, number };
        }),
      );
      const frames = eachFrame(batch, (frame) => [
        runs.map(({ first, count, number }) => {
          const zeroAt = zero ? planeOf(zero, frame, number) : 0;
          const at = [planeOf(from, frame, first), planeOf(to, frame, first), count];
          return call(kind, ...at, planeOf(scale as Tensor, frame, number), 0, zeroAt, isSigned);
        }),
      ]);
      return [...before, ...frames, ...behind];
    },
  }));
}

export const samplingKernels: readonly HostKernel[] = [
  resize,
  reduce,
  bytesRow('quantise'),
  bytesRow('dequantise'),
];
