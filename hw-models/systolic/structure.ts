// The modules of a systolic array as blocks: the array, its memories, DRAM beside the chip.

import type { Block } from '../contract.js';
import { areaOf } from './area.js';
import type { SystolicConfig } from './config.js';

export function structureOf(config: SystolicConfig): readonly Block[] {
  const area = areaOf(config);
  const { rows, columns } = config;
  const one = { columns: 1, rows: 1, inside: [] };
  const memory = (name: string): Block => ({
    ...{ ...one, name, kind: 'memory', areaMm2: area[name] as number, components: [name] },
  });
  const areaMm2 = (area.array as number) / (rows * columns);
  return [
    { ...one, name: 'dram', kind: 'memory', areaMm2: 0, offChip: true, components: ['dram'] },
    ...['weight_sram', 'activation_sram', 'accumulator_sram'].map(memory),
    {
      ...{ name: 'PEs', kind: 'array', columns, rows, areaMm2: 0, components: [] },
      inside: [{ ...one, name: 'PE', kind: 'arithmetic', areaMm2, components: ['arithmetic'] }],
    },
  ];
}
