// Designs that are being turned, costed on one network: the same models as `compare` and `sweep`,
// with whatever need not be made anew kept between one turn and the next. Runs in browsers too.

import type { Hardware, PrecisionChoice } from '../hw-models/contract.js';
import { InputError } from '../workloads/base/errors.js';
import type { Steps } from '../workloads/base/steps.js';
import { readWeights } from '../workloads/formats/weight-files.js';
import { type LayerTask, type Network, sizeOfActivations } from '../workloads/network.js';
import { drawRepeatableModel, type RandomModel } from '../workloads/synthesis.js';
import type { ZooEntry } from '../workloads/zoo/entry.js';
import { type Densities, densitiesAt } from './densities.js';
import { designBinder, type ExploredDesign } from './designs.js';
import { exploredEntry } from './explored-network.js';
import { inPrecision, modelledRow } from './modelled.js';
import { ownNetwork } from './own-networks.js';
import type { Row } from './result.js';
import { summarize, type WorkloadSummary } from './summary.js';
import { type Trace, tasksOf, traceDrawn, traceRandom } from './trace.js';

/** What all designs run. */
export interface ExploredWorkload extends Densities {
  readonly workload: string;
  readonly batch: number;
  readonly seed: number;
  /**
   * What is computed in: this where a design has it, 'best' by whichever is the fastest; each
   * design's own where null.
   */
  readonly precision: PrecisionChoice | null;
}

/** What a design comes to, or why its model refuses it. */
export type Explored = { readonly row: Row } | { readonly fault: string };

export interface Exploration {
  readonly workload: WorkloadSummary;
  readonly designs: readonly Explored[];
}

export interface ExplorerSources {
  /** A sound config of each family: what designs are bound through. */
  readonly soundConfigs: ReadonlyMap<string, object>;
  /** A file of workloads/zoo/weights. */
  readShippedWeights(name: string): Promise<Uint8Array>;
}

/** What is asked: designs on a network. */
export interface ExplorerQuestion {
  readonly workload: ExploredWorkload;
  readonly designs: readonly ExploredDesign[];
}

export interface Explorer {
  /** @throws InputError for a network that is none of the zoo's or cannot be drawn so. */
  explore(question: ExplorerQuestion): Promise<Exploration>;
  /**
   * {@link explore} with a pause behind each piece of the work, which says what is done next. Work
   * that is not resumed is dropped.
   */
  exploring(question: ExplorerQuestion): AsyncGenerator<string, Exploration>;
  /**
   * Works out what may be asked next, so that it is known when it is; what cannot be is passed
   * over. It pauses often: once something else is explored in a pause, the rest must be dropped.
   */
  ahead(questions: Iterable<ExplorerQuestion>): AsyncGenerator<string, void>;
  /** The network of that name. @throws InputError where there is none. */
  entryOf(workload: string): ZooEntry;
  /** What designs are costed on. @throws InputError as {@link explore}. */
  prepared(workload: ExploredWorkload): Promise<PreparedWorkload>;
  /** A design as a model. @throws InputError with a line for each fault. */
  bind(design: ExploredDesign): Hardware;
}

/** What a network met on one frame, and the tasks that it sets. */
export interface PreparedWorkload {
  readonly trace: Trace;
  readonly tasks: readonly LayerTask[];
}

/** Bytes that models, activations and tasks may each take before the longest unused are dropped. */
const MAX_BYTES = 256 * 2 ** 20;
/** What anything takes besides its large arrays, in bytes, roughly. */
const SMALL = 2 ** 16;

