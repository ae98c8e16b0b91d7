// Rows of native kernels for sums and ReLUs.

import { activationRange } from '../../../../workloads/operators/relu.js';
import { unequal } from '../../fits.js';
import type { Call, HostKernel } from '../kernel.js';
import { all, cutEvenly, dealSequences, eachFrame, only, planeOf, streamRow } from '../rows.js';
import { FLOAT } from '../tensor.js';
import { nativeCall as call, nativeRow } from './native.js';

/** One input after the other is added to the sum so far; the ReLU comes with the last one. */
const addition = nativeRow(
  streamRow('add', 'native-add', unequal, (layer) => ({
    isClipped: true,
    plan(inputs, outputs, batch, { threads }) {
      const output = only(outputs);
      const given = all(inputs);
      const { min, max } = activationRange(layer.activation);
      return eachFrame(batch, (frame) => {
        const sequences = cutEvenly(output.channels, threads).map(({ first, end }) => {
          const to = planeOf(output, frame, first);
          const count = ((end - first) * output.planeBytes) / FLOAT;
          const from = given.map((input) => planeOf(input, frame, first));
          if (from.length === 1) return [call('zs_clip', from[0] as number, to, count, min, max)];
          return from.slice(1).map((other, at): Call => {
            const bounds = at === from.length - 2 ? [min, max] : [-Infinity, Infinity];
            return call('zs_add', at === 0 ? (from[0] as number) : to, other, to, count, ...bounds);
          });
        });
        return dealSequences(sequences, threads);
      });
    },
  })),
);

const activation = nativeRow(
  streamRow(
    'relu',
    'native-relu',
    () => null,
    (layer) => ({
      isClipped: true,
      plan(inputs, outputs, batch, { threads }) {
        const [input, output] = [only(inputs), only(outputs)];
        const { min, max } = activationRange(layer.activation);
        return eachFrame(batch, (frame) => [
          cutEvenly(output.channels, threads).map(({ first, end }) => {
            const count = ((end - first) * output.planeBytes) / FLOAT;
            const to = planeOf(output, frame, first);
            return call('zs_clip', planeOf(input, frame, first), to, count, min, max);
          }),
        ]);
      },
    }),
  ),
);

export const nativeElementwise: readonly HostKernel[] = [addition, activation];
