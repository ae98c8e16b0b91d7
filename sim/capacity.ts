// Checks whether the data of a pass fit into a device's memory, and costs the case that they do
// not.

import type { Capacity, Hardware, Precision } from '../hw-models/contract.js';
import { type Network, parametersOf } from '../workloads/network.js';
import type { HardwareResult } from './result.js';
import { total } from './summary.js';

/** What a device holds for a network. */
export interface Holding {
  /** Weights and, of decoders, keys and values. */
  readonly bytes: number;
  /** Of its memory; null where nobody knows. */
  readonly capacity: Capacity | null;
  /** Of them those that each pass fetches from beyond. */
  readonly streamedBytes: number;
}

export function holdingOf(bytes: number, { capacity }: Pick<Hardware, 'capacity'>): Holding {
  const missing = capacity === null ? 0 : Math.max(0, bytes - capacity.bytes);
  return { bytes, capacity, streamedBytes: missing };
}

/**
 * A pass that takes `seconds` with all in memory: no less than what is left out takes to come, at
 * best fetched while the rest is computed.
 */
export function secondsWith({ capacity, streamedBytes }: Holding, seconds: number): number {
  const beyond = capacity?.beyond;
  return beyond ? Math.max(seconds, streamedBytes / beyond.bytesPerSecond) : seconds;
}

/** Bytes of a key, a value or a word's feature beside products in a precision. */
const elementBytes: Readonly<Record<Precision, number>> = {
  ...{ fp32: 4, fp16: 2, bf16: 2, int16: 2, fp8: 1, int8: 1 },
  // Of these the weights alone are narrow.
  ...{ w8: 2, w4: 2 },
};

/** Bytes that a decoder's words, weights, keys and values take as a pass of `row` reads them. */
export function bytesHeld(
  row: Pick<HardwareResult, 'layers'>,
  { layers }: Network,
  cacheElements: number,
  cacheBits: number = Number.POSITIVE_INFINITY,
): number {
  const byName = new Map(row.layers.map((layer) => [layer.name, layer]));
  const products = layers.filter(
    ({ demand }) => demand?.kind === 'product' && demand.right === 'activations',
  );
  const precision = products.flatMap(({ name }) => byName.get(name)?.precision ?? [])[0] ?? 'fp32';
  const each = elementBytes[precision];
  const words = layers.filter(({ kind }) => kind === 'embedding').map(parametersOf);
  const weights = row.layers.map(({ counters }) => counters.weight_bytes ?? 0);
  const cached = Math.min(each, cacheBits / 8);
  return total(weights) + each * total(words) + cached * cacheElements;
}
