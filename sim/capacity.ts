// Checks whether the data of a pass fit into a device's memory, and costs the case that they do
// not.

import type { Capacity, Hardware, Precision } from '../hw-models/contract.js';
import { expectedExperts } from '../workloads/demand.js';
import { type Network, parametersOf } from '../workloads/network.js';
import type { HardwareResult } from './result.js';
import { total } from './summary.js';

/** What a device holds for a network. */
export interface Holding {
  /** Weights and, of decoders, keys and values. */
  readonly bytes: number;
  /** Of its memory; null where nobody knows. */
  readonly capacity: Capacity | null;
  /** Of them those that each pass, of an answer the last one, fetches from beyond. */
  readonly streamedBytes: number;
}

export function holdingOf(bytes: number, { capacity }: Pick<Hardware, 'capacity'>): Holding {
  const missing = capacity === null ? 0 : Math.max(0, bytes - capacity.bytes);
  return { bytes, capacity, streamedBytes: missing };
}

/**
 * A pass that takes `seconds` with all in memory: no less than what is left out takes to come, at
 * best fetched while the rest is computed. `share`: of what is held the pass reads so much, and as
 * much of what is left out: fewer than all experts.
 */
export function secondsWith(
  { capacity, streamedBytes }: Holding,
  seconds: number,
  share = 1,
): number {
  const beyond = capacity?.beyond;
  return beyond ? Math.max(seconds, (share * streamedBytes) / beyond.bytesPerSecond) : seconds;
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
  batch: number,
  cacheBits: number = Number.POSITIVE_INFINITY,
): number {
  const byName = new Map(row.layers.map((layer) => [layer.name, layer]));
  const products = layers.filter(
    ({ demand }) => demand?.kind === 'product' && demand.right === 'activations',
  );
  const precision = products.flatMap(({ name }) => byName.get(name)?.precision ?? [])[0] ?? 'fp32';
  const each = elementBytes[precision];
  const words = layers.filter(({ kind }) => kind === 'embedding').map(parametersOf);
  const weights = weightBytesHeld(row, layers, batch);
  const cached = Math.min(each, cacheBits / 8);
  return weights + each * total(words) + cached * cacheElements;
}

/** Experts that no token of the pass meets lie there all the same. */
function weightBytesHeld(
  { layers: costs }: Pick<HardwareResult, 'layers'>,
  layers: Network['layers'],
  batch: number,
): number {
  const demands = new Map(layers.map(({ name, demand }) => [name, demand]));
  return total(
    costs.map(({ name, counters }) => {
      const read = counters.weight_bytes ?? 0;
      const demand = demands.get(name);
      if (demand?.kind !== 'routed') return read;
      return (read * demand.experts) / expectedExperts(demand, demand.tokens * batch);
    }),
  );
}

/** Of the weights that are held those that a pass reads. */
export function shareRead(
  row: Pick<HardwareResult, 'layers'>,
  { layers }: Network,
  batch: number,
): number {
  const held = weightBytesHeld(row, layers, batch);
  const read = total(row.layers.map(({ counters }) => counters.weight_bytes ?? 0));
  return held === 0 ? 1 : read / held;
}
