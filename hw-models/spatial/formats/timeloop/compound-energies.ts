// Energies of a design's components from the compound classes that its files describe.

import { largestNm, smallestNm } from '../../../technology/scaling.js';
import { type Compound, compoundJoules } from './compound.js';
import type { Design } from './design.js';
import { ACTIONS } from './energies.js';

/** Of one access of a storage, in joules. */
export interface StorageEnergies {
  readonly read: number;
  readonly write: number;
  /** Null where the class has no action of metadata. */
  readonly metadataRead: number | null;
}

export interface CompoundEnergies {
  /** By name; only storages whose class tells what all of an access costs. */
  readonly storages: ReadonlyMap<string, StorageEnergies>;
  /** Of a product; null where the units' class does not tell. */
  readonly mac: number | null;
  readonly notes: readonly string[];
}

const USUAL_NM = 45;

/** The process that a design's inner storages or units state; `isStated` says whether any does. */
export function processOf({ compute, nodes }: Design): {
  readonly nm: number;
  readonly isStated: boolean;
} {
  const inner = nodes.filter((node) => node.kind === 'storage').slice(1);
  const stated = [compute, ...inner].map(({ technologyNm }) => technologyNm);
  const nm = stated.find((each) => each !== null);
  return { nm: nm ?? USUAL_NM, isStated: nm !== undefined && nm !== null };
}

/** What compound classes say, by the laws of hw-models/technology for what they are made of. */
export function compoundEnergies(design: Design): CompoundEnergies {
  const { nm } = processOf(design);
  const storages = new Map<string, StorageEnergies>();
  const notes: string[] = [];
  if (nm < smallestNm || nm > largestNm) return { storages, mac: null, notes };
  const known = (name: string, compound: Compound, actions: readonly string[]) => {
    const found = compoundJoules(compound, actions, nm);
    if (found === null || found.missing.length === 0) return found?.joules ?? null;
    const rest = `the law of hw-models/technology for ${name} as a whole is taken`;
    notes.push(
      `${name}: energy of ${found.missing.join(', ')} in class ${compound.className} is not known; ${rest}`,
    );
    return null;
  };
  for (const node of design.nodes) {
    if (node.kind === 'array' || node.compound === null || node.built === 'dram') continue;
    const { name, compound } = node;
    const read = known(name, compound, ACTIONS.read);
    const write = read === null ? null : known(name, compound, ACTIONS.write);
    if (read === null || write === null) continue;
    const metadataRead = known(name, compound, ACTIONS.metadataRead);
    storages.set(name, { read, write, metadataRead });
  }
  const { compute } = design;
  const mac = compute.compound && known(compute.name, compute.compound, ACTIONS.compute);
  return { storages, mac, notes };
}
