// How far each block of a device was in use in some layers, and the joules spent in it.

import type { Block, Passes } from '../../hw-models/contract.js';
import type { LayerResult } from '../../sim/result.js';

export interface BlockUse {
  readonly block: Block;
  /** On the whole device. */
  readonly instances: number;
  /** mm² of all instances, what lies within left out; null where nobody knows. */
  readonly areaMm2: number | null;
  /** Share of the time in which the mean instance was in use; null where nothing counts it. */
  readonly busy: number | null;
  /** Null where the energy is not known, or none of it is told apart here. */
  readonly joules: number | null;
}

export interface Use {
  readonly blocks: readonly BlockUse[];
  /** Joules that belong to no block: leakage, the clock network. */
  readonly elsewhere: Readonly<Record<string, number>>;
  /** Of the layers; null where it is not known. */
  readonly joules: number | null;
}

type Used = Pick<LayerResult, 'busy' | 'cycles' | 'energy'> &
  Partial<Pick<LayerResult, 'counters' | 'precision' | 'seconds'>>;

/** Over `layers`, which ran one after another. */
export function useOf(structure: readonly Block[], layers: readonly Used[]): Use {
  const cycles = layers.reduce((sum, layer) => sum + (layer.cycles ?? 0), 0);
  const known = layers.every(({ energy }) => energy !== null);
  const joules = new Map<string, number>();
  const busy = new Map<string, number>();
  for (const layer of layers) {
    for (const [name, part] of Object.entries(layer.energy ?? {}))
      joules.set(name, (joules.get(name) ?? 0) + part);
    for (const [name, part] of Object.entries(layer.busy ?? {}))
      busy.set(name, (busy.get(name) ?? 0) + part);
  }
  const elsewhere = new Map(joules);
  const blocks: BlockUse[] = [];
  const visit = (inside: readonly Block[], around: number) => {
    for (const block of inside) {
      const instances = around * block.columns * block.rows;
      const spent = block.components.map((name) => joules.get(name) ?? 0);
      for (const name of block.components) elsewhere.delete(name);
      const worked = busy.get(block.name);
      const counted = block.passes ? passedShare(block.passes, layers) : null;
      blocks.push({
        ...{ block, instances },
        areaMm2: block.areaMm2 === null ? null : block.areaMm2 * instances,
        busy: worked === undefined || cycles === 0 ? counted : worked / cycles,
        joules: known && spent.length > 0 ? spent.reduce((sum, part) => sum + part, 0) : null,
      });
      visit(block.inside, instances);
    }
  };
  visit(structure, 1);
  const all = [...joules.values()].reduce((sum, part) => sum + part, 0);
  return { blocks, elsewhere: Object.fromEntries(elsewhere), joules: known ? all : null };
}

/** The share of the layers' time that a counter's sum takes at the rate of a block; null where unknown. */
function passedShare({ meter, perSecond }: Passes, layers: readonly Used[]): number | null {
  let [busy, whole] = [0, 0];
  for (const { counters, precision, seconds } of layers) {
    if (!counters || seconds === undefined) return null;
    const passed = counters[meter] ?? 0;
    const rate = typeof perSecond === 'number' ? perSecond : perSecond[precision ?? 'fp32'];
    if (rate === undefined && passed > 0) return null;
    busy += rate === undefined ? 0 : Math.min(seconds, passed / rate);
    whole += seconds;
  }
  return whole > 0 ? busy / whole : null;
}
