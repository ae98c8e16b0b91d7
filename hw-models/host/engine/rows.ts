// What rows of a kernel table are written with.

import { invariant } from '../../../workloads/base/errors.js';
import { rectifierRange } from '../../../workloads/layers/forward.js';
import type { Layer, LayerKind, LayerWeights, OpOf, Rectifier } from '../../../workloads/network.js';
import type { Call, Heap, HostKernel, KernelModule, PreparedLayer, Step, Tensor } from './kernel.js';

export type LayerOf<Kind extends LayerKind> = Layer & OpOf<Kind>;

function isKind<Kind extends LayerKind>(layer: Layer, kind: Kind): layer is LayerOf<Kind> {
  return layer.kind === kind;
}

/** A row for layers of one kind without weights. */
export function plainRow<Kind extends LayerKind>(
  kind: Kind,
  name: string,
  prepare: (layer: LayerOf<Kind>) => PreparedLayer,
): HostKernel {
  return {
    ...{ name, kind, optIn: false },
    refusal: () => null,
    pays: () => true,
    prepare(layer) {
      invariant(isKind(layer, kind), () => `${name} met ${layer.kind} ${layer.name}`);
      return prepare(layer);
    },
  };
}

/** What a row says of itself, each left out where there is nothing to say. */
interface Terms<Kind extends LayerKind> {
  readonly optIn?: boolean;
  refusal?(layer: LayerOf<Kind>, weights: LayerWeights): string | null;
  pays?(layer: LayerOf<Kind>, weights: LayerWeights): boolean;
}

/** A row for layers of one kind with weights. */
export function weightedRow<Kind extends LayerKind>(
  kind: Kind,
  name: string,
  terms: Terms<Kind>,
  prepare: (layer: LayerOf<Kind>, weights: LayerWeights, heap: Heap) => PreparedLayer,
): HostKernel {
  const own = (layer: Layer, weights: LayerWeights | null) => {
    invariant(isKind(layer, kind) && weights !== null, () => `${name} met ${layer.kind} ${layer.name}`);
    return [layer, weights] as const;
  };
  return {
    ...{ name, kind, optIn: terms.optIn ?? false },
    refusal: (layer, weights) => terms.refusal?.(...own(layer, weights)) ?? null,
    pays: (layer, weights) => terms.pays?.(...own(layer, weights)) ?? true,
    prepare: (layer, weights, heap) => prepare(...own(layer, weights), heap),
  };
}

/** Makes calls of one module's functions. */
export function callerOf(module: KernelModule) {
  return (name: string, ...values: readonly number[]): Call => ({ module, function: name, arguments: values });
}

/** The one input of a layer that takes one. */
export function only(inputs: readonly Tensor[]): Tensor {
  const [input] = inputs;
  invariant(input !== undefined && inputs.length === 1, () => `found ${inputs.length} inputs, expected one`);
  return input;
}

/** The address of a frame's plane. */
export function planeOf(tensor: Tensor, frame: number, channel = 0): number {
  return tensor.address + frame * tensor.frameBytes + channel * tensor.planeBytes;
}

/** One step or more for each frame. */
export function eachFrame(batch: number, steps: (frame: number) => readonly Step[]): readonly Step[] {
  return Array.from({ length: batch }, (_, frame) => steps(frame)).flat();
}

/**
 * Steps for sequences of calls, all of the same length, of which number s may use the scratch of thread s modulo
 * `threads`: the calls of a sequence run in their order and, but for a last ragged round, without waiting for others.
 */
export function dealSequences(sequences: readonly (readonly Call[])[], threads: number): readonly Step[] {
  const even: Call[] = [];
  const ragged: Step[] = [];
  for (let at = 0; at < sequences.length; at += threads) {
    const round = sequences.slice(at, at + threads);
    const steps = (round[0] ?? []).map((_, position) => round.map((sequence) => sequence[position] as Call));
    if (round.length === threads) even.push(...steps.flat());
    else ragged.push(...steps);
  }
  return even.length > 0 ? [even, ...ragged] : ragged;
}

/** What a rectifier's lower bound is. An upper one is seen to when the layer is done (programme.ts). */
export function leastOf({ activation }: { readonly activation: Rectifier }): number {
  return rectifierRange(activation).least;
}

export interface Part {
  readonly first: number;
  readonly end: number;
}

/** 0 … count − 1 as at most `parts` parts of nearly equal length, none empty. */
export function cutEvenly(count: number, parts: number): readonly Part[] {
  return cutByWork(
    Uint32Array.from({ length: count + 1 }, (_, at) => at),
    parts,
  );
}

/** The same in parts that begin at multiples of `multiple`. */
export function cutInMultiples(count: number, multiple: number, parts: number): readonly Part[] {
  return cutEvenly(Math.ceil(count / multiple), parts).map(({ first, end }) => {
    return { first: first * multiple, end: Math.min(count, end * multiple) };
  });
}

/**
 * 0 … n − 1 as at most `parts` parts of nearly equal work, none empty: `pointers[i]` (of n + 1, ascending) is the work
 * before i. Parts begin at multiples of `multiple`.
 */
export function cutByWork(pointers: Uint32Array, parts: number, multiple = 1): readonly Part[] {
  const count = pointers.length - 1;
  const total = pointers[count] ?? 0;
  const cuts: Part[] = [];
  let first = 0;
  for (let part = 1; part <= parts && first < count; part++) {
    let end = first + 1;
    while (end < count && (end % multiple !== 0 || (pointers[end] as number) * parts < total * part)) end++;
    if (part === parts) end = count;
    cuts.push({ first, end });
    first = end;
  }
  return cuts;
}

/** Bytes of a cache line. */
const LINE = 64;

/** `bytes` or more that are an odd number of cache lines: so many streams apart do not fall on the same few sets. */
export function unevenLines(bytes: number): number {
  return LINE * (2 * Math.ceil(bytes / (2 * LINE)) + 1);
}
