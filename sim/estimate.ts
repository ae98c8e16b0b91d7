// Estimates, at once, of what designs come to on a network. Layers are costed whole, with zeros that
// repeat those of a small drawn piece, or by a part of theirs. Where an exact answer to another
// question is known, each layer costs as many times more or less than it did there; else the costs
// stand as they are, which is coarse.

import type { Hardware, LayerCost, Parts } from '../hw-models/contract.js';
import { secondsOf, times } from '../hw-models/cost.js';
import { InputError } from '../workloads/base/errors.js';
import { Recent } from '../workloads/base/recent.js';
import type { LayerTask } from '../workloads/network.js';
import { designBinder, type ExploredDesign } from './designs.js';
import type { Exploration, Explored, ExploredWorkload, ExplorerQuestion } from './explore.js';
import { inPrecision, modelledRow } from './modelled.js';
import type { LayerResult, Row } from './result.js';
import { type Sketch, type SketchedLayer, sketchOf } from './sketch.js';
import { total } from './summary.js';

/** A question whose exact answer is known. */
export interface Answered {
  readonly question: ExplorerQuestion;
  readonly exploration: Exploration;
}

export interface Estimated {
  readonly exploration: Exploration;
  /** Whether a design was costed without an exact answer to start from. */
  readonly isCoarse: boolean;
  /** Whether there was time for every layer. */
  readonly isComplete: boolean;
}

export interface Estimator {
  /**
   * What `question` comes to, roughly; null where nothing can be said. `base`: an exact answer,
   * maybe to a question about another network or other presets. Layers are costed until `isLate`,
   * those first that say most; the others follow them. It pauses often.
   */
  estimating(
    question: ExplorerQuestion,
    base: Answered | null,
    isLate: () => boolean,
  ): Generator<string, Estimated | null>;
  /** Costs the layers of `base`, so that estimates from it need not. It pauses often. */
  rehearsing(base: Answered): Generator<string, void>;
}

/** Networks and designs on them that are remembered. */
const MAX_SKETCHES = 4;
const MAX_COSTINGS = 256;

/** What a layer costs, roughly, by its place; null where the model refuses it. */
type Costing = (at: number) => LayerCost | null;

