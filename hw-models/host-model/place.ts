// What a network's layers leave in the caches for each other.

import { sizeOf, weightShapeOf } from '../../workloads/layers/index.js';
import type { Layer, LayerTask } from '../../workloads/network.js';
import { nonzerosOf } from '../../workloads/weights/store.js';
import type { Residency } from '../contract.js';
import { frameBytesOf } from '../host/engine/tensor.js';
import type { HostConfig } from './config.js';
import type { Place } from './engine-cost.js';
import { sharesBeyond } from './memory.js';

const FLOAT = 4;
/** Bytes of a weight in the engine's sparse formats: a step of a byte or an offset of four, and a value. */
const ENTRY = { dense: 5, conv2d: 8 } as const;

/** Weights that a run of the network goes through, by who runs it. */
interface WeightBytes {
  readonly library: number;
  readonly dense: number;
  readonly sparse: number;
}

export interface HostResidency extends Residency {
  /** The network. */
  readonly tasks: readonly LayerTask[];
  readonly weightBytes: WeightBytes;
  /** Values that come and go between two uses of the weights, and since the layer's inputs were made. */
  readonly frameBytes: number;
  readonly valueBytes: number;
  readonly inPlace: readonly boolean[];
}

/** The engine reads no column of a fully connected layer whose activation is zero, in whatever format. */
function weightBytesOf({ layer, weights, input }: LayerTask): WeightBytes {
  const shape = weightShapeOf(layer);
  if (!shape || !weights || (layer.kind !== 'dense' && layer.kind !== 'conv2d'))
    return { library: 0, dense: 0, sparse: 0 };
  const library = shape.rows * shape.columns * FLOAT;
  const read = layer.kind === 'dense' ? input.density : 1;
  const dense = library * read;
  return { library, dense, sparse: Math.min(dense, nonzerosOf(weights.store) * ENTRY[layer.kind] * read) };
}

/** Where each layer's weights and values are when it begins. */
export function place(tasks: readonly LayerTask[], config: HostConfig): readonly HostResidency[] {
  const each = tasks.map(weightBytesOf);
  const sum = (of: (bytes: WeightBytes) => number) => each.reduce((total, bytes) => total + of(bytes), 0);
  const weightBytes = { library: sum((b) => b.library), dense: sum((b) => b.dense), sparse: sum((b) => b.sparse) };
  // Most of them, at least: a cache that is too small keeps some.
  const resident = sharesBeyond(weightBytes.sparse, config).memory < 0.5;
  const makers = new Map(tasks.map(({ layer }) => [layer.name, layer]));
  const readers = new Map<string, number>();
  for (const { layer } of tasks) for (const name of layer.inputs) readers.set(name, (readers.get(name) ?? 0) + 1);
  const ownBytes = (layer: Layer) =>
    [...layer.inputShapes, layer.output].reduce((bytes, shape) => bytes + frameBytesOf(shape), 0);
  const batch = tasks[0]?.batch ?? 1;
  // Values and as much scratch memory, which layers use one after the other.
  const frameBytes = 2 * batch * Math.max(0, ...tasks.map(({ layer }) => ownBytes(layer)));
  return tasks.map(({ layer }) => ({
    resident,
    notes: [],
    tasks,
    weightBytes,
    frameBytes,
    valueBytes: batch * (ownBytes(layer) + makersBytes(layer, makers)),
    // As the engine's programme does it: a value that a concatenation alone reads is made inside it.
    inPlace: layer.inputs.map((name) => {
      const maker = makers.get(name);
      return layer.kind === 'concat' && maker !== undefined && maker.kind !== 'concat' && readers.get(name) === 1;
    }),
  }));
}

/** What the layers that made a layer's inputs had read. */
function makersBytes({ inputs }: Layer, makers: ReadonlyMap<string, Layer>): number {
  return inputs.reduce((bytes, name) => {
    const shapes = makers.get(name)?.inputShapes ?? [];
    return bytes + shapes.reduce((sum, shape) => sum + frameBytesOf(shape), 0);
  }, 0);
}

function isHostResidency(residency: Residency): residency is HostResidency {
  return 'weightBytes' in residency && 'inPlace' in residency;
}

/** A layer's place in its network; alone where it was given none. */
export function residencyOf(task: LayerTask, residency: Residency, config: HostConfig): HostResidency {
  return isHostResidency(residency) ? residency : (place([task], config)[0] as HostResidency);
}

/** `weightBytes`: all weights that a run of the network reads. */
export function enginePlace({ frameBytes, valueBytes, inPlace }: HostResidency, weightBytes: number): Place {
  return { weightBytes: weightBytes + frameBytes, valueBytes, inPlace };
}

/** Bytes of all that a layer reads and writes, without filling between planes. */
export function compactBytes({ layer, batch }: LayerTask): number {
  return batch * FLOAT * [...layer.inputShapes, layer.output].reduce((floats, shape) => floats + sizeOf(shape), 0);
}
