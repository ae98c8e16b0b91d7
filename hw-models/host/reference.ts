// The plain forward passes as an executor: slow, readable, and what all other executors are checked against.

import { InputError, invariant } from '../../workloads/base/errors.js';
import { forwardLayer } from '../../workloads/layers/forward.js';
import { sizeOf } from '../../workloads/layers/index.js';
import { weightsOf } from '../../workloads/model.js';
import type { Executor } from '../contract.js';
import { checkInput, checkModel, valuesDoneAfter } from './checks.js';

export function createReference(): Executor {
  return {
    name: 'reference',
    optIn: false,
    describe: async () => ({ engine: 'plain TypeScript over compressed sparse rows, 1 thread', hint: null }),
    async load(model) {
      checkModel(model);
      const { network } = model;
      const doneAfter = valuesDoneAfter(network);
      const last = network.layers.at(-1);
      if (!last) throw new InputError(`${network.name}: found no layers, expected at least one`);
      let disposed = false;
      return {
        async run(input, batch, options) {
          invariant(!disposed, () => `${network.name}: run after dispose`);
          checkInput(network, input, batch);
          const frameSize = sizeOf(network.input);
          const outputSize = sizeOf(last.output);
          const output = new Float32Array(batch * outputSize);
          const seconds = network.layers.map(() => 0);
          for (let frame = 0; frame < batch; frame++) {
            const values = new Map([['data', input.subarray(frame * frameSize, (frame + 1) * frameSize)]]);
            for (const [at, layer] of network.layers.entries()) {
              const inputs = layer.inputs.map((name) => values.get(name) as Float32Array);
              if (frame === 0) options?.onInput?.(layer, Float32Array.from(inputs[0] ?? []));
              const start = performance.now();
              values.set(layer.name, forwardLayer(layer, weightsOf(model, layer), inputs));
              seconds[at] = (seconds[at] as number) + (performance.now() - start) / 1000;
              for (const name of doneAfter[at] ?? []) values.delete(name);
            }
            output.set(values.get(last.name) as Float32Array, frame * outputSize);
          }
          return {
            layers: network.layers.map(({ name }, at) => ({
              name,
              kernel: 'reference',
              seconds: seconds[at] as number,
              notes: [],
            })),
            output,
            notes: [],
          };
        },
        dispose() {
          disposed = true;
        },
      };
    },
  };
}
