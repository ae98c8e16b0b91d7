// A mapping of Timeloop for a layer of ours: its levels are those of the accelerator, its dimensions
// and data-spaces those of Timeloop's convolutions, or of the problem file that the layer came from.

import { InputError } from '../../../../workloads/base/errors.js';
import type { SourceFile } from '../../../../workloads/formats/source.js';
import { readYaml } from '../../../../workloads/formats/yaml/document.js';
import type { Architecture } from '../../description/architecture.js';
import type { Loop, Mapping } from '../../nest/mapping.js';
import type { Problem } from '../../nest/problem.js';
import { readInput } from './input.js';
import { mappingOf, mappingOfText } from './mapping.js';
import { namesOf } from './names.js';
import { statedProblem } from './problem.js';

const USUAL = { C: 1, M: 1, R: 1, S: 1, N: 1, P: 1, Q: 1, G: 1 };

/** @throws InputError, one line with its place, for what is no mapping on the architecture. */
export async function timeloopMapping(
  file: SourceFile,
  layer: Problem,
  architecture: Architecture,
  problemFile: SourceFile | null,
): Promise<Mapping> {
  const input = await readInput([file]);
  const own = input.problem ?? (problemFile && (await readInput([problemFile])).problem);
  const usual = {
    value: { instance: USUAL },
    ...{ path: ['problem'], file },
    yaml: readYaml(JSON.stringify({ problem: { instance: USUAL } }), file.name),
  };
  const stated = await statedProblem(own ?? usual);
  const names = namesOf(stated);
  const spaces = new Map([...names.operands].map(([theirs, ours]) => [ours as string, theirs]));
  const renamed: Architecture = {
    ...architecture,
    nodes: architecture.nodes.map((node) =>
      node.kind === 'array'
        ? node
        : {
            ...node,
            keeps: Object.fromEntries(
              Object.entries(node.keeps).map(([ours, rule]) => [spaces.get(ours) ?? ours, rule]),
            ),
          },
    ),
  };
  const { problem } = stated;
  const mapping = input.mapping
    ? mappingOf(input.mapping, problem, renamed)
    : input.loops && mappingOfText(input.loops.text, input.loops.file, problem, renamed);
  if (!mapping) {
    throw new InputError(`${file.name}: found no mapping, expected one, or 'mappings' by layer`);
  }
  const loopOf = ({ dimension, ...loop }: Loop): Loop => {
    const theirs = problem.dimensions[dimension] as string;
    return { ...loop, dimension: layer.dimensions.indexOf(names.dimensions.get(theirs) ?? '') };
  };
  return {
    loops: mapping.loops.map((loops) => loops.map(loopOf)),
    keeps: mapping.keeps.map((row) =>
      layer.operands.map(({ name }) => {
        const theirs = problem.operands.findIndex((operand) => operand.name === spaces.get(name));
        return row[theirs] ?? false;
      }),
    ),
  };
}
