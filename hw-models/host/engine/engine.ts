// An executor over a table of kernels: weights laid out once, values in one shared memory, a
// fixed programme of calls for each batch size.

import { InputError, invariant } from '../../../workloads/base/errors.js';
import { type Model, weightsOf } from '../../../workloads/model.js';
import type { Network } from '../../../workloads/network.js';
import type { Executor, LoadedNetwork } from '../../contract.js';
import { checkedInputs, checkImplemented, checkModel, layerRuns, outputsOf } from '../checks.js';
import { openNative } from '../native/library.node.js';
import { type EngineBuild, engineBuilds } from './builds.js';
import type { Choice, Choose } from './choice.js';
import type { Tensor } from './kernel.js';
import { EngineMemory } from './memory.js';
import { type Programme, planNetwork } from './programme.js';
import { frameBytesOf, readTensor, tensorAt, writeTensor } from './tensor.js';
import { type BoundLayer, type Builds, Crew } from './threads.js';
import { hasFusedMultiplyAdd } from './webassembly.js';

export interface EngineOptions {
  /** 1 unless told otherwise. */
  readonly threads?: number;
  /**
   * Left out: as ZEROSKIP_ENGINE says, else native where that can be built, else WebAssembly with
   * a hint. 'native': nothing else will do.
   */
  readonly engine?: EngineBuild;
  /**
   * False: WebAssembly, multiply and add apart even where the host could fuse them.
   */
  readonly fused?: boolean;
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

/**
 * Checks options now; opens what they ask for when called, once.
 * @throws InputError, naming the executor, for a number of threads that cannot be, and when called
 * where native kernels were asked for and cannot be had.
 */
export function settingOf(
  name: string,
  { threads = 1, fused = true, engine }: EngineOptions,
): () => Promise<OpenedSetting> {
  if (!(Number.isInteger(threads) && threads >= 1 && threads <= 256)) {
    throw new InputError(
      `${name}: found ${threads} threads, expected a whole number from 1 to 256`,
    );
  }
  const build = engine ?? (fused ? engineOfEnvironment() : 'wasm');
  let opened: Promise<OpenedSetting> | null = null;
  return () => {
    opened ??= openSetting(threads, fused, build);
    return opened;
  };
}

async function openSetting(
  threads: number,
  fused: boolean,
  engine: EngineBuild | null,
): Promise<OpenedSetting> {
  const webAssembly = { threads, fused: fused && hasFusedMultiplyAdd(), native: null };
  if (engine === 'wasm') return { setting: webAssembly, hint: null };
  const { library, reason } = await openNative();
  if (library) return { setting: { ...webAssembly, native: library }, hint: null };
  if (engine === 'native') {
    throw new InputError(`found no native kernels: ${reason}; wasm as the engine needs none`);
  }
  const hint = `kernels run as WebAssembly, native ones are several times as fast: ${reason}`;
  return { setting: webAssembly, hint };
}

/** ZEROSKIP_ENGINE, or null where it says nothing. @throws InputError for anything else. */
export function engineOfEnvironment(): EngineBuild | null {
  const { ZEROSKIP_ENGINE: told } = process.env;
  if (!told) return null;
  const build = engineBuilds.find((one) => one === told);
  if (!build)
    throw new InputError(`ZEROSKIP_ENGINE: found '${told}', expected ${engineBuilds.join(' or ')}`);
  return build;
}

/**
 * 'zeroskip native AVX-512, sparse, 2 threads' or 'zeroskip WebAssembly SIMD with fused
 * multiply-add, …'; `label` says what is skipped.
 */
export function engineName(label: string, { threads, fused, native }: EngineSetting): string {
  const simd = `WebAssembly SIMD${fused ? ' with fused multiply-add' : ''}`;
  const build = native ? `native ${native.instructions}` : simd;
  return `zeroskip ${build}, ${label}, ${threads} thread${threads === 1 ? '' : 's'}`;
}

/** An executor that runs each layer by the kernel that `choose` gives it. */
export function createEngine(
  name: string,
  label: string,
  choose: Choose,
  options: EngineOptions & { readonly optIn?: boolean } = {},
): Executor {
  const open = settingOf(name, options);
  return {
    name,
    optIn: options.optIn ?? false,
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
  setting: EngineSetting,
): Promise<LoadedNetwork> {
  const { network } = model;
  const { threads } = setting;
  const memory = new EngineMemory(threads, setting.native);
  const prepared = network.layers.map((layer, at) => {
    return (choices[at] as Choice).kernel.prepare(layer, weightsOf(model, layer), memory);
  });
  const constants = placeConstants(network, memory);
  const crew = new Crew(threads, memory.memory, setting);
  await crew.start();
  const { native: library } = setting;
  const copy = library && { library, base: library.addressOf(memory.memory.buffer) };
  let ready: { readonly programme: Programme; readonly bound: readonly BoundLayer[] } | null = null;
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
            return crew.run(bound.slice(at, at + 1));
          })
        : crew.run(bound);
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
      crew.stop();
      memory.release();
    },
  };
}
