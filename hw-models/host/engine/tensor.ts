// How values lie in the engine's memory.

import { sizeOf } from '../../../workloads/layers/index.js';
import type { Shape } from '../../../workloads/network.js';
import type { Tensor } from './kernel.js';

export const FLOAT = 4;
/** Four float32 lanes. */
export const VECTOR = 16;

/** From one plane of a value of this shape to the next: whole vectors for images, single floats for features. */
export function planeBytesOf(shape: Shape): number {
  return shape.length === 1 ? FLOAT : vectorsOf(shape[1] * shape[2]) * VECTOR;
}

/** Whole vectors of 4 that hold `floats` values. */
export function vectorsOf(floats: number): number {
  return Math.ceil(floats / 4);
}

/** Bytes of one frame of this shape. */
export function frameBytesOf(shape: Shape): number {
  return shape[0] * planeBytesOf(shape);
}

/** A value of this shape at `address`, its frames `frameBytes` apart. */
export function tensorAt(address: number, shape: Shape, frameBytes: number = frameBytesOf(shape)): Tensor {
  const [channels, height = 1, width = 1] = shape;
  return { address, channels, height, width, planeBytes: planeBytesOf(shape), frameBytes };
}

/** Copies `batch` frames, row-major, into the tensor's planes. */
export function writeTensor(buffer: SharedArrayBuffer, tensor: Tensor, values: Float32Array, batch: number): void {
  forEachPlane(buffer, tensor, batch, (plane, at) => plane.set(values.subarray(at, at + plane.length)));
}

/** `batch` frames of the tensor, row-major, in memory of their own. */
export function readTensor(buffer: SharedArrayBuffer, tensor: Tensor, batch: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(batch * sizeOf([tensor.channels, tensor.height, tensor.width]));
  forEachPlane(buffer, tensor, batch, (plane, at) => values.set(plane, at));
  return values;
}

/** Visits runs of values without a gap: planes, or a whole frame where planes have no filling. */
function forEachPlane(
  buffer: SharedArrayBuffer,
  { address, channels, height, width, planeBytes, frameBytes }: Tensor,
  batch: number,
  visit: (plane: Float32Array, at: number) => void,
): void {
  const gapless = planeBytes === height * width * FLOAT;
  const runs = gapless ? 1 : channels;
  const floats = (gapless ? channels : 1) * height * width;
  for (let frame = 0, at = 0; frame < batch; frame++) {
    for (let run = 0; run < runs; run++, at += floats) {
      visit(new Float32Array(buffer, address + frame * frameBytes + run * planeBytes, floats), at);
    }
  }
}
