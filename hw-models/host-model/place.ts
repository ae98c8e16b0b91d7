// Models what a network's layers leave in the caches for each other.

import type { Layer, LayerTask, TensorType } from '../../workloads/network.js';
import { nonzerosOf } from '../../workloads/weights/entries.js';
import type { Residency } from '../contract.js';
import { frameBytesOf } from '../host/engine/tensor.js';
import { interleaves } from '../host/fits.js';
import { inputElements, keptMatrixOf, outputElements } from '../work.js';
import type { HostConfig } from './config.js';
import type { Place } from './engine-cost.js';
import type { EngineTask } from './layer.js';
import { sharesBeyond } from './memory.js';

const FLOAT = 4;
/**
 * Bytes of a weight in the engine's sparse formats: a step of a byte or an offset of four, and a
 * value.
 */
const ENTRY = { product: 5, convolution: 8 } as const;

/** Weights that a run of the network goes through, by who runs it. */
interface WeightBytes {
  readonly library: number;
  readonly dense: number;
  readonly sparse: number;
}

export interface HostResidency extends Residency {
  /** Of the network. */
  readonly layers: number;
  readonly weightBytes: WeightBytes;
  /**
   * Values that come and go between two uses of the weights, and since the layer's inputs were
   * made.
   */
  readonly frameBytes: number;
  readonly valueBytes: number;
  readonly inPlace: readonly boolean[];
}

const NO_BYTES: WeightBytes = { library: 0, dense: 0, sparse: 0 };

/**
 * The engine reads no column of a fully connected layer whose activation is zero in all of its
 * rows, in whatever format.
 */
function weightBytesOf(task: LayerTask): WeightBytes {
  const { demand } = task;
  const shape = keptMatrixOf(demand);
  const weights = shape && task.weights;
  if (!weights) return NO_BYTES;
  const library = shape.rows * shape.columns * FLOAT;
  if (demand.kind !== 'product' && demand.kind !== 'convolution')
    return { library, dense: library, sparse: library };
  const read = demand.kind === 'product' ? metByAny(demand.rows, task.input.density) : 1;
  const dense = library * read;
  return {
    library,
    dense,
    sparse: Math.min(dense, nonzerosOf(weights.store) * ENTRY[demand.kind] * read),
  };
}

/** The share of columns that some of `rows` vectors meet with a non-zero activation. */
export function metByAny(rows: number, density: number): number {
  return rows === 1 ? density : 1 - (1 - density) ** rows;
}

const tasksOf = new WeakMap<WeightBytes, readonly LayerTask[]>();

/** All layers of the network that a residency is of. */
export function networkOf({ weightBytes }: HostResidency): readonly LayerTask[] {
  return tasksOf.get(weightBytes) ?? [];
}

/** Where each layer's weights and values are when it begins. */
export function place(tasks: readonly EngineTask[], config: HostConfig): readonly HostResidency[] {
  const each = tasks.map(weightBytesOf);
  const sum = (of: (bytes: WeightBytes) => number) =>
    each.reduce((total, bytes) => total + of(bytes), 0);
  const weightBytes = {
    library: sum((b) => b.library),
    dense: sum((b) => b.dense),
    sparse: sum((b) => b.sparse),
  };
  tasksOf.set(weightBytes, tasks);
  // Most of them, at least: a cache that is too small keeps some.
  const resident = sharesBeyond(weightBytes.sparse, config).memory < 0.5;
  const makers = new Map(
    tasks.flatMap((task) => task.layer?.results.map(({ name }) => [name, task] as const) ?? []),
  );
  const readers = new Map<string, number>();
  for (const { layer } of tasks) {
    for (const name of layer?.inputs ?? []) readers.set(name, (readers.get(name) ?? 0) + 1);
  }
  const batch = tasks[0]?.batch ?? 1;
  // Values and as much scratch memory, which layers use one after the other.
  const frameBytes = 2 * batch * Math.max(0, ...tasks.map(ownBytes));
  return tasks.map((task) => ({
    resident,
    notes: [],
    layers: tasks.length,
    weightBytes,
    frameBytes,
    valueBytes: batch * (ownBytes(task) + makersBytes(task, makers)),
    inPlace: task.layer ? madeInPlace(task.layer, makers, readers) : [],
  }));
}

/**
 * As the engine's programme does it: a value that a concatenation alone reads is made inside it.
 */
function madeInPlace(
  layer: Layer,
  makers: ReadonlyMap<string, EngineTask>,
  readers: ReadonlyMap<string, number>,
): readonly boolean[] {
  const gathers = interleaves(layer) === null;
  return layer.inputs.map((name) => {
    const maker = makers.get(name)?.layer;
    return gathers && maker !== undefined && interleaves(maker) !== null && readers.get(name) === 1;
  });
}

function inputBytes({ layer, demand }: EngineTask): number {
  return layer ? bytesOf(layer.inputTypes) : inputElements(demand) * FLOAT;
}

function bytesOf(types: readonly (TensorType | null)[]): number {
  return types.reduce((bytes, type) => bytes + (type ? frameBytesOf(type) : 0), 0);
}

/** What a layer reads and writes for a frame. */
function ownBytes(task: EngineTask): number {
  const { layer, demand } = task;
  return inputBytes(task) + (layer ? bytesOf(layer.results) : outputElements(demand) * FLOAT);
}

/** What the layers that made a layer's inputs had read. */
function makersBytes({ layer }: EngineTask, makers: ReadonlyMap<string, EngineTask>): number {
  return (layer?.inputs ?? []).reduce((bytes, name) => {
    const maker = makers.get(name);
    return bytes + (maker ? inputBytes(maker) : 0);
  }, 0);
}

function isHostResidency(residency: Residency): residency is HostResidency {
  return 'weightBytes' in residency && 'inPlace' in residency;
}

/** A layer's place in its network; alone where it was given none. */
export function residencyOf(
  task: LayerTask,
  residency: Residency,
  config: HostConfig,
): HostResidency {
  return isHostResidency(residency) ? residency : (place([task], config)[0] as HostResidency);
}

/** `weightBytes`: all weights that a run of the network reads. */
export function enginePlace(
  { frameBytes, valueBytes, inPlace }: HostResidency,
  weightBytes: number,
): Place {
  return { weightBytes: weightBytes + frameBytes, valueBytes, inPlace };
}

/** Bytes of all that a layer reads and writes, without filling between planes. */
export function compactBytes({ demand, batch }: LayerTask): number {
  return batch * FLOAT * (inputElements(demand) + outputElements(demand));
}
