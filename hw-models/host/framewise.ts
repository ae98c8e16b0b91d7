// Executors that run one frame after another and one layer after another in plain TypeScript.

import { invariant } from '../../workloads/base/errors.js';
import type { Model } from '../../workloads/model.js';
import type { Layer, Tensor, Values } from '../../workloads/network.js';
import { roomFor, sizeOf } from '../../workloads/tensor.js';
import {
  checkedInputs,
  checkImplemented,
  checkModel,
  layerRuns,
  outputsOf,
  valuesDoneAfter,
} from './checks.js';
import type { Executor } from './contract.js';

/** A layer's results for one frame, from its inputs in their order. */
export type Forward = (layer: Layer, inputs: readonly (Tensor | null)[]) => readonly Tensor[];

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
      checkImplemented(network);
      const doneAfter = valuesDoneAfter(network);
      const forward = prepare(model);
      let disposed = false;
      return {
        async run(given, batch, options) {
          invariant(!disposed, () => `${network.name}: run after dispose`);
          const inputs = checkedInputs(network, given, batch);
          const outputs = new Map<string, Values>();
          const seconds = network.layers.map(() => 0);
          for (let frame = 0; frame < batch; frame++) {
            const tensors = new Map<string, Tensor>(network.constants);
            for (const { name: input, shape, type } of network.inputs) {
              const size = sizeOf(shape);
              const values = (inputs.get(input) as Values).subarray(
                frame * size,
                (frame + 1) * size,
              );
              tensors.set(input, { shape, type, values });
            }
            for (const [at, layer] of network.layers.entries()) {
              const inputs = layer.inputs.map((value) => tensors.get(value) ?? null);
              if (frame === 0) options?.onInputs?.(layer, inputs);
              const start = performance.now();
              const results = forward(layer, inputs);
              seconds[at] = (seconds[at] as number) + (performance.now() - start) / 1000;
              for (const [result, tensor] of results.entries()) {
                tensors.set((layer.results[result] as { readonly name: string }).name, tensor);
              }
              for (const value of doneAfter[at] ?? []) tensors.delete(value);
            }
            for (const output of network.outputs) {
              const { shape, type, values } = tensors.get(output) as Tensor;
              if (frame === 0) outputs.set(output, roomFor({ shape: [batch, ...shape], type }));
              outputs.get(output)?.set(values, frame * sizeOf(shape));
            }
          }
          return {
            layers: layerRuns(network.layers, (at) => ({
              kernel: name,
              seconds: seconds[at] as number,
              notes: [],
            })),
            ...outputsOf(network, (output) => outputs.get(output) as Values),
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
