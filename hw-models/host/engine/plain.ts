// The row for whatever has no kernel of its own: the operator's plain forward pass, frame by frame
// on the main thread.

import { forwardLayer, isImplemented } from '../../../workloads/network.js';
import type { Tensor as Values } from '../../../workloads/tensor.js';
import type { HostKernel, Tensor } from './kernel.js';
import { frameOf, writeTensor } from './tensor.js';

export const plain: HostKernel = {
  ...{ name: 'plain', kind: null, optIn: false },
  refusal: (layer) => (isImplemented(layer) ? null : 'is not implemented'),
  pays: () => true,
  prepare: (layer, weights) => ({
    isClipped: true,
    plan: (inputs, outputs, batch) =>
      Array.from({ length: batch }, (_, frame) => ({
        onMain(memory) {
          const given = inputs.map((input) => input && tensorOf(memory, input, frame));
          for (const [at, { values }] of forwardLayer(layer, weights, given).entries()) {
            const output = outputs[at];
            if (output)
              writeTensor(
                memory,
                { ...output, address: output.address + frame * output.frameBytes },
                values,
                1,
              );
          }
        },
      })),
  }),
};

function tensorOf(memory: SharedArrayBuffer, tensor: Tensor, frame: number): Values {
  const { shape, type } = tensor;
  return { shape, type, values: frameOf(memory, tensor, frame) };
}
