// An entry of the zoo, and the shorthand in which its files are written.

import type { Preprocessing } from '../formats/images/preprocess.js';
import type { WeightFormat } from '../formats/weight-files.js';
import type { OnnxFile } from '../model.js';
import {
  type Citation,
  type Layer,
  type LayerWeights,
  type Network,
  weightShapeOf,
} from '../network.js';
import type { Extents } from '../operators/window.js';
import type { LayerSpec, SpecOf, TrainedLayerSpec } from '../spec.js';
import type { DrawnPattern } from '../weights/synthetic.js';

export interface LayerDensity {
  readonly weights: number;
  readonly output?: number;
  /** How the weights that are kept lie, where not one by one; of N:M `weights` is N / M. */
  readonly pattern?: DrawnPattern;
}

/**
 * Shares from 0 to 1 at which a network's weights and activations are drawn where no real ones are
 * given.
 */
export interface DensityProfile {
  readonly source: Citation;
  /** Non-zero share of the network's own input. */
  readonly input: number;
  /** By weighted layer: weights kept and non-zero outputs (after the ReLU), where known. */
  readonly layers: Readonly<Record<string, LayerDensity>>;
  /** Non-zero outputs of layers without weights where known; else they pass on what they meet. */
  readonly others?: Readonly<Record<string, number>>;
}

export interface ZooEntry {
  readonly network: Network;
  readonly densities: DensityProfile;
  /** How a picture becomes the input; null for layers that take no picture. */
  readonly preprocessing: Preprocessing | null;
  /** The network's own weights, where it came with them from a file. */
  readonly weights?: ReadonlyMap<string, LayerWeights>;
  /**
   * What is trained in its place, with the same weights: a decoder that tells what follows each
   * position, not the last one alone.
   */
  readonly trained?: Network;
  /**
   * A file in workloads/zoo/weights with trained and pruned weights, taken where nobody gives
   * others.
   */
  readonly shippedWeights?: string;
  /** Kinds of weight file that only this network can be read with. */
  readonly weightFormats?: readonly WeightFormat[];
  /** The file that it was read from, where it can be run as it is. */
  readonly file?: OnnxFile;
  /** What the reader must know of how it was read. */
  readonly notes?: readonly string[];
}

/** Percents as published → shares. */
export function shares(
  layers: Readonly<Record<string, { readonly weights: number; readonly output: number }>>,
): DensityProfile['layers'] {
  return Object.fromEntries(
    Object.entries(layers).map(([name, { weights, output }]) => [
      name,
      { weights: weights / 100, output: output / 100 },
    ]),
  );
}

/**
 * For networks that nobody published pruned: dense weights, and zero half of what a ReLU
 * passes. Sums of a residual network pass a ReLU too. What no ReLU passes is dense. `known`
 * shares of other layers' results by name.
 */
export function denseEstimate(
  { layers }: Pick<Network, 'layers'>,
  known: ReadonlyMap<string, number> = new Map(),
): DensityProfile {
  const densityOf = (layer: Layer) => known.get(layer.name) ?? (hasRelu(layer) ? 0.5 : 1);
  const densities = layers.map((layer) => [layer.name, densityOf(layer)] as const);
  const isWeighted = new Set(
    layers.filter((layer) => weightShapeOf(layer)).map(({ name }) => name),
  );
  const isAnyRelu = layers.some(hasRelu);
  return {
    source: {
      work: 'estimate, not published',
      at: isAnyRelu
        ? 'dense weights, half of the outputs of ReLUs zero'
        : 'dense weights, without a ReLU',
    },
    input: 1,
    layers: Object.fromEntries(
      densities
        .filter(([name]) => isWeighted.has(name))
        .map(([name, output]) => [name, { weights: 1, output }]),
    ),
    others: Object.fromEntries(
      densities.filter(([name, output]) => !isWeighted.has(name) && output < 1),
    ),
  };
}

function hasRelu(layer: Layer): boolean {
  if (layer.kind === 'unary') return layer.function === 'relu';
  return 'activation' in layer && layer.activation !== 'none';
}

/** A convolution with bias and ReLU; the usual case in the zoo. */
export function conv(
  name: string,
  channels: number,
  kernel: Extents,
  rest: Partial<Omit<SpecOf<'conv2d'>, 'kind' | 'name'>> = {},
): SpecOf<'conv2d'> {
  const usual = {
    kind: 'conv2d',
    stride: 1,
    pad: 0,
    groups: 1,
    bias: true,
    activation: 'relu',
  } as const;
  return { ...usual, name, channels, kernel, ...rest };
}

/** A fully connected layer with bias. */
export function dense(name: string, outputs: number, activation: 'relu' | 'none'): SpecOf<'dense'> {
  return { kind: 'dense', name, outputs, bias: true, activation };
}

/** Max pooling in Caffe's manner. */
export function maxPool(name: string, kernel: number, stride: number): SpecOf<'pool2d'> {
  return { kind: 'pool2d', name, mode: 'max', kernel, stride, pad: 0, rounding: 'ceil' };
}

/** The mean of each whole channel. */
export function averagePool(name: string): SpecOf<'pool2d'> {
  return {
    kind: 'pool2d',
    name,
    mode: 'average',
    kernel: 'global',
    stride: 1,
    pad: 0,
    rounding: 'ceil',
  };
}

/** A convolution without bias, a batch normalisation and, unless told otherwise, a ReLU. */
export function normalisedConv(
  name: string,
  channels: number,
  kernel: Extents,
  rest: Partial<Omit<SpecOf<'conv2d'>, 'kind' | 'name' | 'bias'>> = {},
): readonly TrainedLayerSpec[] {
  const { activation = 'relu' } = rest;
  return [
    conv(name, channels, kernel, { ...rest, bias: false, activation: 'none' }),
    { kind: 'batch-norm', name: `${name}/norm`, channels },
    ...(activation === 'none'
      ? []
      : [{ kind: 'relu', name: `${name}/${activation}`, activation } as const]),
  ];
}

export const softmax: LayerSpec = { kind: 'softmax', name: 'prob' };
