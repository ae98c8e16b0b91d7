// Costs a layer on a described accelerator: products and convolutions with the mapping that the
// mapper finds, all others as a stream through the outermost memory.

import type { StreamDemand } from '../../workloads/demand.js';
import type { LayerTask } from '../../workloads/network.js';
import type { Bound, Kernel, LayerCost, Parts } from '../contract.js';
import { sum, times, timesAccesses } from '../cost.js';
import { isWeighted, outputElements } from '../work.js';
import type { SpatialConfig } from './config.js';
import {
  accessesByOperand,
  accessesPerElement,
  computeShare,
  costOf,
  nodeOf,
} from './cost/cost.js';
import type { Spill } from './cost/spills.js';
import type { Architecture, Memory } from './description/architecture.js';
import { architectureFor, type MappedLayer, mapLayer } from './layer.js';
import { meterName } from './meters.js';
import type { Multiplied } from './nest/from-demand.js';
import { problemOf } from './nest/from-demand.js';
import { mappingLine } from './nest/mapping-text.js';
import { recordLayer } from './record.js';
import { independentZeros } from './sparse/zeros.js';

export const mapped: Kernel<SpatialConfig> = {
  name: 'mapped',
  accepts: isWeighted,
  cost: (task, config) => accountFor(task, mapLayer(task, config)),
  record: (task, config, _, recorder) => recordLayer(mapLayer(task, config), recorder),
};

/** Compute units of the whole accelerator. */
export function unitsOf({ nodes }: Architecture): number {
  return nodes.reduce(
    (units, node) => (node.kind === 'array' ? units * node.x * node.y : units),
    1,
  );
}

function accountFor(task: LayerTask, layer: MappedLayer): LayerCost {
  const { architecture, cost, mapped, zeros } = layer;
  const { compute, clockHz } = architecture;
  const { batch, macs } = task;
  const done = macs.dense * batch * computeShare(architecture, zeros).done;
  const densities = { weights: zeros.density('weights'), inputs: zeros.density('inputs') };
  const independent = independentZeros(densities);
  const expected = computeShare(architecture, independent).done;
  const { spills } = costOf(mapped.problem, architecture, mapped.mapping, independent);
  const peak = unitsOf(architecture) * compute.macsPerCycle;
  const counters: Record<string, number> = {
    macs: done,
    mac_slots: cost.totalCycles * peak,
    expected_macs: macs.dense * batch * expected,
    units_used: cost.accesses.units,
    mappings: mapped.looked,
    spilled_values: valuesOf(cost.spills),
    expected_spilled_values: valuesOf(spills),
    ...accessCounters(layer),
    outermost_bytes: outermostBytes(layer),
  };
  const cycles: Parts = Object.fromEntries(cost.cycles);
  return {
    ...{ kernel: 'mapped', clockHz, cycles, counters },
    joules: Object.fromEntries(cost.joules),
    busy: busyOf(layer, done),
    accesses: accessesByOperand(architecture, cost),
    floorCycles: Math.max(done / peak, 1e-9 * sum(cycles)),
    bound: boundOf(cost.cycles),
    mapping: mappingLine(mapped.problem, architecture, mapped.mapping),
    notes: notesOf(task, layer),
  };
}

const valuesOf = (spills: readonly Spill[]) => spills.reduce((all, { values }) => all + values, 0);

/** Ports by what passes them, units by the products that they do; unused instances stand idle. */
function busyOf({ architecture, cost }: MappedLayer, done: number): Parts {
  const { compute, nodes } = architecture;
  const busy: Record<string, number> = {
    [compute.name]: done / (unitsOf(architecture) * compute.macsPerCycle),
  };
  let all = 1;
  for (const [at, node] of nodes.entries()) {
    if (node.kind === 'array') {
      all *= node.x * node.y;
      continue;
    }
    const cycles = cost.portCycles.get(node.name);
    const used = cost.accesses.memories.find((memory) => memory.node === at);
    if (cycles !== undefined && used) busy[node.name] = (cycles * used.instances) / all;
  }
  return busy;
}

function boundOf(cycles: ReadonlyMap<string, number>): Bound {
  let bound: Bound = 'compute';
  let longest = 0;
  for (const [part, length] of cycles) {
    if (length <= longest) continue;
    longest = length;
    bound =
      part === 'compute'
        ? 'compute'
        : part === 'imbalance'
          ? 'imbalance'
          : part === 'fill'
            ? 'latency'
            : 'memory';
  }
  return bound;
}

