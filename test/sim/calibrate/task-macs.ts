import { pixelsOf, weightShapeOf } from '../../../workloads/layers/index.js';
import type { Layer } from '../../../workloads/network.js';

/** Multiply-accumulates of a layer with every weight. */
export function taskMacs(layer: Layer): number {
  const shape = weightShapeOf(layer);
  return shape ? shape.rows * shape.columns * pixelsOf(layer) : 0;
}
