import { describe, expect, it } from 'vitest';
import type { SpatialConfig } from '../../../hw-models/spatial/config.js';
import { architectureFor } from '../../../hw-models/spatial/layer.js';
import { compare } from '../../../sim/compare.node.js';
import { hardwareNames, resolveHardware } from '../../../sim/resolve.node.js';

const presets = hardwareNames().modelled.filter(
  (name) => resolveHardware(name).family === 'spatial',
);

describe('what passes the memories of a described accelerator', () => {
  it.each(presets)('comes to the energy and the counts of %s, memory by memory', async (name) => {
    const { nodes } = architectureFor(resolveHardware(name).config as SpatialConfig);
    const [comparison] = await compare({ workloads: ['lenet-300-100'], hardware: [name] });
    for (const { accesses = [], energy, counters, kernel } of comparison?.results[0]?.layers ??
      []) {
      if (kernel !== 'mapped') continue;
      for (const node of nodes) {
        if (node.kind === 'array' || node.joules.leakPerCycle > 0) continue;
        const own = accesses.filter(({ memory }) => memory === node.name);
        const joules = own.reduce((sum, each) => sum + each.readJoules + each.writeJoules, 0);
        const all = energy?.[node.name] as number;
        if (all > 0) expect(joules).toBeWithin(1e-9, all);
        else expect(joules).toBe(0);
        for (const { operand, reads } of own)
          expect(reads).toBe(counters[`${node.name}_${operand}_reads`]);
      }
    }
  });
});
