// What a model type says of its folders: extents to choose, the network, and the names of its
// tensors.

import type { Architecture } from '../../architectures/architecture.js';
import type { Learned } from '../../architectures/sketch.js';
import { InputError } from '../../base/errors.js';
import type { Citation } from '../../network.js';
import type { Dimension } from '../../zoo/dimensions.js';
import type { ConfigOf, ModelType } from './config.js';

/** The largest extents, which are checked before anything is made. */
export interface Sizes {
  readonly layers: number;
  /** Elements of the largest tensors, by what they are. */
  readonly tensors: Readonly<Record<string, number>>;
}

export interface Cut {
  readonly tensor: string;
  /** Of the whole tensor. */
  readonly shape: readonly number[];
  readonly values: (whole: Float32Array) => Float32Array;
}

export interface HuggingFaceModel {
  readonly source: Citation;
  readonly dimensions: Readonly<Record<string, Dimension>>;
  sizes(dims: Readonly<Record<string, number>>): Sizes;
  /** `has` tells whether a file has a tensor; null where there is none. */
  build(
    dims: Readonly<Record<string, number>>,
    learned: Learned,
    has: ((tensor: string) => boolean) | null,
  ): Architecture;
  /** What tensors' names may begin with. */
  readonly prefixes: readonly string[];
  /** Layers whose matrices are stored with inputs in rows. */
  readonly transposed: (layer: string) => boolean;
  /** Its name here without a prefix where a file says another. */
  readonly renamed?: (tensor: string) => string;
  /** Of a layer whose matrix is a part of a tensor, put in another order. */
  readonly cut?: (layer: string) => Cut | null;
  /** A layer whose matrix is another one's. */
  readonly tied: ReadonlyMap<string, string>;
  /** Tensors that are computed and nevertheless stored. */
  readonly computed: RegExp;
}

export type Row<Type extends ModelType> = (
  config: ConfigOf<Type>,
  file: string,
) => HuggingFaceModel;

const never = () => false;
export const none: ReadonlyMap<string, string> = new Map();
export const usual = {
  transposed: never,
  tied: none,
  computed: /(^|\.)(position_ids|token_type_ids|inv_freq)$/,
} as const;
export const sequences = (max: number, meaning: string, usually: number): Dimension => ({
  ...{ default: Math.min(usually, max), min: 1, max, meaning },
});

/** @throws InputError where heads do not share a width evenly. */
export function widthOfHead(file: string, width: number, heads: number): number {
  if (width % heads !== 0)
    throw new InputError(`${file}: found ${heads} heads of ${width} features, expected a divisor`);
  return width / heads;
}

/** Of a decoder: no more tokens than it has positions for. */
export function requireRoom(
  file: string,
  max: number,
  { sequence = 1, past = 0 }: Readonly<Record<string, number>>,
): void {
  if (sequence + past <= max) return;
  throw new InputError(
    `${file}: found --dim sequence=${sequence} and past=${past}, expected at most ${max} together`,
  );
}

export const decoderDimensions = (max: number) => ({
  sequence: sequences(max, 'tokens of this pass', 512),
  past: {
    ...{ default: 0, min: 0, max: max - 1 },
    meaning: 'tokens before, of which keys and values are held',
  },
});

export const scores = (
  heads: number,
  { sequence = 1, past = 0 }: Readonly<Record<string, number>>,
) => heads * sequence * (sequence + past);
