// Where data live, and what it costs to bring them to a core's L1.

import type { LayerTask } from '../../workloads/network.js';
import { nonzerosOf } from '../../workloads/weights/store.js';
import type { Residency } from '../contract.js';
import { inputElements, keptMatrixOf, outputElements } from '../work.js';
import type { CpuConfig } from './config.js';

/** float32 values and 32-bit CSR indices. */
export const ELEMENT_BYTES = 4;

export type Level = 'l1' | 'l2' | 'l3' | 'memory';

/** No L1 keeps a layer's weights from one frame to the next. */
export type WeightsHome = Exclude<Level, 'l1'>;

interface Transfer {
  readonly bytes: number;
  /** Of one core, when nothing else uses the path. */
  readonly cycles: number;
}

/**
 * What crosses each boundary: into L1 from L2, into L2 from L3, into L3 from memory (and back, for
 * what is written).
 */
export interface Transfers {
  readonly l2: Transfer;
  readonly l3: Transfer;
  readonly memory: Transfer;
}

const nothing: Transfer = { bytes: 0, cycles: 0 };
const plus = (a: Transfer, b: Transfer): Transfer => ({
  bytes: a.bytes + b.bytes,
  cycles: a.cycles + b.cycles,
});

export function addTransfers(...all: readonly Transfers[]): Transfers {
  return all.reduce(
    (a, b) => ({ l2: plus(a.l2, b.l2), l3: plus(a.l3, b.l3), memory: plus(a.memory, b.memory) }),
    {
      l2: nothing,
      l3: nothing,
      memory: nothing,
    },
  );
}

/** The innermost level of one core in which `bytes` stay. */
export function homeOf(bytes: number, config: CpuConfig): Level {
  const { l1, l2, l3, cacheShare } = config;
  if (bytes <= cacheShare * l1.capacity) return 'l1';
  if (bytes <= cacheShare * l2.capacity) return 'l2';
  return bytes <= cacheShare * l3.capacity ? 'l3' : 'memory';
}

/**
 * Where weights that are dealt out over `cores` cores stay between frames: their private L2s, L3 or
 * memory.
 */
export function weightsHomeOf(bytes: number, config: CpuConfig, cores: number): WeightsHome {
  if (bytes <= config.cacheShare * config.l2.capacity * cores) return 'l2';
  return bytes <= config.cacheShare * config.l3.capacity ? 'l3' : 'memory';
}

/**
 * Weights read `passes` times in a row: first from where the frame before left them, then from
 * where they fit.
 */
export function streamWeights(
  bytes: number,
  home: WeightsHome,
  passes: number,
  config: CpuConfig,
  cores: number,
): Transfers {
  const own = weightsHomeOf(bytes, config, cores);
  return addTransfers(stream(bytes, home, config), stream(bytes * (passes - 1), own, config));
}

function cyclesPerByte({ l2, l3, memory, clock }: CpuConfig) {
  return {
    l2: 1 / l2.bytesPerCycle,
    l3: 1 / l3.bytesPerCycle,
    memory: clock / (memory.bandwidth * memory.sustained),
  };
}

/** Consecutive bytes from `home` to L1, at the bandwidth of every path on the way. */
export function stream(bytes: number, home: Level, config: CpuConfig): Transfers {
  const cost = cyclesPerByte(config);
  const cross = (perByte: number): Transfer => ({ bytes, cycles: bytes * perByte });
  return {
    l2: home === 'l1' ? nothing : cross(cost.l2),
    l3: home === 'l3' || home === 'memory' ? cross(cost.l3) : nothing,
    memory: home === 'memory' ? cross(cost.memory) : nothing,
  };
}

/**
 * Consecutive bytes written: each line is read before it is written (write-allocate) and evicted
 * later.
 */
export function write(bytes: number, home: Level, config: CpuConfig): Transfers {
  return stream(2 * bytes, home, config);
}

/**
 * `lines` cache lines read in no order from data of `footprintBytes`. Each level serves the part of
 * the footprint that it holds; a line costs its transfer, or its latency shared by the misses that
 * a core may have under way.
 */
