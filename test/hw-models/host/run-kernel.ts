// Runs one kernel of the engine's table alone, without the engine: a memory that only grows, calls
// one by one.

import type {
  Call,
  Heap,
  HostKernel,
  Step,
  Tensor,
} from '../../../hw-models/host/engine/kernel.js';
import { NativeCrew } from '../../../hw-models/host/engine/native/crew.js';
import {
  frameBytesOf,
  readTensor,
  tensorAt,
  writeTensor,
} from '../../../hw-models/host/engine/tensor.js';
import {
  compileModule,
  createMemory,
  type Exports,
  instantiate,
  PAGE,
  type SharedMemory,
} from '../../../hw-models/host/engine/webassembly.js';
import {
  inputShapeOf,
  type Layer,
  type LayerWeights,
  resultOf,
  type TensorType,
} from '../../../workloads/network.js';
import { library } from './native-library.js';
import { guard } from './sanitizer.js';

const MIB = 2 ** 20;
/** Bytes that a kernel may read beyond what it was given, but neither use nor write. */
const BEYOND = 256;

export interface LoadedKernel {
  /** One pass over `batch` frames, row-major. */
  run(input: Float32Array): Float32Array;
  /** The same pass again, for timing: no copies in or out. */
  repeat(): void;
}

/** A kernel's calls for one layer, laid out in a memory of its own. */
export interface LaidOut {
  readonly memory: SharedMemory;
  /** In the order in which they are to run. */
  readonly calls: readonly Call[];
  readonly input: Tensor;
  readonly output: Tensor;
  /** @throws Error where something lies beyond what was given to the kernel. */
  checkEdges(): void;
}

/** With several threads the lanes of each step come last to first. */
export function layKernel(
  kernel: HostKernel,
  layer: Layer,
  weights: LayerWeights | null,
  batch: number,
  threads: number,
  vectorFloats: number,
): LaidOut {
  const memory = createMemory(MIB / PAGE);
  const guarded = guard(memory);
  let free = MIB;
  const taken: { readonly end: number; readonly next: number }[] = [];
  const take = (bytes: number) => {
    const address = free;
    free = Math.ceil((address + bytes + BEYOND) / 64) * 64;
    const missing = free - memory.buffer.byteLength;
    if (missing > 0) {
      memory.grow(Math.ceil(missing / PAGE));
      guarded.grown();
    }
    guarded.allow(address, bytes + BEYOND);
    // Garbage, as an engine's scratch memory holds: not a number, so that it shows where it is
    // used.
    new Uint8Array(memory.buffer, address, free - address).fill(0xff);
    taken.push({ end: address + bytes, next: free });
    return address;
  };
  const heap: Heap = {
    threads,
    vectorFloats,
    place(data) {
      const address = take(data.byteLength);
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      new Uint8Array(memory.buffer, address, data.byteLength).set(bytes);
      return address;
    },
  };
  const prepared = kernel.prepare(layer, weights, heap);
  const place = (type: TensorType): Tensor => tensorAt(take(batch * frameBytesOf(type)), type);
  const input = place({ shape: inputShapeOf(layer), type: 'float32' });
  const output = place(resultOf(layer));
  const inputs = layer.inputTypes.map((type) => type && input);
  const steps: readonly Step[] = prepared.plan(inputs, [output], batch, { threads, take });
  return {
    ...{ memory, input, output },
    calls: steps.flatMap((step) => lastLaneFirst(step, threads)),
    checkEdges() {
      for (const { end, next } of taken) {
        const bytes = new Uint8Array(memory.buffer, end, next - end);
        if (!bytes.every((byte) => byte === 0xff))
          throw new Error(`${kernel.name} wrote beyond what it was given`);
      }
    },
  };
}

/** The kernel made ready for one layer, of the plain build unless told. */
export function loadKernel(
  kernel: HostKernel,
  layer: Layer,
  weights: LayerWeights | null,
  batch = 1,
  threads = 1,
  fused = false,
): LoadedKernel {
  const floats = library?.vectorFloats ?? 4;
  const laid = layKernel(kernel, layer, weights, batch, threads, floats);
  const { memory, input, output } = laid;
  const calls = laid.calls.map(bound(memory, fused));
  const repeat = () => {
    for (const call of calls) call();
  };
  return {
    repeat,
    run(values) {
      writeTensor(memory.buffer, input, values, batch);
      repeat();
      laid.checkEdges();
      return Float32Array.from(readTensor(memory.buffer, output, batch));
    },
  };
}

/** Call k is of lane k modulo the threads. */
function lastLaneFirst(step: Step, threads: number): readonly Call[] {
  if ('onMain' in step) throw new Error('a kernel runs on the main thread');
  return Array.from({ length: threads }, (_, lane) =>
    step.filter((_call, at) => at % threads === lane),
  )
    .reverse()
    .flat();
}

/** A call of a module of its own, compiled at its first use. */
function bound(memory: SharedMemory, fused: boolean): (call: Call) => () => void {
  const instances = new Map<object, Exports>();
  return (call) => {
    const { module, function: name, arguments: given } = call;
    if (!('wasm' in module)) return boundNative(memory, call);
    let exports = instances.get(module);
    if (!exports) {
      exports = instantiate(compileModule(module, fused), memory);
      instances.set(module, exports);
    }
    const run = exports[name];
    if (run?.length !== given.length)
      throw new Error(`${module.name} has no ${name} of ${given.length} numbers`);
    return () => run(...given);
  };
}

function boundNative(memory: SharedMemory, call: Call): () => void {
  if (!library) throw new Error(`${call.function} without the native library`);
  const crew = new NativeCrew(library, 1, library.addressOf(memory.buffer));
  crew.lay([[[call]]]);
  return () => crew.run(0, 1, () => {});
}
