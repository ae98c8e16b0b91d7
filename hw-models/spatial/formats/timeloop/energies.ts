// Energies of a design's actions from Accelergy's reference table.

import { InputError } from '../../../../workloads/base/errors.js';
import type { TableEntry } from '../../../energy-table.js';
import type { MemoryJoules } from '../../description/architecture.js';
import type { Design } from './design.js';
import type { Energies } from './model.js';

/** By what Timeloop looks for, in this order. */
export const ACTIONS = {
  read: ['read', 'random_read'],
  write: ['write', 'random_fill', 'random_write', 'fill'],
  update: ['update', 'random_update', 'write', 'random_fill', 'random_write'],
  metadataRead: ['metadata_read', 'random_metadata_read'],
  metadataWrite: ['metadata_write', 'metadata_fill', 'random_metadata_fill', 'metadata_update'],
  leak: ['leak', 'idle'],
  gatedRead: ['gated_read'],
  gatedWrite: ['gated_write', 'gated_fill', 'gated_update'],
  compute: ['compute', 'mac_random', 'random_compute', 'mac', 'multiply', 'access'],
  gated: ['gated_compute', 'mac_gated'],
} as const;

/** @throws InputError for a table that lacks a component of the design. */
export function energiesOf(table: readonly TableEntry[], design: Design, file: string): Energies {
  const own = (name: string) => {
    const found = table.filter(({ component }) => componentName(component) === name);
    if (found.length > 0) return found;
    const known = [...new Set(table.map(({ component }) => componentName(component)))];
    throw new InputError(
      `${file}: found no energies of ${name}, expected a table of it beside ${known.join(', ')}`,
    );
  };
  const action = (entries: readonly TableEntry[], names: readonly string[]): number | null => {
    for (const name of names) {
      const entry = entries.find((candidate) => candidate.action === name);
      if (entry) return entry.joules;
    }
    return null;
  };
  const memories = new Map<string, MemoryJoules>();
  for (const node of design.nodes) {
    if (node.kind === 'array') continue;
    const entries = own(node.name);
    const most = Math.max(0, ...entries.map(({ joules }) => joules));
    const read = action(entries, ACTIONS.read) ?? most;
    const write = action(entries, ACTIONS.write) ?? most;
    memories.set(node.name, {
      ...{ read, write, update: action(entries, ACTIONS.update) ?? write },
      metadataRead: action(entries, ACTIONS.metadataRead) ?? 0,
      metadataWrite: action(entries, ACTIONS.metadataWrite) ?? 0,
      leakPerCycle: action(entries, ACTIONS.leak) ?? 0,
    });
  }
  const units = own(design.compute.name);
  const mac = action(units, ACTIONS.compute);
  if (mac === null) {
    const found = units.map((entry) => entry.action).join(', ');
    throw new InputError(
      `${file}: found actions ${found} of ${design.compute.name}, expected ${ACTIONS.compute.join(', ')}`,
    );
  }
  return {
    memory: (name) => memories.get(name) as MemoryJoules,
    gated(name) {
      const entries = own(name);
      const read = action(entries, ACTIONS.gatedRead) ?? 0;
      return { read, write: action(entries, ACTIONS.gatedWrite) ?? 0 };
    },
    compute: {
      mac,
      gated: action(units, ACTIONS.gated) ?? 0,
      // Timeloop's statistics count none of the units' leakage.
      leakPerCycle: 0,
    },
  };
}

/** 'system.PE[0..15].spad[1..16]' is spad. */
export const componentName = (component: string): string =>
  component
    .replace(/\[[^\]]*\]/g, '')
    .split('.')
    .at(-1) ?? component;
