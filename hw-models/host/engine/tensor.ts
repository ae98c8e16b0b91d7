// The layout of values in the engine's memory.

import type { ElementType, TensorType, Values } from '../../../workloads/network.js';
import { roomFor, sizeOf } from '../../../workloads/tensor.js';
import { isImage } from '../fits.js';
import type { NativeLibrary } from '../native/library.node.js';
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

/** How the native library copies to and from the memory whose first byte is at `base`. */
export interface NativeCopy {
  readonly library: Pick<NativeLibrary, 'copyIn' | 'copyOut'>;
  readonly base: bigint;
}

/** Copies `batch` frames, row-major, into the tensor's planes. */
export function writeTensor(
  buffer: SharedArrayBuffer,
  tensor: Tensor,
  values: Values,
  batch: number,
  native: NativeCopy | null = null,
): void {
  const { runs, count, stride } = runsOf(tensor);
  for (let frame = 0; frame < batch; frame++) {
    const own = values.subarray(frame * runs * count, (frame + 1) * runs * count);
    if (native) {
      const { bytes, strideBytes, address } = bytesOfFrame(tensor, frame);
      const to = native.base + BigInt(address);
      native.library.copyIn(to, strideBytes, own, bytes, runs, bytes);
    } else {
      copyRuns(frameView(buffer, tensor, frame), stride, own, count, runs, count);
    }
  }
}

/** `batch` frames of the tensor, row-major, in memory of their own. */
export function readTensor(
  buffer: SharedArrayBuffer,
  tensor: Tensor,
  batch: number,
  native: NativeCopy | null = null,
): Values {
  const values = roomFor({ shape: [batch, ...tensor.shape], type: tensor.type });
  const { runs, count, stride } = runsOf(tensor);
  for (let frame = 0; frame < batch; frame++) {
    const own = values.subarray(frame * runs * count, (frame + 1) * runs * count);
    if (native) {
      const { bytes, strideBytes, address } = bytesOfFrame(tensor, frame);
      const from = native.base + BigInt(address);
      native.library.copyOut(own, bytes, from, strideBytes, runs, bytes);
    } else {
      copyRuns(own, count, frameView(buffer, tensor, frame), stride, runs, count);
    }
  }
  return values;
}

/** Where a frame lies, the bytes of a run, and from one run to the next. */
function bytesOfFrame(tensor: Tensor, frame: number) {
  const { count, stride } = runsOf(tensor);
  const each = bytesOf(tensor.type);
  const address = tensor.address + frame * tensor.frameBytes;
  return { bytes: count * each, strideBytes: stride * each, address };
}

/** The values of one frame: where they lie, if row-major, else a copy. */
export function frameOf(buffer: SharedArrayBuffer, tensor: Tensor, frame: number): Values {
  if (isGapless(tensor)) return frameView(buffer, tensor, frame);
  const address = tensor.address + frame * tensor.frameBytes;
  return readTensor(buffer, { ...tensor, address }, 1);
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

/**
 * Runs of `count` values without a gap, `stride` values apart: planes, or a whole frame where
 * planes have no filling.
 */
function runsOf(tensor: Tensor) {
  const { channels, height, width, planeBytes, type } = tensor;
  const pixels = height * width;
  return isGapless(tensor)
    ? { runs: 1, count: channels * pixels, stride: channels * pixels }
    : { runs: channels, count: pixels, stride: planeBytes / bytesOf(type) };
}

/** A frame as it lies, from its first value to its last. */
function frameView(buffer: SharedArrayBuffer, tensor: Tensor, frame: number): Values {
  const { runs, count, stride } = runsOf(tensor);
  const values = Math.max(0, (runs - 1) * stride + count);
  return viewOf(buffer, tensor.type, tensor.address + frame * tensor.frameBytes, values);
}

/** Values in a run up to which copying them one by one is faster than making views of them. */
const FEW = 32;

function copyRuns(
  to: Values,
  toStride: number,
  from: Values,
  fromStride: number,
  runs: number,
  count: number,
): void {
  for (let run = 0; run < runs; run++) {
    const start = run * fromStride;
    const end = run * toStride;
    if (count > FEW) to.set(from.subarray(start, start + count), end);
    else for (let i = 0; i < count; i++) to[end + i] = from[start + i] as number;
  }
}
