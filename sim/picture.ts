// Turns a picture into the input of a network that does not specify its preprocessing.

import { InputError } from '../workloads/base/errors.js';
import type { Preprocessing } from '../workloads/formats/images/preprocess.js';
import { sidesOf } from '../workloads/formats/images/preprocess.js';
import type { NamedTensor, Values } from '../workloads/network.js';
import { frameShape } from '../workloads/network.js';
import { elementTypes } from '../workloads/tensor.js';

/** What the user says of it. */
export interface PictureOptions {
  /**
   * Subtracted from each channel, red, green and blue; of pixels from 0 to 1, or from 0 to 255
   * where a mean or deviation is above 1.
   */
  readonly mean?: readonly number[];
  /** What is left is divided by it, on the same scale. */
  readonly std?: readonly number[];
  /** Sides in pixels that the picture is stretched to before its centre is taken. */
  readonly size?: number;
}

/** How a picture becomes an input, and whether the input has its channels last. */
export interface PictureReading {
  readonly preprocessing: Preprocessing;
  readonly channelsLast: boolean;
}

const PIXEL = 255;

/**
 * The zoo's own way, with what `options` say in its place; else one made from the input's shape,
 * pixels from 0 to 1. @throws InputError for an input that no picture fits.
 */
export function pictureReading(
  input: NamedTensor,
  own: Preprocessing | null,
  { mean, std, size }: PictureOptions,
  where: string,
): PictureReading {
  const shape = frameShape(input.shape);
  const channelsLast = shape.length === 3 && !isChannels(shape[0]) && isChannels(shape[2]);
  const [channels = 0, height = 0, width = 0] = channelsLast
    ? [shape[2], shape[0], shape[1]]
    : shape;
  if (shape.length !== 3 || !isChannels(channels)) {
    throw new InputError(`${where} takes no picture, expected a .npy tensor of ${shape.join('×')}`);
  }
  const numbers = (name: string, given: readonly number[] | undefined, usual: number) => {
    const each = given ?? [usual];
    if (each.length !== 1 && each.length !== channels) {
      throw new InputError(
        `--${name}: found ${each.length} numbers, expected 1 or ${channels}, one a channel`,
      );
    }
    return Array.from({ length: channels }, (_, at) => each[at] ?? (each[0] as number));
  };
  // Integers hold pixels as they are.
  const isInteger = !elementTypes[input.type].isFloat;
  const isBytes = isInteger || [...(mean ?? []), ...(std ?? [])].some((value) => value > 1);
  const unit = isBytes ? 1 : PIXEL;
  const resize = size ?? own?.resize ?? ([height, width] as const);
  const [fullHeight, fullWidth] = sidesOf(resize);
  if (fullHeight < height || fullWidth < width) {
    throw new InputError(
      `--size: found ${fullHeight}, expected at least ${Math.max(height, width)}, the input's own`,
    );
  }
  const made: Preprocessing = {
    resize,
    crop: [height, width],
    channelOrder: own?.channelOrder ?? (channels === 1 ? 'gray' : 'rgb'),
    mean: mean || !own ? numbers('mean', mean, 0).map((value) => value * unit) : own.mean,
    scale:
      std || !own
        ? numbers('std', std, isInteger ? 1 : PIXEL / unit).map((value) => 1 / (value * unit))
        : own.scale,
  };
  return { preprocessing: made, channelsLast };
}

const isChannels = (extent: number | undefined) => extent === 1 || extent === 3;

/** Channels first → as the input has them, in its element type. */
export function arranged(pixels: Float32Array, input: NamedTensor, channelsLast: boolean): Values {
  const values = elementTypes[input.type].room(pixels.length);
  const [height = 1, width = 1, channels = 1] = frameShape(input.shape);
  if (!channelsLast) values.set(pixels);
  else {
    const plane = height * width;
    for (let at = 0; at < plane; at++)
      for (let channel = 0; channel < channels; channel++)
        values[at * channels + channel] = pixels[channel * plane + at] as number;
  }
  return values;
}
