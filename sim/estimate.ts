// Estimates, at once, of what designs come to on a network of which an exact answer to another
// question is known: each layer costs more or less than it did there as a small stand-in of it does.

import type { Hardware, LayerCost, Parts } from '../hw-models/contract.js';
import { secondsOf, times } from '../hw-models/cost.js';
import { InputError } from '../workloads/base/errors.js';
import { Recent } from '../workloads/base/recent.js';
import { type Demand, denseMacsOf } from '../workloads/demand.js';
import {
  type Layer,
  type LayerTask,
  parametersIn,
  parametersOf,
  weightShapeOf,
} from '../workloads/network.js';
import { tensorDensities } from '../workloads/synthesis.js';
import { densitiesAt } from './densities.js';
import { designBinder, type ExploredDesign } from './designs.js';
import type { Exploration, Explored, ExploredWorkload, ExplorerQuestion } from './explore.js';
import { exploredEntry } from './explored-network.js';
import { inPrecision, modelledRow } from './modelled.js';
import type { LayerResult, Row } from './result.js';
import { type StandInDensities, sizeOfDemand, standInOf } from './stand-ins.js';
import { type LayerSummary, total, type WorkloadSummary } from './summary.js';

/** A question whose exact answer is known. */
export interface Answered {
  readonly question: ExplorerQuestion;
  readonly exploration: Exploration;
}

export interface Estimator {
  /**
   * What `question` comes to, roughly; null where `base`, an exact answer, is of another network or
   * lacks a preset. Stand-ins are costed from the largest layer on until `isLate`; the layers that
   * are left change as those did.
   */
  estimate(question: ExplorerQuestion, base: Answered, isLate: () => boolean): Exploration | null;
  /** Costs the stand-ins of `base`, so that estimates from it need not. It pauses often. */
  rehearsing(base: Answered): Generator<string, void>;
}

/** Bytes of stand-ins and of their costs that are kept. */
const MAX_BYTES = 128 * 2 ** 20;
const SMALL = 2 ** 12;

export function createEstimator(soundConfigs: ReadonlyMap<string, object>): Estimator {
  const bound = designBinder(soundConfigs);
  const standIns = new Recent<string, LayerTask>(MAX_BYTES);
  const costs = new Recent<string, LayerCost | null>(MAX_BYTES);

  const standIn = ({ name, demand, densities, key }: SketchedLayer, asked: ExploredWorkload) => {
    const known = standIns.get(key);
    if (known) return known;
    const made = standInOf(name, demand, densities, asked.batch, asked.seed);
    standIns.set(key, made, SMALL + 16 * made.input.values.length);
    return made;
  };

  /** What a design's stand-in of a layer costs; null where its model refuses it. */
  const smallCost = (
    hardware: () => Hardware,
    design: ExploredDesign,
    layer: SketchedLayer,
    asked: ExploredWorkload,
  ): LayerCost | null => {
    const key = `${JSON.stringify([design, asked.precision])} ${layer.key}`;
    const known = costs.get(key);
    if (known !== undefined) return known;
    let cost: LayerCost | null = null;
    try {
      [cost = null] = hardware().cost(
        [standIn(layer, asked)],
        design.kernel ?? undefined,
        asked.precision ?? undefined,
      );
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
    }
    costs.set(key, cost, SMALL);
    return cost;
  };

  /**
   * Each layer's cost from its stand-in's, from the largest layer on until `isLate`, of one layer at
   * least; null of layers that there was no time for.
   */
  const costed = (
    { design, layers, asked }: Sketched,
    before: Before,
    isLate: () => boolean,
  ): readonly (LayerCost | null)[] => {
    const [rough, roughBefore] = [roughly(design), roughly(before.design)];
    const found = new Map<string, LayerCost | null>();
    const order = layers
      .map((layer, at) => ({ layer, at }))
      .sort((a, b) => b.layer.size - a.layer.size);
    const scaled = new Map<number, LayerCost>();
    for (const { layer, at } of order) {
      if (scaled.size > 0 && !found.has(layer.key) && isLate()) break;
      const cost = smallCost(rough, design, layer, asked);
      found.set(layer.key, cost);
      if (!cost) continue;
      const [own, layerBefore] = [before.row.layers[at], before.layers[at]];
      if (!own || !layerBefore) continue;
      const small = smallCost(roughBefore, before.design, layerBefore, before.asked);
      if (!small) continue;
      const time = own.seconds / secondsOf(small);
      scaled.set(at, scaledBy(cost, time, over(own.joules, joulesOf(small))));
    }
    return layers.map((_, at) => scaled.get(at) ?? null);
  };

  /** The design as it is costed for estimates, bound when it is needed. */
  const roughly = (design: ExploredDesign) => {
    let hardware: Hardware | null = null;
    return () => {
      hardware ??= bound(design).roughly();
      return hardware;
    };
  };

  const explored = (sketch: Sketched, before: Before, isLate: () => boolean): Explored | null => {
    const { design, layers, asked } = sketch;
    try {
      const hardware = bound(design);
      const all = completed(costed(sketch, before, isLate), before.row);
      if (!all) return null;
      const tasks = layers.map(
        (layer): LayerTask => ({ ...layer, ...NOTHING, batch: asked.batch }),
      );
      const nonzeros = layers.map((layer) => layer.summary.nonzeros);
      const row = modelledRow(hardware, all, tasks, design.kernel ?? undefined, nonzeros);
      return { row: inPrecision(row, hardware, asked.precision ?? undefined) };
    } catch (error) {
      if (error instanceof InputError) return { fault: error.message };
      throw error;
    }
  };

  return {
    estimate({ workload, designs }, base, isLate) {
      if (base.question.workload.workload !== workload.workload) return null;
      const layers = sketched(workload);
      const isSame = JSON.stringify(base.question.workload) === JSON.stringify(workload);
      const found: Explored[] = [];
      for (const [at, design] of designs.entries()) {
        const before = beforeOf(design, at, base);
        if (!before) return null;
        const isKnown = isSame && JSON.stringify(before.design) === JSON.stringify(design);
        const own = isKnown
          ? { row: before.row }
          : explored({ design, asked: workload, layers }, before, isLate);
        if (!own) return null;
        found.push(own);
      }
      const summary = isSame ? base.exploration.workload : summaryOf(workload, layers);
      return { workload: summary, designs: found };
    },
    *rehearsing({ question: { workload, designs }, exploration }) {
      const layers = [...sketched(workload)].sort((a, b) => b.size - a.size);
      for (const [at, design] of designs.entries()) {
        const known = exploration.designs[at];
        if (!known || 'fault' in known) continue;
        const rough = roughly(design);
        for (const layer of layers) {
          smallCost(rough, design, layer, workload);
          yield design.preset;
        }
      }
    },
  };
}