export function createEstimator(soundConfigs: ReadonlyMap<string, object>): Estimator {
  const bound = designBinder(soundConfigs);
  const sketches = new Recent<string, Sketch | null>(MAX_SKETCHES);
  const costings = new Recent<string, KnownCosting>(MAX_COSTINGS);

  const sketched = (asked: ExploredWorkload): Sketch | null => {
    const key = JSON.stringify({ ...asked, precision: null });
    const known = sketches.get(key);
    if (known !== undefined) return known;
    const made = sketchOf(asked);
    sketches.set(key, made, 1);
    return made;
  };

  /** @throws InputError for a design that cannot be. */
  const costingOf = (
    design: ExploredDesign,
    asked: ExploredWorkload,
    sketch: Sketch,
  ): KnownCosting => {
    const key = JSON.stringify([design, asked]);
    const known = costings.get(key);
    if (known?.sketch === sketch) return known;
    const made = { sketch, ...createCosting(bound(design), design, asked, sketch) };
    costings.set(key, made, 1);
    return made;
  };

  function* explored(
    design: ExploredDesign,
    asked: ExploredWorkload,
    sketch: Sketch,
    before: Before | null,
    isLate: () => boolean,
  ): Generator<string, { readonly found: Explored; readonly isComplete: boolean } | null> {
    try {
      const own = costingOf(design, asked, sketch);
      const beside = before && costingOf(before.design, before.asked, before.sketch);
      const costs = new Map<number, LayerCost>();
      let isComplete = true;
      for (const at of sketch.order) {
        if (costs.size > 0 && !own.isKnown(at) && isLate()) {
          isComplete = false;
          break;
        }
        const cost = own.costAt(at);
        const scaled =
          cost && before && beside ? fromBefore(cost, at, before, beside.costAt) : cost;
        if (scaled) costs.set(at, scaled);
        yield design.preset;
      }
      const all = before ? completedFrom(costs, before.row) : completedAlone(costs, sketch.layers);
      if (!all) return null;
      const tasks = sketch.layers.map(
        (layer): LayerTask => ({ ...layer, ...NOTHING, batch: asked.batch }),
      );
      const nonzeros = sketch.layers.map((layer) => layer.summary.nonzeros);
      const row = modelledRow(own.hardware, all, tasks, design.kernel ?? undefined, nonzeros);
      return {
        found: { row: inPrecision(row, own.hardware, asked.precision ?? undefined) },
        isComplete,
      };
    } catch (error) {
      if (error instanceof InputError) return { found: { fault: error.message }, isComplete: true };
      throw error;
    }
  }

  /** That in the same place of `base`, or another of the preset, on the same network. */
  const beforeOf = (
    design: ExploredDesign,
    at: number,
    { workload }: ExploredWorkload,
    base: Answered | null,
  ): Before | null => {
    if (!base || base.question.workload.workload !== workload) return null;
    const rows = base.question.designs.flatMap((known, place) => {
      const found = base.exploration.designs[place];
      const isAlike = known.preset === design.preset && known.family === design.family;
      return isAlike && found && 'row' in found ? [{ design: known, place, row: found.row }] : [];
    });
    const own = rows.find(({ place }) => place === at) ?? rows[0];
    const asked = base.question.workload;
    const sketch = own ? sketched(asked) : null;
    return own && sketch ? { ...own, asked, sketch } : null;
  };

  return {
    *estimating({ workload, designs }, base, isLate) {
      const sketch = sketched(workload);
      if (!sketch) return null;
      const isSame =
        base !== null && JSON.stringify(base.question.workload) === JSON.stringify(workload);
      const found: Explored[] = [];
      let [isCoarse, isComplete] = [false, true];
      const texts = designs.map((design) => JSON.stringify(design));
      for (const [at, design] of designs.entries()) {
        // A preset that nobody has turned stands there twice.
        const twin = found[texts.indexOf(texts[at] as string)];
        if (twin) {
          found.push(twin);
          continue;
        }
        const before = beforeOf(design, at, workload, base);
        if (before && isSame && JSON.stringify(before.design) === JSON.stringify(design)) {
          found.push({ row: before.row });
          continue;
        }
        const own = yield* explored(design, workload, sketch, before, isLate);
        if (!own) return null;
        found.push(own.found);
        isCoarse ||= before === null && 'row' in own.found;
        isComplete &&= own.isComplete;
      }
      const summary = isSame ? base.exploration.workload : sketch.summary;
      return { exploration: { workload: summary, designs: found }, isCoarse, isComplete };
    },
    *rehearsing({ question: { workload, designs }, exploration }) {
      const sketch = sketched(workload);
      if (!sketch) return;
      for (const [at, design] of designs.entries()) {
        const known = exploration.designs[at];
        if (!known || 'fault' in known) continue;
        const { costAt } = costingOf(design, workload, sketch);
        for (const place of sketch.order) {
          costAt(place);
          yield design.preset;
        }
      }
    },
  };
}

/** A design on a network, with what is known of its layers so far. */
interface KnownCosting {
  readonly sketch: Sketch;
  /** As it is, not as it is costed for estimates. */
  readonly hardware: Hardware;
  readonly isKnown: (at: number) => boolean;
  readonly costAt: Costing;
}

