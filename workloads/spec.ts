// Layers as people and importers write them.

import type { Padding } from './demand.js';
import type { LayerKind, LayerOp, OpOf } from './operators/table.js';
import { type Extents, paddingOf, pairOf } from './operators/window.js';

/** A window as written: square extents as one number, no dilation unless told. */
interface WrittenWindow {
  readonly stride: Extents;
  readonly pad: number | Padding;
}

type WrittenConvolution = Omit<OpOf<'conv2d'>, 'kernel' | 'stride' | 'dilation' | 'pad'> &
  WrittenWindow & { readonly kernel: Extents; readonly dilation?: Extents };

type WrittenPool = Omit<OpOf<'pool2d'>, 'kernel' | 'stride' | 'pad' | 'countsPadding'> &
  WrittenWindow & { readonly kernel: Extents | 'global'; readonly countsPadding?: boolean };

type WrittenOp = Exclude<LayerOp, { kind: 'conv2d' | 'pool2d' }> | WrittenConvolution | WrittenPool;

/**
 * A layer as written: without `inputs` it reads the layer before it (the first one reads the
 * network's input).
 */
export type LayerSpec = WrittenOp & Named;

export type SpecOf<Kind extends LayerKind> = Extract<LayerSpec, { kind: Kind }>;

interface Named {
  readonly name: string;
  readonly inputs?: readonly string[];
  /**
   * Names of its results; without it the first one is named after the layer, others NAME:1, NAME:2,
   * …
   */
  readonly resultNames?: readonly string[];
}

/** Normalises each channel of its one input. */
export type BatchNormSpec = Named & { readonly kind: 'batch-norm'; readonly channels: number };

/** Zeroes this share of its one input while training, nothing afterwards. */
export type DropoutSpec = Named & { readonly kind: 'dropout'; readonly rate: number };

/** A layer as trained. */
export type TrainedLayerSpec = LayerSpec | BatchNormSpec | DropoutSpec;

/** The operation as every reader of a network meets it: each extent told for each axis. */
export function opOf(spec: LayerSpec): LayerOp {
  const { name: _name, inputs: _inputs, resultNames: _resultNames, ...op } = spec;
  if (spec.kind === 'conv2d') {
    const { kernel, stride, dilation = 1, pad } = spec;
    return {
      ...(op as OpOf<'conv2d'>),
      ...{ kernel: pairOf(kernel), stride: pairOf(stride), dilation: pairOf(dilation) },
      pad: paddingOf(pad),
    };
  }
  if (spec.kind === 'pool2d') {
    const { kernel, stride, pad, countsPadding = true } = spec;
    const window = kernel === 'global' ? kernel : pairOf(kernel);
    return {
      ...(op as OpOf<'pool2d'>),
      kernel: window,
      stride: pairOf(stride),
      pad: paddingOf(pad),
      countsPadding,
    };
  }
  return op as LayerOp;
}
