// What layers and nodes of a graph take of a design's time and energy.

import type { Parts } from '../../hw-models/contract.js';
import type { LayerResult, Row } from '../../sim/result.js';
import type { GraphNode } from './graph/fold.js';

export type LayerMeasure = 'time' | 'energy';

/** Seconds or joules of a layer; null where nobody can know. */
export const measured = ({ seconds, joules }: LayerResult, measure: LayerMeasure) =>
  measure === 'time' ? seconds : joules;

export const unitOf = (measure: LayerMeasure) => (measure === 'time' ? 's' : 'J');

export interface NodeValue {
  readonly value: number | null;
  /** Of all layers'. */
  readonly share: number | null;
  /** Of the largest node's. */
  readonly heat: number | null;
}

/** By node, in the graph's order: a node has the sum of its layers. */
export function nodeValues(
  nodes: readonly GraphNode[],
  { layers }: Pick<Row, 'layers'>,
  measure: LayerMeasure,
): readonly NodeValue[] {
  const byName = new Map(layers.map((layer) => [layer.name, measured(layer, measure)]));
  const values = nodes.map(({ layers: own }) => {
    let sum: number | null = 0;
    for (const { name } of own) {
      const value = byName.get(name) ?? (byName.has(name) ? null : 0);
      sum = sum === null || value === null ? null : sum + value;
    }
    return sum;
  });
  const whole = values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
  const most = Math.max(...values.map((value) => value ?? 0));
  const over = (value: number | null, by: number) =>
    value === null || by === 0 ? null : value / by;
  return values.map((value) => ({ value, share: over(value, whole), heat: over(value, most) }));
}

/** Seconds by cause. */
export const timeParts = ({ time, cycles, seconds }: LayerResult): Parts =>
  Object.fromEntries(
    Object.entries(time ?? {}).map(([cause, part]) => [
      cause,
      cycles ? (part / cycles) * seconds : 0,
    ]),
  );
