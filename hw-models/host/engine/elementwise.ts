// Rows for layers without weights.

import { invariant } from '../../../workloads/base/errors.js';
import { activationRange } from '../../../workloads/operators/relu.js';
import { relaxed, wasm } from '../elementwise.wasm.js';
import {
  inputImage,
  interleaves,
  notOneImage,
  severalSums,
  unequal,
  unevenNormalisation,
} from '../fits.js';
import { closeUp, spread } from './close-up.js';
import type { HostKernel, Step, Tensor } from './kernel.js';
import {
  all,
  callerOf,
  cutEvenly,
  dealSequences,
  eachFrame,
  lowerBound,
  moveRow,
  only,
  planeOf,
  streamRow,
} from './rows.js';
import { FLOAT, VECTOR, vectorsOf } from './tensor.js';

const call = callerOf({ name: 'elementwise', wasm, relaxed });

const pool = streamRow('pool2d', 'pool', notOneImage, (layer) => {
  const [, height, width] = inputImage(layer);
  const { kernel, stride, pad, mode, countsPadding } = layer;
  const isGlobal = kernel === 'global';
  const window = isGlobal ? [height, width, 1, 1, 0, 0, 0, 0] : [...kernel, ...stride, ...pad];
  const kernelWidth = isGlobal ? width : kernel[1];
  const before = isGlobal ? 0 : pad[1];
  const division = [mode === 'average' ? 1 : 0, countsPadding ? 1 : 0];
  return {
    plan(inputs, outputs, batch, scratch) {
      const output = only(outputs);
      const input = only(inputs);
      const parts = cutEvenly(input.channels, scratch.threads);
      const lineBytes = vectorsOf(before + vectorsOf(width) * 4 + kernelWidth) * VECTOR;
      const lines = parts.map((_, thread) => scratch.take(output.height * lineBytes, thread));
      const { planeBytes } = input;
      const size = [height, width, planeBytes, output.height, output.width, output.planeBytes];
      return eachFrame(batch, (frame) => [
        parts.map(({ first, end }, part) => {
          const from = planeOf(input, frame, first);
          return call(
            'pool',
            from,
            planeOf(output, frame, first),
            end - first,
            ...size,
            ...window,
            ...division,
            lines[part] ?? 0,
            lineBytes,
          );
        }),
      ]);
    },
  };
});

const normalisation = streamRow(
  'lrn',
  'normalise',
  unevenNormalisation,
  ({ size, alpha, beta, k }) => ({
    plan(inputs, outputs, batch, scratch) {
      const output = only(outputs);
      const input = only(inputs);
      const { channels, planeBytes } = input;
      const parts = cutEvenly(channels, scratch.threads);
      return eachFrame(batch, (frame) => [
        parts.map(({ first, end }) => {
          const extent = [first, end, channels, planeBytes / VECTOR, planeBytes];
          return call(
            'normalise',
            planeOf(input, frame),
            planeOf(output, frame),
            ...extent,
            size,
            alpha / size,
            beta,
            k,
          );
        }),
      ]);
    },
  }),
);

/** Copies what was not made in place. */
const concatenation = moveRow('concat', 'concatenate', interleaves, () => ({
  plan(inputs, outputs, batch) {
    const output = only(outputs);
    return eachFrame(batch, (frame) => {
      let to = planeOf(output, frame);
      const copies = all(inputs).flatMap((input) => {
        const bytes = input.channels * input.planeBytes;
        const from = planeOf(input, frame);
        const copy = from === to ? [] : [call('copy', from, to, bytes)];
        to += bytes;
        return copy;
      });
      return copies.length > 0 ? [copies] : [];
    });
  },
}));

/** One input after the other is added to the sum so far; the ReLU comes with the last one. */
const addition = streamRow('add', 'add', unequal, (layer) => ({
  plan(inputs, outputs, batch, scratch) {
    const output = only(outputs);
    const [first, ...others] = all(inputs);
    invariant(first !== undefined, () => `layer ${layer.name} adds nothing`);
    return eachFrame(batch, (frame) => {
      const sequences = cutEvenly(output.channels, scratch.threads).map((part) => {
        const to = planeOf(output, frame, part.first);
        const values = ((part.end - part.first) * output.planeBytes) / FLOAT;
        if (others.length === 0) {
          return [
            call(
              'clip',
              planeOf(first, frame, part.first),
              to,
              values,
              lowerBound(layer),
              Infinity,
            ),
          ];
        }
        return others.map((other, at) => {
          const from = planeOf(at === 0 ? first : output, frame, part.first);
          const min = at === others.length - 1 ? lowerBound(layer) : Number.NEGATIVE_INFINITY;
          return call('add', from, planeOf(other, frame, part.first), to, values, min);
        });
      });
      return dealSequences(sequences, scratch.threads);
    });
  },
}));

const activation = streamRow(
  'relu',
  'relu',
  () => null,
  (layer) => ({
    plan(inputs, outputs, batch, scratch) {
      const output = only(outputs);
      const { min, max } = activationRange(layer.activation);
      return clipped(only(inputs), output, batch, scratch.threads, min, max);
    },
  }),
);

/**
 * Steps that copy a tensor of float32 of the same shape, none of it below `min` nor above `max`;
 * in place if it is the same.
 */
export function clipped(
  input: Tensor,
  output: Tensor,
  batch: number,
  threads: number,
  min: number,
  max: number,
): readonly Step[] {
  return eachFrame(batch, (frame) => [
    cutEvenly(output.channels, threads).map(({ first, end }) => {
      const count = ((end - first) * output.planeBytes) / FLOAT;
      return call(
        'clip',
        planeOf(input, frame, first),
        planeOf(output, frame, first),
        count,
        min,
        max,
      );
    }),
  ]);
}

const softmax = streamRow('softmax', 'softmax', severalSums, () => ({
  plan(inputs, outputs, batch, scratch) {
    const { tensor: from, steps: before } = closeUp(only(inputs), batch, scratch);
    const { tensor: to, steps: behind } = spread(only(outputs), batch, scratch);
    const calls = Array.from({ length: batch }, (_, frame) =>
      call('softmax', planeOf(from, frame), planeOf(to, frame), to.channels, FLOAT),
    );
    return [...before, calls, ...behind];
  },
}));

export const elementwiseKernels: readonly HostKernel[] = [
  pool,
  normalisation,
  concatenation,
  addition,
  activation,
  softmax,
];
