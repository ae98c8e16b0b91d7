// The results that the explorer shows for a run of the models: designs compared with each other,
// with their presets and with the paper.

import type { Load } from '../../hw-models/contract.js';
import type { ExploredDesign } from '../../sim/designs.js';
import type { Exploration, ExploredWorkload } from '../../sim/explore.js';
import type { PublishedPoint } from '../../sim/published.js';
import type { Row } from '../../sim/result.js';
import type { Offer } from './offer.js';
import { designOf, type ExplorerState, presetOf } from './state.js';

/** Designs and, behind them, the preset of each as it was before it was turned. */
export function askedDesigns(offer: Offer, { designs }: ExplorerState): readonly ExploredDesign[] {
  const presets = designs.map((design) => {
    const preset = presetOf(offer, design);
    return preset ? designOf(preset, design.kernel) : design;
  });
  return [...designs, ...presets];
}

/** One design of an answer. */
export interface DesignOutcome {
  readonly design: ExploredDesign;
  /** Null where its model refuses it; `fault` then says why. */
  readonly row: Row | null;
  readonly fault: string | null;
  /** The preset as it was. */
  readonly before: Row | null;
  readonly published: PublishedPoint | null;
}

export function outcomesOf(
  offer: Offer,
  designs: readonly ExploredDesign[],
  { workload, designs: found }: Exploration,
  { batch, weightDensity, activationDensity, precision }: ExploredWorkload,
): readonly DesignOutcome[] {
  const half = designs.length / 2;
  return designs.slice(0, half).map((design, at) => {
    const [own, before] = [found[at], found[at + half]];
    const row = own && 'row' in own ? own.row : null;
    return {
      design,
      row,
      fault: own && 'fault' in own ? own.fault : null,
      before: before && 'row' in before ? before.row : null,
      // The paper ran its own densities and numbers: beside others its figures would say nothing.
      published:
        ((weightDensity ?? activationDensity ?? precision) === null ? offer.published : []).find(
          (point) =>
            point.hardware === design.preset &&
            point.workload === workload.name &&
            point.batch === batch &&
            point.kernel === row?.kernel,
        ) ?? null,
    };
  });
}

/** Cycles that each unit worked on the whole network; null where the model does not know them. */
export function loadOf({ layers }: Row): Load | null {
  const loads = layers.flatMap(({ load }) => (load ? [load] : []));
  const [first] = loads;
  if (!first) return null;
  return {
    unit: first.unit,
    busyCycles: first.busyCycles.map((_, unit) =>
      loads.reduce((sum, load) => sum + (load.busyCycles[unit] ?? 0), 0),
    ),
    cycles: loads.reduce((sum, load) => sum + load.cycles, 0),
  };
}

/** The mean share of the time in which units work. */
export function balanceOf(load: Load): number {
  return (
    load.busyCycles.reduce((sum, busy) => sum + busy, 0) / (load.busyCycles.length * load.cycles)
  );
}
