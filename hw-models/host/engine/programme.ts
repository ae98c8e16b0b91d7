// A network's programme for one batch size: where every value lies and which calls make it.

import { invariant } from '../../../workloads/base/errors.js';
import { rectifierRange } from '../../../workloads/layers/forward.js';
import type { Layer, Network } from '../../../workloads/network.js';
import { valuesDoneAfter } from '../checks.js';
import { clipped } from './elementwise.js';
import type { PreparedLayer, Scratch, Step, Tensor } from './kernel.js';
import { type EngineMemory, LayerScratch, ValueSpace } from './memory.js';
import { frameBytesOf, tensorAt } from './tensor.js';

interface LayerProgramme {
  readonly layer: Layer;
  readonly inputs: readonly Tensor[];
  readonly steps: readonly Step[];
}

export interface Programme {
  readonly batch: number;
  readonly input: Tensor;
  readonly output: Tensor;
  readonly layers: readonly LayerProgramme[];
}

/** Where a value lies that a concatenation alone reads: inside the concatenation's own value. */
interface Slice {
  readonly whole: Layer;
  readonly firstChannel: number;
}

/** Lays out values and scratch behind the weights; `prepared[i]` is layer i's, whose weights lie in `memory`. */
export function planNetwork(
  network: Network,
  prepared: readonly PreparedLayer[],
  memory: EngineMemory,
  batch: number,
): Programme {
  const { layers } = network;
  const space = new ValueSpace(memory.end);
  const slices = findSlices(network);
  const done = valuesDoneAfter(network);
  const tensors = new Map<string, Tensor>();
  const room = (layer: Pick<Layer, 'name' | 'output'>) => {
    const known = tensors.get(layer.name);
    if (known) return known;
    const tensor = tensorAt(space.take(batch * frameBytesOf(layer.output)), layer.output);
    tensors.set(layer.name, tensor);
    return tensor;
  };
  const input = room({ name: 'data', output: network.input });
  const placed = layers.map((layer, at) => {
    const slice = slices.get(layer.name);
    const output = slice ? partOf(room(slice.whole), slice, layer) : room(layer);
    tensors.set(layer.name, output);
    const inputs = layer.inputs.map((name) => tensors.get(name) as Tensor);
    for (const name of done[at] ?? []) if (!slices.has(name)) space.release((tensors.get(name) as Tensor).address);
    return { layer, inputs, output };
  });
  // Scratch lies behind all values, whose extent is known only now.
  const scratch = new LayerScratch(memory.threads, space.end);
  const planned = placed.map(({ layer, inputs, output }, at) => {
    scratch.reset();
    return { layer, inputs, steps: planLayer(layer, prepared[at] as PreparedLayer, inputs, output, batch, scratch) };
  });
  memory.reserve(scratch.end);
  const output = placed.at(-1)?.output;
  invariant(output !== undefined, () => `${network.name} has no layers`);
  return { batch, input, output, layers: planned };
}

/** The steps that make a layer's output, its rectifier included. */
export function planLayer(
  layer: Layer,
  prepared: PreparedLayer,
  inputs: readonly Tensor[],
  output: Tensor,
  batch: number,
  scratch: Scratch,
): readonly Step[] {
  const steps = prepared.plan(inputs, output, batch, scratch);
  return [...steps, ...clippingSteps(layer, output, batch, scratch.threads)];
}

/** Kernels with weights rectify below only: where a layer has an upper bound too, its result is clipped afterwards. */
function clippingSteps(layer: Layer, output: Tensor, batch: number, threads: number): readonly Step[] {
  if (!('activation' in layer) || layer.kind === 'rectify') return [];
  const { least, most } = rectifierRange(layer.activation);
  return most < Infinity ? clipped(output, output, batch, threads, least, most) : [];
}

/** The values that are made in place: those that one concatenation alone reads, once. */
function findSlices({ layers }: Network): ReadonlyMap<string, Slice> {
  const readers = new Map<string, number>();
  for (const { inputs } of layers) for (const name of inputs) readers.set(name, (readers.get(name) ?? 0) + 1);
  const makers = new Map(layers.map((layer) => [layer.name, layer]));
  const slices = new Map<string, Slice>();
  for (const whole of layers) {
    if (whole.kind !== 'concat') continue;
    let firstChannel = 0;
    for (const [at, name] of whole.inputs.entries()) {
      const maker = makers.get(name);
      if (maker && maker.kind !== 'concat' && readers.get(name) === 1) slices.set(name, { whole, firstChannel });
      firstChannel += whole.inputShapes[at]?.[0] ?? 0;
    }
  }
  return slices;
}

function partOf(whole: Tensor, { firstChannel }: Slice, layer: Layer): Tensor {
  return tensorAt(whole.address + firstChannel * whole.planeBytes, layer.output, whole.frameBytes);
}
