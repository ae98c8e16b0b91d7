// Images as vectors of features, the same values without the planes' filling; tensors as rows of
// vectors.

import { type Layer, resultOf } from '../../../workloads/network.js';
import { sizeOf } from '../../../workloads/tensor.js';
import { relaxed, wasm } from '../convolution.wasm.js';
import type { Scratch, Step, Tensor } from './kernel.js';
import { callerOf, only, planeOf } from './rows.js';
import { FLOAT, isGapless, tensorAt } from './tensor.js';

const call = callerOf({ name: 'convolution', wasm, relaxed });

/**
 * A tensor of float32 as features, and the steps that make it so: none where its planes have no
 * filling.
 */
export function closeUp(
  input: Tensor,
  batch: number,
  scratch: Scratch,
): { tensor: Tensor; steps: readonly Step[] } {
  const pixels = input.height * input.width;
  const features = input.channels * pixels;
  if (isGapless(input))
    return { tensor: featuresAt(input, input.address, features, input.frameBytes), steps: [] };
  const frameBytes = features * FLOAT;
  const tensor = featuresAt(input, scratch.take(batch * frameBytes), features, frameBytes);
  const step = Array.from({ length: batch }, (_, frame) => {
    const [from, to] = [planeOf(input, frame), planeOf(tensor, frame)];
    return call(
      'compact',
      from,
      to,
      input.channels,
      1,
      pixels,
      pixels,
      input.planeBytes,
      pixels * FLOAT,
    );
  });
  return { tensor, steps: [step] };
}

function featuresAt(
  { type }: Tensor,
  address: number,
  features: number,
  frameBytes: number,
): Tensor {
  return tensorAt(address, { type, shape: [1, features] }, frameBytes);
}

/**
 * Features that are to become a tensor of float32, and the steps that make it of them: none where
 * it has no filling.
 */
export function spread(
  output: Tensor,
  batch: number,
  scratch: Scratch,
): { tensor: Tensor; steps: readonly Step[] } {
  const pixels = output.height * output.width;
  const features = output.channels * pixels;
  if (isGapless(output))
    return { tensor: featuresAt(output, output.address, features, output.frameBytes), steps: [] };
  const frameBytes = features * FLOAT;
  const tensor = featuresAt(output, scratch.take(batch * frameBytes), features, frameBytes);
  const step = Array.from({ length: batch }, (_, frame) => {
    const [from, to] = [planeOf(tensor, frame), planeOf(output, frame)];
    return call(
      'compact',
      from,
      to,
      output.channels,
      1,
      pixels,
      pixels,
      pixels * FLOAT,
      output.planeBytes,
    );
  });
  return { tensor, steps: [step] };
}

/** In words why a layer's result cannot be written vector by vector, or null where it can. */
export function apart(layer: Layer): string | null {
  return isGapless(tensorAt(0, resultOf(layer))) ? null : 'has a result in planes that lie apart';
}

/** What makes `count` vectors, as frames of `output`, of as many of `input`. */
type Vectors = (input: Tensor, output: Tensor, count: number) => readonly Step[];

/**
 * The vectors of a frame of a layer that treats all alike, each of which gives `outputs` values.
 */
export function rowsOf(layer: Layer, outputs: number): number {
  return sizeOf(resultOf(layer).shape) / outputs;
}

/**
 * Steps for a layer of `rows` vectors a frame: all frames' together where they lie evenly, else
 * each frame's.
 */
export function eachVector(
  rows: number,
  inputs: readonly (Tensor | null)[],
  outputs: readonly Tensor[],
  batch: number,
  scratch: Scratch,
  plan: Vectors,
): readonly Step[] {
  const { tensor: from, steps } = closeUp(only(inputs), batch, scratch);
  const to = closeUp(only(outputs), batch, scratch).tensor;
  const ofFrame = (tensor: Tensor, frame: number) => {
    const width = tensor.channels / rows;
    return featuresAt(
      tensor,
      planeOf(tensor, frame),
      width,
      rows === 1 ? tensor.frameBytes : width * FLOAT,
    );
  };
  const isEven = [from, to].every(({ channels, frameBytes }) => frameBytes === channels * FLOAT);
  if (rows === 1 || batch === 1 || isEven)
    return [...steps, ...plan(ofFrame(from, 0), ofFrame(to, 0), rows * batch)];
  const frames = Array.from({ length: batch }, (_, frame) =>
    plan(ofFrame(from, frame), ofFrame(to, frame), rows),
  );
  return [...steps, ...frames.flat()];
}
