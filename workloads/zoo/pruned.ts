// Variants of a network at published sparsities, `NETWORK@METHOD-PERCENT`.

import { type Citation, type Layer, type Network, weightShapeOf } from '../network.js';
import type { DimensionedEntry } from './dimensions.js';
import type { LayerDensity, ZooEntry } from './entry.js';

export interface Pruning {
  /** 'str-90'. */
  readonly variant: string;
  /** '90 % pruned by STR'. */
  readonly title: string;
  readonly source: Citation;
  /** What is kept of a weighted layer's weights; null for one that stays as it is. */
  kept(layer: Layer, network: Network): number | LayerDensity | null;
}

/** `entry`, and after it each variant. */
export function withVariants(
  entry: DimensionedEntry,
  prunings: readonly Pruning[],
): readonly DimensionedEntry[] {
  const variants = prunings.map((pruning) => ({
    ...entry,
    name: `${entry.name}@${pruning.variant}`,
    build: (dims: Readonly<Record<string, number>>) => pruned(entry.build(dims), pruning),
  }));
  return [entry, ...variants];
}

export function pruned(entry: ZooEntry, { variant, title, source, kept }: Pruning): ZooEntry {
  const { network, densities } = entry;
  const layers = network.layers.filter((layer) => weightShapeOf(layer));
  const profiles = layers.map((layer): [string, LayerDensity] => {
    const before = densities.layers[layer.name] ?? { weights: 1 };
    const share = kept(layer, network);
    if (share === null) return [layer.name, before];
    if (typeof share === 'number') return [layer.name, { ...before, weights: share }];
    return [layer.name, { ...before, ...share }];
  });
  return {
    ...entry,
    network: {
      ...network,
      name: `${network.name}@${variant}`,
      title: `${network.title}, ${title}`,
    },
    densities: { ...densities, source, layers: Object.fromEntries(profiles) },
  };
}

/** The same share of every layer that `isPruned` says. */
export function everywhere(share: number, isPruned: (layer: Layer) => boolean): Pruning['kept'] {
  return (layer) => (isPruned(layer) ? share : null);
}

/**
 * Elsen et al.: 1×1 convolutions and, where told, the last layer. Depthwise and first convolutions
 * and excitation stay dense. Where the authors keep blocks of 2 or 4 outputs in the last layers,
 * weights are single ones here.
 */
export function pointwisePruned(percent: number, at: string, last?: string): Pruning {
  const isPruned = (layer: Layer) => {
    if (layer.kind === 'dense') return layer.name === last;
    return (
      layer.kind === 'conv2d' &&
      layer.kernel[0] * layer.kernel[1] === 1 &&
      !layer.name.includes('/excite/')
    );
  };
  return {
    variant: `magnitude-${percent}`,
    title: `1×1 convolutions ${percent} % pruned by magnitude`,
    source: {
      work: 'Elsen et al., Fast sparse ConvNets, CVPR 2020 (arXiv 1911.09723)',
      at: `${at}, ${percent} % of every 1×1 convolution${last ? ' and the last layer' : ''}`,
    },
    kept: everywhere(1 - percent / 100, isPruned),
  };
}
