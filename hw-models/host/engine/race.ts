// Times kernels against each other, layer by layer, on the values that a network really meets:
// which zeros they skip decides. Candidates take turns, and before each as much memory is read as
// the network's weights take, so that each finds the caches as in a whole network's run.

import { setImmediate } from 'node:timers/promises';
import { invariant } from '../../../workloads/base/errors.js';
import { type Model, weightsOf } from '../../../workloads/model.js';
import type { Layer, TensorType, Values } from '../../../workloads/network.js';
import { nonzerosOf } from '../../../workloads/weights/store.js';
import type { NetworkInputs } from '../../contract.js';
import { checkedInputs, checkImplemented, checkModel, valuesDoneAfter } from '../checks.js';
import { firstThatPays, kernelsFor } from './choice.js';
import type { EngineSetting } from './engine.js';
import type { HostKernel } from './kernel.js';
import { EngineMemory, LayerScratch, ValueSpace } from './memory.js';
import { planLayer } from './programme.js';
import { frameBytesOf, readTensor, tensorAt, writeTensor } from './tensor.js';
import { Crew } from './threads.js';

/** What each kernel took, the fastest one first named. */
export interface LayerRace {
  readonly name: string;
  readonly kernel: string;
  /**
   * The best of each kernel's rounds: other programs only ever slow one down. Empty where nothing
   * was to be chosen.
   */
  readonly seconds: Readonly<Record<string, number>>;
}

/** Rounds until they took this long, but so many at least and at most. */
const ROUND_SECONDS = 0.1;
const LEAST_ROUNDS = 3;
const MOST_ROUNDS = 15;
/** A candidate this much slower than the best in a round does not run in the next ones. */
const HOPELESS = 2;
/** Of a sparse weight, and more than most last-level caches have for a core. */
const WEIGHT_BYTES = 8;
const MOST_CACHE_BYTES = 64 * 2 ** 20;
/** Numbers of 8 bytes in a cache line. */
const LINE_VALUES = 8;

/** A tensor's values of all frames, or of a constant, which has one for all. */
interface Frames {
  readonly values: Values;
  readonly isConstant?: boolean;
}

/**
 * Runs `batch` frames of a network once through, and at each layer every kernel of `kernels` that
 * can run it.
 */
export async function raceKernels(
  model: Model,
  kernels: readonly HostKernel[],
  setting: EngineSetting,
  inputs: NetworkInputs,
  batch: number,
  onProgress: (doing: string) => void,
): Promise<readonly LayerRace[]> {
  checkModel(model);
  const { network } = model;
  checkImplemented(network);
  const { threads, native } = setting;
  const memory = new EngineMemory(threads, native);
  const crew = new Crew(threads, memory.memory, setting);
  await crew.start();
  try {
    const track = new Track(memory, crew, batch, passingWeights(model));
    const doneAfter = valuesDoneAfter(network);
    const values = new Map<string, Frames>();
    for (const [name, { values: own }] of network.constants)
      values.set(name, { values: own, isConstant: true });
    for (const [name, own] of checkedInputs(network, inputs, batch))
      values.set(name, { values: own });
    const races: LayerRace[] = [];
    for (const [at, layer] of network.layers.entries()) {
      onProgress(
        `${network.name}: timing kernels, layer ${at + 1} of ${network.layers.length}, ${layer.name}`,
      );
      // Timing blocks this thread: whoever shows the progress needs it between layers.
      await setImmediate();
      const weights = weightsOf(model, layer);
      const able = kernelsFor(kernels, layer, weights, native !== null);
      const candidates =
        weights === null ? [firstThatPays(able)(layer, weights, native !== null).kernel] : able;
      const met = layer.inputs.map((name) => values.get(name) ?? null);
      const { race, outputs } = track.run(layer, weights, candidates, met);
      races.push(race);
      for (const [result, { name }] of layer.results.entries())
        values.set(name, { values: outputs[result] as Values });
      for (const name of doneAfter[at] ?? []) values.delete(name);
    }
    return races;
  } finally {
    crew.stop();
  }
}

