// An Accelergy reference table on disk → a preset with its energies.

import { dirname, relative } from 'node:path';
import {
  parseReplacement,
  presetWithEnergies,
  readEnergyTable,
} from '../hw-models/energy-table.js';
import { loadHardware } from '../hw-models/presets.node.js';
import { readText } from './files.node.js';

export interface EnergyTableRequest {
  /** An ERT of Accelergy, which Timeloop writes too. */
  readonly file: string;
  /** The preset or .yaml file that says everything else. */
  readonly onto: string;
  /** 'wordRead=glb.read' and the like; without any, equal names replace each other. */
  readonly map?: readonly string[];
  /** Where the preset will lie: a file that it extends is named relative to it. */
  readonly out?: string | undefined;
}

/** The YAML of the preset. @throws InputError for a table, hardware or map that cannot be used. */
export async function importEnergyTable({
  file,
  onto,
  map = [],
  out,
}: EnergyTableRequest): Promise<string> {
  const replacements = map.map(parseReplacement);
  const hardware = loadHardware(onto);
  const table = readEnergyTable(await readText(file), file);
  const base = /\.ya?ml$/.test(onto)
    ? relative(out === undefined ? '.' : dirname(out), onto)
    : onto;
  return presetWithEnergies(hardware, base, table, replacements, file);
}
