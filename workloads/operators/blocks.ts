// Blocks of positions that become channels or images, and back.

import { roomFor, type Shape, sizeOf, stridesOf, type TensorType } from '../tensor.js';
import { gatheredValues } from './moves.js';
import { type Fault, given, operator } from './operator.js';
import {
  copyBy,
  elementsRead,
  move,
  OUTSIDE,
  type Reads,
  readsOf,
  readsOfShape,
  reshaped,
} from './places.js';

/** [images, channels, height, width]. */
export interface DepthToSpaceAttributes {
  /** Side of a block. */
  readonly block: number;
  /**
   * Whether a block's position is the slower ('DCR') or the faster ('CRD') part of the channel's
   * number.
   */
  readonly mode: 'DCR' | 'CRD';
}

export interface SpaceToDepthAttributes {
  readonly block: number;
}

/**
 * As TensorFlow's SpaceToBatchND: [images, positions …, rest …], a block side for each axis of
 * positions.
 */
export interface SpaceToBatchAttributes {
  readonly block: readonly number[];
  /** Zeros before each axis of positions, then behind each. */
  readonly pads: readonly number[];
}

/** As TensorFlow's BatchToSpaceND. */
export interface BatchToSpaceAttributes {
  readonly block: readonly number[];
  /** What is cut off before each axis of positions, then behind each. */
  readonly crops: readonly number[];
}

type Images = readonly [images: number, channels: number, height: number, width: number];

function imagesOf({ shape }: TensorType, fault: Fault): Images {
  if (shape.length !== 4) throw fault(`${shape.length} axes`, 'images, channels, height and width');
  return shape as unknown as Images;
}

const depthToSpace = operator<DepthToSpaceAttributes>({
  arity: [1, 1],
  infer({ block }, inputs, fault) {
    const input = given(inputs);
    const [images, channels, height, width] = imagesOf(input, fault);
    if (channels % block ** 2 !== 0)
      throw fault(`${channels} channels`, `a multiple of ${block ** 2}`);
    return [reshaped(input, [images, channels / block ** 2, height * block, width * block])];
  },
  forward({ block, mode }, inputs, [result]) {
    const input = given(inputs);
    const [images, channels, height, width] = (result as TensorType).shape as unknown as Images;
    const [image, channel, row] = stridesOf(input.shape) as unknown as Images;
    const [perChannel, perPosition] = mode === 'DCR' ? [1, channels] : [block ** 2, 1];
    const reads = (extent: number, place: (index: number) => number) => readsOf(extent, 1, place);
    return [
      gatheredValues(input, result as TensorType, [
        reads(images, (index) => index * image),
        reads(channels, (index) => index * perChannel * channel),
        reads(
          height,
          (y) => Math.floor(y / block) * row + (y % block) * block * perPosition * channel,
        ),
        reads(width, (x) => Math.floor(x / block) + (x % block) * perPosition * channel),
      ]),
    ];
  },
  demand: (_, inputs) => gatheredWhole(given(inputs)),
});

const spaceToDepth = operator<SpaceToDepthAttributes>({
  arity: [1, 1],
  infer({ block }, inputs, fault) {
    const input = given(inputs);
    const [images, channels, height, width] = imagesOf(input, fault);
    if (height % block !== 0 || width % block !== 0) {
      throw fault(`images of ${height}×${width}`, `multiples of a block of ${block}`);
    }
    return [reshaped(input, [images, channels * block ** 2, height / block, width / block])];
  },
  forward({ block }, inputs, [result]) {
    const input = given(inputs);
    const [images, channels, height, width] = (result as TensorType).shape as unknown as Images;
    const [image, channel, row] = stridesOf(input.shape) as unknown as Images;
    const deep = channels / block ** 2;
    return [
      gatheredValues(input, result as TensorType, [
        readsOf(images, image, (index) => index),
        readsOf(channels, 1, (index) => {
          const position = Math.floor(index / deep);
          return (index % deep) * channel + Math.floor(position / block) * row + (position % block);
        }),
        readsOf(height, block * row, (index) => index),
        readsOf(width, block, (index) => index),
      ]),
    ];
  },
  demand: (_, inputs) => gatheredWhole(given(inputs)),
});

function gatheredWhole({ shape }: TensorType) {
  return move(sizeOf(shape), sizeOf(shape));
}