/** One layer after another in one memory, which only ever grows as the largest of them needs. */
class Track {
  readonly #start: number;

  constructor(
    readonly memory: EngineMemory,
    readonly crew: Crew,
    readonly batch: number,
    readonly between: () => void,
  ) {
    this.#start = memory.end;
  }

  run(
    layer: Layer,
    weights: Parameters<HostKernel['prepare']>[1],
    candidates: readonly HostKernel[],
    inputs: readonly (Frames | null)[],
  ): { readonly race: LayerRace; readonly outputs: readonly Values[] } {
    const { memory, crew, batch } = this;
    memory.end = this.#start;
    const prepared = candidates.map((kernel) => kernel.prepare(layer, weights, memory));
    const space = new ValueSpace(memory.end);
    const place = (type: TensorType, frames = batch) => {
      const address = space.take(frames * frameBytesOf(type));
      return frames === batch ? tensorAt(address, type) : tensorAt(address, type, 0);
    };
    const from = layer.inputTypes.map(
      (type, at) => type && place(type, inputs[at]?.isConstant ? 1 : batch),
    );
    const to = layer.results.map((result) => place(result));
    const scratch = new LayerScratch(memory.threads, space.end);
    const steps = prepared.map((one) => {
      scratch.reset();
      return planLayer(layer, one, from, to, batch, scratch);
    });
    memory.reserve(scratch.end);
    const { buffer } = memory.memory;
    for (const [at, tensor] of from.entries()) {
      const given = inputs[at];
      if (tensor && given) writeTensor(buffer, tensor, given.values, given.isConstant ? 1 : batch);
    }
    const bound = crew.bind(steps);
    const runs = bound.map((one) => () => crew.run(one));
    const best = takeTurns(runs, this.between);
    const winner = best.indexOf(Math.min(...best));
    runs[winner]?.();
    const kernel = candidates[winner];
    invariant(kernel !== undefined, () => `layer ${layer.name}: found no kernel for ${layer.kind}`);
    const seconds =
      candidates.length > 1
        ? candidates.map(({ name }, at) => [name, best[at] as number] as const)
        : [];
    return {
      race: { name: layer.name, kernel: kernel.name, seconds: Object.fromEntries(seconds) },
      outputs: to.map((tensor) => readTensor(buffer, tensor, batch)),
    };
  }
}

/** Reads as many bytes as the network's weights take, to about what caches hold. */
function passingWeights({ weights }: Model): () => void {
  let bytes = 0;
  for (const { store } of weights.values()) bytes += WEIGHT_BYTES * nonzerosOf(store);
  const values = new Float64Array(
    Math.ceil(Math.min(bytes, MOST_CACHE_BYTES) / Float64Array.BYTES_PER_ELEMENT),
  ).fill(1);
  let sum = 0;
  return () => {
    for (let at = 0; at < values.length; at += LINE_VALUES) sum += values[at] as number;
    invariant(sum > 0 || values.length === 0, 'what was read adds up');
  };
}

/** The best seconds of each run; nothing to choose takes no time. */
function takeTurns(runs: readonly (() => void)[], between: () => void): readonly number[] {
  const best = runs.map(() => Number.POSITIVE_INFINITY);
  if (runs.length < 2) return best.map(() => 0);
  for (const run of runs) run();
  let spent = 0;
  for (
    let round = 0;
    round < MOST_ROUNDS && (round < LEAST_ROUNDS || spent < ROUND_SECONDS);
    round++
  ) {
    const limit = HOPELESS * Math.min(...best);
    for (const [at, run] of runs.entries()) {
      if (round > 0 && (best[at] as number) > limit) continue;
      between();
      const start = performance.now();
      run();
      const seconds = (performance.now() - start) / 1000;
      best[at] = Math.min(best[at] as number, seconds);
      spent += seconds;
    }
  }
  return best;
}
