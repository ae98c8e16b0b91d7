// A network's programme for one batch size: where every tensor lies and which calls make it.

import { invariant } from '../../../workloads/base/errors.js';
import type { Layer, NamedTensor, Network, TensorType } from '../../../workloads/network.js';
import { activationRange } from '../../../workloads/operators/relu.js';
import { valuesDoneAfter } from '../checks.js';
import { interleaves } from '../fits.js';
import { clipped } from './elementwise.js';
import type { PreparedLayer, Scratch, Step, Tensor } from './kernel.js';
import { type EngineMemory, LayerScratch, ValueSpace } from './memory.js';
import { frameBytesOf, reshaped, tensorAt } from './tensor.js';

interface LayerProgramme {
  readonly layer: Layer;
  readonly inputs: readonly (Tensor | null)[];
  readonly steps: readonly Step[];
}

export interface Programme {
  readonly batch: number;
  /** By name: inputs, constants and everything that layers make. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly layers: readonly LayerProgramme[];
}

/** Where a tensor lies that a concatenation alone reads: inside the concatenation's own result. */
interface Slice {
  readonly whole: NamedTensor;
  readonly offset: number;
}

/**
 * Lays out tensors and scratch behind the weights; `prepared[i]` is layer i's, whose weights lie in
 * `memory`.
 */
export function planNetwork(
  network: Network,
  prepared: readonly PreparedLayer[],
  constants: ReadonlyMap<string, Tensor>,
  memory: EngineMemory,
  batch: number,
): Programme {
  const { layers } = network;
  const space = new ValueSpace(memory.end);
  const slices = findSlices(network);
  const done = valuesDoneAfter(network);
  const tensors = new Map<string, Tensor>(constants);
  const room = (result: NamedTensor) => {
    const known = tensors.get(result.name);
    if (known) return known;
    const tensor = tensorAt(space.take(batch * frameBytesOf(result)), result);
    tensors.set(result.name, tensor);
    return tensor;
  };
  for (const input of network.inputs) room(input);
  const placed = layers.map((layer, at) => {
    const inputs = layer.inputs.map((name) => tensors.get(name) ?? null);
    const alias = aliasOf(layer, inputs, slices);
    const outputs = layer.results.map((result) => {
      const slice = slices.get(result.name);
      const tensor = alias ?? (slice ? partOf(room(slice.whole), slice, result) : room(result));
      if (alias) space.share(alias.address);
      tensors.set(result.name, tensor);
      return tensor;
    });
    for (const name of done[at] ?? []) {
      const tensor = tensors.get(name);
      if (tensor && !slices.has(name)) space.release(tensor.address);
    }
    return { layer, inputs, outputs, isAlias: alias !== null };
  });
  // Scratch lies behind all tensors, whose extent is known only now.
  const scratch = new LayerScratch(memory.threads, space.end);
  const planned = placed.map(({ layer, inputs, outputs, isAlias }, at) => {
    scratch.reset();
    const steps = isAlias
      ? []
      : planLayer(layer, prepared[at] as PreparedLayer, inputs, outputs, batch, scratch);
    return { layer, inputs, steps };
  });
  memory.reserve(scratch.end);
  return { batch, tensors, layers: planned };
}

/** The steps that make a layer's results, its ReLU included. */
export function planLayer(
  layer: Layer,
  prepared: PreparedLayer,
  inputs: readonly (Tensor | null)[],
  outputs: readonly Tensor[],
  batch: number,
  scratch: Scratch,
): readonly Step[] {
  const steps = prepared.plan(inputs, outputs, batch, scratch);
  return prepared.isClipped
    ? steps
    : [...steps, ...clippingSteps(layer, outputs, batch, scratch.threads)];
}

/**
 * Kernels with weights clip below only: where a layer has an upper bound too, its result is
 * clipped afterwards.
 */
function clippingSteps(
  layer: Layer,
  [output]: readonly Tensor[],
  batch: number,
  threads: number,
): readonly Step[] {
  if (layer.kind !== 'dense' && layer.kind !== 'conv2d' && layer.kind !== 'add') return [];
  const { min, max } = activationRange(layer.activation);
  invariant(output !== undefined, () => `layer ${layer.name} makes nothing`);
  return max < Infinity ? clipped(output, output, batch, threads, min, max) : [];
}

/** The input of a layer that costs nothing as its result, or null where it has to be copied. */
function aliasOf(
  { demand, results }: Layer,
  [input]: readonly (Tensor | null)[],
  slices: ReadonlyMap<string, Slice>,
): Tensor | null {
  const [result] = results;
  if (demand !== null || !input || !result || results.length !== 1 || slices.has(result.name))
    return null;
  return reshaped(input, result);
}

/** The tensors that are made in place: those that one concatenation alone reads, once. */
function findSlices({ layers, outputs }: Network): ReadonlyMap<string, Slice> {
  const readers = new Map<string, number>(outputs.map((name) => [name, 2]));
  for (const { inputs } of layers)
    for (const name of inputs) readers.set(name, (readers.get(name) ?? 0) + 1);
  const makers = new Map(
    layers.flatMap((layer) => layer.results.map(({ name }) => [name, layer] as const)),
  );
  const slices = new Map<string, Slice>();
  for (const concatenation of layers) {
    if (interleaves(concatenation) !== null) continue;
    const [whole] = concatenation.results;
    let offset = 0;
    for (const [at, name] of concatenation.inputs.entries()) {
      const maker = makers.get(name);
      const isOwn = maker && interleaves(maker) !== null && readers.get(name) === 1;
      if (whole && isOwn) slices.set(name, { whole, offset });
      offset += frameBytesOf(concatenation.inputTypes[at] as TensorType);
    }
  }
  return slices;
}

function partOf(whole: Tensor, { offset }: Slice, result: NamedTensor): Tensor {
  return tensorAt(whole.address + offset, result, whole.frameBytes);
}
