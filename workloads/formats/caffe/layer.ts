// The input of a row in the table of Caffe layers.

import { type Shape, shapeText, sizeOf, type TensorType } from '../../tensor.js';
import type { GraphBuilder, WrittenLayer } from '../graph-builder.js';
import type { LayerText, Parameters } from './parameters.js';
import type { Blob } from './weights.js';

export interface CaffeLayer {
  readonly layer: LayerText;
  /** Names of tensors. */
  readonly bottoms: readonly string[];
  /** Its weights; null where the network has none at hand. */
  readonly blobs: readonly Blob[] | null;
  readonly builder: GraphBuilder;
  /** Names for its results, one for each top. */
  readonly results: readonly string[];
}

/** The names of its results, one for each `top`; a single one serves all. */
export type CaffeRow = (from: CaffeLayer) => readonly string[];

export function first({ layer, bottoms }: CaffeLayer): string {
  const [tensor, ...others] = bottoms;
  if (tensor === undefined || others.length > 0)
    throw layer.fault(`${bottoms.length} inputs`, 'one');
  return tensor;
}

export function typeOf({ builder }: CaffeLayer, tensor: string): TensorType {
  return builder.typeOf(tensor);
}

export function shapeOf(from: CaffeLayer, tensor = first(from)): Shape {
  return typeOf(from, tensor).shape;
}

export function parametersOf({ layer }: CaffeLayer, kind: string): Parameters {
  return layer.parameters(kind);
}

/** An axis counted from the front. */
export function axisOf({ layer }: CaffeLayer, axis: number, rank: number): number {
  const counted = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(counted) && counted >= 0 && counted < rank) return counted;
  throw layer.fault(`axis ${axis} of ${rank} axes`, `one from ${-rank} to ${rank - 1}`);
}

type Spec<Each> = Each extends unknown ? Omit<Each, 'name' | 'resultNames'> : never;
export type StepSpec = Spec<WrittenLayer>;

/** The layer's last step: its results bear the names of its tops. */
export function made(from: CaffeLayer, spec: StepSpec): readonly string[] {
  const { builder, layer, results } = from;
  return builder.add({ ...spec, name: layer.name, resultNames: results } as WrittenLayer);
}

/** A step before the last one. */
export function step({ builder, layer }: CaffeLayer, suffix: string, spec: StepSpec): string {
  const name = fresh(builder, `${layer.name}/${suffix}`);
  return builder.add({ ...spec, name, resultNames: [name] } as WrittenLayer)[0] as string;
}

export function fresh(builder: GraphBuilder, name: string): string {
  let free = name;
  for (let copy = 2; builder.has(free); copy++) free = `${name}_${copy}`;
  return free;
}

export function number({ builder, layer }: CaffeLayer, suffix: string, value: number): string {
  const name = fresh(builder, `${layer.name}.${suffix}`);
  return builder.constant(name, { shape: [], type: 'float32', values: Float32Array.of(value) });
}

export function blobAt(from: CaffeLayer, at: number, shape: Shape, count: number): Blob | null {
  const { layer, blobs } = from;
  if (!blobs) return null;
  const blob = blobs[at];
  if (!blob) throw layer.fault(`${blobs.length} blobs of weights`, `${count}`);
  // Old files write every blob with four extents.
  const trimmed = (extents: Shape) =>
    extents.slice(extents.findIndex((extent) => extent !== 1)).join();
  if (sizeOf(shape) === 1 ? blob.values.length !== 1 : trimmed(blob.dims) !== trimmed(shape)) {
    throw layer.fault(`a blob of ${shapeText(blob.dims)}`, shapeText(shape));
  }
  return blob;
}

/** A constant tensor of a layer: from its blobs, else one whose values are in no file. */
export function constantBlob(
  from: CaffeLayer,
  at: number,
  suffix: string,
  shape: Shape,
  count: number,
  as = shape,
): string {
  const { builder, layer } = from;
  const blob = blobAt(from, at, shape, count);
  const name = fresh(builder, `${layer.name}.${suffix}`);
  const type = { shape: as, type: 'float32' } as const;
  return builder.constant(name, blob ? { ...type, values: blob.values } : type);
}
