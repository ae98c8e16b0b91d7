// Files that describe layers one by one: each becomes a network of its own.

import { buildNetwork } from '../graph.js';
import { sizeOf, weightShapeOf } from '../layers/index.js';
import type { Shape } from '../network.js';
import type { LayerSpec } from '../spec.js';
import type { DensityProfile, LayerDensity, ZooEntry } from '../zoo/entry.js';
import { requireAtMost, type SourceFile } from './source.js';

export interface PlacedLayer {
  readonly layer: LayerSpec;
  readonly input: Shape;
}

/** `vectors` vectors of `inputs` values through one matrix: a 1×1 convolution over as many pixels, or one product. */
export function product(name: string, outputs: number, inputs: number, vectors: number): PlacedLayer {
  const plain = { bias: false, activation: 'none' } as const;
  if (vectors === 1) return { layer: { kind: 'dense', name, outputs, ...plain }, input: [inputs] };
  const window = { kernel: 1, stride: 1, pad: 0, groups: 1 } as const;
  return { layer: { kind: 'conv2d', name, channels: outputs, ...window, ...plain }, input: [inputs, vectors, 1] };
}

/** @throws InputError for a layer that does not fit its input, or is larger than the limits allow. */
export function singleLayerEntry(
  file: SourceFile,
  { layer, input }: PlacedLayer,
  title: string,
  densities: Pick<DensityProfile, 'source' | 'input'> & { readonly layer?: LayerDensity },
  notes: readonly string[] = [],
): ZooEntry {
  const { source } = densities;
  const { name } = layer;
  requireAtMost(file.name, `activations in layer ${name}`, sizeOf(input), file.limits.elements, 'elements');
  const network = buildNetwork({ name, title, input, layers: [layer], source });
  for (const built of network.layers) {
    const { rows = 0, columns = 0 } = weightShapeOf(built) ?? {};
    requireAtMost(file.name, `weights in layer ${name}`, rows * columns, file.limits.elements, 'elements');
    const size = sizeOf(built.output);
    requireAtMost(file.name, `activations behind layer ${name}`, size, file.limits.elements, 'elements');
  }
  const layers = densities.layer ? { [name]: densities.layer } : {};
  return { network, densities: { source, input: densities.input, layers }, preprocessing: null, notes };
}
