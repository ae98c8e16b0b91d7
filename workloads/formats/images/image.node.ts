// JPEG and PNG files as a network's input, decoded and resized by sharp (libvips).

import type { Sharp, SharpOptions } from 'sharp';
import { InputError } from '../../base/errors.js';
import { type Preprocessing, preprocess, sidesOf } from './preprocess.js';

/** libvips' names of the file kinds that are taken. */
const KINDS: readonly string[] = ['jpeg', 'png'];
/**
 * An interlaced picture is decoded whole, four bytes a pixel: the library's own limit would take
 * gigabytes.
 */
const MAX_PIXELS = 2 ** 26;

/**
 * The network's input, [channels, height, width], from a JPEG's or PNG's bytes. The image is turned
 * upright and stretched to the size asked for, as Caffe does; transparency is left out.
 * @throws InputError, one line, for anything that is not a whole such image.
 */
export async function readImage(
  bytes: Uint8Array,
  preprocessing: Preprocessing,
  file: string,
): Promise<Float32Array> {
  const [height, width] = sidesOf(preprocessing.resize);
  const sharp = await loadSharp(file);
  const decode = async () => {
    const image = sharp(bytes, { failOn: 'warning', limitInputPixels: MAX_PIXELS });
    const { format, hasAlpha } = await image.metadata();
    if (!KINDS.includes(format))
      throw new InputError(`${file}: found an image of kind ${format}, expected JPEG or PNG`);
    const colours = image.rotate().removeAlpha().toColourspace('srgb');
    // Resizing weighs colours by their alpha; they are what the file says, however little of them
    // would be seen.
    const opaque = hasAlpha ? sharp(...(await rawOf(colours))) : colours;
    return opaque
      .resize(width, height, { fit: 'fill', kernel: 'linear' })
      .raw()
      .toBuffer({ resolveWithObject: true });
  };
  const { data, info } = await decode().catch((error: unknown) => {
    if (error instanceof InputError) throw error;
    const reason = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
    throw new InputError(
      `${file}: found ${reason}, expected a whole JPEG or PNG image of at most ${MAX_PIXELS} pixels`,
    );
  });
  return preprocess(info.channels === 3 ? data : replicate(data), preprocessing);
}

/** The pixels as they are, for another round of the library. */
async function rawOf(image: Sharp): Promise<[Buffer, SharpOptions]> {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return [data, { raw: { width, height, channels }, limitInputPixels: MAX_PIXELS }];
}

/**
 * Only when there is a picture: its binary is an optional dependency, without which all else works.
 */
async function loadSharp(file: string) {
  const { default: sharp } = await import('sharp').catch(() => {
    throw new InputError(
      `${file}: found no sharp for ${process.platform}-${process.arch}, which decodes pictures; expected it installed (npm install --include=optional)`,
    );
  });
  return sharp;
}

/** Red, green and blue of gray pixels. */
function replicate(gray: Uint8Array): Uint8Array {
  const pixels = new Uint8Array(gray.length * 3);
  for (let i = 0; i < gray.length; i++) pixels.fill(gray[i] as number, 3 * i, 3 * i + 3);
  return pixels;
}
