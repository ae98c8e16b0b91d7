// Accelerators described in a file: memories, arrays and compute units, mapped layer by layer.

import type { EnergyEvent, Family, Parts, Precision } from '../contract.js';
import { type SpatialConfig, SpatialSchema } from './config.js';
import type { Memory } from './description/architecture.js';
import { elementwise, mapped, unitsOf } from './kernels.js';
import { architectureFor } from './layer.js';
import { meters, metersOf } from './meters.js';
import { structureOf } from './structure.js';
import { switchesOf } from './switches.js';

export const spatial: Family<SpatialConfig> = {
  name: 'spatial',
  title: 'Accelerator described by its memories and arrays',
  schema: SpatialSchema,
  kernels: [mapped, elementwise],
  meters,
  metersOf,
  area: areaOf,
  precision: precisionOf,
  structure: structureOf,
  peaks(config) {
    const architecture = architectureFor(config);
    const { clockHz, compute } = architecture;
    const { name, sharedBits } = architecture.nodes[0] as Memory;
    const bytesPerSecond = ((sharedBits ?? Number.POSITIVE_INFINITY) / 8) * clockHz;
    return {
      ceilings: [
        {
          name: `${config.numbers === 'float' ? 'FP' : 'INT'}${multipliedBits(config)}`,
          macsPerSecond: unitsOf(architecture) * compute.macsPerCycle * clockHz,
        },
      ],
      roofs: [{ name, bytesPerSecond, meter: 'outermost_bytes', bytesPerCount: 1 }],
    };
  },
  switchesOf,
  events: eventsOf,
  parts: { weights: 2 ** 16, outputs: 2 ** 10, rows: 16, channels: 64, filters: 64, extent: 14 },
  roughly: (config) => ({ ...config, mapper: { ...config.mapper, budget: ROUGH_BUDGET } }),
};

/** Of the wider factor: a narrower one is widened to it. */
const multipliedBits = ({ weightBits, inputBits }: SpatialConfig) =>
  Math.max(weightBits, inputBits);

/** The narrowest of the precisions that results speak of that holds both factors. */
function precisionOf(config: SpatialConfig): Precision {
  const bits = multipliedBits(config);
  if (bits > 16) return 'fp32';
  if (config.numbers === 'float') return bits > 8 ? 'fp16' : 'fp8';
  return bits > 8 ? 'int16' : 'int8';
}

/** Mappings of a layer to look at for an estimate. */
const ROUGH_BUDGET = 300;

/** mm² by level, over all its instances; null where a level's is not known. */
function areaOf(config: SpatialConfig): Parts | null {
  const { nodes, compute } = architectureFor(config);
  const parts: Record<string, number> = {};
  let instances = 1;
  for (const [at, node] of nodes.entries()) {
    if (node.kind === 'array') {
      instances *= node.x * node.y;
      continue;
    }
    // What holds everything is off the chip.
    if (node.areaMm2 === null && at > 0) return null;
    if (node.areaMm2 !== null) parts[node.name] = node.areaMm2 * instances;
  }
  if (compute.areaMm2 === null) return null;
  parts[compute.name] = compute.areaMm2 * instances;
  return parts;
}

function eventsOf(config: SpatialConfig): readonly EnergyEvent[] {
  const { nodes, compute } = architectureFor(config);
  const events: EnergyEvent[] = [];
  let instances = 1;
  for (const node of nodes) {
    if (node.kind === 'array') {
      instances *= node.x * node.y;
      continue;
    }
    const level = { component: node.name, instances };
    const path = `levels.${node.name}`;
    const { read, write } = node.joules;
    events.push({ ...level, path: `${path}.readJoules`, action: 'read', joules: read });
    events.push({ ...level, path: `${path}.writeJoules`, action: 'write', joules: write });
  }
  const { joulesPerMac } = compute;
  const unit = { component: compute.name, instances };
  events.push({ ...unit, path: 'compute.macJoules', action: 'mac', joules: joulesPerMac });
  return events;
}
