// A network as estimates see it: its layers' demands and densities, known at once and without
// weights. Layers that cost the same are one kind, which is costed as a whole layer or as the part
// of one that a model may be asked about.

import type { ExpectedLayer, PartLimits } from '../hw-models/contract.js';
import { type Demand, denseMacsOf } from '../workloads/demand.js';
import {
  type Layer,
  type LayerTask,
  type LayerWeights,
  parametersIn,
  parametersOf,
  weightShapeOf,
} from '../workloads/network.js';
import { tensorDensities } from '../workloads/synthesis.js';
import { densityOf } from '../workloads/weights/entries.js';
import type { ZooEntry } from '../workloads/zoo/entry.js';
import { type Densities, densitiesAt } from './densities.js';
import type { ExploredWorkload } from './explore.js';
import { exploredEntry } from './explored-network.js';
import { type StandInDensities, sizeOfDemand, standInOf } from './stand-ins.js';
import { type LayerSummary, total, type WorkloadSummary } from './summary.js';
import { isOfPieces, wholeLayer } from './whole-layers.js';

/** Part of a layer, and how often it lies in the layer. */
export interface LayerPart {
  readonly task: LayerTask;
  readonly times: number;
}

/** Layers that cost the same. */
export interface SketchedKind {
  /** The place of the first of them in the network. */
  readonly first: number;
  readonly size: number;
  /** Kinds with the same text cost by their sizes. */
  readonly likeness: string;
  readonly expected: ExpectedLayer;
  /** One of them in a batch, as large as it is; null where none can be made at once. */
  readonly wholeIn: ((batch: number) => LayerTask) | null;
  /** A part of one that is no larger than `limits`, in a batch. */
  partIn(batch: number, limits: PartLimits | null): LayerPart;
}

export interface Sketch {
  /** By layer that costs something, in the network's order. */
  readonly layers: readonly {
    readonly name: string;
    readonly demand: Demand;
    /** The place of its kind. */
    readonly kind: number;
  }[];
  /** The first layer, which may pay for what starts the network, is a kind of its own. */
  readonly kinds: readonly SketchedKind[];
  /** Places of kinds, those first that say most of the network. */
  readonly order: readonly number[];
  readonly summary: WorkloadSummary;
}

/** Weights of a file that are counted for an estimate; there is no time for more. */
const MAX_COUNTED = 2 ** 25;
/**
 * All pieces and parts are drawn from it: another seed changes what a layer costs by chance, and an
 * estimate no more than that.
 */
const SEED = 0;

/** Networks at so many densities are remembered. */
const MAX_REMEMBERED = 4;
const remembered = new WeakMap<ZooEntry, Map<string, Sketch>>();

/** The network at these densities; null where too much would have to be counted. */
export function sketchOf(asked: Densities & Pick<ExploredWorkload, 'workload'>): Sketch | null {
  const entry = exploredEntry(asked.workload);
  if (entry.weights && parametersIn(entry.network) > MAX_COUNTED) return null;
  const known = remembered.get(entry) ?? new Map<string, Sketch>();
  remembered.set(entry, known);
  const key = `${asked.weightDensity} ${asked.activationDensity}`;
  const found = known.get(key) ?? sketched(entry, asked);
  known.delete(key);
  known.set(key, found);
  for (const old of [...known.keys()].slice(0, -MAX_REMEMBERED)) known.delete(old);
  return found;
}

function sketched(entry: ZooEntry, asked: Densities): Sketch {
  const { network } = entry;
  const profile = densitiesAt(entry.densities, asked);
  const density = tensorDensities(network, profile);
  const numberOf = numbers();
  const places = new Map<string, number>();
  const kinds: (SketchedKind & { readonly summary: Omit<LayerSummary, 'name'> })[] = [];
  const layers: { name: string; demand: Demand; kind: number }[] = [];
  for (const layer of network.layers) {
    const { demand, name } = layer;
    if (!demand) continue;
    const [first = '', second = ''] = layer.inputs;
    const inputs = [density.get(first) ?? 1, density.get(second) ?? 1] as const;
    const { output: _, ...drawn } = profile.layers[name] ?? { weights: 1 };
    const weights = entry.weights ? { weights: shareIn(entry, name) } : drawn;
    const pattern = weights.pattern ? numberOf(weights.pattern) : '';
    const shape = `${formOf(layer, demand)} ${weights.weights} ${pattern}`;
    const key = `${layers.length === 0} ${shape} ${inputs.join(' ')}`;
    const kind = places.get(key) ?? kinds.length;
    places.set(key, kind);
    if (kind === kinds.length)
      kinds.push(kindOf(layer, demand, { weights, inputs }, layers.length, `${kind}`));
    layers.push({ name, demand, kind });
  }
  const summaries = layers.map(({ name, kind }): LayerSummary => {
    const { summary } = kinds[kind] as (typeof kinds)[number];
    return { name, ...summary };
  });
  return {
    ...{ layers, kinds },
    order: orderOf(
      kinds,
      layers.map(({ kind }) => kind),
    ),
    summary: summaryOf(entry, summaries),
  };
}