export function createExplorer(sources: ExplorerSources): Explorer {
  const models = keepRecent<RandomModel>(MAX_BYTES);
  const traces = keepRecent<Trace>(MAX_BYTES);
  const tasks = keepRecent<readonly LayerTask[]>(MAX_BYTES);
  /** The model that was asked for last: its weights are held. */
  let current: RandomModel | undefined;

  const bound = designBinder(sources.soundConfigs);

  // Undoing and comparing come back to designs that were costed before.
  const known = new WeakMap<readonly LayerTask[], Map<string, Explored>>();
  const summaries = new WeakMap<readonly LayerTask[], WorkloadSummary>();
  function* explored(
    design: ExploredDesign,
    work: readonly LayerTask[],
    precision: ExploredWorkload['precision'],
  ): Generator<string, Explored> {
    const results = known.get(work) ?? new Map<string, Explored>();
    known.set(work, results);
    const key = JSON.stringify([design, precision]);
    const found = results.get(key) ?? (yield* costed(design, work, precision));
    results.set(key, found);
    return found;
  }

  function* costed(
    design: ExploredDesign,
    work: readonly LayerTask[],
    precision: ExploredWorkload['precision'],
  ): Generator<string, Explored> {
    try {
      const hardware = bound(design);
      const asked = precision ?? undefined;
      const costing = hardware.costing(work, design.kernel ?? undefined, asked);
      for (let at = 1; ; at++) {
        const { done, value } = costing.next();
        if (done) return { row: inPrecision(modelledRow(hardware, value, work), hardware, asked) };
        yield `${design.preset}, ${at} of ${work.length} layers`;
      }
    } catch (error) {
      if (error instanceof InputError) return { fault: error.message };
      throw error;
    }
  }

  /** The network with its weights, and the tasks that it sets. */
  async function* prepare(settings: ExploredWorkload, beforeDrawing: () => void = () => undefined) {
    const { workload, batch, seed, weightDensity, activationDensity } = settings;
    const entry = exploredEntry(workload);
    const { network } = entry;
    const densities = densitiesAt(entry.densities, settings);
    const own = ownNetwork(workload);
    const isVaried = (weightDensity ?? activationDensity) !== null;
    if (entry.weights && isVaried) {
      throw new InputError(
        `${workload}: its weights are from a file, expected no densities to draw at`,
      );
    }
    const isRandom = !entry.weights && (isVaried || entry.shippedWeights === undefined);
    const random = yield* models([workload, seed, weightDensity, isRandom], async function* () {
      beforeDrawing();
      const value = isRandom
        ? yield* saying('weights', drawRepeatableModel(network, densities, seed))
        : await realModel(entry, sources);
      return { value, bytes: SMALL };
    });
    const trace = yield* traces([workload, seed, activationDensity], async function* () {
      yield 'activations';
      const value = own
        ? await traceDrawn({ ...entry, densities }, random.model, seed, () => own.executor)
        : traceRandom(network, densities, seed);
      return { value, bytes: bytesOf(network, value) };
    });
    const work = yield* tasks(
      [workload, seed, weightDensity, activationDensity, batch, isRandom],
      async function* () {
        const value = tasksOf(random.model, trace, batch);
        yield 'activations';
        return { value, bytes: SMALL + bytesOf(network, trace) };
      },
    );
    return { random, trace, work };
  }

  async function* exploring({ workload, designs }: ExplorerQuestion) {
    const letGo = () => current?.letGo();
    const { random, work } = yield* prepare(workload, letGo);
    if (current !== random) letGo();
    current = random;
    const found: Explored[] = [];
    for (const design of designs) found.push(yield* explored(design, work, workload.precision));
    const summary = summaries.get(work) ?? summarize(random.model, work);
    summaries.set(work, summary);
    return { workload: summary, designs: found };
  }

  return {
    async prepared(workload) {
      const { trace, work } = await finishing(prepare(workload));
      return { trace, tasks: work };
    },
    entryOf: exploredEntry,
    bind: bound,
    explore: (question) => finishing(exploring(question)),
    exploring,
    async *ahead(questions) {
      if (current) yield* saying('weights', current.hold());
      for (const { workload, designs } of questions) {
        try {
          const { random, work } = yield* prepare(workload);
          for (const design of designs) yield* explored(design, work, workload.precision);
          if (random !== current) random.letGo();
        } catch (error) {
          if (!(error instanceof InputError)) throw error;
        }
      }
    },
  };
}

const bytesOf = (network: Network, { tensors }: Trace): number => {
  const read = new Set(network.layers.map(({ inputs: [first = ''] }) => first));
  return [...read].reduce((sum, name) => {
    const tensor = tensors.get(name);
    return sum + (tensor ? Float32Array.BYTES_PER_ELEMENT * sizeOfActivations(tensor) : 0);
  }, 0);
};

/** A network with the weights of its own file, else with those that it is shipped with. */
async function realModel(
  { network, weights: own, shippedWeights = '', weightFormats }: ZooEntry,
  sources: ExplorerSources,
): Promise<RandomModel> {
  const weights =
    own ??
    readWeights(
      await sources.readShippedWeights(shippedWeights),
      ...([network, shippedWeights, weightFormats] as const),
    );
  // What was read is not drawn again, so it stays.
  return { model: { network, weights, origin: 'real' }, letGo: () => undefined, *hold() {} };
}

/** `work`, each pause of which says what is being done. */
function* saying<Result>(doing: string, work: Steps<Result>): Generator<string, Result> {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    yield doing;
  }
}

async function finishing<Result>(work: AsyncGenerator<string, Result>): Promise<Result> {
  for (;;) {
    const { done, value } = await work.next();
    if (done) return value;
  }
}

/**
 * Remembers values by their keys, and drops the longest unused where they take more than `max`
 * bytes.
 */
function keepRecent<Value>(max: number) {
  const kept = new Map<string, { readonly value: Value; readonly bytes: number }>();
  return async function* (
    key: readonly unknown[],
    make: () => AsyncGenerator<string, { readonly value: Value; readonly bytes: number }>,
  ): AsyncGenerator<string, Value> {
    const text = JSON.stringify(key);
    const found = kept.get(text) ?? (yield* make());
    kept.delete(text);
    let room = max - found.bytes;
    for (const { bytes } of kept.values()) room -= bytes;
    for (const [old, { bytes }] of kept) {
      if (room >= 0) break;
      kept.delete(old);
      room += bytes;
    }
    kept.set(text, found);
    return found.value;
  };
}
