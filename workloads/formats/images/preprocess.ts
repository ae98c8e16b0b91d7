// From an image's pixels to a network's input, as the Caffe models were trained: resized, cropped
// to the centre, channels ordered, the mean subtracted.

import { invariant } from '../../base/errors.js';

export interface Preprocessing {
  /** Both sides, in pixels, of the image that the crop is taken from. */
  readonly resize: number;
  /** Both sides, in pixels, of the crop at its centre: the network's input. */
  readonly crop: number;
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
 * The network's input [channels, crop, crop] from an image that is resized already: `pixels` are
 * red, green and blue in turn, row after row, resize × resize × 3.
 */
export function preprocess(
  pixels: Uint8Array,
  { resize, crop, channelOrder, mean, scale }: Preprocessing,
) {
  const channels = channelMixes[channelOrder];
  const scales = typeof scale === 'number' ? channels.length : scale.length;
  invariant(
    pixels.length === resize * resize * 3,
    () => `${pixels.length} bytes of pixels for ${resize}×${resize}`,
  );
  invariant(
    crop <= resize && mean.length === channels.length && scales === channels.length,
    'a preprocessing that contradicts itself',
  );
  const input = new Float32Array(channels.length * crop * crop);
  const margin = Math.floor((resize - crop) / 2);
  let to = 0;
  for (const [channel, [red, green, blue]] of channels.entries()) {
    const shift = mean[channel] as number;
    const factor = typeof scale === 'number' ? scale : (scale[channel] as number);
    for (let y = 0; y < crop; y++) {
      let from = ((y + margin) * resize + margin) * 3;
      for (let x = 0; x < crop; x++, from += 3) {
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
