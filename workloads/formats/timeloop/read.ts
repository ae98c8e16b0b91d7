// Timeloop's problem files as networks of one layer, with the densities that Sparseloop reads.

import { InputError } from '../../base/errors.js';
import type { ZooEntry } from '../../zoo/entry.js';
import { singleLayerEntry } from '../single-layer.js';
import { type SourceFile, stemOf } from '../source.js';
import { readYaml, type YamlFile } from '../yaml/document.js';
import { densitiesOf } from './densities.js';
import { followIncludes } from './includes.js';
import { isMap, mergedDeep } from './merge.js';
import { problemAt, requireAllProjected } from './problem.js';
import { layerOf, rolesOf, ShapeFault } from './shape.js';

/** The one layer as a network. */
export async function readTimeloop(file: SourceFile): Promise<readonly ZooEntry[]> {
  const { text, origins } = await followIncludes(file);
  const yaml = readYaml(text, file.name, origins);
  const root = mergedDeep(yaml.value);
  const { problem } = isMap(root) ? root : {};
  if (!isMap(problem)) throw noProblem(root, yaml);
  const read = await problemAt(problem, yaml, file);
  const { instance, path, spaces, extents } = read;
  const name = stemOf(file.name);
  try {
    const roles = rolesOf(spaces);
    requireAllProjected(read);
    const { placed, frames } = layerOf(name, roles, extents.dimension, extents.coefficient);
    extents.requireAllKnown();
    const title = extents.title();
    const source = { work: file.name, at: 'problem' };
    const { notes, ...densities } = densitiesOf(instance, roles, path, yaml);
    return [
      singleLayerEntry(file, placed, title, { source, ...densities }, [
        ...extents.notes,
        ...(roles.named
          ? []
          : [
              `${roles.weights.name} is taken for the weights, ${roles.inputs.name} for the inputs`,
            ]),
        ...(frames > 1
          ? [`one frame of the problem's ${frames}: --batch ${frames} does as many at a time`]
          : []),
        ...notes,
      ]),
    ];
  } catch (error) {
    if (error instanceof ShapeFault)
      throw new InputError(`${yaml.place(['problem', 'shape'])}: shape: ${error.text}`);
    throw error;
  }
}

function noProblem(root: unknown, yaml: YamlFile): InputError {
  const keys = isMap(root) ? Object.keys(root) : [];
  const table = keys.find((key) => /^(ERT|ART)(_summary)?$/.test(key));
  const place = yaml.place(['problem']);
  if (table !== undefined) {
    const read =
      table === 'ERT'
        ? 'zeroskip hardware ert FILE --onto NAME reads it'
        : 'hardware ert reads an ERT';
    return new InputError(`${place}: found Accelergy's ${table}, which is no workload: ${read}`);
  }
  const what = isMap(root) && 'problem' in root ? 'problem: found no instance' : 'found no problem';
  const others =
    keys.length > 0 && !keys.includes('problem') ? ` but ${keys.slice(0, 5).join(', ')}` : '';
  return new InputError(
    `${place}: ${what}${others}, expected the extents of a layer (problem: or layers:)`,
  );
}
