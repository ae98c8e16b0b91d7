// Helpers for the rows of a kernel table.

import { invariant } from '../../../workloads/base/errors.js';
import type {
  Activation,
  Layer,
  LayerKind,
  LayerOf,
  LayerWeights,
} from '../../../workloads/network.js';
import { activationRange } from '../../../workloads/operators/relu.js';
import { floatsOnly, outputImage } from '../fits.js';
import type {
  Call,
  Heap,
  HostKernel,
  KernelModule,
  PreparedLayer,
  Scratch,
  Step,
  Tensor,
} from './kernel.js';

function isKind<Kind extends LayerKind>(layer: Layer, kind: Kind): layer is LayerOf<Kind> {
  return layer.kind === kind;
}

/** A row for layers of one kind without weights, on float32. */
export function streamRow<Kind extends LayerKind>(
  kind: Kind,
  name: string,
  refusal: (layer: LayerOf<Kind>) => string | null,
  prepare: (layer: LayerOf<Kind>, heap: Heap) => PreparedLayer,
): HostKernel {
  return moveRow(kind, name, (layer) => floatsOnly(layer) ?? refusal(layer), prepare);
}

/** The same on elements of any type. */
export function moveRow<Kind extends LayerKind>(
  kind: Kind,
  name: string,
  refusal: (layer: LayerOf<Kind>) => string | null,
  prepare: (layer: LayerOf<Kind>, heap: Heap) => PreparedLayer,
): HostKernel {
  const own = (layer: Layer) => {
    invariant(isKind(layer, kind), () => `${name} met ${layer.kind} ${layer.name}`);
    return layer;
  };
  return {
    ...{ name, kind, optIn: false },
    refusal: (layer) => refusal(own(layer)),
    pays: () => true,
    prepare: (layer, _weights, heap) => prepare(own(layer), heap),
  };
}

/** What a row says of itself, each left out where there is nothing to say. */
interface Terms<Kind extends LayerKind> {
  readonly optIn?: boolean;
  refusal?(layer: LayerOf<Kind>, weights: LayerWeights): string | null;
  pays?(layer: LayerOf<Kind>, weights: LayerWeights): boolean;
  minMacs?(layer: LayerOf<Kind>, weights: LayerWeights): number;
}

/** A row for layers of one kind with weights, on float32. */
export function weightedRow<Kind extends LayerKind>(
  kind: Kind,
  name: string,
  terms: Terms<Kind>,
  prepare: (layer: LayerOf<Kind>, weights: LayerWeights, heap: Heap) => PreparedLayer,
): HostKernel {
  const own = (layer: Layer, weights: LayerWeights | null) => {
    invariant(
      isKind(layer, kind) && weights !== null,
      () => `${name} met ${layer.kind} ${layer.name}`,
    );
    return [layer, weights] as const;
  };
  return {
    ...{ name, kind, optIn: terms.optIn ?? false },
    refusal: (layer, weights) =>
      floatsOnly(layer) ?? terms.refusal?.(...own(layer, weights)) ?? null,
    pays: (layer, weights) => terms.pays?.(...own(layer, weights)) ?? true,
    minMacs: (layer, weights) => terms.minMacs?.(...own(layer, weights)) ?? 0,
    prepare: (layer, weights, heap) => prepare(...own(layer, weights), heap),
  };
}

/** Multiply-adds of a frame with every weight, zero or not. */
export function denseMacs(layer: LayerOf<'conv2d'>, { store }: LayerWeights): number {
  const [, height, width] = outputImage(layer);
  return store.rows * store.columns * height * width;
}

/** Makes calls of one module's functions. */
export function callerOf(module: KernelModule) {
  return (name: string, ...values: readonly number[]): Call => ({
    module,
    function: name,
    arguments: values,
  });
}

/** The one input or output of a layer that has one. */
export function only(tensors: readonly (Tensor | null)[]): Tensor {
  const [tensor] = tensors;
  invariant(
    !!tensor && tensors.length === 1,
    () => `found ${tensors.length} tensors, expected one`,
  );
  return tensor;
}

/** The tensors of a layer of which none may be left out. */
export function all(tensors: readonly (Tensor | null)[]): readonly Tensor[] {
  return tensors.map((tensor) => {
    invariant(tensor !== null, 'a tensor is left out');
    return tensor;
  });
}

/** The address of a frame's plane. */
export function planeOf(tensor: Tensor, frame: number, channel = 0): number {
  return tensor.address + frame * tensor.frameBytes + channel * tensor.planeBytes;
}

/** One step or more for each frame. */
export function eachFrame(
  batch: number,
  steps: (frame: number) => readonly Step[],
): readonly Step[] {
  return Array.from({ length: batch }, (_, frame) => steps(frame)).flat();
}

/**
 * Steps for sequences of calls, all of the same length, of which number s may use the scratch of
 * thread s modulo `threads`: the calls of a sequence run in their order and, but for a last ragged
 * round, without waiting for others.
 */
export function dealSequences(
  sequences: readonly (readonly Call[])[],
  threads: number,
): readonly Step[] {
  const even: Call[] = [];
  const ragged: Step[] = [];
  for (let at = 0; at < sequences.length; at += threads) {
    const round = sequences.slice(at, at + threads);
    const steps = (round[0] ?? []).map((_, position) =>
      round.map((sequence) => sequence[position] as Call),
    );
    if (round.length === threads) even.push(...steps.flat());
    else ragged.push(...steps);
  }
  return even.length > 0 ? [even, ...ragged] : ragged;
}

/**
 * Each thread's own scratch: addresses by name, of so many bytes, 0 where none are needed. Sequence
 * number `at` (see {@link dealSequences}) uses those of thread `at` modulo `scratch.threads`.
 */
export function roomsByThread<Name extends string>(
  scratch: Scratch,
  bytes: Readonly<Record<Name, number>>,
): (at: number) => Readonly<Record<Name, number>> {
  type Room = Readonly<Record<Name, number>>;
  const rooms = Array.from({ length: scratch.threads }, (_, thread) => {
    const addresses = (Object.entries(bytes) as [Name, number][]).map(
      ([name, count]) => [name, count === 0 ? 0 : scratch.take(count, thread)] as const,
    );
    return Object.fromEntries(addresses) as Room;
  });
  return (at) => rooms[at % scratch.threads] as Room;
}

/**
 * What a ReLU's lower bound is. An upper one is seen to when the layer is done (programme.ts).
 */
export function lowerBound({ activation }: { readonly activation: Activation }): number {
  return activationRange(activation).min;
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
 * 0 … n − 1 as at most `parts` parts of nearly equal work, none empty: `pointers[i]` (of n + 1,
 * ascending) is the work before i. Parts begin at multiples of `multiple`.
 */
export function cutByWork(pointers: Uint32Array, parts: number, multiple = 1): readonly Part[] {
  const count = pointers.length - 1;
  const total = pointers[count] ?? 0;
  const cuts: Part[] = [];
  let first = 0;
  for (let part = 1; part <= parts && first < count; part++) {
    let end = first + 1;
    while (
      end < count &&
      (end % multiple !== 0 || (pointers[end] as number) * parts < total * part)
    )
      end++;
    if (part === parts) end = count;
    cuts.push({ first, end });
    first = end;
  }
  return cuts;
}

/** Bytes of a cache line. */
const LINE = 64;

/**
 * `bytes` or more that are an odd number of cache lines: so many streams apart do not fall on the
 * same few sets.
 */
export function unevenLines(bytes: number): number {
  return LINE * (2 * Math.ceil(bytes / (2 * LINE)) + 1);
}
