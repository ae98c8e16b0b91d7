// Times kernels against each other, layer by layer, on the values that a network really meets:
// which zeros they skip decides. Candidates take turns, and before each as much memory is read as
// the network's weights take, so that each finds the caches as in a whole network's run. A kernel
// that is far behind on one layer is not tried on others like it.

import { setImmediate } from 'node:timers/promises';
import { invariant } from '../../../workloads/base/errors.js';
import { type Model, weightsOf } from '../../../workloads/model.js';
import type { Layer, LayerWeights, TensorType, Values } from '../../../workloads/network.js';
import { nonzerosOf } from '../../../workloads/weights/entries.js';
import { checkedInputs, checkImplemented, checkModel, valuesDoneAfter } from '../checks.js';
import type { NetworkInputs } from '../contract.js';
import { readMachine } from '../machine.node.js';
import { firstThatPays, kernelsFor } from './choice.js';
import type { HostKernel } from './kernel.js';
import { EngineMemory, LayerScratch, ValueSpace } from './memory.js';
import type { EngineSetting } from './network.js';
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

/**
 * Rounds until they took this long, with all that is between runs, or one is so far ahead; but so
 * many at least and at most.
 */
const ROUND_SECONDS = 0.03;
const AHEAD = 1.5;
const MIN_ROUNDS = 2;
const MAX_ROUNDS = 15;
/** A candidate this much slower than the best so far does not run in the next rounds. */
const HOPELESS = 2;
/** One this much slower on a layer does not run on others like it. */
const FAR_BEHIND = 2.5;
/**
 * Multiply-adds a cycle of 128-bit vectors, two of them on x86 and four on Arm at most; half as
 * many again, since the clock that a system tells is not the highest.
 */
const MAX_MACS = 1.5 * (process.arch === 'arm64' ? 16 : 8);
/** Of a sparse weight, and more than most last-level caches have for a core. */
const WEIGHT_BYTES = 8;
const MAX_CACHE_BYTES = 64 * 2 ** 20;
/** Of the copies of one layer's weights that lie in the memory at once. */
const MAX_COPIES_BYTES = 2 ** 31;
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
    const behind = new FarBehind();
    for (const [at, layer] of network.layers.entries()) {
      onProgress(
        `${network.name}: timing kernels, layer ${at + 1} of ${network.layers.length}, ${layer.name}`,
      );
      // Timing blocks this thread: whoever shows the progress needs it between layers.
      await setImmediate();
      const weights = weightsOf(model, layer);
      const able = kernelsFor(kernels, layer, weights, native !== null);
      const candidates =
        weights === null
          ? [firstThatPays(able)(layer, weights, native !== null).kernel]
          : behind.others(layer, weights, able);
      const inputs = layer.inputs.map((name) => values.get(name) ?? null);
      const { race, outputs } = track.run(layer, weights, candidates, inputs);
      races.push(race);
      if (weights !== null) behind.learn(layer, weights, race);
      for (const [result, { name }] of layer.results.entries())
        values.set(name, { values: outputs[result] as Values });
      for (const name of doneAfter[at] ?? []) values.delete(name);
    }
    return races;
  } finally {
    crew.stop();
  }
}

/**
 * Which kernels were far behind on which layers. Layers are alike by their kind, their window, the
 * extent of what they make, and the share of weights left within a factor of two.
 */
class FarBehind {
  readonly #names = new Map<string, ReadonlySet<string>>();

  /** The kernels of `able` but for those; all where no layer like it was timed. */
  others(layer: Layer, weights: LayerWeights, able: readonly HostKernel[]): readonly HostKernel[] {
    const names = this.#names.get(likeness(layer, weights));
    return names ? able.filter(({ name }) => !names.has(name)) : able;
  }

  learn(layer: Layer, weights: LayerWeights, { kernel, seconds }: LayerRace): void {
    const key = likeness(layer, weights);
    const best = seconds[kernel];
    if (this.#names.has(key) || best === undefined) return;
    const names = Object.keys(seconds).filter((name) => (seconds[name] ?? 0) > FAR_BEHIND * best);
    this.#names.set(key, new Set(names));
  }
}

function likeness(layer: Layer, { store }: LayerWeights): string {
  const share = nonzerosOf(store) / Math.max(1, store.rows * store.columns);
  const left = share > 0 ? Math.round(Math.log2(share)) : null;
  const extents = layer.results.map(({ shape }) => shape.slice(2));
  const window =
    layer.kind === 'conv2d'
      ? [layer.kernel, layer.stride, layer.dilation, layer.pad, layer.groups > 1]
      : [store.rows, store.columns];
  return JSON.stringify([layer.kind, store.format, window, extents, left]);
}

/** One layer after another in one memory, which only ever grows as the largest of them needs. */
class Track {
  readonly #start: number;
  readonly #clockHz = readMachine().clockHz ?? Infinity;

  constructor(
    readonly memory: EngineMemory,
    readonly crew: Crew,
    readonly batch: number,
    readonly between: () => void,
  ) {
    this.#start = memory.end;
  }

