// Reads the connections between layers in Keras models: Keras 2's lists and Keras 3's tensors.

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

/** What one use of a layer reads, which tensors it is told by name, and what it is told to do. */
export interface Inbound {
  readonly inputs: readonly Reference[];
  readonly named: readonly (readonly [name: string, reference: Reference])[];
  /** Names of settings that hold for this use: use_causal_mask. */
  readonly flags: readonly string[];
}

export function inboundOf(node: unknown): Inbound {
  if (node !== null && typeof node === 'object' && 'args' in node) {
    const { args, kwargs = {} } = node as { args: unknown; kwargs?: object };
    return { inputs: referencesOf(args), ...toldOf([kwargs]) };
  }
  const items: readonly unknown[] = isReference(node) ? [node] : Array.isArray(node) ? node : [];
  return {
    inputs: items.flatMap((item) => (isReference(item) ? referencesOf(item) : [])),
    ...toldOf(items.map((item) => (Array.isArray(item) ? item[3] : null))),
  };
}

function toldOf(all: readonly unknown[]): Pick<Inbound, 'named' | 'flags'> {
  const told = all.flatMap((kwargs) =>
    kwargs !== null && typeof kwargs === 'object' ? Object.entries(kwargs) : [],
  );
  return {
    named: told.flatMap(([name, value]) => {
      const [reference] = referencesOf(value);
      return reference ? [[name, reference] as const] : [];
    }),
    flags: told.flatMap(([name, value]) => (value === true ? [name] : [])),
  };
}
