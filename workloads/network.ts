// What is computed: networks as graphs of layers, and one layer's work as any hardware meets it. Types only.

import type { WeightStore } from './weights/store.js';

/** A tensor's shape without the batch: [features] or [channels, height, width]. */
export type Shape = readonly [features: number] | readonly [channels: number, height: number, width: number];

export interface Citation {
  readonly work: string;
  readonly at: string;
}

/** 'relu6' is a rectifier that also stops at 6. */
export type Rectifier = 'relu' | 'relu6' | 'none';

export type Pair = readonly [vertical: number, horizontal: number];

/** Pixels of padding around an image. */
export type Padding = readonly [top: number, left: number, bottom: number, right: number];

/** What a layer does to its inputs. A rectifier that follows is part of the layer, as every engine fuses it. */
export type LayerOp =
  | { readonly kind: 'dense'; readonly outputs: number; readonly bias: boolean; readonly activation: Rectifier }
  | {
      readonly kind: 'conv2d';
      readonly channels: number;
      readonly kernel: Pair;
      readonly stride: Pair;
      /** Pixels from one tap to the next. */
      readonly dilation: Pair;
      readonly pad: Padding;
      readonly groups: number;
      readonly bias: boolean;
      readonly activation: Rectifier;
    }
  | {
      readonly kind: 'pool2d';
      readonly mode: 'max' | 'average';
      readonly kernel: Pair | 'global';
      readonly stride: Pair;
      readonly pad: Padding;
      /** Caffe rounds up; most others round down. */
      readonly rounding: 'ceil' | 'floor';
      /** Whether an average's divisor counts the padding under its window, as Caffe's does. */
      readonly countsPadding: boolean;
    }
  | { readonly kind: 'lrn'; readonly size: number; readonly alpha: number; readonly beta: number; readonly k: number }
  | { readonly kind: 'concat' }
  /** The sum of inputs of one shape. */
  | { readonly kind: 'add'; readonly activation: Rectifier }
  /** A rectifier of its own, where it is no other layer's last step. */
  | { readonly kind: 'rectify'; readonly activation: Exclude<Rectifier, 'none'> }
  | { readonly kind: 'softmax' };

export type LayerKind = LayerOp['kind'];
export type OpOf<Kind extends LayerKind> = Extract<LayerOp, { kind: Kind }>;

/** A layer placed in a network: its inputs are names of layers before it, or `data`; shapes are inferred. */
export type Layer = LayerOp & {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly inputShapes: readonly Shape[];
  readonly output: Shape;
};

export interface Network {
  readonly name: string;
  readonly title: string;
  readonly input: Shape;
  /** In an order in which every layer follows its inputs. The last one is the network's output. */
  readonly layers: readonly Layer[];
  readonly source: Citation;
  /** Parameters while it is trained, where batch normalisation that is folded here had its own; else null. */
  readonly trainedParameters: number | null;
}

/** Real: from a file or met on a real run. Synthetic: drawn from a seed at a stated density. */
export type Origin = 'real' | 'synthetic';

/** A layer's weights as the matrix [outputs, inputs per output]; a convolution's columns run over [in, kh, kw]. */
export interface LayerWeights {
  readonly store: WeightStore;
  readonly bias: Float32Array | null;
  readonly origin: Origin;
}

/** One frame of a layer's first input, row-major. `density` is the share of non-zero values. */
export interface Activations {
  readonly values: Float32Array;
  readonly density: number;
  readonly origin: Origin;
}

/** Multiply-accumulates of one frame: all of them, those with a non-zero weight, those with a non-zero activation too. */
export interface MacCounts {
  readonly dense: number;
  readonly keptWeights: number;
  readonly effective: number;
}

/** One layer's work as any hardware meets it. Every frame of a batch has the same activations. */
export interface LayerTask {
  readonly layer: Layer;
  readonly weights: LayerWeights | null;
  readonly input: Activations;
  readonly macs: MacCounts;
  readonly batch: number;
}
