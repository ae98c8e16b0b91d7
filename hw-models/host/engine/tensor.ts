// How values lie in the engine's memory.

import type { ElementType, TensorType, Values } from '../../../workloads/network.js';
import { roomFor, sizeOf } from '../../../workloads/tensor.js';
import { isImage } from '../fits.js';
import type { Tensor } from './kernel.js';

export const FLOAT = 4;
/** Four float32 lanes. */
export const VECTOR = 16;

/** Whole vectors of 4 that hold `floats` values. */
export function vectorsOf(floats: number): number {
  return Math.ceil(floats / 4);
}

/** Bytes of a cache line, and of the widest native vector. */
const LINE = 64;

/**
 * From one plane of an image of `pixels` pixels to the next: whole vectors, and whole lines where
 * there is more than one, so that native vectors do not straddle them.
 */
export function planeBytesOf(pixels: number): number {
  const bytes = vectorsOf(pixels) * VECTOR;
  return bytes <= LINE ? bytes : Math.ceil(bytes / LINE) * LINE;
}

/** Where the values of a frame of this type lie in it. */
function layoutOf(
  tensor: TensorType,
): Pick<Tensor, 'channels' | 'height' | 'width' | 'planeBytes'> {
  const { shape, type } = tensor;
  if (!isImage(tensor))
    return { channels: sizeOf(shape), height: 1, width: 1, planeBytes: bytesOf(type) };
  const [, channels, height, width] = shape as readonly [number, number, number, number];
  return { channels, height, width, planeBytes: planeBytesOf(height * width) };
}

/** Of one element as it is held here. */
function bytesOf(type: ElementType): number {
  return roomFor({ shape: [0], type }).BYTES_PER_ELEMENT;
}

/** Bytes of one frame. */
export function frameBytesOf(tensor: TensorType): number {
  const { channels, planeBytes } = layoutOf(tensor);
  return channels * planeBytes;
}

/** A value of this type at `address`, its frames `frameBytes` apart. */
export function tensorAt(
  address: number,
  tensor: TensorType,
  frameBytes: number = frameBytesOf(tensor),
): Tensor {
  const { shape, type } = tensor;
  return { type, shape, address, ...layoutOf(tensor), frameBytes };
}

/** Whether a frame's values lie one behind the other, row-major. */
export function isGapless({
  height,
  width,
  planeBytes,
  type,
}: Omit<Tensor, 'address' | 'frameBytes'>): boolean {
  return planeBytes === height * width * bytesOf(type);
}

/** The same values under another shape, or null where they would lie elsewhere. */
export function reshaped(tensor: Tensor, to: TensorType): Tensor | null {
  const alias = tensorAt(tensor.address, to, tensor.frameBytes);
  return to.type === tensor.type && isGapless(tensor) && isGapless(alias) ? alias : null;
}

/** Copies `batch` frames, row-major, into the tensor's planes. */
export function writeTensor(
  buffer: SharedArrayBuffer,
  tensor: Tensor,
  values: Values,
  batch: number,
): void {
  forEachRun(buffer, tensor, batch, (run, at) => run.set(values.subarray(at, at + run.length)));
}

/** `batch` frames of the tensor, row-major, in memory of their own. */
export function readTensor(buffer: SharedArrayBuffer, tensor: Tensor, batch: number): Values {
  const values = roomFor({ shape: [batch, ...tensor.shape], type: tensor.type });
  forEachRun(buffer, tensor, batch, (run, at) => values.set(run, at));
  return values;
}

/** The values of one frame: where they lie, if row-major, else a copy. */
export function frameOf(buffer: SharedArrayBuffer, tensor: Tensor, frame: number): Values {
  const one = { ...tensor, address: tensor.address + frame * tensor.frameBytes };
  if (!isGapless(tensor)) return readTensor(buffer, one, 1);
  return viewOf(buffer, tensor.type, one.address, tensor.channels * tensor.height * tensor.width);
}

function viewOf(
  buffer: SharedArrayBuffer,
  type: ElementType,
  address: number,
  count: number,
): Values {
  const View = roomFor({ shape: [0], type }).constructor as new (
    buffer: SharedArrayBuffer,
    address: number,
    count: number,
  ) => Values;
  return new View(buffer, address, count);
}

/** Visits runs of values without a gap: planes, or a whole frame where planes have no filling. */
function forEachRun(
  buffer: SharedArrayBuffer,
  tensor: Tensor,
  batch: number,
  visit: (run: Values, at: number) => void,
): void {
  const { address, channels, height, width, planeBytes, frameBytes, type } = tensor;
  const gapless = isGapless(tensor);
  const runs = gapless ? 1 : channels;
  const count = (gapless ? channels : 1) * height * width;
  for (let frame = 0, at = 0; frame < batch; frame++) {
    for (let run = 0; run < runs; run++, at += count) {
      visit(viewOf(buffer, type, address + frame * frameBytes + run * planeBytes, count), at);
    }
  }
}
