// The parts of a CPU as blocks: cores with their private caches, shared caches, memory beside the
// chip. Nobody publishes their areas.

import type { Block } from '../contract.js';
import { arithmeticOf, computesIn, reducedPrecisions } from './arithmetic.js';
import type { CpuConfig } from './config.js';

export function structureOf(config: CpuConfig): readonly Block[] {
  const { cores, clock, l1, memory } = config;
  const one = { columns: 1, rows: 1, inside: [], areaMm2: null };
  const cache = (name: 'l2' | 'l3'): Block => ({
    ...{ ...one, name, kind: 'memory', bytes: config[name].capacity, components: [name] },
    passes: { meter: `${name}_bytes`, perSecond: cores * config[name].bytesPerCycle * clock },
  });
  /** As many as share the cores among them. */
  const shared = (name: 'l2' | 'l3'): readonly Block[] =>
    config[name].capacity > 0 && config[name].sharedBy > 1
      ? [{ ...cache(name), columns: Math.max(1, Math.round(cores / config[name].sharedBy)) }]
      : [];
  const own = (name: 'l2' | 'l3'): readonly Block[] =>
    config[name].capacity > 0 && config[name].sharedBy === 1 ? [cache(name)] : [];
  const rates = (['fp32', ...reducedPrecisions] as const).flatMap((precision) =>
    computesIn(config, precision)
      ? [[precision, cores * arithmeticOf(config, precision).macsPerCycle * clock] as const]
      : [],
  );
  return [
    {
      ...{ ...one, name: 'dram', kind: 'memory', offChip: true, components: ['dram'] },
      passes: { meter: 'dram_bytes', perSecond: memory.bandwidth },
    },
    ...shared('l3'),
    ...shared('l2'),
    {
      ...{ ...one, name: 'cores', kind: 'array', columns: cores, components: [] },
      inside: [
        {
          ...{ ...one, name: 'vector_units', kind: 'arithmetic', components: ['arithmetic'] },
          passes: { meter: 'executed_macs', perSecond: Object.fromEntries(rates) },
        },
        {
          ...{ ...one, name: 'core', kind: 'other', components: ['core', 'instructions'] },
        },
        { ...one, name: 'l1', kind: 'memory', bytes: l1.capacity, components: [] },
        ...own('l2'),
        ...own('l3'),
      ],
    },
  ];
}
