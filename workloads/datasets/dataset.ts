// Training data: labelled pictures or a text, each in three parts.

import { InputError } from '../base/errors.js';
import { createRandom, type Random } from '../base/random.js';
import type { Image } from '../demand.js';
import type { Origin } from '../network.js';

/** Pictures [count][channels, height, width] of bytes, and the class of each. */
export interface Labelled {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}

/** Pixels p become (p − mean of their channel) · scale. */
export interface Normalisation {
  readonly mean: readonly number[];
  readonly scale: number;
}

export interface DataSet {
  readonly kind: 'pictures';
  readonly name: string;
  readonly title: string;
  readonly shape: Image;
  readonly classes: number;
  readonly normalisation: Normalisation;
  /** Real: from files. Synthetic: drawn from a seed. */
  readonly origin: Origin;
  readonly train: Labelled;
  /** Recipes are chosen on this part. */
  readonly validation: Labelled;
  /** Looked at once, when everything is chosen. */
  readonly test: Labelled;
}

/** Text as numbers of characters. */
export interface Text {
  readonly codes: Uint8Array;
  /**
   * Of a text drawn from a known grammar the mean of −ln p of the grammar's choices, a character:
   * the loss of whoever knows the grammar and all that came before, which no model can be expected
   * to go below.
   */
  readonly floor: number | null;
}

/** A text to predict character by character. */
export interface TextSet {
  readonly kind: 'text';
  readonly name: string;
  readonly title: string;
  /** The characters in the order of their numbers. */
  readonly alphabet: string;
  readonly origin: Origin;
  readonly train: Text;
  /** Recipes are chosen on this part. */
  readonly validation: Text;
  /** Looked at once, when everything is chosen. */
  readonly test: Text;
}

export type TrainingData = DataSet | TextSet;

export type PartName = 'train' | 'validation' | 'test';

/** Gray pictures as Caffe's MNIST networks take them: 0 to 1. */
export const grayNormalisation: Normalisation = { mean: [0], scale: 1 / 256 };

/** Of what is there to train on, this share is kept for validation. */
export const VALIDATION_SHARE = 1 / 8;

/** Cuts pictures into parts of the given sizes in an order that follows from `seed` alone. */
export function split(
  all: Labelled,
  imageSize: number,
  sizes: readonly number[],
  seed: number,
): readonly Labelled[] {
  const order = shuffled(all.labels.length, createRandom(seed, 'split of a data set'));
  let from = 0;
  return sizes.map((size) => {
    const part = select(all, imageSize, order.subarray(from, from + size));
    from += size;
    return part;
  });
}

/** The pictures at `indices`, in that order. */
export function select(
  { images, labels }: Labelled,
  imageSize: number,
  indices: Uint32Array,
): Labelled {
  const chosen = new Uint8Array(indices.length * imageSize);
  indices.forEach((index, at) => {
    chosen.set(images.subarray(index * imageSize, (index + 1) * imageSize), at * imageSize);
  });
  return { images: chosen, labels: Uint8Array.from(indices, (index) => labels[index] as number) };
}

/** 0 … count − 1 in random order (Fisher and Yates). */
export function shuffled(count: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, at) => at);
  for (let at = count - 1; at > 0; at--) {
    const other = random.below(at + 1);
    const index = order[at] as number;
    order[at] = order[other] as number;
    order[other] = index;
  }
  return order;
}

/** @throws InputError where a label has no class or there are no pictures. */
export function checkLabels({ labels }: Labelled, classes: number, file: string): void {
  if (labels.length === 0)
    throw new InputError(`${file}: found no pictures, expected at least one`);
  const wrong = labels.findIndex((label) => label >= classes);
  if (wrong >= 0) {
    throw new InputError(
      `${file}: found label ${labels[wrong]} of picture ${wrong}, expected less than ${classes} classes`,
    );
  }
}
