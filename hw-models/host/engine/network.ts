// A network on the engine: weights laid out once, values in one shared memory, a fixed programme of
// calls for each batch size. Who runs the calls is given. Imports no Node.js module: it runs in
// browsers too.

import { invariant } from '../../../workloads/base/errors.js';
import { type Model, weightsOf } from '../../../workloads/model.js';
import type { Network } from '../../../workloads/network.js';
import { checkedInputs, checkImplemented, checkModel, layerRuns, outputsOf } from '../checks.js';
import type { Executor, LoadedNetwork } from '../contract.js';
import type { NativeLibrary } from '../native/library.node.js';
import type { Choice, Choose } from './choice.js';
import type { Step, Tensor } from './kernel.js';
import { EngineMemory } from './memory.js';
import { type Programme, planNetwork } from './programme.js';
import { frameBytesOf, readTensor, tensorAt, writeTensor } from './tensor.js';
import type { SharedMemory } from './webassembly.js';

/** The builds of the kernels that run. */
export interface Builds {
  /** Which of a WebAssembly module's. */
  readonly fused: boolean;
  readonly native: NativeLibrary | null;
}

/** What a network runs on: threads and builds of the kernels. */
export interface EngineSetting extends Builds {
  readonly threads: number;
}

export interface OpenedSetting {
  readonly setting: EngineSetting;
  /** How to get a faster one. */
  readonly hint: string | null;
}

/** Runs programmes over one memory, layer by layer. */
export interface Runner<Bound> {
  /** Makes each layer's steps ready to run. Only what was bound last can run. */
  bind(layers: readonly (readonly Step[])[]): readonly Bound[];
  /** Runs layers one after the other. Returns how many seconds each took. */
  run(layers: readonly Bound[]): readonly number[];
  /** Nothing can run any more. */
  stop(): void;
}

export type StartRunner<Bound> = (
  memory: SharedMemory,
  setting: EngineSetting,
) => Promise<Runner<Bound>>;

/**
 * 'zeroskip native AVX-512, sparse, 2 threads' or 'zeroskip WebAssembly SIMD with fused
 * multiply-add, …'; `label` says what is skipped.
 */
export function engineName(label: string, { threads, fused, native }: EngineSetting): string {
  const simd = `WebAssembly SIMD${fused ? ' with fused multiply-add' : ''}`;
  const build = native ? `native ${native.instructions}` : simd;
  return `zeroskip ${build}, ${label}, ${threads} thread${threads === 1 ? '' : 's'}`;
}

/**
 * An executor that runs each layer by the kernel that `choose` gives it, on what `open` opens and
 * `start` starts.
 */
export function engineOn<Bound>(
  {
    name,
    label,
    optIn,
  }: { readonly name: string; readonly label: string; readonly optIn: boolean },
  choose: Choose,
  open: () => Promise<OpenedSetting>,
  start: StartRunner<Bound>,
): Executor {
  return {
    name,
    optIn,
    async describe() {
      const { setting, hint } = await open();
      return { engine: engineName(label, setting), hint };
    },
    async load(model) {
      checkModel(model);
      checkImplemented(model.network);
      const { setting } = await open();
      const choices = model.network.layers.map((layer) =>
        choose(layer, weightsOf(model, layer), setting.native !== null),
      );
      return loadNetwork(model, choices, setting, start);
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
export async function loadNetwork<Bound>(
  model: Model,
  choices: readonly Choice[],
  setting: EngineSetting,
  start: StartRunner<Bound>,
): Promise<LoadedNetwork> {
  const { network } = model;
  const { threads } = setting;
  const memory = new EngineMemory(threads, setting.native);
  const prepared = network.layers.map((layer, at) => {
    return (choices[at] as Choice).kernel.prepare(layer, weightsOf(model, layer), memory);
  });
  const constants = placeConstants(network, memory);
  const runner = await start(memory.memory, setting);
  const { native: library } = setting;
  const copy = library && { library, base: library.addressOf(memory.memory.buffer) };
  let ready: { readonly programme: Programme; readonly bound: readonly Bound[] } | null = null;
  const readyFor = (batch: number) => {
    if (ready?.programme.batch === batch) return ready;
    const programme = planNetwork(network, prepared, constants, memory, batch);
    ready = { programme, bound: runner.bind(programme.layers.map(({ steps }) => steps)) };
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
      const lookedAt = (input: Tensor | null) =>
        input && {
          ...input,
          get values() {
            return readTensor(buffer, input, 1);
          },
        };
      for (const [name, own] of values) writeTensor(buffer, tensorOf(name), own, batch, copy);
      const { onInputs } = options ?? {};
      const seconds = onInputs
        ? programme.layers.flatMap(({ layer, inputs }, at) => {
            onInputs(layer, inputs.map(lookedAt));
            return runner.run(bound.slice(at, at + 1));
          })
        : runner.run(bound);
      const layers = layerRuns(network.layers, (at) => {
        const { kernel, notes } = choices[at] as Choice;
        return { kernel: kernel.name, seconds: seconds[at] as number, notes };
      });
      return {
        layers,
        ...outputsOf(network, (name) => readTensor(buffer, tensorOf(name), batch, copy)),
        notes: [],
      };
    },
    dispose() {
      if (disposed) return;
      disposed = true;
      runner.stop();
      memory.release();
    },
  };
}