export function scatteredReads(
  lines: number,
  footprintBytes: number,
  config: CpuConfig,
): Transfers {
  const { l1, l2, l3, memory, cacheShare, lineBytes, fillBuffers, clock } = config;
  const cost = cyclesPerByte(config);
  const missing = (capacity: number) => Math.max(0, 1 - (cacheShare * capacity) / footprintBytes);
  const beyondL1 = lines * missing(l1.capacity);
  const beyondL2 = Math.min(beyondL1, lines * missing(l2.capacity));
  const beyondL3 = Math.min(beyondL2, lines * missing(l3.capacity));
  // A level's latency is counted once, where the data are found: the levels before it add only the
  // difference.
  const cross = (crossing: number, perByte: number, latencyCycles: number): Transfer => ({
    bytes: crossing * lineBytes,
    cycles: crossing * Math.max(perByte * lineBytes, latencyCycles / fillBuffers),
  });
  return {
    l2: cross(beyondL1, cost.l2, l2.latency),
    l3: cross(beyondL2, cost.l3, Math.max(0, l3.latency - l2.latency)),
    memory: cross(beyondL3, cost.memory, Math.max(0, memory.latency * clock - l3.latency)),
  };
}

/** Bytes of a layer's weights as a dense matrix, bias included. */
export function denseWeightBytes(task: LayerTask): number {
  const shape = keptMatrixOf(task.demand);
  return shape ? (shape.rows * shape.columns + shape.biases) * ELEMENT_BYTES : 0;
}

/** Bytes of a layer's weights in CSR: value and index of each non-zero, row pointers, bias. */
export function csrWeightBytes(task: LayerTask): number {
  const shape = keptMatrixOf(task.demand);
  const weights = shape && task.weights;
  if (!weights) return 0;
  return (2 * nonzerosOf(weights.store) + shape.rows + 1 + shape.biases) * ELEMENT_BYTES;
}

/**
 * A CPU's caches keep weights by size, and size depends on the format: both are told to the
 * kernels.
 */
export interface CacheResidency extends Residency {
  readonly networkDenseBytes: number;
  readonly networkCsrBytes: number;
}

/**
 * A network runs frame after frame and touches all its weights in each: least-recently-used caches
 * keep either all of them or none. Resident means that they stay in L3 in the smaller of the two
 * formats.
 */
export function place(tasks: readonly LayerTask[], config: CpuConfig): readonly CacheResidency[] {
  const total = (bytesOf: (task: LayerTask) => number) =>
    tasks.reduce((bytes, task) => bytes + bytesOf(task), 0);
  const networkDenseBytes = total(denseWeightBytes);
  const networkCsrBytes = total(csrWeightBytes);
  const smaller = Math.min(networkDenseBytes, networkCsrBytes);
  const resident = weightsHomeOf(smaller, config, 1) !== 'memory';
  return tasks.map(() => ({ resident, notes: [], networkDenseBytes, networkCsrBytes }));
}

function isCacheResidency(residency: Residency): residency is CacheResidency {
  return 'networkDenseBytes' in residency && 'networkCsrBytes' in residency;
}

/**
 * Bytes that compete for the caches between two frames: the whole network's weights, or the layer's
 * where it is alone.
 */
export function competingBytes(
  task: LayerTask,
  residency: Residency,
  format: 'dense' | 'csr',
): number {
  if (format === 'dense')
    return isCacheResidency(residency) ? residency.networkDenseBytes : denseWeightBytes(task);
  return isCacheResidency(residency) ? residency.networkCsrBytes : csrWeightBytes(task);
}

/**
 * Elements of a layer's inputs, what a product of two results multiplies by among them, and of its
 * output, one frame.
 */
export function activationElements({ demand }: LayerTask): {
  readonly inputs: number;
  readonly outputs: number;
} {
  return { inputs: inputElements(demand), outputs: outputElements(demand) };
}

/** Where a layer finds its inputs and leaves its outputs, the whole batch. */
export function activationsHome(task: LayerTask, config: CpuConfig): Level {
  const { inputs, outputs } = activationElements(task);
  return homeOf((inputs + outputs) * task.batch * ELEMENT_BYTES, config);
}
