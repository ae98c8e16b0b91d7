// Rows for layers without weights.

import { imageShape } from '../../../workloads/layers/index.js';
import { relaxed, wasm } from '../elementwise.wasm.js';
import { closeUp } from './close-up.js';
import type { HostKernel } from './kernel.js';
import { callerOf, cutEvenly, eachFrame, only, plainRow, planeOf } from './rows.js';
import { FLOAT, VECTOR, vectorsOf } from './tensor.js';

const call = callerOf({ name: 'elementwise', wasm, relaxed });

const pool = plainRow('pool2d', 'pool', (layer) => {
  const [, height, width] = imageShape(layer.inputShapes[0] ?? [0], layer.name);
  const { kernel, stride, pad } = layer;
  const window = kernel === 'global' ? ([height, width, 1, 0] as const) : ([kernel, kernel, stride, pad] as const);
  const [, kernelWidth, , before] = window;
  const averages = layer.mode === 'average' ? 1 : 0;
  return {
    plan(inputs, output, batch, scratch) {
      const input = only(inputs);
      const parts = cutEvenly(input.channels, scratch.threads);
      const lineBytes = vectorsOf(before + vectorsOf(width) * 4 + kernelWidth) * VECTOR;
      const lines = parts.map(() => scratch.take(output.height * lineBytes));
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
            averages,
            lines[part] ?? 0,
            lineBytes,
          );
        }),
      ]);
    },
  };
});

const normalisation = plainRow('lrn', 'normalise', ({ size, alpha, beta, k }) => ({
  plan(inputs, output, batch, scratch) {
    const input = only(inputs);
    const { channels, planeBytes } = input;
    const parts = cutEvenly(channels, scratch.threads);
    return eachFrame(batch, (frame) => [
      parts.map(({ first, end }) => {
        const extent = [first, end, channels, planeBytes / VECTOR, planeBytes];
        return call('normalise', planeOf(input, frame), planeOf(output, frame), ...extent, size, alpha / size, beta, k);
      }),
    ]);
  },
}));

/** Copies what was not made in place. */
const concatenation = plainRow('concat', 'concatenate', () => ({
  plan(inputs, output, batch) {
    return eachFrame(batch, (frame) => {
      let to = planeOf(output, frame);
      const copies = inputs.flatMap((input) => {
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

const softmax = plainRow('softmax', 'softmax', () => ({
  plan(inputs, output, batch, scratch) {
    const { tensor, steps } = closeUp(only(inputs), batch, scratch);
    const calls = Array.from({ length: batch }, (_, frame) =>
      call('softmax', planeOf(tensor, frame), planeOf(output, frame), output.channels, FLOAT),
    );
    return [...steps, calls];
  },
}));

export const elementwiseKernels: readonly HostKernel[] = [pool, normalisation, concatenation, softmax];
