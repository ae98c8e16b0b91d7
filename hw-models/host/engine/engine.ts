// An executor over a table of kernels: weights laid out once, values in one WebAssembly memory, a
// fixed programme of calls for each batch size.

import { InputError, invariant } from '../../../workloads/base/errors.js';
import { type Model, weightsOf } from '../../../workloads/model.js';
import type { Network } from '../../../workloads/network.js';
import type { Executor, LoadedNetwork } from '../../contract.js';
import { checkedInputs, checkImplemented, checkModel, layerRuns, outputsOf } from '../checks.js';
import type { Choice, Choose } from './choice.js';
import type { Tensor } from './kernel.js';
import { EngineMemory } from './memory.js';
import { type Programme, planNetwork } from './programme.js';
import { frameBytesOf, readTensor, tensorAt, writeTensor } from './tensor.js';
import { type BoundProgramme, Crew } from './threads.js';
import { hasFusedMultiplyAdd } from './webassembly.js';

export interface EngineOptions {
  /** 1 unless told otherwise. */
  readonly threads?: number;
  /** False: multiply and add apart even where the machine underneath could fuse them. */
  readonly fused?: boolean;
}

/** What a network runs on: threads and a build of the kernels. */
export interface EngineSetting {
  readonly threads: number;
  readonly fused: boolean;
}

/** @throws InputError, naming the executor, for a number of threads that cannot be. */
export function engineSetting(
  name: string,
  { threads = 1, fused = true }: EngineOptions,
): EngineSetting {
  if (!(Number.isInteger(threads) && threads >= 1 && threads <= 256)) {
    throw new InputError(
      `${name}: found ${threads} threads, expected a whole number from 1 to 256`,
    );
  }
  return { threads, fused: fused && hasFusedMultiplyAdd() };
}

/**
 * 'zeroskip WebAssembly SIMD with fused multiply-add, sparse, 2 threads'; `label` says what is
 * skipped.
 */
export function engineName(label: string, { threads, fused }: EngineSetting): string {
  const simd = `WebAssembly SIMD${fused ? ' with fused multiply-add' : ''}`;
  return `zeroskip ${simd}, ${label}, ${threads} thread${threads === 1 ? '' : 's'}`;
}

/** An executor that runs each layer by the kernel that `choose` gives it. */
export function createEngine(
  name: string,
  label: string,
  choose: Choose,
  options: EngineOptions & { readonly optIn?: boolean } = {},
): Executor {
  const setting = engineSetting(name, options);
  return {
    name,
    optIn: options.optIn ?? false,
    describe: async () => ({ engine: engineName(label, setting), hint: null }),
    async load(model) {
      checkModel(model);
      checkImplemented(model.network);
      const choices = model.network.layers.map((layer) => choose(layer, weightsOf(model, layer)));
      return loadNetwork(model, choices, setting);
    },
  };
}

/** Constants beside the weights, the same for all frames. */
function placeConstants({ constants }: Network, memory: EngineMemory): ReadonlyMap<string, Tensor> {
  return new Map(
    [...constants].map(([name, constant]) => {
      const address = memory.take(frameBytesOf(constant));
      writeTensor(memory.memory.buffer, tensorAt(address, constant), constant.values, 1);
      return [name, tensorAt(address, constant, 0)];
    }),
  );
}

/** A checked model ready to run, `choices[i]` being layer i's kernel. */
export async function loadNetwork(
  model: Model,
  choices: readonly Choice[],
  { threads, fused }: EngineSetting,
): Promise<LoadedNetwork> {
  const { network } = model;
  const memory = new EngineMemory(threads);
  const prepared = network.layers.map((layer, at) => {
    return (choices[at] as Choice).kernel.prepare(layer, weightsOf(model, layer), memory);
  });
  const constants = placeConstants(network, memory);
  const crew = new Crew(threads, memory.memory, fused);
  await crew.start();
  let ready: { readonly programme: Programme; readonly bound: BoundProgramme } | null = null;
  const readyFor = (batch: number) => {
    if (ready?.programme.batch === batch) return ready;
    const programme = planNetwork(network, prepared, constants, memory, batch);
    ready = { programme, bound: crew.bind(programme.layers.map(({ steps }) => steps)) };
    return ready;
  };
  let disposed = false;
  return {
    async run(given, batch, options) {
      invariant(!disposed, () => `${network.name}: run after dispose`);
      const values = checkedInputs(network, given, batch);
      const { programme, bound } = readyFor(batch);
      const { buffer } = memory.memory;
      const tensorOf = (name: string) => programme.tensors.get(name) as Tensor;
      for (const [name, own] of values) writeTensor(buffer, tensorOf(name), own, batch);
      const seconds = programme.layers.map(({ layer, inputs }, at) => {
        options?.onInputs?.(
          layer,
          inputs.map((input) => input && { ...input, values: readTensor(buffer, input, 1) }),
        );
        const start = performance.now();
        crew.run(bound[at] ?? []);
        return (performance.now() - start) / 1000;
      });
      const layers = layerRuns(network.layers, (at) => {
        const { kernel, notes } = choices[at] as Choice;
        return { kernel: kernel.name, seconds: seconds[at] as number, notes };
      });
      return {
        layers,
        ...outputsOf(network, (name) => readTensor(buffer, tensorOf(name), batch)),
        notes: [],
      };
    },
    dispose() {
      if (disposed) return;
      disposed = true;
      crew.stop();
    },
  };
}
