// Distributes a budget of weights among layers for sparse training: Erdős–Rényi-Kernel (Evci et
// al., "Rigging the lottery: making all tickets winners", ICML 2020, arXiv 1911.11134, section 3,
// after Mocanu et al., 2018). A layer's density is proportional to (inputs + outputs + height +
// width) / (inputs · outputs · height · width); layers whose density would exceed 1 are dense.

export interface LayerExtents {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly height: number;
  readonly width: number;
}

/** The share that each layer keeps, `density` over all of them. */
export function keptByErk(
  layers: readonly LayerExtents[],
  density: number,
): ReadonlyMap<string, number> {
  const sizeOf = ({ inputs, outputs, height, width }: LayerExtents) =>
    inputs * outputs * height * width;
  const raw = (layer: LayerExtents) =>
    (layer.inputs + layer.outputs + layer.height + layer.width) / sizeOf(layer);
  const sum = (of: readonly LayerExtents[], each: (layer: LayerExtents) => number) =>
    of.reduce((total, layer) => total + each(layer), 0);
  const budget = density * sum(layers, sizeOf);
  let dense: readonly LayerExtents[] = [];
  for (;;) {
    const sparse = layers.filter((layer) => !dense.includes(layer));
    const factor =
      (budget - sum(dense, sizeOf)) / sum(sparse, (layer) => raw(layer) * sizeOf(layer));
    // As in the authors' code: the layer that exceeds most becomes dense first, with all that are
    // as bad.
    const max = Math.max(0, ...sparse.map(raw));
    if (!(factor * max > 1)) {
      const shares = layers.map(
        (layer) => [layer.name, dense.includes(layer) ? 1 : factor * raw(layer)] as const,
      );
      return new Map(shares);
    }
    dense = [...dense, ...sparse.filter((layer) => raw(layer) === max)];
  }
}
