// Estimates, at once, of what designs come to on a network. Layers are costed whole, with zeros that
// repeat those of a small drawn piece, or by a part of theirs. Where an exact answer to another
// question is known, each layer costs as many times more or less than it did there; else the costs
// stand as they are, which is coarse.

import type { Hardware, LayerCost, Parts, Residency } from '../hw-models/contract.js';
import { secondsOf, times } from '../hw-models/cost.js';
import { InputError } from '../workloads/base/errors.js';
import { Recent } from '../workloads/base/recent.js';
import type { LayerTask } from '../workloads/network.js';
import { designBinder, type ExploredDesign } from './designs.js';
import type { Exploration, Explored, ExploredWorkload, ExplorerQuestion } from './explore.js';
import { inPrecision, modelledRow } from './modelled.js';
import type { LayerResult, Row } from './result.js';
import { type Sketch, type SketchedKind, sketchOf } from './sketch.js';
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

/** Designs on networks that are remembered. */
const MAX_COSTINGS = 256;

export function createEstimator(soundConfigs: ReadonlyMap<string, object>): Estimator {
  const bound = designBinder(soundConfigs);
  const costings = new Recent<string, KnownCosting>(MAX_COSTINGS);

  /** @throws InputError for a design that cannot be. */
  const costingOf = (
    design: ExploredDesign,
    asked: ExploredWorkload,
    sketch: Sketch,
  ): KnownCosting => {
    const key = JSON.stringify([design, { ...asked, seed: null }]);
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
      for (const kind of sketch.order) {
        const { first } = sketch.kinds[kind] as SketchedKind;
        const isKnown = own.isKnown(kind) && (!before || beside?.isKnown(kindAt(first, before)));
        if (costs.size > 0 && !isKnown && isLate()) {
          isComplete = false;
          break;
        }
        const cost = own.costOf(kind);
        if (cost && (!before || beside?.costOf(kindAt(first, before)))) costs.set(kind, cost);
        yield design.preset;
      }
      // Layers of one kind may have been of several before.
      for (const [at, { kind }] of before && beside ? sketch.layers.entries() : []) {
        if (!before || !beside || !costs.has(kind)) continue;
        const kindBefore = kindAt(at, before);
        if (beside.isKnown(kindBefore)) continue;
        if (isLate()) {
          isComplete = false;
          break;
        }
        beside.costOf(kindBefore);
        yield design.preset;
      }
      const all =
        before && beside
          ? completedFrom(costs, before, beside, sketch)
          : completedAlone(costs, sketch);
      if (!all) return null;
      const tasks = sketch.layers.map(
        ({ name, demand }): LayerTask => ({ ...NOTHING, name, demand, batch: asked.batch }),
      );
      const nonzeros = sketch.summary.layers.map((layer) => layer.nonzeros);
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
    const sketch = own ? sketchOf(asked) : null;
    return own && sketch ? { ...own, asked, sketch } : null;
  };

  return {
    *estimating({ workload, designs }, base, isLate) {
      const sketch = sketchOf(workload);
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
      const sketch = sketchOf(workload);
      if (!sketch) return;
      for (const [at, design] of designs.entries()) {
        const known = exploration.designs[at];
        if (!known || 'fault' in known) continue;
        const { costOf } = costingOf(design, workload, sketch);
        for (const kind of sketch.order) {
          costOf(kind);
          yield design.preset;
        }
      }
    },
  };
}

/** A design on a network, with what is known of its kinds of layers so far. */
interface KnownCosting {
  readonly sketch: Sketch;
  /** As it is, not as it is costed for estimates. */
  readonly hardware: Hardware;
  readonly isKnown: (kind: number) => boolean;
  /** What a layer of a kind costs, roughly; null where the model refuses it. */
  readonly costOf: (kind: number) => LayerCost | null;
}

