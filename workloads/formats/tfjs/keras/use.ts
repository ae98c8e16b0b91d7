// A Keras layer as the rows of the table read it.

import { z } from 'zod';
import type { ElementType, Shape } from '../../../tensor.js';
import type { Use } from '../emit/use.js';
import type { WindowPadding } from '../emit/windows.js';
import { channelsFirst } from '../permutation.js';
import type { Handle } from '../tensors.js';

/** A layer's settings, by Keras's names. */
export type KerasConfig = Readonly<Record<string, unknown>>;

export const KerasLayer = z.object({
  class_name: z.string(),
  config: z.record(z.string(), z.unknown()).or(z.array(z.unknown())).default({}),
  name: z.string().optional(),
  inbound_nodes: z.array(z.unknown()).default([]),
});
export type KerasLayerJson = z.infer<typeof KerasLayer>;

export interface KerasUse extends Use {
  /** The layer's own, under which its weights are stored. */
  readonly layer: string;
  readonly config: KerasConfig;
  readonly inputs: readonly Handle[];
  /** Tensors that it is told by name. */
  readonly named: ReadonlyMap<string, Handle>;
  /** Names of what it is told to do in this use. */
  readonly flags: readonly string[];
  /** Keras 3, which defines a few functions anew. */
  readonly isThird: boolean;
  /**
   * One of its weights, by any of the names that it may have. @throws InputError for one of another
   * shape.
   */
  weight(names: string | readonly string[], shape: Shape): Handle;
  /** Whether the model's files name such a weight. */
  hasWeight(name: string): boolean;
  /** What a layer within this one makes. */
  run(inner: KerasLayerJson, inputs: readonly Handle[]): readonly Handle[];
}

export type KerasRow = (use: KerasUse) => Handle | readonly Handle[];

export function one({ inputs, fault }: KerasUse): Handle {
  const [value, ...others] = inputs;
  if (!value || others.length > 0) throw fault(`${inputs.length} inputs`, 'one');
  return value;
}

export function channelsOf(value: Handle): number {
  return value.shape.at(-1) as number;
}

const shown = (value: unknown) => (JSON.stringify(value) ?? 'nothing').slice(0, 60);

export function numberOf(
  { config, fault }: KerasUse,
  keys: string | readonly string[],
  otherwise: number,
): number {
  for (const key of [keys].flat()) {
    const value = config[key];
    if (value === undefined || value === null) continue;
    // Keras wraps arrays of numbers: { class_name: '__numpy__', config: { value } }.
    const inner = (value as { config?: { value?: unknown } }).config?.value ?? value;
    if (typeof inner === 'number') return inner;
    throw fault(`${key} of ${shown(value)}`, 'a number');
  }
  return otherwise;
}

export function flagOf({ config }: KerasUse, key: string, otherwise: boolean): boolean {
  const value = config[key];
  return typeof value === 'boolean' ? value : otherwise;
}

export function textOf({ config }: KerasUse, key: string, otherwise: string): string {
  const value = config[key];
  return typeof value === 'string' ? value : otherwise;
}

/** One number for all axes, or one for each. */
export function numbersOf(
  { config, fault }: KerasUse,
  key: string,
  axes: number,
  otherwise: readonly number[],
): readonly number[] {
  const value = config[key];
  if (value === undefined || value === null) return otherwise;
  if (typeof value === 'number') return new Array<number>(axes).fill(value);
  const numbers = Array.isArray(value)
    ? value.filter((each): each is number => typeof each === 'number')
    : [];
  if (numbers.length === axes && Array.isArray(value) && value.length === axes) return numbers;
  throw fault(`${key} of ${shown(value)}`, `${axes} numbers`);
}

/** Two numbers an axis, or one for both of its ends, or one for all. */
export function pairsOf({ config, fault }: KerasUse, key: string, axes: number, otherwise: number) {
  const value = config[key] ?? otherwise;
  const each: readonly unknown[] =
    axes === 1 && Array.isArray(value) && typeof value[0] === 'number'
      ? [value]
      : Array.isArray(value)
        ? value
        : new Array(axes).fill(value);
  const pairs = each.map(
    (pair) => (Array.isArray(pair) ? pair : [pair, pair]) as readonly number[],
  );
  const isWhole = (side: number | undefined) => Number.isSafeInteger(side) && Number(side) >= 0;
  if (
    pairs.length === axes &&
    pairs.every(([before, behind]) => isWhole(before) && isWhole(behind))
  ) {
    return pairs.map(([before = 0, behind = 0]) => [before, behind] as const);
  }
  throw fault(`${key} of ${shown(value)}`, 'whole numbers of at least 0');
}

/** Whether images have their channels first in the layer's own eyes. */
function isFirst(use: KerasUse): boolean {
  return textOf(use, 'data_format', 'channels_last') === 'channels_first';
}

/**
 * The layer's input with its channels last, whatever it says of its format, and its result as it
 * says.
 */
export function asImages(use: KerasUse, make: (value: Handle) => Handle): Handle {
  const value = one(use);
  if (!isFirst(use)) return make(value);
  const { tensors } = use;
  const rank = value.shape.length;
  const toLast = [0, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 2), 1];
  const made = make(tensors.transpose(value, toLast, value.name));
  return made.shape.length === rank
    ? tensors.transpose(made, channelsFirst(rank), made.name)
    : made;
}

export function paddingOf(
  use: KerasUse,
  kernel: readonly number[],
  dilation: readonly number[],
): WindowPadding {
  const mode = textOf(use, 'padding', 'valid');
  if (mode === 'valid' || mode === 'same') return mode;
  if (mode === 'causal' && kernel.length === 1)
    return [((kernel[0] as number) - 1) * (dilation[0] as number), 0];
  throw use.fault(`padding ${mode.slice(0, 20)}`, 'valid or same');
}

export function biasOf(use: KerasUse, channels: number): Handle | null {
  return flagOf(use, 'use_bias', true) ? use.weight('bias', [channels]) : null;
}

/** A constant vector of the layer's settings. */
export function constantOf(
  { tensors, name }: KerasUse,
  suffix: string,
  values: readonly number[],
  type: ElementType = 'float32',
) {
  return tensors.constant(`${name}.${suffix}`, {
    shape: [values.length],
    type,
    values: Float32Array.from(values),
  });
}
