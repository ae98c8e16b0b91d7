// The modules of an SCNN as blocks: a grid of PEs, DRAM beside the chip.

import type { Block } from '../contract.js';
import { areaOf } from './area.js';
import { pesOf, type ScnnConfig } from './config.js';

export function structureOf(config: ScnnConfig): readonly Block[] {
  const area = areaOf(config);
  const one = { columns: 1, rows: 1, inside: [] };
  const module = (name: string, kind: Block['kind'], components: readonly string[]): Block => ({
    ...{ ...one, name, kind, components, areaMm2: (area[name] as number) / pesOf(config) },
  });
  return [
    { ...one, name: 'dram', kind: 'memory', areaMm2: 0, offChip: true, components: ['dram'] },
    {
      ...{ name: 'PEs', kind: 'array', columns: config.peColumns, rows: config.peRows },
      ...{ areaMm2: 0, components: [] },
      inside: [
        module('activation_rams', 'memory', ['activation_ram']),
        module('weight_fifo', 'memory', ['weight_fifo']),
        module('multipliers', 'arithmetic', ['multipliers']),
        module('crossbar', 'network', ['crossbar']),
        module('accumulators', 'memory', ['accumulators']),
        module('other', 'other', []),
      ],
    },
  ];
}
