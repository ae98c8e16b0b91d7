// Designs that are being turned, costed on one network: the same models as `compare` and `sweep`, with whatever need not
// be made anew kept between one turn and the next. Runs in browsers too.

import { catalog } from '../hw-models/catalog.js';
import type { Hardware } from '../hw-models/contract.js';
import { InputError } from '../workloads/base/errors.js';
import { readWeights } from '../workloads/import/weight-files.js';
import type { Model } from '../workloads/model.js';
import type { LayerTask } from '../workloads/network.js';
import { drawModel } from '../workloads/synthesis.js';
import type { ZooEntry } from '../workloads/zoo/entry.js';
import { zoo } from '../workloads/zoo/index.js';
import { modelledRow, type Row } from './compare.js';
import { type Densities, densitiesAt } from './densities.js';
import { summarize, type WorkloadSummary } from './summary.js';
import { type Trace, tasksOf, traceDrawn } from './trace.js';

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

export type Explore = (workload: ExploredWorkload, designs: readonly ExploredDesign[]) => Promise<Exploration>;

/** @throws InputError for a network that is none of the zoo's or cannot be drawn so. */
export function createExplorer(sources: ExplorerSources): Explore {
  const models = keepLast<Model>();
  const traces = keepLast<Trace>();
  const tasks = keepLast<readonly LayerTask[]>();
  const bases = new Map<string, Hardware>();

  const bound = ({ preset, family, config }: ExploredDesign): Hardware => {
    const entry = catalog.find(({ name }) => name === family);
    const sound = sources.soundConfigs.get(family);
    if (!entry || !sound) throw new InputError(`${preset}: family: found '${family}', expected one that is known here`);
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

  return async (settings, designs) => {
    const { workload, batch, seed, weightDensity, activationDensity } = settings;
    const entry = zoo.get(workload);
    if (!entry) throw new InputError(`found the workload '${workload}', expected one of ${[...zoo.keys()].join(', ')}`);
    const densities = densitiesAt(entry.densities, settings);
    const isDrawn = (weightDensity ?? activationDensity) !== null || entry.shippedWeights === undefined;
    const model = await models([workload, seed, weightDensity, isDrawn], async () =>
      isDrawn ? drawModel(entry.network, densities, seed) : shippedModel(entry, sources),
    );
    const trace = await traces([workload, seed, activationDensity], async () =>
      traceDrawn(entry.network, densities, seed),
    );
    const work = await tasks([workload, seed, weightDensity, activationDensity, batch, isDrawn], async () =>
      tasksOf(model, trace, batch),
    );
    return { workload: summarize(model, work), designs: designs.map((design) => explored(design, work)) };
  };
}

async function shippedModel(
  { network, shippedWeights = '', weightFormats }: ZooEntry,
  sources: ExplorerSources,
): Promise<Model> {
  const bytes = await sources.readShippedWeights(shippedWeights);
  return { network, weights: readWeights(bytes, network, shippedWeights, weightFormats), origin: 'real' };
}

/** Remembers the value of the last key alone: one network's weights may take hundreds of megabytes. */
function keepLast<Value>() {
  let last: { readonly key: string; readonly value: Value } | undefined;
  return async (key: readonly unknown[], make: () => Promise<Value>): Promise<Value> => {
    const text = JSON.stringify(key);
    if (last?.key === text) return last.value;
    last = undefined;
    last = { key: text, value: await make() };
    return last.value;
  };
}
