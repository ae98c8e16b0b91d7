// Rows of native kernels for pooling and local response normalisation.

import { inputImage, notOneImage, unevenNormalisation } from '../../fits.js';
import type { HostKernel } from '../kernel.js';
import { cutEvenly, eachFrame, only, planeOf, streamRow } from '../rows.js';
import { FLOAT } from '../tensor.js';
import { nativeCall, nativeRow } from './native.js';

const pool = nativeRow(
  streamRow('pool2d', 'native-pool', notOneImage, (layer, { vectorFloats }) => {
    const [, height, width] = inputImage(layer);
    const { kernel, stride, pad, mode, countsPadding } = layer;
    const isGlobal = kernel === 'global';
    const size = isGlobal ? [height, width] : kernel;
    const window = isGlobal ? [...size, 1, 1, 0, 0, 0, 0] : [...size, ...stride, ...pad];
    const before = isGlobal ? 0 : pad[1];
    const across = isGlobal ? 1 : stride[1];
    return {
      plan(inputs, outputs, batch, scratch) {
        const [input, output] = [only(inputs), only(outputs)];
        const parts = cutEvenly(input.channels, scratch.threads);
        // Whole vectors of a row, and of what the last vector of windows reaches over it.
        const vectors = Math.ceil(output.width / vectorFloats) * vectorFloats;
        const reach = vectors * across + (size[1] as number) + 2 * vectorFloats;
        const row = before + width + vectorFloats + (size[1] as number);
        const lineFloats = Math.max(reach, row);
        const lines = parts.map((_, thread) =>
          scratch.take(output.height * lineFloats * FLOAT, thread),
        );
        const extents = [height, width, input.planeBytes];
        const results = [output.height, output.width, output.planeBytes];
        const division = [mode === 'average' ? 1 : 0, countsPadding ? 1 : 0];
        return eachFrame(batch, (frame) => [
          parts.map(({ first, end }, part) =>
            nativeCall(
              'zs_pool',
              ...[planeOf(input, frame, first), planeOf(output, frame, first), end - first],
              ...[...extents, ...results, ...window, ...division, lines[part] ?? 0, lineFloats],
            ),
          ),
        ]);
      },
    };
  }),
);

/** Exponents that square roots make. */
const EXPONENTS: readonly number[] = [0.5, 0.75, 1];

const normalisation = nativeRow(
  streamRow(
    'lrn',
    'native-normalise',
    (layer) =>
      EXPONENTS.includes(layer.beta)
        ? unevenNormalisation(layer)
        : `has an exponent of ${layer.beta}, not ${EXPONENTS.join(' or ')}`,
    ({ size, alpha, beta, k }) => ({
      plan(inputs, outputs, batch, { threads }) {
        const [input, output] = [only(inputs), only(outputs)];
        const { channels, planeBytes, height, width } = input;
        return eachFrame(batch, (frame) => [
          cutEvenly(channels, threads).map(({ first, end }) =>
            nativeCall(
              'zs_normalise',
              ...[planeOf(input, frame), planeOf(output, frame), first, end, channels],
              ...[height * width, planeBytes, size, alpha / size, 4 * beta, k],
            ),
          ),
        ]);
      },
    }),
  ),
);

export const nativePooling: readonly HostKernel[] = [pool, normalisation];
