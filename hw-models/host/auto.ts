// The executor that takes the fastest kernel for each layer. Which one that is it finds out by
// timing all that compute what the weights say, once for each machine, network, weights, batch and
// number of threads; the plan is remembered.

import { createHash } from 'node:crypto';
import { invariant } from '../../workloads/base/errors.js';
import { type Model, weightsOf } from '../../workloads/model.js';
import { checkedInputs, checkImplemented, checkModel } from './checks.js';
import type { Executor, LoadedNetwork, NetworkInputs, RunOptions } from './contract.js';
import { type Choice, kernelsFor } from './engine/choice.js';
import { type EngineOptions, loadNetwork, settingOf } from './engine/engine.js';
import { type EngineSetting, engineName } from './engine/network.js';
import { type LayerRace, raceKernels } from './engine/race.js';
import { exactKernels, kernelCode } from './engine/table.js';
import { readMachine } from './machine.node.js';
import { openPlanStore, type Plan, type PlanStore } from './plan-store.node.js';

export interface AutoOptions extends EngineOptions {
  /** Where plans are remembered: the user's cache folder unless told otherwise. */
  readonly plans?: PlanStore;
}

export function createAuto({ plans = openPlanStore(), ...options }: AutoOptions = {}): Executor {
  const open = settingOf('auto', options);
  return {
    name: 'auto',
    optIn: false,
    async describe() {
      const { setting, hint } = await open();
      return { engine: engineName('auto', setting), hint };
    },
    async load(model) {
      checkModel(model);
      checkImplemented(model.network);
      const { setting } = await open();
      return new AutoNetwork(model, setting, plans);
    },
  };
}

/** Loads the engine at the first run, when the batch and its values are known. */
class AutoNetwork implements LoadedNetwork {
  readonly #weightsHash: string;
  #ready: {
    readonly batch: number;
    readonly network: LoadedNetwork;
    readonly notes: readonly string[];
  } | null = null;
  #disposed = false;

  constructor(
    readonly model: Model,
    readonly setting: EngineSetting,
    readonly plans: PlanStore,
  ) {
    this.#weightsHash = hashWeights(model);
  }

  async run(inputs: NetworkInputs, batch: number, options?: RunOptions) {
    const { network } = this.model;
    invariant(!this.#disposed, () => `${network.name}: run after dispose`);
    const given = checkedInputs(network, inputs, batch);
    if (this.#ready?.batch !== batch) {
      this.#ready?.network.dispose();
      this.#ready = null;
      const { choices, notes } = await this.#choose(
        given,
        batch,
        options?.onProgress ?? (() => {}),
      );
      this.#ready = { batch, network: await loadNetwork(this.model, choices, this.setting), notes };
    }
    const run = await this.#ready.network.run(given, batch, options);
    return { ...run, notes: [...this.#ready.notes, ...run.notes] };
  }

  dispose() {
    this.#disposed = true;
    this.#ready?.network.dispose();
  }

  async #choose(inputs: NetworkInputs, batch: number, onProgress: (doing: string) => void) {
    const { model, setting, plans } = this;
    const machine = readMachine().model;
    const key = keyOf(model, this.#weightsHash, machine, setting, batch);
    const notes: string[] = [];
    try {
      const remembered = plans.read(key);
      const choices = remembered && choicesOf(model, remembered.layers, setting);
      if (choices) return { choices, notes };
      if (remembered) notes.push('the remembered plan is of other layers or kernels; timed again');
    } catch (error) {
      notes.push(`${messageOf(error)}; timed again`);
    }
    const layers = await raceKernels(model, exactKernels, setting, inputs, batch, onProgress);
    const plan: Plan = {
      ...{ version: 1, network: model.network.name, machine, batch, threads: setting.threads },
      layers: layers.map((layer) => ({ ...layer, seconds: { ...layer.seconds } })),
    };
    await plans
      .write(key, plan)
      .catch((error: unknown) => notes.push(`${messageOf(error)}; not remembered`));
    const choices = choicesOf(model, layers, setting);
    invariant(choices !== null, () => `${model.network.name}: a race was won by no kernel`);
    return { choices, notes };
  }
}

/** The kernels that a plan names, or null where it does not fit the network. */
function choicesOf(
  { network, weights }: Model,
  plan: readonly LayerRace[],
  { native }: EngineSetting,
): readonly Choice[] | null {
  if (plan.length !== network.layers.length) return null;
  const choices = network.layers.flatMap((layer, at): readonly Choice[] => {
    const { name, kernel: wanted } = plan[at] as LayerRace;
    const able = kernelsFor(exactKernels, layer, weights.get(layer.name) ?? null, native !== null);
    const kernel = name === layer.name ? able.find((row) => row.name === wanted) : undefined;
    return kernel ? [{ kernel, notes: [] }] : [];
  });
  return choices.length === network.layers.length ? choices : null;
}

/** Everything that decides which kernel is the fastest, but for the values that are met. */
function keyOf(
  model: Model,
  weights: string,
  machine: string,
  { threads, fused, native }: EngineSetting,
  batch: number,
): string {
  const { layers, inputs } = model.network;
  const { arch, versions } = process;
  const names = exactKernels.map(({ name }) => name);
  const facts = {
    machine,
    arch,
    v8: versions.v8,
    names,
    kernelCode,
    native: native?.key ?? null,
    inputs,
    layers,
    weights,
    threads,
    fused,
    batch,
  };
  return `${model.network.name}-${createHash('sha256').update(JSON.stringify(facts, withoutValues)).digest('hex').slice(0, 32)}`;
}

/** Values decide no kernel. */
function withoutValues(_key: string, value: unknown): unknown {
  return ArrayBuffer.isView(value) ? null : value;
}

/** Of all weights as they are stored: another format may have another fastest kernel. */
function hashWeights(model: Model): string {
  const hash = createHash('sha256');
  for (const layer of model.network.layers) {
    const weights = weightsOf(model, layer);
    if (!weights) continue;
    hash.update(`${layer.name} ${weights.store.format} `);
    for (const part of Object.values(weights.store))
      if (ArrayBuffer.isView(part)) hash.update(bytesOf(part));
    if (weights.bias) hash.update(bytesOf(weights.bias));
  }
  return hash.digest('hex');
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
