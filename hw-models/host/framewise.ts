// Executors that run one frame after another and one layer after another in plain TypeScript.

import { InputError, invariant } from '../../workloads/base/errors.js';
import { sizeOf } from '../../workloads/layers/index.js';
import type { Model } from '../../workloads/model.js';
import type { Layer } from '../../workloads/network.js';
import type { Executor } from '../contract.js';
import { checkInput, checkModel, valuesDoneAfter } from './checks.js';

/** A layer's output for one frame, from its inputs in their order. */
export type Forward = (layer: Layer, inputs: readonly Float32Array[]) => Float32Array;

export interface Framewise {
  readonly name: string;
  readonly optIn: boolean;
  readonly engine: string;
  prepare(model: Model): Forward;
}

export function createFramewise({ name, optIn, engine, prepare }: Framewise): Executor {
  return {
    name,
    optIn,
    describe: async () => ({ engine, hint: null }),
    async load(model) {
      checkModel(model);
      const { network } = model;
      const doneAfter = valuesDoneAfter(network);
      const last = network.layers.at(-1);
      if (!last) throw new InputError(`${network.name}: found no layers, expected at least one`);
      const forward = prepare(model);
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
              const inputs = layer.inputs.map((value) => values.get(value) as Float32Array);
              if (frame === 0) options?.onInput?.(layer, Float32Array.from(inputs[0] ?? []));
              const start = performance.now();
              values.set(layer.name, forward(layer, inputs));
              seconds[at] = (seconds[at] as number) + (performance.now() - start) / 1000;
              for (const value of doneAfter[at] ?? []) values.delete(value);
            }
            output.set(values.get(last.name) as Float32Array, frame * outputSize);
          }
          return {
            layers: network.layers.map((layer, at) => ({
              name: layer.name,
              kernel: name,
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
