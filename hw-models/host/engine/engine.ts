// The engine's executors as Node.js runs them: on threads, by native kernels where there are any.

import { InputError } from '../../../workloads/base/errors.js';
import type { Model } from '../../../workloads/model.js';
import type { Executor, LoadedNetwork } from '../contract.js';
import { openNative } from '../native/library.node.js';
import { type EngineBuild, engineBuilds } from './builds.js';
import type { Choice, Choose } from './choice.js';
import { hasFusedMultiplyAdd } from './fused.node.js';
import {
  type EngineSetting,
  engineOn,
  loadNetwork as loadOn,
  type OpenedSetting,
  type StartRunner,
} from './network.js';
import { type BoundLayer, Crew } from './threads.js';

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

/** An executor that runs each layer by the kernel that `choose` gives it. */
export function createEngine(
  name: string,
  label: string,
  choose: Choose,
  { optIn = false, ...options }: EngineOptions & { readonly optIn?: boolean } = {},
): Executor {
  return engineOn({ name, label, optIn }, choose, settingOf(name, options), startCrew);
}

/** A checked model ready to run, `choices[i]` being layer i's kernel. */
export const loadNetwork = (
  model: Model,
  choices: readonly Choice[],
  setting: EngineSetting,
): Promise<LoadedNetwork> => loadOn(model, choices, setting, startCrew);

const startCrew: StartRunner<BoundLayer> = async (memory, setting) => {
  const crew = new Crew(setting.threads, memory, setting);
  await crew.start();
  return crew;
};
