// Energies of a design that comes without a reference table: those of its preset, which follow from
// hw-models/technology.

import { readPreset } from '../../../preset.js';
import type { Memory } from '../../description/architecture.js';
import { freeJoules } from '../../description/architecture.js';
import { architectureOf } from '../../description/build.js';
import { spatial } from '../../index.js';
import type { Design } from './design.js';
import type { Energies } from './model.js';
import { namesOf } from './names.js';
import { presetOf } from './preset.js';
import type { StatedProblem } from './problem.js';

/** @throws InputError for a problem that is no layer */
export function derivedEnergies(design: Design, stated: StatedProblem): Energies {
  const { text } = presetOf(design, stated, namesOf(stated), null);
  const { config } = readPreset(text, design.file, spatial);
  const { nodes, compute } = architectureOf(design.name, config);
  const memories = new Map(
    nodes.flatMap((node): (readonly [string, Memory])[] =>
      node.kind === 'memory' ? [[node.name, node]] : [],
    ),
  );
  return {
    memory: (name) => memories.get(name)?.joules ?? freeJoules,
    compute: { mac: compute.joulesPerMac, gated: compute.joulesPerGated, leakPerCycle: 0 },
  };
}
