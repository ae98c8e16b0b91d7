// Files that describe layers one by one: each becomes a network of its own.

import { buildNetwork } from '../graph.js';
import { type Shape, weightShapeOf } from '../network.js';
import type { LayerSpec } from '../spec.js';
import { sizeOf } from '../tensor.js';
import type { DensityProfile, LayerDensity, ZooEntry } from '../zoo/entry.js';
import { requireAtMost, type SourceFile } from './source.js';

export interface PlacedLayer {
  readonly layer: LayerSpec;
  /** Of one frame, without the leading 1. */
  readonly input: Shape;
}

/**
 * `vectors` vectors of `inputs` values through one matrix: a fully connected layer over as many
 * tokens.
 */
export function product(
  name: string,
  outputs: number,
  inputs: number,
  vectors: number,
): PlacedLayer {
  const plain = { bias: false, activation: 'none' } as const;
  if (vectors === 1) return { layer: { kind: 'dense', name, outputs, ...plain }, input: [inputs] };
  return { layer: { kind: 'dense', name, outputs, axis: 2, ...plain }, input: [vectors, inputs] };
}

/**
 * @throws InputError for a layer that does not fit its input, or is larger than the limits allow.
 */
export function singleLayerEntry(
  file: SourceFile,
  { layer, input }: PlacedLayer,
  title: string,
  densities: Pick<DensityProfile, 'source' | 'input'> & { readonly layer?: LayerDensity },
  notes: readonly string[] = [],
): ZooEntry {
  const { source } = densities;
  const { name } = layer;
  requireAtMost(
    file.name,
    `activations in layer ${name}`,
    sizeOf(input),
    file.limits.elements,
    'elements',
  );
  const network = buildNetwork({ name, title, input, layers: [layer], source });
  for (const built of network.layers) {
    const { rows = 0, columns = 0 } = weightShapeOf(built) ?? {};
    requireAtMost(
      file.name,
      `weights in layer ${name}`,
      rows * columns,
      file.limits.elements,
      'elements',
    );
    const size = built.results.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    requireAtMost(
      file.name,
      `activations behind layer ${name}`,
      size,
      file.limits.elements,
      'elements',
    );
  }
  const layers = densities.layer ? { [name]: densities.layer } : {};
  return {
    network,
    densities: { source, input: densities.input, layers },
    preprocessing: null,
    notes,
  };
}
