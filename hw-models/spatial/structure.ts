// The levels of a described accelerator as blocks within each other.

import type { Block } from '../contract.js';
import type { SpatialConfig } from './config.js';
import type { Architecture } from './description/architecture.js';
import { architectureFor } from './layer.js';

export const structureOf = (config: SpatialConfig): readonly Block[] =>
  blocksFrom(0, architectureFor(config));

/** The blocks of one instance of what lies further in than `at`, that level included. */
function blocksFrom(at: number, architecture: Architecture): readonly Block[] {
  const { nodes, compute } = architecture;
  const node = nodes[at];
  const one = { columns: 1, rows: 1 };
  if (!node) {
    const { name, areaMm2 } = compute;
    return [{ ...one, name, kind: 'arithmetic', areaMm2, components: [name], inside: [] }];
  }
  const { name } = node;
  const further = blocksFrom(at + 1, architecture);
  if (node.kind === 'memory') {
    const { areaMm2 } = node;
    // What holds everything is off the chip where it has no area.
    const offChip = at === 0 && areaMm2 === null;
    const block = { ...one, name, areaMm2: offChip ? 0 : areaMm2, components: [name] };
    return [{ ...block, kind: 'memory', inside: [], ...(offChip ? { offChip } : {}) }, ...further];
  }
  const [only, another] = further;
  const array = { name, kind: 'array' as const, areaMm2: 0 };
  // An array directly within an array is a grid of one more axis: rows of columns.
  if (only?.kind === 'array' && !another) {
    return [
      {
        ...array,
        name: `${name}, ${only.name}`,
        ...{ columns: node.x * only.columns, rows: node.y * only.rows },
        ...{ components: [name, ...only.components], inside: only.inside },
      },
    ];
  }
  return [{ ...array, columns: node.x, rows: node.y, components: [name], inside: further }];
}