const spaceToBatch = operator<SpaceToBatchAttributes>({
  arity: [1, 1],
  infer({ block, pads }, inputs, fault) {
    const input = given(inputs);
    const padded = paddedPositions(input.shape, block, pads, fault);
    for (const [at, side] of block.entries()) {
      if ((padded[at] as number) % side !== 0)
        throw fault(`${padded[at]} positions`, `a multiple of ${side}`);
    }
    const [images = 1, ...others] = input.shape;
    const positions = padded.map((extent, at) => extent / (block[at] as number));
    return [reshaped(input, [images * sizeOf(block), ...positions, ...others.slice(block.length)])];
  },
  forward({ block, pads }, inputs, [result]) {
    const input = given(inputs);
    const [images = 1, ...extents] = input.shape;
    const [, ...positions] = (result as TensorType).shape;
    const [image = 1, ...strides] = stridesOf(input.shape);
    const blockStrides = stridesOf(block);
    const values = roomFor(result as TensorType);
    const part = values.length / sizeOf(block);
    // One place in the blocks after the other, since what lies outside depends on it.
    for (let place = 0; place < sizeOf(block); place++) {
      const along = block.map((side, at) => {
        const offset =
          (Math.floor(place / (blockStrides[at] as number)) % side) - (pads[at] as number);
        return readsOf(positions[at] as number, strides[at] as number, (index) => {
          const from = index * side + offset;
          return from < (extents[at] as number) ? from : OUTSIDE;
        });
      });
      const rest = readsOfShape(input.shape).slice(block.length + 1);
      const to = values.subarray(place * part, (place + 1) * part);
      copyBy(input.values, to, [readsOf(images, image, (index) => index), ...along, ...rest]);
    }
    return [values];
  },
  demand: (_, inputs, [result]) =>
    move(sizeOf(given(inputs).shape), sizeOf((result as TensorType).shape)),
});

/** The axes of positions with what `pads` adds to them. */
function paddedPositions(
  shape: Shape,
  block: readonly number[],
  pads: readonly number[],
  fault: Fault,
): number[] {
  if (block.length >= shape.length)
    throw fault(`${shape.length} axes`, `images and ${block.length} axes of positions`);
  if (pads.length !== 2 * block.length)
    throw fault(`${pads.length} pads`, `${2 * block.length}, two an axis`);
  return block.map(
    (_, at) =>
      (shape[at + 1] as number) + (pads[at] as number) + (pads[at + block.length] as number),
  );
}

const batchToSpace = operator<BatchToSpaceAttributes>({
  arity: [1, 1],
  infer({ block, crops }, inputs, fault) {
    const input = given(inputs);
    const [images = 1, ...extents] = input.shape;
    if (images % sizeOf(block) !== 0)
      throw fault(`${images} images`, `a multiple of a block of ${sizeOf(block)}`);
    const whole = [images, ...extents.map((extent, at) => extent * (block[at] ?? 1))];
    const positions = paddedPositions(
      whole,
      block,
      crops.map((crop) => -crop),
      fault,
    );
    if (positions.some((extent) => extent < 0))
      throw fault(`crops ${crops.join(', ')}`, 'no more than there is');
    return [
      reshaped(input, [images / sizeOf(block), ...positions, ...extents.slice(block.length)]),
    ];
  },
  forward(attributes, inputs, [result]) {
    const input = given(inputs);
    return [
      gatheredValues(
        input,
        result as TensorType,
        spacedReads(attributes, input.shape, result as TensorType),
      ),
    ];
  },
  demand: (attributes, inputs, [result]) =>
    move(
      elementsRead(spacedReads(attributes, given(inputs).shape, result as TensorType)),
      sizeOf((result as TensorType).shape),
    ),
});

function spacedReads(
  { block, crops }: BatchToSpaceAttributes,
  from: Shape,
  { shape }: TensorType,
): readonly Reads[] {
  const [image = 1, ...strides] = stridesOf(from);
  const [images = 1, ...positions] = shape;
  const blockStrides = stridesOf(block);
  const along = block.map((side, at) =>
    readsOf(positions[at] as number, 1, (index) => {
      const whole = index + (crops[at] as number);
      const place = (whole % side) * (blockStrides[at] as number);
      return place * images * image + Math.floor(whole / side) * (strides[at] as number);
    }),
  );
  return [
    readsOf(images, image, (index) => index),
    ...along,
    ...readsOfShape(from).slice(block.length + 1),
  ];
}

export const blockOperators = {
  'depth-to-space': depthToSpace,
  'space-to-depth': spaceToDepth,
  'space-to-batch': spaceToBatch,
  'batch-to-space': batchToSpace,
} as const;
