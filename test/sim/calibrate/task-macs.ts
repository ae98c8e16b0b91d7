import { type Layer, resultOf, weightShapeOf } from '../../../workloads/network.js';

/** Multiply-accumulates of a layer with every weight. */
export function taskMacs(layer: Layer): number {
  const shape = weightShapeOf(layer);
  const [, , height = 1, width = 1] = resultOf(layer).shape;
  return shape ? shape.rows * shape.columns * height * width : 0;
}
