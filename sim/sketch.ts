// A network as estimates see it: its layers' demands and densities, known at once and without
// weights, each layer as a whole and as the part of it that a model may be asked about.

import type { PartLimits } from '../hw-models/contract.js';
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
import { nonzerosOf } from '../workloads/weights/store.js';
import type { ZooEntry } from '../workloads/zoo/entry.js';
import { densitiesAt } from './densities.js';
import type { ExploredWorkload } from './explore.js';
import { exploredEntry } from './explored-network.js';
import { type StandInDensities, sizeOfDemand, standInOf } from './stand-ins.js';
import { type LayerSummary, total, type WorkloadSummary } from './summary.js';
import { isOfPieces, wholeLayer } from './whole-layers.js';

/** A layer that costs something. */
export interface SketchedLayer {
  readonly name: string;
  readonly demand: Demand;
  readonly size: number;
  /** Layers with the same text cost by their sizes. */
  readonly likeness: string;
  /** Layers with the same text cost the same. */
  readonly key: string;
  readonly summary: LayerSummary;
  /** The layer as large as it is; null where none can be made at once. */
  readonly whole: LayerTask | null;
  /** A part of it that is no larger than `limits`, and how often it lies in the layer. */
  part(limits: PartLimits | null): { readonly task: LayerTask; readonly times: number };
}

export interface Sketch {
  readonly asked: ExploredWorkload;
  /** In the network's order. */
  readonly layers: readonly SketchedLayer[];
  /** Places of layers, those first that say most of the network. */
  readonly order: readonly number[];
  readonly summary: WorkloadSummary;
}

/** Weights of a file that are counted for an estimate; there is no time for more. */
const MAX_COUNTED = 2 ** 25;

/** The network as it is asked for; null where too much would have to be counted. */
export function sketchOf(asked: ExploredWorkload): Sketch | null {
  const entry = exploredEntry(asked.workload);
  const { network } = entry;
  if (entry.weights && parametersIn(network) > MAX_COUNTED) return null;
  const profile = densitiesAt(entry.densities, asked);
  const density = tensorDensities(network, profile);
  const parts: Parts = new Map();
  const layers = network.layers.flatMap((layer): readonly SketchedLayer[] => {
    const { demand } = layer;
    if (!demand) return [];
    const at = (input: number) => density.get(layer.inputs[input] ?? '') ?? 1;
    const { output: _, ...drawn } = profile.layers[layer.name] ?? { weights: 1 };
    const weights = entry.weights ? { weights: shareIn(entry, layer.name) } : drawn;
    return [sketchedLayer(layer, demand, { weights, inputs: [at(0), at(1)] }, asked, parts)];
  });
  return { asked, layers, order: orderOf(layers), summary: summaryOf(entry, layers) };
}

const shares = new WeakMap<LayerWeights, number>();

function shareIn({ weights }: ZooEntry, layer: string): number {
  const own = weights?.get(layer);
  if (!own) return 1;
  const known = shares.get(own) ?? nonzerosOf(own.store) / (own.store.rows * own.store.columns);
  shares.set(own, known);
  return known;
}

/** Parts of layers by the layers' keys: those of layers alike are drawn once. */
type Parts = Map<
  string,
  Map<PartLimits | null, { readonly task: LayerTask; readonly times: number }>
>;

function sketchedLayer(
  layer: Layer,
  demand: Demand,
  densities: StandInDensities,
  { batch, seed }: ExploredWorkload,
  parts: Parts,
): SketchedLayer {
  const { name, kind } = layer;
  const key = JSON.stringify([kind, demand, densities, batch, seed]);
  const size = sizeOfDemand(demand);
  return {
    ...{ name, demand, size, key, likeness: likenessOf(demand) },
    ...{ summary: summaryOfLayer(layer, demand, densities) },
    whole: isOfPieces(demand)
      ? Object.defineProperty(wholeLayer(layer, demand, densities, batch, seed), 'alike', {
          value: key,
        })
      : null,
    part(limits) {
      const alike = parts.get(key) ?? new Map();
      parts.set(key, alike);
      const known = alike.get(limits);
      if (known) return known;
      const task = standInOf(name, demand, densities, batch, seed, limits ?? undefined);
      const made = { task, times: size / sizeOfDemand(task.demand) };
      alike.set(limits, made);
      return made;
    },
  };
}

/** The largest of each likeness, then those that take most together with those like them. */
function orderOf(layers: readonly SketchedLayer[]): readonly number[] {
  const together = new Map<string, number>();
  for (const { key, size } of layers) together.set(key, (together.get(key) ?? 0) + size);
  const sizes = layers.map(({ key }) => together.get(key) as number);
  const places = [...layers.keys()].sort((a, b) => (sizes[b] as number) - (sizes[a] as number));
  const seen = new Set<string>();
  const first = places.filter((at) => {
    const { likeness } = layers[at] as SketchedLayer;
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
): LayerSummary {
  const shape = weightShapeOf(layer);
  const macsDense = denseMacsOf(demand);
  return {
    ...{ name: layer.name, kind: layer.kind, parameters: parametersOf(layer) },
    nonzeros: shape ? Math.round(shape.rows * shape.columns * weights) : 0,
    ...{ macsDense, macsNonzero: macsDense * input * (shape ? weights : 1) },
    ...{ activationDensity: input, activationsOrigin: 'synthetic' },
  };
}

function summaryOf({ network }: ZooEntry, layers: readonly SketchedLayer[]): WorkloadSummary {
  const all = layers.map(({ summary }) => summary);
  const weighted = network.layers.flatMap((layer) => weightShapeOf(layer) ?? []);
  const inputs = total(all.map(({ macsDense }) => macsDense));
  return {
    ...{ name: network.name, title: network.title, parameters: parametersIn(network) },
    weights: total(weighted.map(({ rows, columns }) => rows * columns)),
    nonzeros: total(all.map(({ nonzeros }) => nonzeros)),
    macsDense: inputs,
    macsNonzero: total(all.map(({ macsNonzero }) => macsNonzero)),
    ...{ weightsOrigin: 'synthetic', activationsOrigin: 'synthetic' },
    activationDensity:
      total(all.map((layer) => layer.activationDensity * layer.macsDense)) / Math.max(1, inputs),
    layers: all,
  };
}
