// The parts of a CPU as blocks, of which the engine's threads use a core each. Nobody publishes
// their areas.

import type { Block } from '../contract.js';
import type { HostConfig } from './config.js';

export function structureOf(config: HostConfig): readonly Block[] {
  const { threads, clock, lineBytes, memory, lines, native, multiplyAddsPerCycle } = config;
  const one = { columns: 1, rows: 1, inside: [], areaMm2: null };
  const memoryBlock = (name: string) => ({
    ...{ ...one, name, kind: 'memory' as const, components: [name] },
  });
  /** As fast as lines come that are read in order, to all cores that work. */
  const cache = (name: 'l2' | 'l3'): Block => ({
    ...{ ...memoryBlock(name), bytes: config[name].capacity },
    ...(lines[name].read > 0
      ? {
          passes: {
            meter: `${name}_bytes`,
            perSecond: (threads * lineBytes * clock) / lines[name].read,
          },
        }
      : {}),
  });
  // Whatever a core has: a kernel on narrower vectors uses a part of it.
  const widest = Math.max(multiplyAddsPerCycle, native?.multiplyAddsPerCycle ?? 0);
  return [
    {
      ...{ ...memoryBlock('dram'), offChip: true },
      passes: {
        meter: 'dram_bytes',
        perSecond: Math.min(memory.bandwidth, threads * memory.oneCore),
      },
    },
    ...(config.l3.capacity > 0 ? [cache('l3')] : []),
    {
      ...{ ...one, name: 'cores', kind: 'array', columns: threads, components: [] },
      inside: [
        {
          ...{ ...one, name: 'vector_units', kind: 'arithmetic', components: ['arithmetic'] },
          passes: { meter: 'executed_macs', perSecond: { fp32: threads * widest * clock } },
        },
        { ...one, name: 'core', kind: 'other', components: ['core', 'instructions'] },
        { ...one, name: 'l1', kind: 'memory', bytes: config.l1.capacity, components: [] },
        cache('l2'),
      ],
    },
  ];
}
