// The modules of an EIE as blocks: PEs, the detectors that find non-zero activations and send them
// to all of them, DRAM beside the chip.

import type { Block } from '../contract.js';
import { areaOf } from './area.js';
import { type EieConfig, lnzdUnits } from './config.js';

export function structureOf(config: EieConfig): readonly Block[] {
  const area = areaOf(config);
  const { pes } = config;
  const one = { columns: 1, rows: 1, inside: [] };
  const module = (name: string, kind: Block['kind'], components: readonly string[]): Block => ({
    ...{ ...one, name, kind, components, areaMm2: (area[name] as number) / pes },
  });
  const units = lnzdUnits(pes);
  const detectors = { ...one, name: 'lnzd', kind: 'network' as const, columns: units };
  return [
    { ...one, name: 'dram', kind: 'memory', areaMm2: 0, offChip: true, components: ['dram'] },
    { ...detectors, areaMm2: (area.lnzd as number) / units, components: ['lnzd'] },
    {
      ...{ name: 'PEs', kind: 'array', columns: pes, rows: 1, areaMm2: 0, components: [] },
      inside: [
        module('act_queue', 'memory', ['act_queue']),
        module('ptr_read', 'memory', ['ptr_read']),
        module('spmat_read', 'memory', ['spmat_read']),
        module('arithmetic', 'arithmetic', ['arithmetic']),
        module('act_rw', 'memory', ['act_rw']),
        module('filler', 'other', []),
      ],
    },
  ];
}