function accessCounters({ cost }: MappedLayer): Parts {
  const counters: Record<string, number> = {};
  for (const [place, { name, instances, operands }] of cost.accesses.memories.entries()) {
    for (const [at, { operand, reads, fills, updates }] of operands.entries()) {
      const share = cost.shares[place]?.[at];
      if (!share) continue;
      counters[meterName(name, operand, 'reads')] = instances * reads * share.reads;
      counters[meterName(name, operand, 'fills')] = instances * fills * share.fills;
      if (operand === 'outputs') {
        counters[meterName(name, operand, 'updates')] = instances * updates * share.updates;
      }
    }
  }
  return counters;
}

/** Bytes that pass the outermost memory, what its formats add among them. */
function outermostBytes({ architecture, cost }: MappedLayer): number {
  const [memory] = cost.accesses.memories;
  if (!memory) return 0;
  const node = nodeOf(architecture, memory);
  let bits = 0;
  for (const [at, { operand, reads, updates }] of memory.operands.entries()) {
    const share = cost.shares[0]?.[at];
    if (!share) continue;
    const each = node.elementBits[operand] as number;
    bits += reads * (share.reads * each + share.readMetadataBits);
    bits += updates * share.updates * each;
  }
  return bits / 8;
}

/** Tiles that overflow are told from so many of them on. */
const MANY_TILES = 0.01;

function notesOf(task: LayerTask, { mapped, cost, note }: MappedLayer): readonly string[] {
  const { sizes, dimensions } = problemOf(task.name, task.demand as Multiplied, task.batch);
  const padded = dimensions.flatMap((name, at) => {
    const to = mapped.problem.sizes[at] as number;
    return to > (sizes[at] as number) ? [`${name} from ${sizes[at]} to ${to}`] : [];
  });
  const rounded = padded.length > 0 ? [`rounded up to fill the arrays: ${padded.join(', ')}`] : [];
  const spilled = cost.spills.flatMap(({ memory, operand, tiles }) =>
    tiles < MANY_TILES
      ? []
      : [`some tiles of ${operand} overflow ${memory}: the rest of them is fetched again`],
  );
  return [...rounded, ...spilled, ...(note === null ? [] : [note])];
}

export const elementwise: Kernel<SpatialConfig> = {
  name: 'elementwise',
  fallback: true,
  accepts: ({ kind }) => kind === 'stream' || kind === 'embedding',
  cost({ demand, batch }, config) {
    const architecture = architectureFor(config);
    const memory = architecture.nodes[0] as Memory;
    const writes = outputElements(demand);
    const isTable = demand.kind === 'embedding';
    const { looks, passes, inputs } = isTable
      ? { looks: writes, passes: 1, inputs: writes }
      : (demand as StreamDemand);
    const operations = Math.max(looks * passes, writes);
    const { compute, clockHz } = architecture;
    const lanes = config.vectorLanes ?? unitsOf(architecture) * compute.macsPerCycle;
    const bits =
      inputs * (memory.elementBits.inputs as number) +
      writes * (memory.elementBits.outputs as number);
    const busy = operations / lanes;
    const moving = memory.sharedBits === null ? 0 : bits / memory.sharedBits;
    const readJoules = inputs * accessesPerElement(memory, 'inputs') * memory.joules.read;
    const writeJoules = writes * accessesPerElement(memory, 'outputs') * memory.joules.write;
    const ofCycles = (architecture.joulesPerCycle ?? 0) * Math.max(busy, moving);
    const joules = {
      [compute.name]: operations * compute.joulesPerMac,
      [memory.name]: readJoules + writeJoules,
      ...(ofCycles > 0 ? { clock: ofCycles } : {}),
    };
    const none = { memory: memory.name, reads: 0, writes: 0, readJoules: 0, writeJoules: 0 };
    const accesses = [
      { ...none, operand: 'inputs', reads: inputs, readJoules },
      { ...none, operand: 'outputs', writes, writeJoules },
    ];
    return {
      ...{ kernel: 'elementwise', clockHz },
      cycles: times(batch, { compute: busy, [memory.name]: Math.max(0, moving - busy) }),
      joules: times(batch, joules),
      ...(memory.sharedBits === null ? {} : { busy: { [memory.name]: batch * moving } }),
      accesses: timesAccesses(batch, accesses),
      counters: times(batch, { macs: 0, vector_operations: operations, outermost_bytes: bits / 8 }),
      floorCycles: batch * Math.max(busy, moving),
      bound: moving > busy ? 'memory' : 'compute',
      notes: isTable ? [`rows of the table are read from ${memory.name}`] : [],
    };
  },
};
