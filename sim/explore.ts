// Designs that are being turned, costed on one network: the same models as `compare` and `sweep`,
// with whatever need not be made anew kept between one turn and the next. Runs in browsers too.

import { catalog } from '../hw-models/catalog.js';
import type { Hardware } from '../hw-models/contract.js';
import { InputError } from '../workloads/base/errors.js';
import { readWeights } from '../workloads/formats/weight-files.js';
import type { LayerTask, Network } from '../workloads/network.js';
import { drawRepeatableModel, type RandomModel } from '../workloads/synthesis.js';
import type { ZooEntry } from '../workloads/zoo/entry.js';
import { zoo } from '../workloads/zoo/index.js';
import { type Densities, densitiesAt } from './densities.js';
import { modelledRow } from './modelled.js';
import type { Row } from './result.js';
import { summarize, type WorkloadSummary } from './summary.js';
import { type Trace, tasksOf, traceRandom } from './trace.js';

/** What all designs run. */
export interface ExploredWorkload extends Densities {
  readonly workload: string;
  readonly batch: number;
  readonly seed: number;
}

/** A design: a config of a family, and the preset that it was turned from. */
export interface ExploredDesign {
  readonly preset: string;
  readonly family: string;
  /** The fastest for each layer where null. */
  readonly kernel: string | null;
  /** Plain data in SI units, as the family's schema has it. */
  readonly config: object;
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
   * Works out what may be asked next, so that it is known when it is; what cannot be is passed
   * over. It pauses often: once something else is explored in a pause, the rest must be dropped.
   */
  ahead(questions: Iterable<ExplorerQuestion>): AsyncGenerator<void, void>;
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
  const bases = new Map<string, Hardware>();
  /** The model that was asked for last: its weights are held. */
  let current: RandomModel | undefined;

  const bound = ({ preset, family, config }: ExploredDesign): Hardware => {
    const entry = catalog.find(({ name }) => name === family);
    const sound = sources.soundConfigs.get(family);
    if (!entry || !sound)
      throw new InputError(`${preset}: family: found '${family}', expected one that is known here`);
    const key = `${family}/${preset}`;
    const base = bases.get(key) ?? entry.rebind(preset, sound);
    bases.set(key, base);
    return base.vary([{ op: 'replace', path: [], value: config }]);
  };

  // Undoing and comparing come back to designs that were costed before.
  const known = new WeakMap<readonly LayerTask[], Map<string, Explored>>();
  const explored = (design: ExploredDesign, work: readonly LayerTask[]): Explored => {
    const results = known.get(work) ?? new Map<string, Explored>();
    known.set(work, results);
    const key = JSON.stringify(design);
    const found = results.get(key) ?? costed(design, work);
    results.set(key, found);
    return found;
  };

  const costed = (design: ExploredDesign, work: readonly LayerTask[]): Explored => {
    try {
      const hardware = bound(design);
      return { row: modelledRow(hardware, hardware.cost(work, design.kernel ?? undefined), work) };
    } catch (error) {
      if (error instanceof InputError) return { fault: error.message };
      throw error;
    }
  };

  /** The network with its weights, and the tasks that it sets. */
  async function* prepare(settings: ExploredWorkload, beforeDrawing: () => void = () => undefined) {
    const { workload, batch, seed, weightDensity, activationDensity } = settings;
    const entry = entryOf(workload);
    const { network } = entry;
    const densities = densitiesAt(entry.densities, settings);
    const isRandom =
      (weightDensity ?? activationDensity) !== null || entry.shippedWeights === undefined;
    const random = yield* models([workload, seed, weightDensity, isRandom], async function* () {
      beforeDrawing();
      const value = isRandom
        ? yield* drawRepeatableModel(network, densities, seed)
        : await shippedModel(entry, sources);
      return { value, bytes: SMALL };
    });
    const trace = yield* traces([workload, seed, activationDensity], async function* () {
      const value = traceRandom(network, densities, seed);
      yield;
      return { value, bytes: bytesOf(network, value) };
    });
    const work = yield* tasks(
      [workload, seed, weightDensity, activationDensity, batch, isRandom],
      async function* () {
        const value = tasksOf(random.model, trace, batch);
        yield;
        return { value, bytes: SMALL + bytesOf(network, trace) };
      },
    );
    return { random, trace, work };
  }

  return {
    async prepared(workload) {
      const { trace, work } = await finishing(prepare(workload));
      return { trace, tasks: work };
    },
    entryOf,
    bind: bound,
    async explore({ workload, designs }) {
      const letGo = () => current?.letGo();
      const { random, work } = await finishing(prepare(workload, letGo));
      if (current !== random) letGo();
      current = random;
      return {
        workload: summarize(random.model, work),
        designs: designs.map((design) => explored(design, work)),
      };
    },
    async *ahead(questions) {
      if (current) yield* current.hold();
      for (const { workload, designs } of questions) {
        try {
          const { random, work } = yield* prepare(workload);
          for (const design of designs) {
            explored(design, work);
            yield;
          }
          if (random !== current) random.letGo();
        } catch (error) {
          if (!(error instanceof InputError)) throw error;
        }
      }
    },
  };
}

function entryOf(workload: string): ZooEntry {
  const entry = zoo.get(workload);
  if (entry) return entry;
  const expected = `one of ${[...zoo.keys()].join(', ')}`;
  throw new InputError(`found the workload '${workload}', expected ${expected}`);
}

const bytesOf = (network: Network, { tensors }: Trace): number => {
  const read = new Set(network.layers.map(({ inputs: [first = ''] }) => first));
  return [...read].reduce((sum, name) => sum + (tensors.get(name)?.values.byteLength ?? 0), 0);
};

async function shippedModel(
  { network, shippedWeights = '', weightFormats }: ZooEntry,
  sources: ExplorerSources,
): Promise<RandomModel> {
  const bytes = await sources.readShippedWeights(shippedWeights);
  const weights = readWeights(bytes, network, shippedWeights, weightFormats);
  // What was read is not drawn again, so it stays.
  return { model: { network, weights, origin: 'real' }, letGo: () => undefined, *hold() {} };
}

async function finishing<Result>(work: AsyncGenerator<void, Result>): Promise<Result> {
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
    make: () => AsyncGenerator<void, { readonly value: Value; readonly bytes: number }>,
  ): AsyncGenerator<void, Value> {
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
