// The parameters of a network in training: values and their constraints (kept or pruned, shared,
// ternary, binary).

import { probit } from 'simple-statistics';
import { createRandom } from '../base/random.js';
import { binarize } from '../compress/binary.js';
import { quantizeGroups, widenGroups } from '../compress/grouped.js';
import { ternarize } from '../compress/ternary.js';
import { type Layer, type Network, weightShapeOf } from '../network.js';
import { toWinogradDomain } from '../transforms/winograd-domain.js';
import type { LayerValues, NetworkValues } from './network.js';

/** How a layer's weights depend on what is trained. */
export type Binding =
  /** Each weight by itself. */
  | { readonly kind: 'free' }
  /** Weight i is centroids[codes[i]]; centroid 0 is zero and stays it. */
  | { readonly kind: 'shared'; readonly centroids: Float32Array; readonly codes: Uint16Array }
  /**
   * Each row is a scale times −1, 0 or 1 (ternary) or times −1 or 1 (binary) of the values behind
   * it.
   */
  | { readonly kind: 'ternary' | 'binary' }
  /** Whole numbers of so many bits times a scale for each group of so many along a row. */
  | { readonly kind: 'grouped'; readonly bits: number; readonly group: number }
  /**
   * Each by itself, in Winograd's domain for tiles of so many outputs along an edge:
   * [rows][channels · (tile + 2)²].
   */
  | { readonly kind: 'winograd'; readonly tile: number };

/** One layer under training. Arrays are never written once they are here. */
export interface LayerParameters {
  readonly rows: number;
  readonly columns: number;
  /** [rows][columns]. Of rounded layers the full-precision values behind them. */
  readonly weights: Float32Array;
  readonly bias: Float32Array | null;
  /** 1 where a weight is kept; null before any pruning. */
  readonly mask: Uint8Array | null;
  readonly binding: Binding;
}

/** By layer name, in network order. */
export type Parameters = ReadonlyMap<string, LayerParameters>;

/**
 * Random weights, normal: with variance 2 / inputs for networks of ReLUs (He et al., ICCV 2015), 1 /
 * inputs for layers over sequences, which have none behind them, 1 for the rows of an embedding.
 * Biases are 0.
 */
export function initialise(network: Network, seed: number): Parameters {
  const parameters = new Map<string, LayerParameters>();
  for (const layer of network.layers) {
    const shape = weightShapeOf(layer);
    if (!shape) continue;
    const { rows, columns } = shape;
    const random = createRandom(seed, `${network.name}/${layer.name}/initial weights`);
    const deviation = Math.sqrt(varianceOf(layer, columns));
    const weights = Float32Array.from(
      { length: rows * columns },
      () => deviation * probit(random.uniform()),
    );
    const bias = shape.biases > 0 ? new Float32Array(shape.biases) : null;
    parameters.set(layer.name, {
      rows,
      columns,
      weights,
      bias,
      mask: null,
      binding: { kind: 'free' },
    });
  }
  return parameters;
}

function varianceOf(layer: Layer, columns: number): number {
  if (layer.kind === 'embedding') return 1;
  return layer.kind === 'dense' && (layer.axis ?? 1) > 1 ? 1 / columns : 2 / columns;
}

/** What the network computes with. */
export function valuesOf(parameters: Parameters): NetworkValues {
  return new Map([...parameters].map(([name, layer]) => [name, layerValues(layer)]));
}

export function layerValues(layer: LayerParameters): LayerValues {
  const { bias, binding } = layer;
  const values = { weights: effectiveWeights(layer), bias };
  return binding.kind === 'winograd' ? { ...values, tile: binding.tile } : values;
}

/** Takes a layer's 3×3 kernels to Winograd's domain; every weight there is free again. */
export function inWinogradDomain(layer: LayerParameters, tile: number): LayerParameters {
  const weights = toWinogradDomain(tile, effectiveWeights(layer));
  return {
    ...layer,
    columns: weights.length / layer.rows,
    weights,
    mask: null,
    binding: { kind: 'winograd', tile },
  };
}

/** The weights with which the network computes, [rows][columns]. */
export function effectiveWeights(layer: LayerParameters): Float32Array {
  const { binding, rows, columns, weights } = layer;
  switch (binding.kind) {
    case 'free':
    case 'winograd':
      return weights;
    case 'shared':
      return decoded(binding.codes, binding.centroids);
    case 'grouped':
      return widenGroups(
        quantizeGroups({ format: 'dense', rows, columns, values: weights }, binding),
      );
    case 'ternary': {
      const { values, scales } = ternarize({ format: 'dense', rows, columns, values: weights });
      return Float32Array.from(
        values,
        (value, at) => value * (scales[Math.floor(at / columns)] as number),
      );
    }
    case 'binary': {
      const { scales } = binarize({ format: 'dense', rows, columns, values: weights });
      // The sign of zero is plus, as in `binarize`.
      return weights.map(
        (value, at) => (value < 0 ? -1 : 1) * (scales[Math.floor(at / columns)] as number),
      );
    }
  }
}

/** A plain loop: once a training step over all weights. */
function decoded(codes: Uint16Array, centroids: Float32Array): Float32Array {
  const weights = new Float32Array(codes.length);
  for (let at = 0; at < codes.length; at++) weights[at] = centroids[codes[at] as number] as number;
  return weights;
}

/** Replaces some layers. */
export function replaced(
  parameters: Parameters,
  change: (layer: LayerParameters, name: string) => LayerParameters,
) {
  return new Map([...parameters].map(([name, layer]) => [name, change(layer, name)]));
}
