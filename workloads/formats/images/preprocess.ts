// From an image's pixels to a network's input, as the Caffe models were trained: resized, cropped
// to the centre, channels ordered, the mean subtracted.

import { invariant } from '../../base/errors.js';

/** Of a square, or height and width. */
export type Sides = number | readonly [height: number, width: number];

export const sidesOf = (sides: Sides): readonly [height: number, width: number] =>
  typeof sides === 'number' ? [sides, sides] : sides;

export interface Preprocessing {
  /** Sides, in pixels, of the image that the crop is taken from. */
  readonly resize: Sides;
  /** Sides, in pixels, of the crop at its centre: the network's input. */
  readonly crop: Sides;
  readonly channelOrder: 'bgr' | 'rgb' | 'gray';
  /** Subtracted from each channel, in the channel order, on the scale of 0 to 255. */
  readonly mean: readonly number[];
  /** Multiplies what is left, one number for all channels or one for each in their order. */
  readonly scale: number | readonly number[];
}

/** What each channel weighs of red, green and blue. Gray is the luma of ITU-R BT.601. */
const channelMixes: Readonly<
  Record<Preprocessing['channelOrder'], readonly (readonly [number, number, number])[]>
> = {
  rgb: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  bgr: [
    [0, 0, 1],
    [0, 1, 0],
    [1, 0, 0],
  ],
  gray: [[0.299, 0.587, 0.114]],
};

/**
 * The network's input [channels, height, width] from an image that is resized already: `pixels` are
 * red, green and blue in turn, row after row.
 */
export function preprocess(
  pixels: Uint8Array,
  { resize, crop, channelOrder, mean, scale }: Preprocessing,
) {
  const channels = channelMixes[channelOrder];
  const scales = typeof scale === 'number' ? channels.length : scale.length;
  const [fullHeight, fullWidth] = sidesOf(resize);
  const [height, width] = sidesOf(crop);
  invariant(
    pixels.length === fullHeight * fullWidth * 3,
    () => `${pixels.length} bytes of pixels for ${fullHeight}×${fullWidth}`,
  );
  invariant(
    height <= fullHeight &&
      width <= fullWidth &&
      mean.length === channels.length &&
      scales === channels.length,
    'a preprocessing that contradicts itself',
  );
  const input = new Float32Array(channels.length * height * width);
  const above = Math.floor((fullHeight - height) / 2);
  const beside = Math.floor((fullWidth - width) / 2);
  let to = 0;
  for (const [channel, [red, green, blue]] of channels.entries()) {
    const shift = mean[channel] as number;
    const factor = typeof scale === 'number' ? scale : (scale[channel] as number);
    for (let y = 0; y < height; y++) {
      let from = ((y + above) * fullWidth + beside) * 3;
      for (let x = 0; x < width; x++, from += 3) {
        const value =
          red * (pixels[from] as number) +
          green * (pixels[from + 1] as number) +
          blue * (pixels[from + 2] as number);
        input[to++] = (value - shift) * factor;
      }
    }
  }
  return input;
}
