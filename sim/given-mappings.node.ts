// Mappings that a user gives by layer: lines as this program prints them, or Timeloop's files.

import type { Hardware } from '../hw-models/contract.js';
import type { SpatialConfig } from '../hw-models/spatial/config.js';
import type { Architecture } from '../hw-models/spatial/description/architecture.js';
import { timeloopMapping } from '../hw-models/spatial/formats/timeloop/given.js';
import { architectureFor } from '../hw-models/spatial/layer.js';
import { problemOf } from '../hw-models/spatial/nest/from-demand.js';
import { mappingLine } from '../hw-models/spatial/nest/mapping-text.js';
import type { Problem } from '../hw-models/spatial/nest/problem.js';
import { isWeighted } from '../hw-models/work.js';
import { InputError } from '../workloads/base/errors.js';
import { nearestOf } from '../workloads/base/nearest.js';
import { type SourceFile, textOf } from '../workloads/formats/source.js';
import { isMap } from '../workloads/formats/timeloop/merge.js';
import { readYaml } from '../workloads/formats/yaml/document.js';
import type { LayerTask } from '../workloads/network.js';
import { openSource } from './open.node.js';

/** A layer that is mapped. */
export interface Mappable {
  readonly name: string;
  readonly problem: Problem;
}

/**
 * Lines by layer, as a preset has them under `mappings`. The file is YAML with `mappings`, a CSV
 * that `hardware map` wrote, or Timeloop's mapping or loop nest of one layer; `workload` tells what
 * Timeloop's dimensions mean if it is a problem of Timeloop.
 * @throws InputError, one line, for a file or a layer that there is not
 */
export async function givenMappings(
  file: string,
  layers: readonly Mappable[],
  architecture: Architecture,
  workload: string,
): Promise<Readonly<Record<string, string>>> {
  const source = await openSource(file);
  const lines = /\.csv$/i.test(file) ? linesOfCsv(source) : linesOfYaml(source);
  if (lines === null) {
    const [layer, second] = layers;
    if (!layer || second) {
      const found = layers.map(({ name }) => name).join(', ') || 'none';
      throw new InputError(
        `${file}: found a mapping of one layer, expected a workload of one: this has ${found}`,
      );
    }
    const problem = /\.ya?ml$/i.test(workload) ? await openSource(workload) : null;
    const mapping = await timeloopMapping(source, layer.problem, architecture, problem);
    return { [layer.name]: mappingLine(layer.problem, architecture, mapping) };
  }
  const names = layers.map(({ name }) => name);
  for (const layer of Object.keys(lines)) {
    if (names.includes(layer)) continue;
    const near = nearestOf(layer, names);
    const meant = near === null ? '' : `; did you mean ${near}?`;
    throw new InputError(`${file}: found layer ${layer}, expected ${names.join(', ')}${meant}`);
  }
  return lines;
}

/** Layers that are mapped, among a network's. */
export const mappableOf = (tasks: readonly LayerTask[], batch: number): readonly Mappable[] =>
  tasks.flatMap(({ name, demand }) =>
    isWeighted(demand) ? [{ name, problem: problemOf(name, demand, batch) }] : [],
  );

/** A device of family spatial with the mappings of a file. @throws InputError */
export async function withMappings(
  hardware: Hardware,
  file: string,
  layers: readonly Mappable[],
  workload: string,
): Promise<Hardware> {
  const config = hardware.config as SpatialConfig;
  const given = await givenMappings(file, layers, architectureFor(config), workload);
  const value = { ...config.mappings, ...given };
  return hardware.vary([{ op: 'add', path: ['mappings'], value }]);
}

/** `mappings:` of a YAML file; null where it has none. */
function linesOfYaml(source: SourceFile): Readonly<Record<string, string>> | null {
  if (!/\.ya?ml$/i.test(source.name)) return null;
  const yaml = readYaml(textOf(source), source.name);
  const mappings = isMap(yaml.value) ? yaml.value.mappings : undefined;
  if (mappings === undefined) return null;
  if (!isMap(mappings) || !Object.values(mappings).every((line) => typeof line === 'string')) {
    throw new InputError(`${yaml.place(['mappings'])}: mappings: expected a line for each layer`);
  }
  return mappings as Readonly<Record<string, string>>;
}

/** The columns layer and mapping of a table that `hardware map` wrote. */
function linesOfCsv(source: SourceFile): Readonly<Record<string, string>> {
  const [head = '', ...rows] = textOf(source).trim().split(/\r?\n/);
  const columns = head.split(',');
  const [layer, mapping] = [columns.indexOf('layer'), columns.indexOf('mapping')];
  if (layer < 0 || mapping < 0) {
    throw new InputError(
      `${source.name}:1: found columns ${columns.join(', ')}, expected layer and mapping`,
    );
  }
  return Object.fromEntries(
    rows.map((row, at) => {
      const cells = row.split(',').map((cell) => cell.replace(/^"(.*)"$/, '$1'));
      const [name, line] = [cells[layer], cells[mapping]];
      if (name !== undefined && line !== undefined) return [name, line];
      throw new InputError(`${source.name}:${at + 2}: found ${cells.length} cells, expected more`);
    }),
  );
}
