// A layer's calls, one by one, ready to be timed each by itself.

import { invariant } from '../../../workloads/base/errors.js';
import type { Layer, LayerWeights, TensorType } from '../../../workloads/network.js';
import type { Call, HostKernel } from './kernel.js';
import { EngineMemory, LayerScratch } from './memory.js';
import type { Builds } from './network.js';
import { frameBytesOf, tensorAt, writeTensor } from './tensor.js';
import { Crew } from './threads.js';

/** A call that can be run again and again on the same data. */
export interface ReadyCall {
  readonly call: Call;
  /** Returns the seconds that it took, by the library's own clock where it is native. */
  run(): number;
  /** `count` 32-bit words of the memory that the call works on. */
  words(address: number, count: number): Uint32Array;
}

/** The calls that make `layer` of some frames on one thread, in their order, each run once. */
export function readyCalls(
  kernel: HostKernel,
  layer: Layer,
  weights: LayerWeights | null,
  input: Float32Array,
  builds: Builds,
  batch = 1,
): readonly ReadyCall[] {
  const memory = new EngineMemory(1, builds.native);
  const prepared = kernel.prepare(layer, weights, memory);
  const values = new LayerScratch(1, memory.end);
  const place = (type: TensorType) => tensorAt(values.take(batch * frameBytesOf(type)), type);
  const inputs = layer.inputTypes.map((type) => type && place(type));
  const steps = prepared.plan(inputs, layer.results.map(place), batch, values);
  memory.reserve(values.end);
  const { buffer } = memory.memory;
  for (const tensor of inputs) if (tensor) writeTensor(buffer, tensor, input, batch);
  const calls = steps.flatMap((step) => ('onMain' in step ? [] : step));
  invariant(calls.length > 0, () => `${kernel.name} makes no calls`);
  const crew = new Crew(1, memory.memory, builds);
  const bound = crew.bind(calls.map((call) => [[call]]));
  crew.run(bound);
  return bound.map((one, at) => ({
    call: calls[at] as Call,
    run: () => crew.run([one])[0] as number,
    words: (address, count) => new Uint32Array(buffer, address, count),
  }));
}
