// How far blocks were in use where the model counts only what passed them.

import { describe, expect, it } from 'vitest';
import { useOf } from '../../../reports/machine/use.js';
import { compare } from '../../../sim/compare.node.js';

const [comparison] = await compare({
  workloads: 'alex-8',
  hardware: ['i7-5930k', 'titan-x', 'a100'],
});

describe('use of a CPU and a GPU', () => {
  it.each(comparison?.results.map((row) => [row.hardware, row] as const) ?? [])(
    '%s: what passed each memory over what could have, never more than all of the time',
    (_, { structure, layers, seconds, peaks }) => {
      const { blocks, elsewhere } = useOf(structure, layers);
      for (const { busy } of blocks) if (busy !== null) expect(busy >= 0 && busy <= 1).toBe(true);
      const dram = blocks.find(({ block }) => block.name === 'dram');
      const bytes = layers.reduce((sum, { counters }) => sum + (counters.dram_bytes ?? 0), 0);
      const { perSecond } = dram?.block.passes ?? { perSecond: 0 };
      const share = bytes / Number(perSecond) / seconds;
      expect(Math.abs((dram?.busy ?? 1) - share)).toBeLessThan(1e-12);
      // The rate is the device's: no lower than the roofline's, which may be what streams reach.
      const roof = peaks?.roofs.find(({ meter }) => meter === 'dram_bytes');
      expect(Number(perSecond)).toBeGreaterThanOrEqual(roof?.bytesPerSecond ?? Number.NaN);
      // Powers over time belong to no block.
      for (const part of Object.keys(elsewhere)) expect(['static', 'active']).toContain(part);
    },
  );
});