function createCosting(
  hardware: Hardware,
  design: ExploredDesign,
  asked: ExploredWorkload,
  { layers }: Sketch,
): Omit<KnownCosting, 'sketch'> {
  const rough = hardware.roughly();
  const given = [design.kernel ?? undefined, asked.precision ?? undefined] as const;
  let placed: ((at: number) => LayerCost) | undefined;
  const costWhole = (at: number) => {
    if (!placed) {
      const wholes = layers.map(({ whole, part }) => whole ?? part(null).task);
      placed = rough.placed(wholes, ...given);
    }
    return placed(at);
  };
  const costPart = ({ part }: SketchedLayer): LayerCost => {
    const { task, times: often } = part(rough.parts);
    const [cost] = rough.cost([task], ...given);
    return scaledBy(cost as LayerCost, often, often);
  };
  const isWhole = ({ whole }: SketchedLayer) => whole !== null && rough.parts === null;
  const known = new Map<string, LayerCost | null>();
  // The first layer may pay for what starts the network.
  const keyOf = (at: number) => `${at === 0} ${layers[at]?.key}`;
  return {
    hardware,
    isKnown: (at) => known.has(keyOf(at)),
    costAt(at) {
      const layer = layers[at] as SketchedLayer;
      const key = keyOf(at);
      const found = known.get(key);
      if (found !== undefined) return found;
      let cost: LayerCost | null = null;
      try {
        cost = isWhole(layer) ? costWhole(at) : costPart(layer);
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
      }
      known.set(key, cost);
      return cost;
    },
  };
}

/** What is known exactly of a design of the same preset on the same network. */
interface Before {
  readonly design: ExploredDesign;
  readonly asked: ExploredWorkload;
  readonly sketch: Sketch;
  readonly row: Row;
}

/** A layer's task, of which only the size is looked at. */
const NOTHING = {
  weights: null,
  input: { values: new Float32Array(), density: 0, origin: 'synthetic' },
  macs: { dense: 0, keptWeights: 0, effective: 0 },
} as const;

/** As many times what the layer cost before as its rough cost is of the rough cost before. */
function fromBefore(
  cost: LayerCost,
  at: number,
  { row }: Before,
  costBeforeAt: Costing,
): LayerCost | null {
  const own = row.layers[at];
  const rough = own && costBeforeAt(at);
  if (!rough) return null;
  return scaledBy(cost, own.seconds / secondsOf(rough), over(own.joules, joulesOf(rough)));
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
function completedFrom(
  costs: ReadonlyMap<number, LayerCost>,
  before: Row,
): readonly LayerCost[] | null {
  const known = [...costs].flatMap(([at, cost]) => {
    const own = before.layers[at];
    return own ? [{ cost, own }] : [];
  });
  if (known.length === 0) return null;
  const sum = (of: (pair: (typeof known)[number]) => number | null) =>
    total(known.map((pair) => of(pair) ?? 0));
  const time = sum(({ cost }) => secondsOf(cost)) / sum(({ own }) => own.seconds);
  const energy = over(
    sum(({ cost }) => joulesOf(cost)),
    sum(({ own }) => own.joules),
  );
  return before.layers.map((own, at) => costs.get(at) ?? scaledBy(costBefore(own), time, energy));
}

/** The same where nothing else is known: the others cost by size what one of their kind does. */
function completedAlone(
  costs: ReadonlyMap<number, LayerCost>,
  layers: readonly SketchedLayer[],
): readonly LayerCost[] | null {
  const known = new Map<string, { readonly cost: LayerCost; readonly layer: SketchedLayer }>();
  for (const [at, cost] of costs) {
    const layer = layers[at];
    if (layer) known.set(layer.key, { cost, layer });
  }
  if (known.size === 0) return null;
  const all = [...known.values()];
  const nearest = ({ likeness, size }: SketchedLayer): LayerCost => {
    const alike = all.filter(({ layer }) => layer.likeness === likeness);
    const far = ({ layer }: (typeof all)[number]) => Math.abs(Math.log(layer.size / size));
    const { cost, layer } = (alike.length > 0 ? alike : all).reduce((best, other) =>
      far(other) < far(best) ? other : best,
    );
    return scaledBy(cost, size / layer.size, size / layer.size);
  };
  const followed = new Map<string, LayerCost>();
  return layers.map((layer, at) => {
    const cost = costs.get(at) ?? followed.get(layer.key) ?? nearest(layer);
    // The first layer may pay for what starts the network.
    if (at > 0) followed.set(layer.key, cost);
    return cost;
  });
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
