// CIFAR-10's binary version (Krizhevsky, "Learning multiple layers of features from tiny images",
// 2009; its web page, section "Binary version"): records of a label byte and 3×32×32 bytes, red
// plane first, rows from the top.

import { InputError } from '../base/errors.js';
import type { Image } from '../demand.js';
import { checkLabels, type Labelled } from './dataset.js';

export const CIFAR_SHAPE: Image = [3, 32, 32];
export const CIFAR_CLASSES = 10;
const PIXELS = 3 * 32 * 32;
const RECORD = 1 + PIXELS;

/**
 * The records of one file. @throws InputError, one line, for a size or a label that no such file
 * has.
 */
export function readCifar10(bytes: Uint8Array, file: string): Labelled {
  const count = bytes.length / RECORD;
  if (!(Number.isInteger(count) && count > 0)) {
    throw new InputError(
      `${file}: found ${bytes.length} bytes, expected a multiple of ${RECORD}, one record a picture`,
    );
  }
  const images = new Uint8Array(count * PIXELS);
  const labels = new Uint8Array(count);
  for (let at = 0; at < count; at++) {
    labels[at] = bytes[at * RECORD] as number;
    images.set(bytes.subarray(at * RECORD + 1, (at + 1) * RECORD), at * PIXELS);
  }
  const all = { images, labels };
  checkLabels(all, CIFAR_CLASSES, file);
  return all;
}