  /** WebAssembly kernels run only where they can still be faster than the best native one. */
  run(
    layer: Layer,
    weights: LayerWeights | null,
    candidates: readonly HostKernel[],
    inputs: readonly (Frames | null)[],
  ): { readonly race: LayerRace; readonly outputs: readonly Values[] } {
    const groups = groupsThatFit(weights, candidates);
    if (groups.length > 1)
      return groups
        .map((group) => this.#race(layer, weights, group, inputs, true))
        .reduce(fasterOf);
    const native = candidates.filter(({ isNative }) => isNative);
    const others = candidates.filter(({ isNative }) => !isNative);
    if (native.length === 0 || others.length === 0)
      return this.#race(layer, weights, candidates, inputs);
    const first = this.#race(layer, weights, native, inputs, true);
    const { kernel, seconds } = first.race;
    const best = seconds[kernel] as number;
    const able = others.filter((row) => this.#minSeconds(row, layer, weights) < best);
    if (able.length === 0) return first;
    const winners = native.filter(({ name }) => name === kernel);
    const second = this.#race(layer, weights, [...winners, ...able], inputs);
    return fasterOf(first, second);
  }

  /** What a WebAssembly kernel takes at least, with every multiply-add unit at work. */
  #minSeconds(row: HostKernel, layer: Layer, weights: LayerWeights | null): number {
    const macs = (row.minMacs?.(layer, weights) ?? 0) * this.batch;
    return macs / (this.memory.threads * MAX_MACS * this.#clockHz);
  }

  #race(
    layer: Layer,
    weights: LayerWeights | null,
    candidates: readonly HostKernel[],
    inputs: readonly (Frames | null)[],
    timesOne = false,
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
    const runs = bound.map((one) => () => void crew.run([one]));
    // In a network threads are awake when a layer begins.
    const between = () => {
      this.between();
      crew.rouse();
    };
    const isTimed = timesOne || candidates.length > 1;
    const best = isTimed ? takeTurns(runs, between) : runs.map(() => 0);
    const winner = best.indexOf(Math.min(...best));
    runs[winner]?.();
    const kernel = candidates[winner];
    invariant(kernel !== undefined, () => `layer ${layer.name}: found no kernel for ${layer.kind}`);
    const seconds = isTimed
      ? candidates.map(({ name }, at) => [name, best[at] as number] as const)
      : [];
    return {
      race: { name: layer.name, kernel: kernel.name, seconds: Object.fromEntries(seconds) },
      outputs: to.map((tensor) => readTensor(buffer, tensor, batch)),
    };
  }
}

interface Raced {
  readonly race: LayerRace;
  readonly outputs: readonly Values[];
}

/** Two races of a layer as one, as the later one timed a kernel that both did. */
function fasterOf(first: Raced, second: Raced): Raced {
  const all = { ...first.race.seconds, ...second.race.seconds };
  const fastest = Object.keys(all).reduce((one, other) =>
    (all[other] as number) < (all[one] as number) ? other : one,
  );
  return { ...second, race: { name: second.race.name, kernel: fastest, seconds: all } };
}

/** Kernels in groups whose copies of a layer's weights, an index beside each, fit in the memory. */
function groupsThatFit(
  weights: LayerWeights | null,
  candidates: readonly HostKernel[],
): readonly (readonly HostKernel[])[] {
  const bytes = weights ? WEIGHT_BYTES * weights.store.rows * weights.store.columns : 0;
  const size = Math.max(1, Math.floor(MAX_COPIES_BYTES / Math.max(1, bytes)));
  return Array.from({ length: Math.ceil(candidates.length / size) }, (_, group) =>
    candidates.slice(group * size, (group + 1) * size),
  );
}

/** Reads as many bytes as the network's weights take, to about what caches hold. */
function passingWeights({ weights }: Model): () => void {
  let bytes = 0;
  for (const { store } of weights.values()) bytes += WEIGHT_BYTES * nonzerosOf(store);
  const values = new Float64Array(
    Math.ceil(Math.min(bytes, MAX_CACHE_BYTES) / Float64Array.BYTES_PER_ELEMENT),
  ).fill(1);
  let sum = 0;
  return () => {
    for (let at = 0; at < values.length; at += LINE_VALUES) sum += values[at] as number;
    invariant(sum > 0 || values.length === 0, 'what was read adds up');
  };
}

/** The best seconds of each run. */
function takeTurns(runs: readonly (() => void)[], between: () => void): readonly number[] {
  const timed = (run: () => void) => {
    const start = performance.now();
    run();
    return (performance.now() - start) / 1000;
  };
  // Whoever is held up once by other programs has a second chance in the first round.
  const best = runs.map(timed);
  const start = performance.now();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const limit = HOPELESS * Math.min(...best);
    for (const [at, run] of runs.entries()) {
      if (round > 0 && (best[at] as number) > limit) continue;
      between();
      best[at] = Math.min(best[at] as number, timed(run));
    }
    const [first = 0, second = Infinity] = [...best].sort((a, b) => a - b);
    const isOver = (performance.now() - start) / 1000 > ROUND_SECONDS || second > AHEAD * first;
    if (round + 1 >= MIN_ROUNDS && isOver) break;
  }
  return best;
}
