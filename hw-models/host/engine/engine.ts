// An executor over a table of kernels: weights laid out once, values in one WebAssembly memory, a fixed programme of
// calls for each batch size.

import { InputError, invariant } from '../../../workloads/base/errors.js';
import { type Model, weightsOf } from '../../../workloads/model.js';
import type { Layer, LayerWeights } from '../../../workloads/network.js';
import type { Executor, LoadedNetwork } from '../../contract.js';
import { checkInput, checkModel } from '../checks.js';
import type { HostKernel } from './kernel.js';
import { EngineMemory } from './memory.js';
import { type Programme, planNetwork } from './programme.js';
import { readTensor, writeTensor } from './tensor.js';
import { type BoundProgramme, Crew } from './threads.js';
import { hasFusedMultiplyAdd } from './webassembly.js';

export interface EngineOptions {
  /** 1 unless told otherwise. */
  readonly threads?: number;
  /** False: multiply and add apart even where the machine underneath could fuse them. */
  readonly fused?: boolean;
}

/** An executor that runs each layer by the first of `kernels` that accepts it. `label` says what they skip. */
export function createEngine(
  name: string,
  label: string,
  kernels: readonly HostKernel[],
  options: EngineOptions = {},
): Executor {
  const { threads = 1 } = options;
  if (!(Number.isInteger(threads) && threads >= 1 && threads <= 256)) {
    throw new InputError(`${name}: found ${threads} threads, expected a whole number from 1 to 256`);
  }
  const fused = (options.fused ?? true) && hasFusedMultiplyAdd();
  return {
    name,
    describe: async () => ({
      engine: `zeroskip WebAssembly SIMD${fused ? ' with fused multiply-add' : ''}, ${label}, ${threads} thread${threads === 1 ? '' : 's'}`,
      hint: null,
    }),
    load: (model) => loadNetwork(model, kernels, threads, fused),
  };
}

/** The kernel that runs a layer. @throws InputError if none does. */
export function kernelFor(kernels: readonly HostKernel[], layer: Layer, weights: LayerWeights | null): HostKernel {
  const kernel = kernels.find((row) => row.accepts(layer, weights));
  if (!kernel) throw new InputError(`layer ${layer.name}: found no kernel for ${layer.kind}`);
  return kernel;
}

async function loadNetwork(
  model: Model,
  kernels: readonly HostKernel[],
  threads: number,
  fused: boolean,
): Promise<LoadedNetwork> {
  checkModel(model);
  const { network } = model;
  const memory = new EngineMemory(threads);
  const chosen = network.layers.map((layer) => kernelFor(kernels, layer, weightsOf(model, layer)));
  const prepared = network.layers.map((layer, at) => {
    return (chosen[at] as HostKernel).prepare(layer, weightsOf(model, layer), memory);
  });
  const crew = new Crew(threads, memory.memory, fused);
  await crew.start();
  let ready: { readonly programme: Programme; readonly bound: BoundProgramme } | null = null;
  const readyFor = (batch: number) => {
    if (ready?.programme.batch === batch) return ready;
    const programme = planNetwork(network, prepared, memory, batch);
    ready = { programme, bound: crew.bind(programme) };
    return ready;
  };
  let disposed = false;
  return {
    async run(input, batch, options) {
      invariant(!disposed, () => `${network.name}: run after dispose`);
      checkInput(network, input, batch);
      const { programme, bound } = readyFor(batch);
      const { buffer } = memory.memory;
      writeTensor(buffer, programme.input, input, batch);
      const layers = programme.layers.map(({ layer, inputs }, at) => {
        if (options?.onInput) options.onInput(layer, readTensor(buffer, inputs[0] ?? programme.input, 1));
        const start = performance.now();
        crew.run(bound[at] ?? []);
        const seconds = (performance.now() - start) / 1000;
        return { name: layer.name, kernel: (chosen[at] as HostKernel).name, seconds, notes: [] };
      });
      return { layers, output: readTensor(buffer, programme.output, batch) };
    },
    dispose() {
      if (disposed) return;
      disposed = true;
      crew.stop();
    },
  };
}
