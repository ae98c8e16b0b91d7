// Energy as the processor counts it: running average power limit counters, which Linux shows under
// powercap (kernel documentation, "Power Capping Framework"). AMD's counters stand under the same
// name. Reading them usually takes root, and virtual machines have none.

import { readdirSync, readFileSync } from 'node:fs';
import type { EnergyMeter } from './energy-meter.js';

/** A file's text and a folder's names, or null where they cannot be read. */
export interface FileTree {
  read(path: string): string | null;
  list(folder: string): readonly string[] | null;
}

const FOLDER = '/sys/class/powercap';

interface Counter {
  readonly name: string;
  readonly path: string;
  /** The counter starts again from 0 beyond this. */
  readonly range: number;
}

/** The sockets' and memories' energy, or null where it is not measurable here. */
export function openRapl(tree: FileTree = fileTree): EnergyMeter | null {
  const counters = (tree.list(FOLDER) ?? []).flatMap(
    (zone) => counterOf(tree, `${FOLDER}/${zone}`, zone) ?? [],
  );
  if (counters.length === 0) return null;
  const microjoules = ({ path }: Counter) => number(tree.read(`${path}/energy_uj`)) ?? Number.NaN;
  return {
    domains: counters.map(({ name }) => name),
    start() {
      const before = counters.map(microjoules);
      return () => {
        let total = 0;
        for (const [at, counter] of counters.entries()) {
          const counted = microjoules(counter) - (before[at] as number);
          total += counted >= 0 ? counted : counted + counter.range;
        }
        return total * 1e-6;
      };
    },
  };
}

/**
 * A package holds its cores; memory stands beside it. Other zones (core, uncore, psys) would count
 * energy twice.
 */
function counterOf(tree: FileTree, path: string, zone: string): Counter | null {
  const name = tree.read(`${path}/name`)?.trim() ?? '';
  // `intel-rapl-mmio` shows the same counters once more.
  if (!(zone.startsWith('intel-rapl:') && (name.startsWith('package') || name === 'dram')))
    return null;
  const range = number(tree.read(`${path}/max_energy_range_uj`));
  const readable = number(tree.read(`${path}/energy_uj`)) !== null;
  return readable && range !== null ? { name, path, range } : null;
}

function number(text: string | null): number | null {
  return text !== null && /^\d+\s*$/.test(text) ? Number(text) : null;
}

const orNull = <Value>(get: () => Value): Value | null => {
  try {
    return get();
  } catch {
    return null;
  }
};

const fileTree: FileTree = {
  read: (path) => orNull(() => readFileSync(path, 'utf8')),
  list: (folder) => orNull(() => readdirSync(folder).sort()),
};