/** A layer as it is asked for, and what its stand-in is known by. */
interface SketchedLayer {
  readonly name: string;
  readonly demand: Demand;
  readonly densities: StandInDensities;
  readonly size: number;
  readonly key: string;
  readonly summary: LayerSummary;
}

/** A design on a network. */
interface Sketched {
  readonly design: ExploredDesign;
  readonly asked: ExploredWorkload;
  readonly layers: readonly SketchedLayer[];
}

/** What is known exactly of a design of the same preset on the same network. */
interface Before extends Sketched {
  readonly row: Row;
}

/** That in the same place, or another of the preset. */
function beforeOf(design: ExploredDesign, at: number, base: Answered): Before | null {
  const { question, exploration } = base;
  const rows = question.designs.flatMap((known, place) => {
    const found = exploration.designs[place];
    const isAlike = known.preset === design.preset && known.family === design.family;
    return isAlike && found && 'row' in found ? [{ design: known, place, row: found.row }] : [];
  });
  const own = rows.find(({ place }) => place === at) ?? rows[0];
  const asked = question.workload;
  return own ? { ...own, asked, layers: sketched(asked) } : null;
}

/** A layer's task, of which only the size is looked at. */
const NOTHING = {
  weights: null,
  input: { values: new Float32Array(), density: 0, origin: 'synthetic' },
  macs: { dense: 0, keptWeights: 0, effective: 0 },
} as const;

function sketched(asked: ExploredWorkload): readonly SketchedLayer[] {
  const entry = exploredEntry(asked.workload);
  const { network } = entry;
  const profile = densitiesAt(entry.densities, asked);
  const density = tensorDensities(network, profile);
  return network.layers.flatMap((layer) => {
    const { name, demand } = layer;
    if (!demand) return [];
    const at = (input: number) => density.get(layer.inputs[input] ?? '') ?? 1;
    const { output: _, ...weights } = profile.layers[name] ?? { weights: 1 };
    const densities: StandInDensities = { weights, inputs: [at(0), at(1)] };
    const key = JSON.stringify([demand, densities, asked.batch, asked.seed]);
    const summary = summaryOfLayer(layer, demand, densities);
    return [{ name, demand, densities, size: sizeOfDemand(demand), key, summary }];
  });
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

function summaryOf(
  { workload }: ExploredWorkload,
  layers: readonly SketchedLayer[],
): WorkloadSummary {
  const { network } = exploredEntry(workload);
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

const over = (a: number | null, b: number | null) => (a === null || !b ? 1 : a / b);
const joulesOf = ({ joules }: LayerCost) => joules && total(Object.values(joules));

function scaledBy(cost: LayerCost, time: number, energy: number): LayerCost {
  // What passes memories by operand is told of exact results only.
  const { load, busy, accesses: _, ...rest } = cost;
  return {
    ...rest,
    cycles: times(time, cost.cycles),
    joules: cost.joules && times(energy, cost.joules),
    counters: times(time, cost.counters),
    floorCycles: cost.floorCycles * time,
    ...(busy ? { busy: times(time, busy) } : {}),
    ...(load
      ? {
          load: {
            unit: load.unit,
            busyCycles: load.busyCycles.map((busy) => busy * time),
            cycles: load.cycles * time,
          },
        }
      : {}),
  };
}

/** Costs of all layers where some are known: the others change as those did. */
function completed(costs: readonly (LayerCost | null)[], before: Row): readonly LayerCost[] | null {
  const known = costs.flatMap((cost, at) => {
    const own = before.layers[at];
    return cost && own ? [{ cost, own }] : [];
  });
  if (known.length === 0) return null;
  const sum = (of: (pair: (typeof known)[number]) => number | null) =>
    total(known.map((pair) => of(pair) ?? 0));
  const time = sum(({ cost }) => secondsOf(cost)) / sum(({ own }) => own.seconds);
  const energy = over(
    sum(({ cost }) => joulesOf(cost)),
    sum(({ own }) => own.joules),
  );
  return before.layers.map((own, at) => costs[at] ?? scaledBy(costBefore(own), time, energy));
}

function costBefore({ kernel, cycles, seconds, time, energy, ...rest }: LayerResult): LayerCost {
  const { counters, bound, load, busy, precision } = rest;
  const parts: Parts = time ?? { compute: cycles ?? 0 };
  return {
    ...{ kernel, counters, bound: bound ?? 'compute', joules: energy, cycles: parts },
    ...{ clockHz: (cycles ?? 0) / seconds, floorCycles: 0, notes: [] },
    ...(load ? { load } : {}),
    ...(busy ? { busy } : {}),
    ...(precision ? { precision } : {}),
  };
}
