// Models where data are stored, and the cost of bringing them to a core's L1.

import type { LayerTask } from '../../workloads/network.js';
import { nonzerosOf } from '../../workloads/weights/entries.js';
import type { Residency } from '../contract.js';
import { inputBytes, inputElements, keptMatrixOf, outputElements } from '../work.js';
import type { CpuConfig } from './config.js';

/** float32 values and 32-bit CSR indices. */
export const ELEMENT_BYTES = 4;

/** Bytes of L3 that `cores` cores have: whole caches, or a slice's share of one. */
function l3Capacity({ l3, cores: all }: CpuConfig, cores: number): number {
  if (l3.sharedBy > all) return (l3.capacity * all) / l3.sharedBy;
  return l3.capacity * Math.ceil(cores / l3.sharedBy);
}

/** Bytes of all L2 caches of `cores` cores. */
function l2Capacity({ l2 }: CpuConfig, cores: number): number {
  return l2.capacity * Math.ceil(cores / l2.sharedBy);
}

/** What memory supplies to streams on all cores: a slice has its share of the socket's. */
export function sustainedBytesPerSecond({ memory, cores, socketCores }: CpuConfig): number {
  return memory.bandwidth * memory.sustained * (cores / (socketCores ?? cores));
}

/**
 * The processor as the library's convolutions, pools and sums find it: memory at the share that
 * they reach of what it sustains for plain streams.
 */
export function movingActivations(config: CpuConfig): CpuConfig {
  const { memory, dense } = config;
  if (dense.activationShare === undefined) return config;
  return { ...config, memory: { ...memory, sustained: memory.sustained * dense.activationShare } };
}

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

/**
 * The innermost level in which `bytes` stay that one core works on; what `cores` cores write for
 * each other lies in a level that they share.
 */
export function homeOf(bytes: number, config: CpuConfig, cores = 1): Level {
  const { l1, l2, cacheShare } = config;
  if (cores === 1 && bytes <= cacheShare * l1.capacity) return 'l1';
  const isShared = cores === 1 || l2.sharedBy >= cores || config.l3.capacity === 0;
  if (isShared && bytes <= cacheShare * l2Capacity(config, cores)) return 'l2';
  return bytes <= cacheShare * l3Capacity(config, cores) ? 'l3' : 'memory';
}

/**
 * Where weights that are dealt out over `cores` cores stay between frames: their private L2s, L3 or
 * memory.
 */
export function weightsHomeOf(bytes: number, config: CpuConfig, cores: number): WeightsHome {
  if (bytes <= config.cacheShare * l2Capacity(config, cores)) return 'l2';
  return bytes <= config.cacheShare * l3Capacity(config, cores) ? 'l3' : 'memory';
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

function cyclesPerByte(config: CpuConfig) {
  const { l2, l3, clock } = config;
  return {
    l2: 1 / l2.bytesPerCycle,
    l3: 1 / l3.bytesPerCycle,
    memory: clock / sustainedBytesPerSecond(config),
  };
}

/**
 * What memory supplies to `cores` cores: the interface's sustained rate, or what so many cores can
 * ask for.
 */
export function supplyBytesPerSecond(config: CpuConfig, cores: number): number {
  const { memory, lineBytes } = config;
  const askedPerCore = (memory.outstandingLines * lineBytes) / memory.latency;
  return Math.min(sustainedBytesPerSecond(config), cores * askedPerCore);
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
  const lastCapacity = Math.max(l2.capacity, l3Capacity(config, 1));
  const cost = cyclesPerByte(config);
  const missing = (capacity: number) => Math.max(0, 1 - (cacheShare * capacity) / footprintBytes);
  const beyondL1 = lines * missing(l1.capacity);
  const beyondL2 = Math.min(beyondL1, lines * missing(l2.capacity));
  const beyondL3 = Math.min(beyondL2, lines * missing(lastCapacity));
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

/** Elements of a layer's weights as a dense matrix, bias included. */
export function denseWeightElements({ demand }: Pick<LayerTask, 'demand'>): number {
  const shape = keptMatrixOf(demand);
  return shape ? shape.rows * shape.columns + shape.biases : 0;
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
  readonly networkDenseElements: number;
  /** Counted when a kernel asks: it takes the weights themselves. */
  readonly networkCsrBytes: () => number;
}

/**
 * A network runs frame after frame and touches all its weights in each: least-recently-used caches
 * keep either all of them or none. Each kernel asks by the bytes of its own format.
 */
export function place(tasks: readonly LayerTask[], config: CpuConfig): readonly CacheResidency[] {
  const total = (of: (task: LayerTask) => number) => tasks.reduce((sum, task) => sum + of(task), 0);
  const networkDenseElements = total(denseWeightElements);
  let csrBytes: number | undefined;
  const networkCsrBytes = () => {
    csrBytes ??= total(oncePerKind(csrWeightBytes));
    return csrBytes;
  };
  const bytes = networkDenseElements * ELEMENT_BYTES;
  const resident = weightsHomeOf(bytes, config, config.dense.cores) !== 'memory';
  return tasks.map(() => ({ resident, notes: [], networkDenseElements, networkCsrBytes }));
}

/** `of`, asked once for all tasks that are told to be alike. */
function oncePerKind(of: (task: LayerTask) => number): (task: LayerTask) => number {
  const known = new Map<string, number>();
  return (task) => {
    if (task.alike === undefined) return of(task);
    const value = known.get(task.alike) ?? of(task);
    known.set(task.alike, value);
    return value;
  };
}

function isCacheResidency(residency: Residency): residency is CacheResidency {
  return 'networkDenseElements' in residency && 'networkCsrBytes' in residency;
}

/**
 * Bytes of dense weights that compete for the caches between two frames: the whole network's, or
 * the layer's where it is alone.
 */
export function competingBytes(
  task: LayerTask,
  residency: Residency,
  elementBytes: number,
): number {
  const elements = isCacheResidency(residency)
    ? residency.networkDenseElements
    : denseWeightElements(task);
  return elements * elementBytes;
}

/** The same in CSR. */
export function competingCsrBytes(task: LayerTask, residency: Residency): number {
  return isCacheResidency(residency) ? residency.networkCsrBytes() : csrWeightBytes(task);
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

/**
 * Where a layer finds its inputs and leaves its outputs, the whole batch, which pass from core to
 * core between two layers.
 */
export function activationsHome(
  task: LayerTask,
  config: CpuConfig,
  cores: number,
  elementBytes = ELEMENT_BYTES,
): Level {
  const bytes = inputBytes(task.demand, elementBytes) + outputElements(task.demand) * elementBytes;
  return homeOf(bytes * task.batch, config, cores);
}
