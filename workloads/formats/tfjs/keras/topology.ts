// How Keras models say which layer reads which: Keras 2's lists and Keras 3's tensors.

import { z } from 'zod';
import { KerasLayer } from './use.js';

/** A result of one use of a layer. */
export interface Reference {
  readonly layer: string;
  readonly node: number;
  readonly tensor: number;
}

export const KerasModel = z.object({
  class_name: z.string(),
  config: z.union([
    z.array(KerasLayer),
    z.object({
      name: z.string().optional(),
      layers: z.array(KerasLayer),
      input_layers: z.unknown().optional(),
      output_layers: z.unknown().optional(),
      build_input_shape: z.array(z.number().nullable()).nullish(),
    }),
  ]),
});

const isReference = (value: unknown): value is readonly [string, number, number] =>
  Array.isArray(value) &&
  typeof value[0] === 'string' &&
  (value.length < 2 || typeof value[1] === 'number');

/** [name, node, tensor], or several of them in lists or by name. */
export function referencesOf(written: unknown): readonly Reference[] {
  if (isReference(written)) {
    return [{ layer: written[0], node: Number(written[1] ?? 0), tensor: Number(written[2] ?? 0) }];
  }
  if (written === null || typeof written !== 'object') return [];
  const history = (written as { config?: { keras_history?: unknown } }).config?.keras_history;
  if (history !== undefined) return referencesOf(history);
  return Object.values(written).flatMap(referencesOf);
}

/** What one use of a layer reads, and whether it is told tensors besides its inputs. */
export function inboundOf(node: unknown): {
  readonly inputs: readonly Reference[];
  readonly named: readonly string[];
} {
  if (node !== null && typeof node === 'object' && 'args' in node) {
    const { args, kwargs = {} } = node as { args: unknown; kwargs?: object };
    const named = Object.entries(kwargs).filter(([, value]) => referencesOf(value).length > 0);
    return { inputs: referencesOf(args), named: named.map(([name]) => name) };
  }
  const items: readonly unknown[] = isReference(node) ? [node] : Array.isArray(node) ? node : [];
  const named = items.flatMap((item) => {
    const kwargs: unknown = Array.isArray(item) ? item[3] : null;
    if (kwargs === null || typeof kwargs !== 'object') return [];
    return Object.entries(kwargs).flatMap(([name, value]) =>
      referencesOf(value).length > 0 ? [name] : [],
    );
  });
  return { inputs: items.flatMap((item) => (isReference(item) ? referencesOf(item) : [])), named };
}