function createCosting(
  hardware: Hardware,
  design: ExploredDesign,
  { batch, precision }: ExploredWorkload,
  { layers, kinds }: Sketch,
): Omit<KnownCosting, 'sketch'> {
  const rough = hardware.roughly();
  const given = [design.kernel ?? undefined, precision ?? undefined] as const;
  let placed: ((at: number) => LayerCost) | undefined;
  const costWhole = ({ first }: SketchedKind) => {
    if (!placed) {
      const wholes = kinds.map(({ wholeIn, partIn }) =>
        wholeIn ? wholeIn(batch) : partIn(batch, null).task,
      );
      placed = rough.placed(
        layers.map(({ kind }) => wholes[kind] as LayerTask),
        ...given,
      );
    }
    return placed(first);
  };
  let places: readonly Residency[] | null | undefined;
  /** Where most layers of a kind keep their weights: the memories are filled in network order. */
  const residencyOf = (at: number): Residency | null => {
    if (places === undefined) {
      const expected = layers.map(({ kind }) => (kinds[kind] as SketchedKind).expected);
      places = rough.placeExpected(expected);
    }
    if (!places) return null;
    const own = layers.flatMap(({ kind }, layer) => (kind === at ? [layer] : []));
    return places[own[own.length >> 1] as number] ?? null;
  };
  const costPart = (at: number): LayerCost => {
    const { task, times: often } = (kinds[at] as SketchedKind).partIn(batch, rough.parts);
    const residency = residencyOf(at);
    const cost = rough.placed([task], ...given, residency ? [residency] : undefined)(0);
    return scaledBy(cost, often, often);
  };
  const isWhole = ({ wholeIn }: SketchedKind) => wholeIn !== null && rough.parts === null;
  const known = new Map<number, LayerCost | null>();
  return {
    hardware,
    isKnown: (kind) => known.has(kind),
    costOf(at) {
      const found = known.get(at);
      if (found !== undefined) return found;
      const kind = kinds[at] as SketchedKind;
      let cost: LayerCost | null = null;
      try {
        cost = isWhole(kind) ? costWhole(kind) : costPart(at);
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
      }
      known.set(at, cost);
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

const kindAt = (layer: number, { sketch }: Before) => sketch.layers[layer]?.kind as number;

/** A layer's task, of which only the size is looked at. */
const NOTHING = {
  weights: null,
  input: { values: new Float32Array(), density: 0, origin: 'synthetic' },
  macs: { dense: 0, keptWeights: 0, effective: 0 },
} as const;

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

/**
 * Costs of all layers where those of some kinds are known, `costs`: each takes as many times what it
 * took before as its rough cost is of the rough cost before; the others change as those did.
 */
function completedFrom(
  costs: ReadonlyMap<number, LayerCost>,
  before: Before,
  beside: KnownCosting,
  { layers }: Sketch,
): readonly LayerCost[] | null {
  const { row } = before;
  // Layers alike share what they come to: it is worked out, shown and sent once.
  const shared = new Map<LayerCost, Scaled[]>();
  const known = layers.map(({ kind }, at): Scaled | null => {
    const [own, cost] = [row.layers[at], costs.get(kind)];
    const kindBefore = kindAt(at, before);
    const rough = own && cost && beside.isKnown(kindBefore) && beside.costOf(kindBefore);
    if (!own || !cost || !rough) return null;
    const alike = shared.get(cost) ?? [];
    shared.set(cost, alike);
    const found = alike.find(
      (one) => one.rough === rough && one.seconds === own.seconds && one.joules === own.joules,
    );
    if (found) return found;
    const made = scaledFrom(cost, rough, own);
    alike.push(made);
    return made;
  });
  const sum = (of: (scaled: Scaled) => number | null) =>
    known.reduce((all, scaled) => all + ((scaled && of(scaled)) ?? 0), 0);
  const secondsBefore = sum(({ seconds }) => seconds);
  if (secondsBefore === 0) return null;
  const time = sum(({ secondsNow }) => secondsNow) / secondsBefore;
  const energy = over(
    sum(({ joulesNow }) => joulesNow),
    sum(({ joules }) => joules),
  );
  return row.layers.map((own, at) => known[at]?.cost ?? scaledBy(costBefore(own), time, energy));
}

/** What a layer costs now, and what it was worked out from. */
interface Scaled {
  readonly cost: LayerCost;
  readonly secondsNow: number;
  readonly joulesNow: number | null;
  /** Exactly, before. */
  readonly seconds: number;
  readonly joules: number | null;
  /** Before. */
  readonly rough: LayerCost;
}

function scaledFrom(
  cost: LayerCost,
  rough: LayerCost,
  { seconds, joules }: Pick<LayerResult, 'seconds' | 'joules'>,
): Scaled {
  const now = scaledBy(cost, seconds / secondsOf(rough), over(joules, joulesOf(rough)));
  return {
    ...{ cost: now, secondsNow: secondsOf(now), joulesNow: joulesOf(now) },
    ...{ seconds, joules, rough },
  };
}

/** The same where nothing else is known: the others cost by size what one of their kind does. */
function completedAlone(
  costs: ReadonlyMap<number, LayerCost>,
  { kinds, layers }: Sketch,
): readonly LayerCost[] | null {
  if (costs.size === 0) return null;
  const known = [...costs].map(([at, cost]) => ({ cost, kind: kinds[at] as SketchedKind }));
  const nearest = ({ likeness, size }: SketchedKind): LayerCost => {
    const alike = known.filter(({ kind }) => kind.likeness === likeness);
    const far = ({ kind }: (typeof known)[number]) => Math.abs(Math.log(kind.size / size));
    const { cost, kind } = (alike.length > 0 ? alike : known).reduce((best, other) =>
      far(other) < far(best) ? other : best,
    );
    return scaledBy(cost, size / kind.size, size / kind.size);
  };
  const all = kinds.map((kind, at) => costs.get(at) ?? nearest(kind));
  return layers.map(({ kind }) => all[kind] as LayerCost);
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