/** Numbers things by what they hold. */
function numbers(): (thing: object) => number {
  const byText = new Map<string, number>();
  const known = new WeakMap<object, number>();
  return (thing) => {
    const found = known.get(thing);
    if (found !== undefined) return found;
    const text = JSON.stringify(thing);
    const number = byText.get(text) ?? byText.size;
    byText.set(text, number);
    known.set(thing, number);
    return number;
  };
}

const demandNumber = numbers();
/** What a layer demands, in short: the same text for the same demand. */
const formOf = ({ kind }: Layer, demand: Demand) => `${kind} ${demandNumber(demand)}`;

const shares = new WeakMap<LayerWeights, number>();

function shareIn({ weights }: ZooEntry, layer: string): number {
  const own = weights?.get(layer);
  if (!own) return 1;
  const known = shares.get(own) ?? densityOf(own.store);
  shares.set(own, known);
  return known;
}

function kindOf(
  layer: Layer,
  demand: Demand,
  densities: StandInDensities,
  first: number,
  alike: string,
): SketchedKind & { readonly summary: Omit<LayerSummary, 'name'> } {
  const size = sizeOfDemand(demand);
  const parts = new Map<PartLimits | null, LayerPart>();
  return {
    ...{ first, size, likeness: likenessOf(demand) },
    expected: { demand, weightDensity: densities.weights.weights },
    summary: summaryOfLayer(layer, demand, densities),
    wholeIn: isOfPieces(demand) ? wholeLayer(layer, demand, densities, alike, SEED) : null,
    partIn(batch, limits) {
      const known = parts.get(limits) ?? partOf(layer.name, demand, densities, limits);
      parts.set(limits, known);
      return { ...known, task: { ...known.task, batch } };
    },
  };
}

function partOf(
  name: string,
  demand: Demand,
  densities: StandInDensities,
  limits: PartLimits | null,
): LayerPart {
  const task = standInOf(name, demand, densities, 1, SEED, limits ?? undefined);
  return { task, times: sizeOfDemand(demand) / sizeOfDemand(task.demand) };
}

/**
 * The largest of each likeness, then those that take most together. `kindOfLayer`: places of kinds,
 * by layer.
 */
function orderOf(
  kinds: readonly SketchedKind[],
  kindOfLayer: readonly number[],
): readonly number[] {
  const together = new Float64Array(kinds.length);
  for (const kind of kindOfLayer)
    together[kind] = (together[kind] as number) + (kinds[kind] as SketchedKind).size;
  const places = [...kinds.keys()].sort(
    (a, b) => (together[b] as number) - (together[a] as number),
  );
  const seen = new Set<string>();
  const first = places.filter((at) => {
    const { likeness } = kinds[at] as SketchedKind;
    const isFirst = !seen.has(likeness);
    seen.add(likeness);
    return isFirst;
  });
  return [...new Set([...first, ...places])];
}

/** Demands whose costs grow with their sizes alike. */
function likenessOf(demand: Demand): string {
  if (demand.kind === 'product') return `${demand.right} ${demand.rows > 1}`;
  return demand.kind === 'convolution' ? `${demand.groups > 1} ${demand.kernel}` : demand.kind;
}

function summaryOfLayer(
  layer: Layer,
  demand: Demand,
  { weights: { weights }, inputs: [input] }: StandInDensities,
): Omit<LayerSummary, 'name'> {
  const shape = weightShapeOf(layer);
  const macsDense = denseMacsOf(demand);
  return {
    ...{ kind: layer.kind, parameters: parametersOf(layer) },
    nonzeros: shape ? Math.round(shape.rows * shape.columns * weights) : 0,
    ...{ macsDense, macsNonzero: macsDense * input * (shape ? weights : 1) },
    ...{ activationDensity: input, activationsOrigin: 'synthetic' },
  };
}

function summaryOf({ network }: ZooEntry, layers: readonly LayerSummary[]): WorkloadSummary {
  const weighted = network.layers.flatMap((layer) => weightShapeOf(layer) ?? []);
  const inputs = total(layers.map(({ macsDense }) => macsDense));
  return {
    ...{ name: network.name, title: network.title, parameters: parametersIn(network) },
    weights: total(weighted.map(({ rows, columns }) => rows * columns)),
    nonzeros: total(layers.map(({ nonzeros }) => nonzeros)),
    macsDense: inputs,
    macsNonzero: total(layers.map(({ macsNonzero }) => macsNonzero)),
    ...{ weightsOrigin: 'synthetic', activationsOrigin: 'synthetic' },
    activationDensity:
      total(layers.map((layer) => layer.activationDensity * layer.macsDense)) / Math.max(1, inputs),
    layers,
  };
}
